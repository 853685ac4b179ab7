"""Streams and graphs as torch has them on a GPU, pretended on the CPU, so that a test sees the branch of a GPU without one."""

import contextlib

import torch

from dlstats.training.torch_backend.cuda_graph import DeviceSteps
from dlstats.training.torch_backend.descent import Descent


def pretend(monkeypatch, fails=False):
    """What is seen of them: steps `captured` and `replayed`, and the present `stream`.

    A capture that `fails` leaves its stream behind, as torch's does.
    """
    seen = {"captured": 0, "stream": "usual", "replayed": 0}

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
        def __init__(self, graph):
            seen["graph"] = graph

        def __enter__(self):
            seen["stream"] = "capture"

        def __exit__(self, *error):
            if not fails:
                seen["stream"] = "usual"

    advance = DeviceSteps.advance

    def watched(steps):
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
    return seen
