"""Speed of the engine beside its rivals, in one run: `python -m benchmarks.speed`.

Every contender trains the same networks from the same starts by Adam on the full batch. First a gate: after a few
steps all have the losses of the plain loop. Then they are timed in turn, round after round, so that all see the same
machine; compile time is apart. What counts are ratios within a round. On a machine that others use, look at the CPU
time, which hardly counts the waiting.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks import figure
from benchmarks.problem import SHAPES, Shape
from benchmarks.processes import Contender

GATE_STEPS = 10
GATE_TOLERANCE = 2e-3
"""Relative: ten steps of Adam in float32, whose first steps are the sign of a rounded gradient. Wide networks at this rate
magnify a rounding error a thousandfold from the tenth to the twentieth step, so that more steps would test chaos."""
FORMS = [
    ("ours", "torch", True),
    ("ours", "lanes", True),
    ("torch_forms", "loop", False),
    ("torch_forms", "loop", True),
    ("torch_forms", "vmap", False),
    ("torch_forms", "vmap", True),
    ("sklearn_form", "sklearn", True),
    ("jax_forms", "jax vmap", False),
    ("jax_forms", "jax vmap", True),
    ("jax_forms", "jax map", False),
    ("jax_forms", "jax map", True),
]
SLOW = {"loop", "sklearn"}
"""One network after the other: a share of the replicates is enough."""
PRODUCTS = ("MKL (torch)", "oneDNN (torch)", "numpy", "XLA")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=1.0, help="of one timing")
    parser.add_argument("--shapes", type=int, nargs="*", default=range(len(SHAPES)))
    parser.add_argument("--forms", nargs="*", help="only these forms")
    parser.add_argument("--out", type=Path, default=Path("build/benchmarks"))
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    rates = gemm_rates()
    print("best GEMM rate of a core, GFLOP/s:", ", ".join(f"{k} {v:.0f}" for k, v in rates.items()), flush=True)
    frames = [measure(SHAPES[i], options, max(rates.values())) for i in options.shapes]
    rows = pd.concat(frames, ignore_index=True)
    rows.to_csv(options.out / "speed.csv", index=False)
    figure.draw(rows, options.out / "speed.pdf")


def gemm_rates() -> dict[str, float]:
    """GFLOP/s of one pinned core while the others do the same."""
    found = {}
    for name in PRODUCTS:
        contender = Contender("gemm", name, True)
        try:
            contender.start(None, 1)
            found[name] = float(np.mean(contender.run(0)[2]))
        except RuntimeError as error:
            print("left out:", error)
        contender.stop()
    return found


def measure(shape: Shape, options: argparse.Namespace, best_rate: float) -> pd.DataFrame:
    """Microseconds a step and replicate of every contender and round."""
    ready = [entry for entry in map(lambda f: prepare(f, shape, options.seconds), chosen(options)) if entry]
    rows = []
    for turn in range(options.rounds):
        for contender, replicates, steps, compile_seconds in ready:
            seconds, cpu, _ = contender.run(steps)
            micro = 1e6 * seconds / steps / replicates
            rows.append(
                {"shape": str(shape), "contender": contender.name, "round": turn, "microseconds": micro}
                | {"cpu": 1e6 * cpu / steps / replicates}
                | {"share": shape.operations / micro / 1e3 / (best_rate * cores()), "compile": compile_seconds}
            )
    for contender, *_ in ready:
        contender.stop()
    frame = pd.DataFrame(rows)
    print(figure.table(frame), flush=True)
    return frame


def prepare(form: tuple[str, str, bool], shape: Shape, seconds: float):
    """A contender that passed the gate, its replicates, the steps of a timing, and the seconds for compiling."""
    contender = Contender(*form)
    replicates = min(shape.replicates, 2 * cores()) if contender.form in SLOW else shape.replicates
    try:
        contender.start(shape, replicates)
        cold, _, losses = contender.run(GATE_STEPS)
        check(contender.name, shape, np.array(losses))
        warm, _, _ = contender.run(GATE_STEPS)
        steps = max(5, round(GATE_STEPS * seconds / warm))
        contender.run(steps)
    except RuntimeError as error:
        print("left out:", error)
        contender.stop()
        return None
    return contender, replicates, steps, max(0.0, cold - warm)


def check(name: str, shape: Shape, losses: np.ndarray) -> None:
    """Stop if a contender does not compute what the plain loop computes."""
    from benchmarks.contenders.torch_forms import prepare_loop
    from benchmarks.problem import data

    sample = [0, len(losses) // 2, len(losses) - 1]
    expected = [prepare_loop(shape, *data(shape, range(r, r + 1)))(GATE_STEPS)[0] for r in sample]
    if not np.allclose(losses[sample], expected, rtol=GATE_TOLERANCE):
        raise SystemExit(f"{name} fails the gate at {shape}: losses {losses[sample]} instead of {expected}.")


def chosen(options: argparse.Namespace) -> list[tuple[str, str, bool]]:
    return [form for form in FORMS if not options.forms or form[1] in options.forms]


def cores() -> int:
    import os

    return len(os.sched_getaffinity(0))


if __name__ == "__main__":
    main()
