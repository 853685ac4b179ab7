"""How figures look: journal sizes, fonts that embed, and one colour, marker and line for each method everywhere.

Colours are Okabe and Ito's (2008, "Color Universal Design") without the yellow, which is too light on paper. They
are safe for the common colour blindnesses; marker and line differ as well, so that grey print keeps the methods
apart. Nothing here touches pyplot.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from cycler import cycler

if TYPE_CHECKING:
    from matplotlib.figure import Figure

WIDTHS = MappingProxyType({"one-column": 3.4, "two-column": 7.0})
"""Width in inches of one and of two journal columns."""

COLORS = MappingProxyType(
    {
        "black": "#000000",
        "blue": "#0072B2",
        "vermillion": "#D55E00",
        "green": "#009E73",
        "purple": "#CC79A7",
        "orange": "#E69F00",
        "sky": "#56B4E9",
        "grey": "#808080",
    }
)
"""The palette, from dark to light."""

GUIDE, LIMIT = "--", ":"
"""The dashes of theory's curves and slopes, and of limits, floors and bounds: no data are ever drawn in them."""
LONG = (0, (7, 2))
"""A dash whose gaps a key shows on both sides of the marker."""
LINES = ("-", LONG, "-.", (0, (9, 1.5, 2, 1.5)), (0, (5, 1, 1, 1, 1, 1)), (0, (3, 1, 3, 1, 1, 1)), (0, (14, 1, 1, 1)))
"""The dashes of data."""
EFFORTS: Mapping[int, Any] = MappingProxyType({1: "-", 3: LONG, 9: "-."})
"""The dash of a method trained for so many times the steps, where its efforts stand beside one another."""
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "<", ">", "p", "h", "*")

_SLOTS = {
    # colour, marker, line: neighbours in a slot's column are never drawn alike
    "guide": ("black", "", GUIDE),
    "limit": ("black", "", LIMIT),
    "exact": ("black", "D", LINES[0]),
    "outside": ("black", "*", LINES[1]),
    "first": ("blue", "o", LINES[0]),
    "second": ("vermillion", "s", LINES[1]),
    "third": ("green", "^", LINES[2]),
    "fourth": ("purple", "v", LINES[3]),
    "fifth": ("orange", "P", LINES[4]),
    "sixth": ("sky", "X", LINES[5]),
    "seventh": ("black", "<", LINES[6]),
    "eighth": ("grey", "p", LINES[2]),
    "ninth": ("purple", "h", LINES[4]),
    "tenth": ("blue", "*", LINES[3]),
}

METHODS: Mapping[str, str] = MappingProxyType(
    {
        # what theory gives
        "theory": "guide",
        **dict.fromkeys(("floor", "limit", "bayes", "oracle", "truth", "bound", "nominal"), "limit"),
        **dict.fromkeys(("exact", "exact_deep", "construction", "deep_exact", "segmentation", "likelihood"), "exact"),
        "constant": "eighth",
        "foreign": "outside",
        # architectures
        **dict.fromkeys(("shallow", "network", "dnn", "mlp", "relu_network"), "first"),
        **dict.fromkeys(("deep", "residual", "resnet"), "second"),
        "unconnected": "tenth",
        # losses for regression
        **dict.fromkeys(("squared", "mse", "mean", "ols", "least_squares"), "first"),
        **dict.fromkeys(("absolute", "lad", "median", "mae"), "second"),
        **dict.fromkeys(("huber", "smooth_l1"), "third"),
        **dict.fromkeys(("tukey",), "fourth"),
        **dict.fromkeys(("cauchy", "barron"), "fifth"),
        "geman_mcclure": "sixth",
        "andrews": "seventh",
        **dict.fromkeys(("quantile", "pinball", "check"), "second"),
        **dict.fromkeys(("expectile", "hampel"), "third"),
        **dict.fromkeys(("log_cosh", "smooth_quantile"), "ninth"),
        **dict.fromkeys(("charbonnier", "welsch"), "eighth"),
        # networks for quantiles
        "per_level": "first",
        "rearranged": "tenth",
        "all_levels": "eighth",
        "non_crossing": "fourth",
        # conformal intervals, by what predicts
        **{"split_linear": "second", "split_network": "first"},
        **{"cqr_linear": "fifth", "cqr_networks": "tenth", "cqr_network": "fourth"},
        # losses for classification
        **dict.fromkeys(("cross_entropy", "ce", "bce", "logistic", "mle", "erm"), "first"),
        **dict.fromkeys(("focal",), "second"),
        **dict.fromkeys(("weighted", "weighted_ce", "class_balanced"), "third"),
        **dict.fromkeys(("logit_adjusted", "logit_adjustment"), "fourth"),
        **dict.fromkeys(("dice", "squared_dice", "tversky", "jaccard"), "fifth"),
        "linear_dice": "eighth",
        "dice_cross_entropy": "tenth",
        **dict.fromkeys(("ldam", "firth", "firth_linear"), "sixth"),
        **dict.fromkeys(("smote", "alpha_focal"), "seventh"),
        **dict.fromkeys(("vector_scaling",), "ninth"),
        "kernel_logistic": "eighth",
        **dict.fromkeys(("king_zeng", "trained_confusion"), "third"),
        "trained_likelihood": "second",
        # what a statistician would use instead
        **dict.fromkeys(("linear", "linear_regression", "ridge", "lasso", "random_features"), "second"),
        **dict.fromkeys(("kernel", "ntk", "nearest_neighbours", "knn"), "third"),
        **dict.fromkeys(("spline", "local_linear", "polynomial", "kernel_ridge", "krr"), "fourth"),
        "additive": "eighth",
        **dict.fromkeys(("boosting",), "fifth"),
        **dict.fromkeys(("forest", "random_forest", "quantile_forest"), "seventh"),
        **dict.fromkeys(("wavelet", "fourier", "series"), "sixth"),
        # optimisers, regimes, normalisation
        **dict.fromkeys(("sgd", "batch_norm", "ntk_regime", "lazy"), "first"),
        **dict.fromkeys(("lbfgs", "heavy_ball", "amsgrad"), "third"),
        **dict.fromkeys(("gradient_descent",), "first"),
        **dict.fromkeys(("turned_sign",), "second"),
        **dict.fromkeys(("nesterov",), "fourth"),
        **dict.fromkeys(("adagrad",), "fifth"),
        **dict.fromkeys(("rmsprop",), "sixth"),
        **dict.fromkeys(("adam", "no_norm", "mean_field", "feature_learning"), "second"),
    }
)
"""The slot of every method that the report knows; a method of another name gets one from a hash of its name."""


def of(name: str, described: object) -> dict:
    """The style of an experiment's method: the one that it declares, or its name's."""
    return method(getattr(described, "style", "") or name)


def registered(name: str) -> bool:
    """Whether a method's style is listed in METHODS, whatever the spelling of its name."""
    return _plain(name) in METHODS


def method(name: str) -> dict:
    """Colour, marker and line of a method, the same in every figure: `axes.plot(x, y, **method("shallow"))`."""
    slot = METHODS.get(_plain(name))
    if slot is not None:
        return _drawn(slot)
    number = int.from_bytes(hashlib.sha256(_plain(name).encode()).digest()[:8], "big")
    colors = list(COLORS.values())
    return {
        "color": colors[number % len(colors)],
        "marker": MARKERS[number // 7 % len(MARKERS)],
        "linestyle": LINES[number // 84 % len(LINES)],
    }


def nth(index: int) -> dict:
    """Colour, marker and line of the `index`-th of several series that are not methods (levels of a factor)."""
    colors = list(COLORS.values())
    return {
        "color": colors[index % len(colors)],
        "marker": MARKERS[index % len(MARKERS)],
        "linestyle": LINES[index % len(LINES)],
    }


def _drawn(slot: str) -> dict:
    color, marker, line = _SLOTS[slot]
    return {"color": COLORS[color], "marker": marker, "linestyle": line}


def _plain(name: str) -> str:
    return name.strip().lower().replace(" ", "_").replace("-", "_").replace("–", "_")


FACES = {
    "serif": {"font.family": "serif", "font.serif": ["STIXGeneral"], "mathtext.fontset": "stix", "font.size": 9},
    "sans": {
        "font.family": "sans-serif",
        "font.sans-serif": ["DejaVu Sans"],
        "mathtext.fontset": "dejavusans",
        "font.size": 7.5,
    },
}
"""The two type faces; both come with matplotlib, so that figures look alike on every machine."""

_COMMON = {
    "pdf.fonttype": 42,
    "ps.fonttype": 42,
    "svg.fonttype": "path",
    "svg.hashsalt": "dlstats",
    "figure.dpi": 100,
    "savefig.dpi": 300,
    "savefig.facecolor": "white",
    "axes.titlesize": "medium",
    "axes.labelsize": "medium",
    "axes.linewidth": 0.6,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "axes.prop_cycle": cycler(color=list(COLORS.values())),
    "axes.unicode_minus": True,
    "xtick.labelsize": "small",
    "ytick.labelsize": "small",
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "xtick.minor.width": 0.4,
    "ytick.minor.width": 0.4,
    "xtick.direction": "out",
    "ytick.direction": "out",
    "grid.linewidth": 0.4,
    "grid.color": "0.88",
    "lines.linewidth": 1.1,
    "lines.markersize": 3.8,
    "lines.markeredgewidth": 0.6,
    "errorbar.capsize": 1.8,
    "legend.fontsize": "small",
    "legend.frameon": False,
    "legend.handlelength": 3.4,
    "legend.borderaxespad": 0.3,
    "image.cmap": "cividis",
}


@contextmanager
def journal(face: str = "serif") -> Iterator[None]:
    """The settings of a journal figure, `face` serif or sans, for as long as the block lasts."""
    if face not in FACES:
        raise ValueError(f"`face` must be one of {', '.join(FACES)}, got {face!r}.")
    import matplotlib

    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        settings: Any = {**_COMMON, **FACES[face]}
        matplotlib.rcParams.update(settings)
        yield


def new_figure(width: str = "one-column", height: float = 2.6) -> Figure:
    """An empty figure of one or two journal columns; call it inside `journal()`."""
    from matplotlib.figure import Figure

    if width not in WIDTHS:
        raise ValueError(f"`width` must be one of {', '.join(WIDTHS)}, got {width!r}.")
    return Figure(figsize=(WIDTHS[width], height), layout="constrained")
