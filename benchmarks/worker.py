"""A process that trains on demand: reads `run STEPS` lines, answers with CPU seconds and losses.

Started by `benchmarks.speed`, alone with all threads or pinned to a core with one. Nothing else runs in it.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
import time


def main() -> None:
    job = json.loads(sys.argv[1])
    if job["core"] is not None:
        os.sched_setaffinity(0, {job["core"]})
    from benchmarks.problem import Shape, data

    if job["module"] in ("ours", "torch_forms", "gemm"):
        import torch

        torch.set_num_threads(job["threads"])
    module = importlib.import_module(f"benchmarks.contenders.{job['module']}")
    if job["module"] == "gemm":
        return serve_products(module, job)
    shape = Shape(**job["shape"])
    train = module.FORMS[job["form"]](shape, *data(shape, range(*job["rows"])))
    print("ready", flush=True)
    for line in sys.stdin:
        begin = time.process_time()
        losses = train(int(line.split()[1]))
        print(json.dumps({"cpu": time.process_time() - begin, "losses": losses.tolist()}), flush=True)


def serve_products(module, job) -> None:
    """Answer with the best rate over sizes, in GFLOP/s."""
    product = module.PRODUCTS[job["form"]]()
    print("ready", flush=True)
    for _ in sys.stdin:
        rates = []
        for size in module.SIZES:
            run = product(size)
            run()
            times, until = [], time.perf_counter() + 0.2
            while time.perf_counter() < until or len(times) < 3:
                begin = time.perf_counter()
                run()
                times.append(time.perf_counter() - begin)
            rates.append(2e-9 * size**3 / min(times))
        print(json.dumps({"cpu": 0.0, "losses": [max(rates)]}), flush=True)


main()
