"""Contenders as processes that wait for a word: started once, then timed in turn, so that all see the same machine."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from dataclasses import asdict, dataclass, field

from benchmarks.problem import Shape

SINGLE = {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
SINGLE_XLA = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"


@dataclass
class Contender:
    """A form in one process with all threads, or in one pinned single-threaded process a core."""

    module: str
    form: str
    pinned: bool
    workers: list[subprocess.Popen] = field(default_factory=list)

    @property
    def name(self) -> str:
        return f"{self.form}, {'a process a core' if self.pinned else 'one process'}"

    def start(self, shape: Shape | None, replicates: int) -> None:
        """Start the processes on a share of the replicates each, and wait until all are ready."""
        cores = sorted(os.sched_getaffinity(0)) if self.pinned else [None]
        environment = os.environ | ({"XLA_FLAGS": SINGLE_XLA} | SINGLE if self.pinned else {})
        bounds = [replicates * i // len(cores) for i in range(len(cores) + 1)]
        for i, core in enumerate(cores):
            job = {"module": self.module, "form": self.form, "core": core, "rows": bounds[i : i + 2]}
            job |= {"threads": 1 if self.pinned else len(os.sched_getaffinity(0)), "shape": shape and asdict(shape)}
            command = [sys.executable, "-m", "benchmarks.worker", json.dumps(job)]
            pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
            self.workers.append(subprocess.Popen(command, env=environment, text=True, **pipes))
        for worker in self.workers:
            self._line(worker)

    def run(self, steps: int) -> tuple[float, float, list[float]]:
        """Seconds until the last process is done, CPU seconds of all, and the losses of all replicates."""
        begin = time.perf_counter()
        for worker in self.workers:
            worker.stdin.write(f"run {steps}\n")
            worker.stdin.flush()
        answers = [json.loads(self._line(worker)) for worker in self.workers]
        seconds = time.perf_counter() - begin
        losses = [loss for answer in answers for loss in answer["losses"]]
        return seconds, sum(answer["cpu"] for answer in answers), losses

    def stop(self) -> None:
        for worker in self.workers:
            worker.stdin.close()
            worker.stdout.close()
            worker.stderr.close()
            worker.wait()
        self.workers = []

    def _line(self, worker: subprocess.Popen) -> str:
        line = worker.stdout.readline()
        if not line:
            raise RuntimeError(f"{self.name}: {worker.stderr.read().strip().splitlines()[-1:]}")
        return line
