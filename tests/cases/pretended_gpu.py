"""Streams and graphs as torch has them on a GPU, pretended on the CPU, so that a test sees the branch of a GPU without one."""

import contextlib

import torch
from torch.torch_version import TorchVersion

from dlstats.training.torch_backend.cuda_graph import DeviceSteps
from dlstats.training.torch_backend.descent import Descent


def pretend(monkeypatch, fails=False, asks=False, version=torch.__version__):
    """What is seen of them: steps `captured` and `replayed`, captures begun, and the present `stream`.

    A capture that `fails` leaves its stream behind, as torch's does, and before torch 2.12 its pool open. A step that `asks`
    the host fails where that is forbidden.
    """
    seen = {"captured": 0, "stream": "usual", "replayed": 0, "begun": 0, "mode": 0, "open": set()}

    class Stream:
        def wait_stream(self, other):
            pass

    class Graph(torch.cuda.CUDAGraph):
        def __new__(cls):
            return object.__new__(cls)

        def __init__(self):
            self.steps = None

        def replay(self):
            seen["replayed"] += 1
            assert isinstance(self.steps, DeviceSteps)
            self.steps.advance()

    class Capture:
        def __init__(self, graph, pool):
            seen["graph"], self.pool = graph, pool

        def __enter__(self):
            seen["stream"] = "capture"
            seen["begun"] += 1
            seen["open"].add(self.pool)

        def __exit__(self, *error):
            if not fails:
                seen["stream"] = "usual"
            if not (fails and TorchVersion(version) < "2.12"):
                seen["open"].remove(self.pool)

    advance = DeviceSteps.advance

    def watched(steps):
        if asks and seen["mode"] == "error":
            raise RuntimeError("called a synchronizing CUDA operation")
        if seen["stream"] != "capture":
            return advance(steps)
        if fails:
            raise RuntimeError("operation not permitted when stream is capturing")
        seen["captured"] += 1
        seen["graph"].steps = steps

    monkeypatch.setattr(DeviceSteps, "advance", watched)
    monkeypatch.setattr(Descent, "_capturable", lambda self: True)
    monkeypatch.setattr(torch.cuda, "Stream", Stream)
    monkeypatch.setattr(torch.cuda, "current_stream", lambda: Stream())
    monkeypatch.setattr(torch.cuda, "set_stream", lambda stream: seen.update(stream="usual"))
    monkeypatch.setattr(torch.cuda, "stream", lambda stream: contextlib.nullcontext())
    monkeypatch.setattr(torch.cuda, "CUDAGraph", Graph)
    monkeypatch.setattr(torch.cuda, "graph", Capture)
    monkeypatch.setattr(torch.cuda, "graph_pool_handle", lambda: (0, seen["begun"]))
    monkeypatch.setattr(torch.cuda, "current_device", lambda: 0)
    monkeypatch.setattr(torch.cuda, "get_sync_debug_mode", lambda: seen["mode"])
    monkeypatch.setattr(torch.cuda, "set_sync_debug_mode", lambda mode: seen.update(mode=mode))
    monkeypatch.setattr(torch._C, "_cuda_endAllocateToPool", lambda device, pool: seen["open"].remove(pool))
    monkeypatch.setattr(torch, "__version__", TorchVersion(version))
    return seen
