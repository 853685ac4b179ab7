"""What is wrong in a study's own file is said in one line with file and line; the configuration is blamed for its own."""

import sys

import pytest
import yaml

import dlstats.studies
from dlstats.cli import parser as command_line
from dlstats.pipeline import config, grid, registry

GOOD = '''"""A study."""

from dlstats.protocol.claim import Claim, at_most
from dlstats.protocol.factor import Factor
from dlstats.protocol.measure import Measure
from dlstats.protocol.origin import Finding
from dlstats.protocol.readers import value
from dlstats.protocol.study import Check, Experiment, Method, Study, grid

STUDY = Study(
    title="Tried",
    aims="Try.",
    experiments={
        "samples": Experiment(
            simulate=print,
            factors={"n": Factor("sample size", int)},
            methods={"mean": Method("mean", "the mean")},
            measures=[Measure("error", "error")],
        )
    },
    claims=[
        Claim("TRY1", "Small.", at_most(1.0), value("error", method="mean").each("n"), Finding()),
    ],
    designs={"smoke": grid(n=20, replicates=8)},
)
'''
MISTAKES = [
    ("claims=[", "claims=[[", r"family/tried\.py:\d+: SyntaxError: .*"),
    ("STUDY =", "raise SystemExit(3)\nSTUDY =", r"family/tried\.py:10: SystemExit: 3"),
    ("aims=", "aim=", r"family/tried\.py:10: TypeError: .*unexpected keyword argument 'aim'"),
    (", Finding())", ")", r"family/tried\.py:22: TypeError: .*missing 1 required positional argument: 'origin'"),
    ("Finding())", "1)", r"family/tried\.py:22: Claim TRY1 must have an origin .*, got int"),
    ("import value", "import valu", r"family/tried\.py:7: ImportError: cannot import name 'valu'"),
    ("simulate=print", "simulate=prin", r"family/tried\.py:15: NameError: name 'prin' is not defined"),
    ("STUDY = Study", "OTHER = Study", r"family/tried\.py: must define STUDY, a Study; got NoneType"),
    (
        'each("n")',
        'each("m")',
        r"family/tried\.py: Claim TRY1 reads .* no factor or key `m` where it measures `error`, only `n`",
    ),
    ('"mean").each', '"median").each', r"family/tried\.py: Claim TRY1 .*`median`.*mean"),
    ('value("error"', 'value("eror"', r"family/tried\.py: Claim TRY1 .*`eror`.*error"),
    (
        "grid(n=20",
        "grid(n='x'",
        r"family/tried\.py: the design `smoke` of the study itself is wrong: .*`n` must be a whole",
    ),
    ('"Small."', '"Small, {mean}."', r"family/tried\.py:22: .* may quote `theory`, `margin` .*, got `mean`"),
    ('value("error"', 'value("error", "median"', r"Claim TRY1 .* has no `median` of `error`; .* have mean\."),
    ('method="mean")', 'method="mean", n=30)', r"Claim TRY1 .* has no design with `n` = 30, only 20\."),
    ('"error")]', '"error", "men")]', r"family/tried\.py:18: There is no statistic `men`\. Did you mean `mean`"),
    ("int)}", "list)}", r"family/tried\.py:16: `kind` of the factor 'sample size' must be one of int, .*'list'"),
    ('"smoke": grid', '"smok": grid', r"family/tried\.py: `designs` must be of .*, got `smok`\. Did you mean `smoke`"),
    ("replicates=8", "replicates=0", r"family/tried\.py:24: `replicates` must be a whole number of at least 1, got 0"),
    ("grid(n=20", "grid(n=[]", r"family/tried\.py:24: The factor `n` must have one level at least, got none"),
    ("grid(n=20", "grid(m=20", r"family/tried\.py: the design `smoke` .* tried.samples has no factor `m`"),
    ("grid(n=20", "grid(n=[20, 20]", r"the design `smoke` .* given once, got twice: n=20"),
    ('"smoke": grid(n=20, replicates=8)', "", r"family/tried\.py: the design `smoke` .*has no design"),
]


@pytest.fixture
def write(tmp_path, monkeypatch):
    """Puts texts of studies in the place of all others; gives a configuration that holds them."""
    (tmp_path / "family").mkdir()
    monkeypatch.setattr(registry, "STUDIES", tmp_path)
    monkeypatch.setattr(dlstats.studies, "__path__", [str(tmp_path)])

    def put(**texts):
        for name, text in texts.items():
            (tmp_path / "family" / f"{name}.py").write_text(text)
        _forget()
        path = tmp_path / "c.yaml"
        path.write_text(yaml.safe_dump({"design": "smoke", "seed": 1, "studies": list(texts)}))
        return path

    yield put
    _forget()


def _forget():
    for cached in (registry.studies, registry.load):
        cached.cache_clear()
    for name in [name for name in sys.modules if name.startswith("dlstats.studies.family")]:
        del sys.modules[name]


def test_the_good_study_is_listed_and_its_plan_says_that_it_was_never_timed(write, capsys):
    path = write(tried=GOOD)
    assert command_line.main(["plan", "--config", str(path)]) == 0
    said = capsys.readouterr().out
    assert "never timed, so that the core time is unknown: tried.samples" in said
    assert [line.split()[-1] for line in said.splitlines() if line.startswith(("tried ", "all "))] == ["unknown"] * 2
    assert len(grid.cells(config.load(path), "tried")) == 1


@pytest.mark.parametrize(("before", "after", "message"), MISTAKES, ids=lambda text: text[:24])
def test_a_mistake_in_a_study_is_one_line_with_its_place(before, after, message, write, capsys):
    assert before in GOOD
    path = write(tried=GOOD.replace(before, after, 1))
    with pytest.raises(registry.StudyError, match=message):
        config.load(path)
    assert command_line.main(["list", "--config", str(path)]) == 2
    assert len(capsys.readouterr().err.strip().splitlines()) == 1


def test_the_whole_traceback_is_there_on_demand(write, monkeypatch):
    monkeypatch.setenv(registry.TRACEBACK, "1")
    with pytest.raises(TypeError, match="'aim'"):
        config.load(write(tried=GOOD.replace("aims=", "aim=")))


def test_a_wrong_override_is_the_configurations(write):
    path = write(tried=GOOD)
    wrong = yaml.safe_load(path.read_text()) | {
        "overrides": {"tried": {"samples": [{"levels": {"m": 3}, "replicates": 3}]}}
    }
    path.write_text(yaml.safe_dump(wrong))
    with pytest.raises(config.ConfigError, match=r"c.yaml: overrides.tried.samples.0 has no factor `m`"):
        config.load(path)


def test_an_id_is_given_once_in_a_study_and_among_studies(write):
    check = 'checks=[Check("TRY1", "One.", at_most(1.0), float, Finding())],\n    designs='
    with pytest.raises(registry.StudyError, match=r"family/tried\.py: the id `TRY1` must be given once, got 2 times"):
        config.load(write(tried=GOOD.replace("designs=", check)))
    with pytest.raises(registry.StudyError, match=r"other\.py and .*tried\.py: the id `TRY1` must be given once"):
        config.load(write(tried=GOOD, other=GOOD))
