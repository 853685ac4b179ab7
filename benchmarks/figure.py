"""The table and the figure of a run: medians, spread over rounds, and ratios within rounds."""

from __future__ import annotations

from pathlib import Path

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
    """Microseconds a step and replicate, one panel a shape: median, and range over rounds."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    shapes = list(rows["shape"].unique())
    figure, axes = plt.subplots(1, len(shapes), figsize=(3.4 * len(shapes), 3.2), squeeze=False, layout="constrained")
    for axis, shape in zip(axes[0], shapes, strict=True):
        times = rows[rows["shape"] == shape].groupby("contender")["microseconds"].agg(["median", "min", "max"])
        times = times.sort_values("median", ascending=False)
        spread = [times["median"] - times["min"], times["max"] - times["median"]]
        colours = ["#0072B2" if c.startswith(("torch", "lanes")) else "#999999" for c in times.index]
        axis.barh(times.index, times["median"], xerr=spread, color=colours, ecolor="black", capsize=2)
        axis.set_xscale("log")
        axis.set_xlabel("microseconds a step and replicate")
        axis.set_title(shape, fontsize=9)
        axis.tick_params(labelsize=7)
    figure.savefig(path)
    plt.close(figure)
