"""A method from outside meets the very replicates of ours, and ours, given as one from outside, gives its own results."""

import re
import shutil

import numpy as np
import pandas as pd
import pytest

from dlstats.cli import parser as command_line
from dlstats.cli import start
from dlstats.methods.regression import NearestNeighbours
from dlstats.pipeline import compare, compare_design, config, foreign, outside, registry, store
from dlstats.seeds import Streams

STUDY = (start.STARTER / "network_or_boosting.py").read_text()
METHODS = '''
"""Methods of a user's own."""
import numpy as np

def mean_of_y(x, y, new):
    """The mean of the responses, wherever."""
    return np.full(len(new), y.mean())

def nearest(x, y, new, rng):
    from dlstats.methods.regression import NearestNeighbours
    return NearestNeighbours()(x, y, new, rng)

def picky(x, y, new):
    if y[0] > 14:
        raise RuntimeError("too large for me")
    return np.full((len(new), 1), y.mean())

def wrong(x, y, new):
    return y

def nothing(x, y, new):
    pass

def words(x, y, new):
    return ["a"] * len(new)

def leaves(x, y, new):
    raise SystemExit(3)

class Estimator:
    def __init__(self, random_state=None): self.random_state = random_state
    def get_params(self): return {"random_state": self.random_state}
    def set_params(self, random_state): self.random_state = random_state; return self
    def fit(self, x, y): self.at, self.fitted = np.random.default_rng(self.random_state).normal(), True
    def predict(self, new): return np.full(len(new), self.at)

estimator = Estimator()
number = 3

class Line:
    """A line in the first of three inputs."""
    noise_sd = 0.1
    def inputs(self, n, rng): return rng.random((n, 3))
    def regression(self, x): return x[:, 0]
    def sample(self, n, rng):
        x = self.inputs(n, rng)
        return x, x[:, 0] + 0.1 * rng.standard_normal(n)

class Flat(Line):
    def regression(self, x): return x[:, :1]

class Silent(Line):
    noise_sd = 0

def by_level(x, y, new, levels):
    return np.quantile(y, levels) * np.ones((len(new), 1))
'''


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder with a study of k-NN on Friedman's function and its results."""
    folder = tmp_path_factory.mktemp("compared")
    text = STUDY.replace(
        '{"network": Network(((32, 32),)), "boosting": Boosting(), "forest": Forest()}',
        '{"knn": NearestNeighbours(), "nine": NearestNeighbours(grid=(9,))}',
    )
    text = text.replace("trees import Boosting, Forest", "regression import NearestNeighbours").replace(
        "import Network, regression", "import regression"
    )
    text = text[: text.index("    claims=[")] + text[text.index("    figures=[") :]
    text = text.replace(', "steps": Factor("steps", int, at_least=1, default=None)', "").replace("steps=20, ", "")
    text = "\n".join(line for line in text.splitlines() if '"steps"' not in line)
    (folder / "neighbours.py").write_text(text)
    (folder / "mine.py").write_text(METHODS)
    (folder / "leaves.py").write_text("import sys\nsys.exit(3)\n")
    command = ["simulate", "neighbours.risk", "n=60,noise_sd=1.0", "n=120,noise_sd=1.0"]
    command += ["--file", str(folder / "neighbours.py"), "--seed", "740", "--replicates", "12"]
    yield folder, [*command, "--results", str(folder / "results")]
    outside._files.pop("neighbours", None)
    registry.load.cache_clear()


@pytest.fixture
def here(folder, monkeypatch):
    place, command = folder
    monkeypatch.chdir(place)
    if not (place / "results").exists():
        assert command_line.main(command) == 0
    return config.load("smoke:neighbours.py")


def _compared(settings, name):
    method = foreign.load(f"mine.py:{name}")
    return compare.compare(settings, "neighbours", "risk", method, compare.Path("results"), lambda text: None)


def _stored(method):
    return pd.concat(store.read(path) for path in sorted(compare.Path("results/raw").rglob("*.parquet"))).query(
        "method == @method"
    )


def test_our_own_method_as_one_from_outside_gives_its_own_results(here):
    _compared(here, "nearest")
    paths = sorted(compare.Path("results/compared/neighbours/risk/nearest").glob("*.parquet"))
    given = pd.concat(store.read(path) for path in paths)
    assert list(given["risk"]) == list(_stored("knn")["risk"])


def test_contrasts_are_paired_and_stand_beside_ours(here):
    table = _compared(here, "mean_of_y").summary
    line = table[(table["cell"] == "n=60,noise_sd=1.0") & (table["against"] == "knn")].iloc[0]
    theirs = store.read(compare.Path("results/compared/neighbours/risk/mean_of_y/n=60,noise_sd=1.0.parquet"))
    ours = _stored("knn").query("n == 60")
    ratio = np.log10(theirs["risk"].to_numpy() / ours["risk"].to_numpy())
    assert line["estimate"] == pytest.approx(ratio.mean())
    assert line["mcse"] == pytest.approx(ratio.std(ddof=1) / np.sqrt(12), rel=0.02)
    assert set(table["method"]) == {"mean_of_y", "knn", "nine"}


def test_results_and_ledger_of_ours_are_left_alone_and_a_changed_file_is_computed_again(here, capsys):
    raw = {path: path.read_bytes() for path in compare.Path("results/raw").rglob("*.parquet")}
    _compared(here, "mean_of_y")
    kept = compare.Path("results/compared/neighbours/risk/mean_of_y/n=60,noise_sd=1.0.parquet")
    before = kept.stat().st_mtime_ns
    _compared(here, "mean_of_y")
    assert kept.stat().st_mtime_ns == before
    compare.Path("mine.py").write_text(METHODS.replace("y.mean())", "y.mean() + 1)"))
    _compared(here, "mean_of_y")
    assert "computed again" in capsys.readouterr().err
    assert kept.stat().st_mtime_ns != before
    compare.Path("mine.py").write_text(METHODS)
    assert {path: path.read_bytes() for path in compare.Path("results/raw").rglob("*.parquet")} == raw


def test_a_method_that_fails_is_a_failure_with_its_reason(here):
    table = _compared(here, "picky").summary
    lines = table[(table["method"] == "picky") & (table["against"] == "")]
    assert 0 < lines["failed"].sum() < 24
    assert lines["reasons"].str.contains("error").any()


def test_an_estimator_is_copied_and_seeded_for_every_replicate(here):
    _compared(here, "estimator")
    given = store.read(compare.Path("results/compared/neighbours/risk/estimator/n=60,noise_sd=1.0.parquet"))
    assert given["risk"].nunique() == 12
    assert not hasattr(foreign.load("mine.py:estimator"), "fitted")
    shutil.rmtree("results/compared/neighbours/risk/estimator")
    _compared(here, "estimator")
    again = store.read(compare.Path("results/compared/neighbours/risk/estimator/n=60,noise_sd=1.0.parquet"))
    assert list(again["risk"]) == list(given["risk"])


@pytest.mark.parametrize(
    ("word", "message"),
    [
        ("none.py", "There is no file `none.py`"),
        ("mine.py", "must define one method, it has `mean_of_y`, `nearest`, .* Name it"),
        ("mine.py:mean_of", "must define `mean_of`, .* Did you mean `mean_of_y`"),
        ("mine.py:number", "`number` of `mine.py` must be a function .* got 3"),
        ("mine.py:Estimator", "`Estimator` of `mine.py` must be a function"),
        ("mine.py:wrong", "`wrong` failed in every replicate of n=60.*must return 1000 numbers.*got shape"),
        ("mine.py:nothing", "`nothing` failed in every replicate of n=60.*must return 1000 numbers.*got None"),
        ("mine.py:words", "`words` failed in every replicate of n=60.*must return 1000 numbers.*got \\['a'"),
        ("mine.py:leaves", "`leaves` failed in every replicate of n=60.*SystemExit: 3"),
        ("leaves.py", "`leaves.py` must be a file of Python that runs, got SystemExit: 3"),
    ],
)
def test_what_is_no_method_is_refused_in_one_line(here, word, message, capsys):
    assert command_line.main(["compare", "neighbours", "--method", word, "--config", "smoke:neighbours.py"]) == 2
    error = capsys.readouterr().err.splitlines()[-1]

    assert re.search(message, error), error


def test_the_command_writes_a_page_with_table_and_figure(here, capsys):
    command = ["compare", "neighbours.risk", "--method", "mine.py:mean_of_y", "--config", "smoke:neighbours.py"]
    assert command_line.main(command) == 0
    out = capsys.readouterr().out
    assert "The intervals hold for all 4 ratios at once with 95 % (Bonferroni)." in out
    assert "times that of nearest neighbours, interval" in out
    page = compare.Path(out.splitlines()[-1])
    assert "The mean of the responses, wherever (file digest" in page.read_text()
    assert {"summary.csv", "risk_by_n.png", "risk_by_n.svg"} <= {path.name for path in page.parent.iterdir()}


@pytest.mark.parametrize(
    ("study", "kind", "message"),
    [
        ("crps", "method", "`crps` is no experiment that takes a method from outside; there are .*neighbours.risk"),
        (
            "rates",
            "loss",
            "`rates` is no experiment that takes a loss from outside; there are deep_quantile.quantiles,",
        ),
        ("linear_suboptimality", "method", "is several experiments .* network, linear_suboptimality.rivals"),
        ("linear_suboptimality.bound", "method", "`linear_suboptimality.bound` is none that takes a method"),
    ],
)
def test_an_experiment_without_a_plug_says_which_have_one(here, study, kind, message, capsys):
    assert command_line.main(["compare", study, f"--{kind}", "mine.py", "--config", "smoke:neighbours.py"]) == 2
    (error,) = capsys.readouterr().err.splitlines()
    assert re.search(message.replace("network,", "linear_suboptimality.network,"), error), error


def test_our_methods_meet_a_design_from_outside_each_replicate_alone(here):
    design = foreign.load("mine.py:Line", kind="dgp")
    table = compare_design.compare(
        here, "neighbours", "risk", design, compare.Path("results"), lambda text: None
    ).summary
    assert set(table["method"]) == {"knn", "nine"}
    assert "noise_sd" not in table
    stored = store.read(compare.Path("results/compared/neighbours/risk/line.dgp/n=60.parquet"))
    line, method = design.thing, NearestNeighbours()
    streams = Streams(int(here["seed"]), "neighbours", [5])
    about = {"design": "line", "n": 60}
    ((x, y),) = [line.sample(60, rng) for rng in streams.generators("data", **about)]
    (new,) = [line.inputs(1000, rng) for rng in streams.generators("new", **about)]
    values = method(x, y, new, streams.generators("baseline", **about)[0])
    risk = stored.query("replicate == 5 and method == 'knn'")["risk"].item()
    assert risk == pytest.approx(((values - new[:, 0]) ** 2).mean())


@pytest.mark.parametrize(
    ("name", "message"),
    [
        (
            "Flat",
            r"`regression` of the design `flat` must have finite numbers of shape \(1000,\), got shape \(1000, 1\)",
        ),
        ("Silent", "The design `silent` must have noise of finite variance, got noise_sd = 0"),
        ("mean_of_y", "`mean_of_y` of `mine.py` must be an object with sample"),
    ],
)
def test_what_is_no_design_is_refused_in_one_line(here, name, message, capsys):
    command = ["compare", "neighbours", "--dgp", f"mine.py:{name}", "--config", "smoke:neighbours.py"]
    assert command_line.main(command) == 2
    assert re.search(message, capsys.readouterr().err.splitlines()[-1])


@pytest.mark.parametrize("name", list(compare.pluggable()))
def test_every_plug_gives_methods_what_they_need_and_judges_what_they_give(name):
    """The truth itself has the least of every error, whatever is measured."""
    from dlstats.pipeline import grid

    study, inner = name.split(".")
    experiment = registry.load(study).experiments[inner]
    cell = grid.experiment_cells({"design": "smoke"}, study, inner)[0]
    condition = grid.parse_cell_id(cell.id, experiment, name)
    plug = experiment.plug
    assert plug is not None
    sample = plug.sample(condition, Streams(777_001, experiment.streams or study, [0, 1]))
    assert sample.x.shape[:2] == sample.y.shape
    assert sample.truth.shape[:2] == sample.new.shape[:2]
    assert sample.truth.shape[2:] == ((len(plug.levels),) if plug.levels else ())
    column = (registry.load(study).compared_by or experiment.measures[0].column).rpartition(".")[2]
    right, wrong = (
        plug.judge(np.clip(v, -30, 30), sample)[column] for v in (sample.truth, sample.truth.mean() + 0 * sample.truth)
    )
    assert (right < wrong).all()
    assert np.isfinite(right).all()


def test_a_comparison_with_a_study_that_has_not_run_says_what_makes_it(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.py").write_text("def method(x, y, new):\n    return new[:, :1]\n")
    words = ["compare", "published_designs", "--method", "mine.py:method", "--config", "smoke"]
    assert command_line.main(words) == 2
    said = capsys.readouterr().err.strip().splitlines()[-1]
    assert said.endswith("is not there; `dlstats run PROFILE published_designs` makes it.")
