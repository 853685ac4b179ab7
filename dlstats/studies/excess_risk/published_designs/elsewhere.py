"""Numbers of a replication of Bauer and Kohler's simulation that was run elsewhere, beside ours; no verdict reads them.

Fang (2022), github.com/ccfang2/TopicsMetricsStats2022, manuscript-latex/main.tex at commit fb64449, Table 1: medians and
interquartile ranges over 10 data sets of n = 100 of the squared error at 500 new responses, over that of a mean of responses.
"""

from __future__ import annotations

from collections.abc import Iterator

from dlstats.protocol.evidence import Evidence
from dlstats.protocol.tabulation import Number, Tabulation
from dlstats.studies.excess_risk.published_designs.published_risks import RISK

SIZE, NOISES = 100, (0.05, 0.2)
THEIRS: dict[tuple[str, str], tuple[tuple[str, str], tuple[str, str]]] = {
    ("m1", "nearest_neighbours"): (("0.5821", "0.1395"), ("0.5032", "0.0775")),
    ("m1", "random_forest"): (("0.5283", "0.1041"), ("0.5793", "0.1357")),
    ("m1", "neural_1"): (("0.2163", "0.4285"), ("0.3485", "0.4204")),
    ("m1", "neural_x"): (("0.1765", "0.0919"), ("0.4889", "0.3356")),
    ("m2", "nearest_neighbours"): (("0.8870", "0.1164"), ("0.8385", "0.0226")),
    ("m2", "random_forest"): (("0.4587", "0.1098"), ("0.4307", "0.1530")),
    ("m2", "neural_1"): (("0.3672", "0.1257"), ("0.2277", "0.1752")),
    ("m2", "neural_x"): (("0.3217", "0.1840"), ("0.3509", "0.2407")),
    ("m4", "nearest_neighbours"): (("0.2495", "0.0324"), ("0.3219", "0.0278")),
    ("m4", "random_forest"): (("0.2563", "0.0374"), ("0.3209", "0.0382")),
    ("m4", "neural_1"): (("0.0244", "0.0089"), ("0.1603", "0.0223")),
    ("m4", "neural_x"): (("0.0303", "0.0130"), ("0.2470", "0.0308")),
    ("m5", "nearest_neighbours"): (("0.2579", "0.0440"), ("0.3228", "0.0404")),
    ("m5", "random_forest"): (("0.3605", "0.0406"), ("0.4064", "0.0400")),
    ("m5", "neural_1"): (("0.0717", "0.0353"), ("0.1756", "0.0303")),
    ("m5", "neural_x"): (("0.0492", "0.0186"), ("0.2122", "0.0576")),
}
"""(model, method) -> (median, interquartile range) as printed, at 5 % and at 20 % noise."""


def _rows(evidence: Evidence) -> Iterator[tuple[str | Number, ...]]:
    """Model, noise, method, our median and quartiles, their median and interquartile range; only what was run."""
    for (model, method), printed in THEIRS.items():
        for noise, theirs in zip(NOISES, printed, strict=True):
            try:
                lines = evidence.table(
                    measure="with_noise", target=model, n=SIZE, noise=noise, method=method, against=""
                )
            except LookupError:
                continue
            ours = [(float(a), float(b)) for a, b in zip(lines["estimate"], lines["mcse"], strict=True)]
            yield model, f"{100 * noise:.0f} %", RISK.label_of(method), *ours, *theirs


ELSEWHERE = Tabulation(
    "elsewhere",
    f"Run elsewhere: median and quartiles over data sets of the error over that of the best constant, n = {SIZE}, both errors of "
    "new responses with their noise, and in the last two columns those of a replication by others (R, 10 data sets).",
    (
        "model",
        "noise",
        "method",
        "ours: median",
        "first quartile",
        "third quartile",
        "theirs: median",
        "interquartile range",
    ),
    _rows,
    "In parentheses the Monte Carlo standard error; the last two columns are as printed, without errors, and enter no verdict. "
    "Theirs differ from ours by what their code says: 4 nearest neighbours, a forest, 5 logistic units and 3 unconnected "
    "networks of 8, all untuned, 500 new points, the constant's error the median over 10 further samples. Their author says that "
    "they may not reproduce Bauer and Kohler precisely, and that their radial basis functions, left out here, had bugs.",
    ("fang2022",),
)
