"""The table and the figure of a run: medians, spread over rounds, and ratios within rounds."""

from __future__ import annotations

from pathlib import Path

import pandas as pd


def table(rows: pd.DataFrame) -> str:
    """One line a contender; ratios are medians of ratios within a round."""
    wide = rows.pivot(index="round", columns="contender", values="microseconds")
    lines = []
    loops = [c for c in wide if c.startswith("loop")]
    jax = [c for c in wide if c.startswith("jax")]
    for contender in wide.median().sort_values().index:
        times, of = wide[contender], rows[rows["contender"] == contender]
        lines.append(
            {
                "contender": contender,
                "us/step/replicate": times.median(),
                "low": times.min(),
                "high": times.max(),
                "cpu us": of["cpu"].median(),
                "faster than loop": _ratio(wide, loops, contender, "one process"),
                "than pinned loop": _ratio(wide, loops, contender, "core"),
                "than best JAX": (wide[jax].median().min() and (wide[wide[jax].median().idxmin()] / times).median())
                if jax
                else float("nan"),
                "share of GEMM": of["share"].median(),
                "compile s": of["compile"].iloc[0],
            }
        )
    return f"\n{rows['shape'].iloc[0]}\n" + pd.DataFrame(lines).to_string(index=False, float_format="%.3g")


def _ratio(wide: pd.DataFrame, loops: list[str], contender: str, which: str) -> float:
    found = [name for name in loops if which in name]
    return (wide[found[0]] / wide[contender]).median() if found else float("nan")


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
