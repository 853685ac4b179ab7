"""Which words change a fingerprint: those of messages and labels do not, names and options that look like them do."""

import pytest

from dlstats.pipeline import fingerprints
from dlstats.pipeline.fingerprints import Fingerprints

USER = "pkg/user.py"
FILES = {
    "pkg/__init__.py": "",
    "pkg/protocol/__init__.py": "",
    "pkg/protocol/study.py": "class Experiment: ...\nclass Measure: ...\nclass Method: ...\nclass Study: ...\n",
    "pkg/protocol/factor.py": "class Factor: ...\n",
    "pkg/methods/__init__.py": "",
    "pkg/methods/regression.py": """
from dataclasses import dataclass
@dataclass(frozen=True)
class Forest:
    grid: tuple = (1, 2)
    label: str = "random forest"
    @property
    def description(self):
        return f"trees {self.grid}"
@dataclass(frozen=True)
class Told:
    label: str = "the told one"
    description: str = "one whose label is a number"
    def fit(self):
        return len(self.label)
""",
    "pkg/backends.py": "def say(line):\n    return None\n",
    "pkg/making.py": """
from pkg.protocol.study import Experiment, Measure
from pkg.rows import Simulation
def made(*, methods, factors, measures=(Measure("risk", "excess risk"),), size=3, block=64):
    if not methods:
        raise ValueError("no method")
    simulation = Simulation(methods, size)
    first, *others = methods
    seen = [(first, other) for other in others]
    return Experiment(simulate=simulation, factors=factors, measures=measures, contrasts=seen, block=block)
def counted(*, methods, measures=("risk",)):
    methods.pop("risk")
    measures.append("loss")
    return Experiment(simulate=methods, measures=measures)
""",
    "pkg/rows.py": "class Simulation:\n    noise = 1\n",
    "pkg/lazy/__init__.py": """
import lazy_loader
__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
""",
    "pkg/lazy/__init__.pyi": "from .robust import huber as huber\nfrom .robust import tukey as tukey\n",
    "pkg/lazy/robust.py": "def huber(r):\n    return r * 2\ndef tukey(r):\n    return r * 3\n",
    "pkg/lazy/margins.py": "def ldam(r):\n    return r * 4\n",
    "pkg/registry.py": """
import functools
METHODS = {}
def register(function):
    METHODS[function.__name__] = function
    return function
def logged(function):
    @functools.wraps(function)
    def inner(*args):
        return function(*args)
    return inner
""",
    "pkg/here.py": """
from pkg.registry import METHODS, logged, register
@register
def mine(x):
    return x + 1
@logged
def other(x):
    return x + 2
def run(x):
    return METHODS["mine"](x)
""",
    USER: """
import logging
import warnings
from pkg import backends, lazy
from pkg.backends import say as tell
from pkg.making import counted, made
from pkg.methods.regression import Forest, Told
from pkg.protocol.factor import Factor
from pkg.protocol.study import Experiment, Method, Study
from pkg.protocol.study import Method as Described
log = logging.getLogger("pkg")
def error(which):
    return which
def simulate(condition, streams, device):
    say = condition.say
    print("printed")
    warnings.warn("warned")
    log.warning("logged")
    tell("told")
    backends.say("said")
    error("l1")
    say("how much")
    condition.log("column")
    condition.print("screen")
    return lazy.huber
class Mine:
    label: str = "mine"
    description: str = "one of mine"
    power: int = 2
class Kind:
    def __init__(self, kind, label="plain"):
        self.kind = kind
def own():
    from pkg.user import Kind as Method
    return Method(kind="l1"), Kind("l2", label="l3"), Mine(label="my own")
def reads():
    return Told()
METHODS = {"forest": Forest(label="the forest"), "net": Described("Network", "A network.")}
def labelled(condition, streams, device):
    factor = Factor("size", str, {"a": "the first"}, unit="points", default="b")
    return METHODS, factor
def shows(condition, streams, device):
    return [method.label for method in METHODS.values()]
STUDY = Study(experiments={
    "told": Experiment(simulate=simulate),
    "own": Experiment(simulate=own),
    "reads": Experiment(simulate=reads),
    "labels": Experiment(simulate=labelled),
    "shows": Experiment(simulate=shows),
    "made": made(methods={"forest": Forest()}, factors={"n": Factor("size", int, default=5)}, measures=["median"]),
    "counted": counted(methods={"forest": Forest()}, measures=["mean"]),
})
""",
}
METHODS, MAKING = "pkg/methods/regression.py", "pkg/making.py"
CHANGES = [
    # what, file, old, new, the experiments that it reruns
    ("printed", USER, '"printed"', '"p"', ""),
    ("warned", USER, '"warned"', '"w"', ""),
    ("logged", USER, '"logged"', '"l"', ""),
    ("told", USER, '"told")\n', '"t")\n', ""),
    ("said", USER, '"said"', '"s"', ""),
    ("own function that is called error", USER, 'error("l1")', 'error("l2")', "told"),
    ("local name that is called say", USER, "how much", "how many", "told"),
    ("method that is called log", USER, '"column"', '"row"', "told"),
    ("method that is called print", USER, '"screen"', '"paper"', "told"),
    ("class of one's own under the name Method", USER, 'kind="l1"', 'kind="l2"', "own"),
    ("argument called label of a class that is no method", USER, '"l3"', '"l4"', "own"),
    ("label of a class of methods of one's own", USER, '"mine"', '"my"', ""),
    ("its label in a call", USER, '"my own"', '"my very own"', ""),
    ("another field of it", USER, "power: int = 2", "power: int = 3", "own"),
    ("label that its class reads", METHODS, "the told one", "another", "reads"),
    ("label of a method", METHODS, "random forest", "forest", "shows"),
    ("description of a method", METHODS, "trees {", "many trees {", "shows"),
    ("grid of a method", METHODS, "(1, 2)", "(1, 3)", "labels shows made counted"),
    ("label in a call", USER, "the forest", "a forest", "shows"),
    ("label of a described method", USER, '"Network"', '"Net"', "shows"),
    ("label of a factor", USER, 'Factor("size", str', 'Factor("sizes", str', ""),
    ("unit of a factor", USER, '"points"', '"rows"', ""),
    ("label of a level", USER, "the first", "the second", ""),
    ("level", USER, '"a":', '"c":', "labels"),
    ("default level that is a word", USER, '"b"', '"c"', "labels"),
    ("measure of a made experiment", USER, '"median"', '"mode"', ""),
    ("label of its factor", USER, 'Factor("size", int', 'Factor("sizes", int', ""),
    ("default of its factor", USER, "default=5", "default=6", "made"),
    ("measure in its maker", MAKING, '"excess risk"', '"risk in excess"', ""),
    ("contrast in its maker", MAKING, "(first, other)", "(other, first)", ""),
    ("block in its maker", MAKING, "block=64", "block=32", ""),
    ("message in its maker", MAKING, '"no method"', '"none"', ""),
    ("default that decides rows", MAKING, "size=3", "size=4", "made"),
    ("what simulates", MAKING, "Simulation(methods, size)", "Simulation(methods, -size)", "made"),
    ("what that reaches", "pkg/rows.py", "noise = 1", "noise = 2", "made"),
    ("maker that acts on what it gets", MAKING, 'pop("risk")', 'pop("loss")', "counted"),
    ("new loss in a lazy room", "pkg/lazy/margins.py", "def ldam", "def new(r):\n    return r\ndef ldam", ""),
    ("sibling in a lazy room", "pkg/lazy/robust.py", "r * 3", "r * 5", ""),
    ("loss of a lazy room", "pkg/lazy/robust.py", "r * 2", "r * 5", "told"),
    ("other way of a name in a stub", "pkg/lazy/__init__.pyi", "huber as huber", "tukey as huber", "told"),
    ("other name in a stub", "pkg/lazy/__init__.pyi", "tukey as tukey", "huber as tukey", ""),
]  # fmt: skip


@pytest.fixture
def folder(tmp_path):
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


def change(folder, name, old, new):
    text = (folder / name).read_text()
    assert text.count(old) == 1, (name, old)
    (folder / name).write_text(text.replace(old, new))


def cells(folder):
    now = Fingerprints(folder / "pkg")
    return {name: now.cells("pkg.user", name) for name in now.experiments("pkg.user")}


@pytest.mark.parametrize(("name", "old", "new", "reruns"), [c[1:] for c in CHANGES], ids=[c[0] for c in CHANGES])
def test_words_that_are_told_or_shown_rerun_nothing_and_others_what_reaches_them(folder, name, old, new, reruns):
    before = cells(folder)
    change(folder, name, old, new)
    after = cells(folder)
    assert {key for key in before if before[key] != after[key]} == set(reruns.split())


@pytest.mark.parametrize(
    ("old", "new"), [('"excess risk"', '"risk in excess"'), ("(first, other)", "(other, first)")], ids=str
)
def test_a_measure_in_a_maker_makes_summaries_again_and_its_plug_is_the_whole_maker(folder, old, new):
    def digests():
        now = Fingerprints(folder / "pkg")
        return now.summary("pkg.user", "made"), now.part("pkg.user", "experiments"), now.plug("pkg.user", "made")

    before = digests()
    change(folder, MAKING, old, new)
    assert not set(before) & set(digests())


@pytest.mark.parametrize(("old", "new", "counts"), [("x + 1", "x + 3", True), ("x + 2", "x + 3", False)])
def test_what_a_decorator_keeps_counts_with_its_module(folder, old, new, counts):
    before = Fingerprints(folder / "pkg").definitions("pkg.here", "run")
    change(folder, "pkg/here.py", old, new)
    assert (Fingerprints(folder / "pkg").definitions("pkg.here", "run") != before) is counts


def test_a_touched_stub_makes_remembered_fingerprints_void(tmp_path, monkeypatch):
    (tmp_path / "__init__.pyi").write_text("from .a import b as b\n")
    monkeypatch.setattr(fingerprints, "PACKAGE", tmp_path)
    before = fingerprints.stamp()
    (tmp_path / "__init__.pyi").write_text("from .c import b as b\n")
    assert fingerprints.stamp() != before
