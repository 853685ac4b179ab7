"""What the cells of the studies hang on, by changing a copy of the package."""

import ast
import os
import shutil
from contextlib import ExitStack, contextmanager

import pytest

from dlstats.pipeline.fingerprints import HERE, PACKAGE, Fingerprints

PROBE = '''
"""A study that trains in one of its experiments."""
from dlstats.protocol.study import Experiment, Study

def _fitted(condition, streams, device):
    from dlstats import nets, training
    from dlstats.losses import robust

    net = nets.Mlp(1, (8,))
    start = nets.initialise(net, streams.generators("start"))
    return training.fit(net, robust.huber, start, condition.x, condition.y, training.Training(10, optimiser="adam"))

def _drawn(condition, streams, device):
    return [rng.normal() for rng in streams.generators("data")]

STUDY = Study(experiments={"fitted": Experiment(simulate=_fitted), "drawn": Experiment(simulate=_drawn)})
'''
STARTER = PACKAGE / "cli" / "starter" / "network_or_boosting.py"
"""A study made by `regression`."""
FITTED, DRAWN = (("dlstats.studies.robust.probe", name) for name in ("fitted", "drawn"))
SHOWN = (
    "protocol.claim",
    "protocol.reader",
    "protocol.readers",
    "protocol.origin",
    "protocol.verdict",
    "plotting",
    "report",
)
RULE = {"dlstats.studies.monte_carlo.verdict_rule", "dlstats.studies.monte_carlo.multiplicity"}
"""Studies of the verdict rule itself, which their `simulate` therefore reaches."""
WORDS = {"Claim", "Figure", "Check", "Measure", "Contrast", "LevelContrast", "Slope", "SlopeContrast", "Factor", "Method",
         "curves", "grid"}  # fmt: skip
LABELS = {"label", "description", "style"}


def modules(package):
    files = [*package.glob("studies/*/*.py"), *(p.parent for p in package.glob("studies/*/*/__init__.py"))]
    return sorted(".".join([*p.parts[-3:-1], p.stem]) for p in files if not p.stem.startswith("_"))


def experiments(package):
    """Every experiment of every study; studies of the old shape are left out."""
    found, now = [], HERE if package == PACKAGE else Fingerprints(package)
    for module in modules(package):
        try:
            found += [(f"dlstats.{module}", name) for name in now.experiments(f"dlstats.{module}")]
        except LookupError:
            continue
    return found


def cells(package):
    now = Fingerprints(package)
    return {(module, name): now.cells(module, name) for module, name in experiments(package)}


@pytest.fixture(scope="module")
def package(tmp_path_factory):
    copy = tmp_path_factory.mktemp("copy") / "dlstats"
    shutil.copytree(PACKAGE, copy, ignore=shutil.ignore_patterns("__pycache__"))
    (copy / "studies" / "robust" / "probe.py").write_text(PROBE)
    shutil.copy(STARTER, copy / "studies" / "robust" / "starter.py")
    return copy


@pytest.fixture(scope="module")
def before(package):
    return cells(package)


@contextmanager
def changed(path, text):
    """The file with another text, then as it was, to the time of its last change."""
    old, stamp = path.read_text(), path.stat()
    assert text != old, path
    try:
        path.write_text(text)
        yield
    finally:
        path.write_text(old)
        os.utime(path, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))


def moved(package, before, path, text):
    """The experiments whose cells a new text of a file changes."""
    with changed(package / path, text):
        after = cells(package)
    return {place for place in before if before[place] != after[place]}


@pytest.mark.parametrize(("module", "experiment"), experiments(PACKAGE))
def test_simulate_reaches_no_claim_no_figure_and_no_study(module, experiment):
    for place in HERE.reached(module, experiment):
        where, _, name = place.partition(":")
        rule = module in RULE and where in ("dlstats.protocol.claim", "dlstats.protocol.verdict")
        assert rule or not where.removeprefix("dlstats.").startswith(SHOWN), place
        assert name.split(":")[0].split(" =")[0] not in ("CLAIMS", "FIGURES", "CHECKS", "STUDY"), place


def _relabel(node):
    """A class with other labels, descriptions and styles."""
    for part in node.body:
        if isinstance(part, ast.AnnAssign) and part.value and getattr(part.target, "id", "") in LABELS:
            part.value = ast.Constant("changed")
        if isinstance(part, ast.FunctionDef) and part.name in LABELS:
            part.body = [ast.Return(ast.Constant("changed"))]


def _with_other_words(source):
    """A module with every claim, figure, check and label changed."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and getattr(node.func, "attr", getattr(node.func, "id", None)) in WORDS:
            node.args.append(ast.Constant("changed"))
        if isinstance(node, ast.ClassDef):
            _relabel(node)
    return ast.unparse(tree) + "\n"


def test_changed_claims_figures_and_labels_reach_no_cell(package, before):
    with ExitStack() as stack:
        for path in sorted([*package.glob("studies/**/*.py"), *package.glob("methods/*.py")]):
            source = path.read_text()
            text = _with_other_words(source)
            if "changed" in text:
                stack.enter_context(changed(path, text))
        after = cells(package)
    assert ("dlstats.studies.robust.starter", "risk") in before
    assert {place for place in before if before[place] != after[place]} == set()


@pytest.mark.parametrize(
    "path",
    ["losses/robust.py", "methods/regression.py", "training/schedules.py", "dgp/regression.py", "nets/mlp.py",
     "montecarlo/sequences.py", "protocol/study.py"],
)  # fmt: skip
def test_a_new_function_reruns_nothing(package, before, path):
    text = (package / path).read_text()
    assert not moved(package, before, path, text + "\n\ndef added(x):\n    return x + 1\n")


def test_a_new_schedule_reruns_nothing(package, before):
    text = (package / "training/schedules.py").read_text()
    new = "\n\ndef fast(step, steps):\n    return 2.0\n\n\nSCHEDULES['fast'] = fast\n"
    assert not moved(package, before, "training/schedules.py", text + new)


@pytest.mark.parametrize(
    ("path", "old", "new"),
    [
        ("training/contract.py", "`patience` needs", "`patience` must have"),
        ("training/progress.py", " diverged, ", " lost, "),
        ("training/backends.py", "torch trains: ", "by torch: "),
        ("training/lanes/kernel.cpp", "#include", "// the kernel\n#include"),
    ],
)
def test_other_words_rerun_nothing(package, before, path, old, new):
    text = (package / path).read_text()
    assert not moved(package, before, path, text.replace(old, new, 1))


@pytest.mark.parametrize(
    ("path", "old", "new", "definition"),
    [
        ("losses/robust.py", "threshold: float = 1.345", "threshold: float = 1.346", "dlstats.losses.robust:huber:"),
        ("nets/mlp.py", "@dataclass(frozen=True)\nclass Mlp", "@dataclass\nclass Mlp", "dlstats.nets.mlp:Mlp:"),
        ("training/optimisers.py", "1 - beta1**step", "2 - beta1**step", "dlstats.training.optimisers:_adam_bias:"),
        ("training/lanes/vector.h", "#pragma once", "#pragma once\n#define MORE", "dlstats.training.lanes.build:"),
        ("training/lanes/kernel.cpp", "#include", "#define MORE\n#include", "dlstats.training.lanes.build:"),
    ],
)
def test_a_changed_constant_reruns_the_experiments_that_reach_it_and_no_other(
    package, before, path, old, new, definition
):
    now = Fingerprints(package)
    expected = {place for place in before if any(d.startswith(definition) for d in now.reached(*place))}
    text = (package / path).read_text()
    assert FITTED in expected
    assert DRAWN not in expected
    assert moved(package, before, path, text.replace(old, new, 1)) == expected


BUDGETS = "studies/approximation/width_versus_depth"
TUNED = {"by_depth", "by_activation", "by_start"}


@pytest.mark.parametrize(
    ("file", "old", "new", "rerun"),
    [
        ("tuned.py", "TEST = 2048", "TEST = 2049", TUNED),
        ("tuned.py", '"sgd": (0.3,', '"sgd": (0.4,', TUNED),
        ("equal_budgets.py", "DEPTHS = (1, 2, 4, 8)", "DEPTHS = (1, 2, 4, 9)", {"by_depth"}),
        ("equal_budgets.py", 'DESCENT = {"normal_descent"', 'DESCENT = {"normal_slow"', {"by_start"}),
        ("initial_signals.py", "INPUTS = 4", "INPUTS = 5", {"signal"}),
        ("budget_claims.py", "equals(1, 0.05)", "equals(1, 0.06)", set()),
        ("budget_figures.py", "log10(1.25)", "log10(1.26)", set()),
        ("equal_budgets.py", "range of the network over the test points", "another caption", set()),
    ],
)
def test_a_study_in_several_files_reruns_what_reaches_the_change_and_nothing_for_a_margin_or_a_caption(
    package, file, old, new, rerun
):
    def prints():
        now = Fingerprints(package)
        return {name: now.cells(f"dlstats.{BUDGETS.replace('/', '.')}", name) for name in (*TUNED, "signal")}

    path = package / BUDGETS / file
    first, text = prints(), path.read_text()
    with changed(path, text.replace(old, new, 1)):
        second = prints()
    assert {name for name in first if first[name] != second[name]} == rerun
