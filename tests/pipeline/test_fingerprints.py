"""The rules of fingerprints, each by a change of a source of a small package."""

from pathlib import Path

import pytest

from dlstats.pipeline.fingerprints import Fingerprints

STUDY = "pkg.studies.saw"
FILES = {
    "pkg/__init__.py": "",
    "pkg/studies/__init__.py": "",
    "pkg/studies/saw/__init__.py": '''
"""A study in a folder."""
from pkg import shown
from pkg.protocol import Claim, Experiment, Factor, Study
from pkg.recipes import regression
from pkg.studies.saw.training import TRAINING
LEVELS = (1, 2)
def _floor(condition, streams, device):
    return [level for level in (3, 4)]
def _sibling(x):
    return x + 5
FLOORS = Experiment(simulate=_floor, measures=["floor"], streams="old", block=64)
CLAIMS = tuple(Claim("A statement.", margin=0.1, method=TRAINING.methods) for level in LEVELS)
STUDY = Study(
    experiments={
        "training": TRAINING,
        "floors": FLOORS,
        "risk": regression(shown.Net(3), dgp="friedman", factors={"n": Factor("size", int)}, measures=["risk"], title="Risk"),
    },
    claims=CLAIMS,
    figures=[shown.draw("A caption.")],
    limits="One target.",
)
''',
    "pkg/studies/saw/training.py": '''
import numpy as np
from pkg import engine
from pkg.losses import huber as loss
from pkg.protocol import Experiment, Method, mean
METHODS = {"net": Method("Network", "A network.")}
def _train(condition, streams, device, level=0.5):
    """Train."""
    from pkg.late import scale
    if level < 0:
        raise ValueError(f"`level` must be positive, got {level}.")
    print("a line", flush=True)
    assert level, "never"
    return engine.fit(loss, scale(level)), list(METHODS)
TRAINING = Experiment(simulate=_train, factors={"n": int}, methods=METHODS, measures=[mean], block=32)
''',
    "pkg/engine/__init__.py": "from pkg.engine.core import fit\n__all__ = ['fit']\n",
    "pkg/engine/core.py": '''
from dataclasses import dataclass
from functools import lru_cache
import logging
from pkg.constants import RATE
from pkg.engine import rules
from pkg.kernel import build
from pkg.training.progress import line
log = logging.getLogger("pkg")
@dataclass(frozen=True)
class Plan:
    """A plan."""
    steps: int = 10
    rate: float = RATE
@lru_cache(maxsize=3)
def fit(loss, scale, momentum=0.9):
    line("done")
    log.info("trained %s", scale)
    return build.library(), Plan(), rules.RULES["adam"](scale)
def unused():
    return 7
''',
    "pkg/engine/rules.py": """
def adam(x):
    return x - 1
def sgd(x):
    return x - 2
RULES = {"adam": adam, "sgd": sgd}
""",
    "pkg/training/progress.py": "def line(text):\n    return f'progress: {text}'\n",
    "pkg/kernel/__init__.py": "",
    "pkg/kernel/build.py": "def library():\n    return 1\n",
    "pkg/kernel/kernel.cpp": "int main() { return 0; } // nothing\n",
    "pkg/kernel/vector.h": "float x = 1;\n",
    "pkg/losses.py": """
def huber(r):
    return r * 2
def tukey(r):
    return r * 3
LOSSES = {"huber": huber, "tukey": tukey}
""",
    "pkg/constants.py": "from pkg.base import ROOT\nRATE = ROOT / 2\nOTHER = 4\n",
    "pkg/base.py": "ROOT = 8\n",
    "pkg/late.py": "import os\nFOLDER = 1\nos.environ['THREADS'] = '1'\ndef scale(x):\n    return x * 9\n",
    "pkg/recipes.py": "def regression(*parts, **more):\n    return simulate(11)\ndef simulate(n):\n    return n\n",
    "pkg/shown.py": "class Net:\n    size = 12\ndef draw(caption):\n    return 13\n",
    "pkg/protocol.py": """
class Experiment:
    a = 1
class Study: ...
class Claim: ...
class Factor: ...
class Method: ...
def mean(x):
    return 14
""",
}
SAW, TRAINING, CORE = "pkg/studies/saw/__init__.py", "pkg/studies/saw/training.py", "pkg/engine/core.py"


@pytest.fixture
def folder(tmp_path):
    for name, text in FILES.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path


def change(folder, name, old, new):
    path = folder / name
    text = path.read_text()
    assert text.count(old) == 1, (name, old)
    path.write_text(text.replace(old, new))


def everything(folder):
    """All fingerprints of the study, by what they are of."""
    now = Fingerprints(folder / "pkg")
    found = {kind: getattr(now, kind)(STUDY, "training") for kind in ("cells", "summary")}
    found |= {name: now.cells(STUDY, name) for name in ("floors", "risk")}
    return found | {name: now.part(STUDY, name) for name in ("claims", "figures", "checks", "experiments")}


CHANGES = [
    # what, file, old, new, what it changes
    ("margin", SAW, "margin=0.1", "margin=0.2", "claims"),
    ("statement", SAW, "A statement.", "Another.", "claims"),
    ("levels that only claims read", SAW, "LEVELS = (1, 2)", "LEVELS = (1, 3)", "claims"),
    ("caption", SAW, "A caption.", "Another.", "figures"),
    ("figure's code", "pkg/shown.py", "return 13", "return 14", "figures"),
    ("limits", SAW, "One target.", "Two.", ""),
    ("docstring of a module", SAW, "A study in a folder.", "Words.", ""),
    ("docstring of a function", TRAINING, '"""Train."""', '"""Fit."""', ""),
    ("docstring of a class", CORE, '    """A plan."""\n', "", ""),
    ("comment", TRAINING, "def _train(", "# why\n\n\ndef _train(", ""),
    ("layout", TRAINING, "engine.fit(loss, scale(level)),", "engine.fit(\n        loss,\n        scale(level)),", ""),
    ("annotation", TRAINING, "device, level=0.5):", "device: str, level: float = 0.5) -> int:", ""),
    ("annotation of a constant", "pkg/base.py", "ROOT = 8", "ROOT: float = 8", ""),
    ("annotation of a field", CORE, "steps: int", "steps: float", ""),
    ("message of an exception", TRAINING, "must be positive, got {level}", "must be above 0", ""),
    ("printed line", TRAINING, '"a line"', '"another line"', ""),
    ("logged line", CORE, '"trained %s"', '"done with %s"', ""),
    ("assertion's message", TRAINING, ', "never"', "", ""),
    ("progress", "pkg/training/progress.py", "progress:", "so far:", ""),
    ("sibling function", SAW, "x + 5", "x + 6", ""),
    ("unused function of a reached module", CORE, "return 7", "return 8", ""),
    ("new function", "pkg/losses.py", "def tukey", "def welsch(r):\n    return 0\ndef tukey", ""),
    ("new member of a registry out of reach", "pkg/losses.py", '"tukey": tukey}', '"tukey": tukey, "l": abs}', ""),
    ("constant out of reach", "pkg/constants.py", "OTHER = 4", "OTHER = 5", ""),
    ("new import", TRAINING, "import numpy as np\n", "import numpy as np\nimport math\n", ""),
    ("block", SAW, "block=64", "block=32", "experiments"),
    ("title", SAW, 'title="Risk"', 'title="Excess risk"', "experiments"),
    ("class of the vocabulary", "pkg/protocol.py", "a = 1", "a = 2", ""),
    ("measure", "pkg/protocol.py", "return 14", "return 15", "summary claims experiments"),
    ("measure of a recipe", SAW, 'measures=["risk"]', 'measures=["excess"]', "experiments"),
    ("description of a method", TRAINING, "A network.", "A net.", "claims experiments"),
    ("name of a method", TRAINING, '"net":', '"network":', "cells summary claims experiments"),
    ("statement", TRAINING, "scale(level)),", "scale(level) + 1),", "cells"),
    ("condition", TRAINING, "level < 0", "level < 1", "cells"),
    ("constant of a reached function", "pkg/engine/rules.py", "x - 1", "x - 3", "cells"),
    ("other member of a reached registry", "pkg/engine/rules.py", "x - 2", "x - 3", "cells"),
    ("new member of a reached registry", "pkg/engine/rules.py", '"sgd": sgd}', '"sgd": sgd, "l": abs}', "cells"),
    ("default argument", TRAINING, "level=0.5", "level=0.6", "cells"),
    ("default argument through a re-export", CORE, "momentum=0.9", "momentum=0.8", "cells"),
    ("re-export", "pkg/engine/__init__.py", "import fit\n", "import unused as fit\n", "cells"),
    ("class attribute", CORE, "steps: int = 10", "steps: int = 11", "cells"),
    ("class variable", CORE, "steps: int = 10", "steps: ClassVar[int] = 10", "cells"),
    ("new field", CORE, "    steps: int = 10\n", "    steps: int = 10\n    more: int\n", "cells"),
    ("decorator", CORE, "maxsize=3", "maxsize=4", "cells"),
    ("constant two modules away", "pkg/base.py", "ROOT = 8", "ROOT = 9", "cells"),
    ("local import", "pkg/late.py", "x * 9", "x * 8", "cells"),
    ("effect of a module", "pkg/late.py", "= '1'", "= '2'", "cells"),
    ("bystander of an effect", "pkg/late.py", "FOLDER = 1", "FOLDER = 2", ""),
    ("alias of an import", TRAINING, "huber as loss", "tukey as loss", "cells"),
    ("loss", "pkg/losses.py", "r * 2", "r * 4", "cells"),
    ("kernel", "pkg/kernel/kernel.cpp", "return 0", "return 1", "cells"),
    ("kernel's header", "pkg/kernel/vector.h", "x = 1", "x = 2", "cells"),
    ("comment and spaces of a kernel", "pkg/kernel/kernel.cpp", "{ return 0; } // nothing", "{\n/* a */ return 0;\n}", ""),
    ("streams", SAW, 'streams="old"', 'streams="new"', "floors"),
    ("literal of a comprehension", SAW, "(3, 4)", "(3, 5)", "floors"),
    ("recipe", "pkg/recipes.py", "simulate(11)", "simulate(12)", "risk"),
    ("data of a recipe", SAW, '"friedman"', '"jump"', "risk"),
    ("label of a factor of a recipe", SAW, '"size"', '"sample size"', "experiments"),
    ("factor of a recipe", SAW, '"n":', '"d":', "risk experiments"),
    ("argument of a recipe", "pkg/shown.py", "size = 12", "size = 13", "risk"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "old", "new", "changes"), [c[1:] for c in CHANGES], ids=[c[0] for c in CHANGES])
def test_a_change_reaches_what_it_can_change_and_nothing_else(folder, name, old, new, changes):
    before = everything(folder)
    change(folder, name, old, new)
    after = everything(folder)
    assert {key for key in before if before[key] != after[key]} == set(changes.split())


def test_a_study_outside_the_package_counts_with_the_files_beside_it(folder, tmp_path_factory):
    mine = tmp_path_factory.mktemp("mine")
    (mine / "study.py").write_text(
        "from pkg.losses import huber\nfrom pkg.protocol import Experiment, Study\nimport helper\n"
        "def _run():\n    return helper.half(huber)\ndef _more():\n    return 1\n"
        "STUDY = Study(experiments={'a': Experiment(_run, measures=[])})\n"
    )
    (mine / "helper.py").write_text("def half(x):\n    return x / 2\n")

    def digest():
        return Fingerprints(folder / "pkg").cells(str(mine / "study.py"), "a")

    before = digest()
    change(mine, "study.py", "return 1", "return 2")
    assert digest() == before
    for place, name, old, new in [(mine, "helper.py", "/ 2", "/ 3"), (folder, "pkg/losses.py", "r * 2", "r * 4")]:
        change(place, name, old, new)
        assert digest() != before
        before = digest()


def test_a_fingerprint_does_not_depend_on_the_folder(folder, tmp_path_factory):
    other = tmp_path_factory.mktemp("other")
    (folder / "pkg").rename(other / "pkg")
    moved = everything(other)
    (other / "pkg").rename(folder / "pkg")
    assert everything(folder) == moved


@pytest.mark.parametrize(
    ("ask", "says"),
    [
        (lambda f: f.cells(STUDY, "trainings"), "must have the experiment `trainings`, it has training, floors, risk"),
        (lambda f: f.cells("pkg.losses", "a"), "must define STUDY"),
        (lambda f: f.definitions("pkg.losses", "hubert"), "must define `hubert`, it defines huber"),
        (lambda f: f.definitions("pkg.loss", "huber"), "'pkg.loss'"),
    ],
)
def test_what_is_not_there_is_named(folder, ask, says):
    with pytest.raises(LookupError, match=says):
        ask(Fingerprints(Path(folder) / "pkg"))


def test_experiments_may_stand_in_a_dictionary_of_their_own(folder):
    before = everything(folder)
    change(folder, SAW, "    experiments={\n", "    experiments=ALL,\n    others={\n")
    change(folder, SAW, "STUDY = ", "ALL = {'training': TRAINING, **{'floors': FLOORS}, 'risk': 0}\nSTUDY = ")
    assert [everything(folder)[k] for k in ("cells", "floors", "claims")] == [
        before[k] for k in ("cells", "floors", "claims")
    ]
