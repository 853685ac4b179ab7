"""Which jobs of a run take a GPU, how many of them run at once, and which back end trains in them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from dlstats.machine import gpus
from dlstats.pipeline import fingerprints, registry
from dlstats.pipeline.grid import Job


def at_once() -> int:
    """Jobs that take a GPU at the same time unless the user says another number: one for each GPU of this machine."""
    return max(1, len(gpus.gpus()))


def taken(config: Mapping, job: Job) -> int:
    """GPUs that a job takes: one where the configuration admits it, there is one, and the job's code may train on it."""
    asked = config["device"] == "cuda" or (config["device"] == "auto" and bool(gpus.gpus()))
    return int(asked and _trains(job.study, job.experiment))


def hold(study: str, experiment: str, device: str) -> None:
    """Let this process hold a GPU until it ends, if it may train on one; no other job is kept from it."""
    known = gpus.gpus() if device != "cpu" else []
    if known and _trains(study, experiment):
        gpus.take(known)


@contextmanager
def watching(study: str, experiment: str) -> Iterator[set[str]]:
    """The names of the back ends that train inside; torch, which they need, is loaded only if the experiment may train."""
    if not _trains(study, experiment):
        yield set()
        return
    from dlstats.training import backends

    with backends.watching() as served:
        yield served


def _trains(study: str, experiment: str) -> bool:
    return fingerprints.trains(registry.module(study), experiment) == "yes"
