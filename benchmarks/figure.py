"""The table and the figure of a run: medians, spread over rounds, and ratios within rounds."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd


def table(rows: pd.DataFrame) -> str:
    """One line a contender; ratios are medians of ratios within a round."""
    wide = rows.pivot(index="round", columns="contender", values="microseconds")
    order = wide.median().sort_values().index
    jax = [name for name in order if name.startswith("jax")]
    lines = []
    for contender in order:
        times, of = wide[contender], rows[rows["contender"] == contender]
        lines.append(
            {
                "contender": contender,
                "us/step/replicate": times.median(),
                "low": times.min(),
                "high": times.max(),
                "cpu us": of["cpu"].median(),
                "faster than loop": ratio(wide, "loop, one process", contender),
                "than loop a core": ratio(wide, "loop, a process a core", contender),
                "than best JAX": ratio(wide, jax[0], contender) if jax else float("nan"),
                "share of GEMM": of["share"].median(),
                "compile s": of["compile"].iloc[0],
            }
        )
    return f"\n{rows['shape'].iloc[0]}\n" + pd.DataFrame(lines).to_string(index=False, float_format="%.3g")


def ratio(wide: pd.DataFrame, rival: str, contender: str) -> float:
    """How many times faster than the rival, the median over rounds; nan without the rival."""
    return (wide[rival] / wide[contender]).median() if rival in wide else float("nan")


def draw(rows: pd.DataFrame, path: Path) -> None:
    """Microseconds a step and replicate, one panel a shape: median and range over rounds; ours are the discs."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt
    from matplotlib.ticker import NullFormatter

    shapes = list(rows["shape"].unique())
    figure, axes = plt.subplots(1, len(shapes), figsize=(3.4 * len(shapes), 3.2), squeeze=False, layout="constrained")
    for axis, shape in zip(axes[0], shapes, strict=True):
        times = rows[rows["shape"] == shape].groupby("contender")["microseconds"].agg(["median", "min", "max"])
        times = times.sort_values("median", ascending=False)
        spread = [times["median"] - times["min"], times["max"] - times["median"]]
        ours = times.index.str.startswith(("torch", "lanes"))
        for of, colour, marker in ((ours, "#0072B2", "o"), (~ours, "#555555", "s")):
            axis.errorbar(
                times["median"][of],
                np.flatnonzero(of),
                xerr=[side[of] for side in spread],
                color=colour,
                marker=marker,
                markersize=4,
                linestyle="none",
                capsize=2,
            )
        axis.set_yticks(range(len(times)), times.index)
        axis.set_xscale("log")
        axis.grid(axis="y", linewidth=0.3)
        axis.xaxis.set_minor_formatter(NullFormatter())
        axis.set_xlim(times["min"].min() / 2, times["max"].max() * 2)
        axis.set_xlabel("µs a step and replicate", fontsize=8)
        axis.set_title(shape, fontsize=8)
        axis.tick_params(labelsize=7)
    figure.savefig(path)
    plt.close(figure)
