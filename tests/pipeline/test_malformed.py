"""Every malformed configuration is refused by the plan, in one line that names the key, the need and what came."""

import pytest
from cases import malformed, toy

from dlstats.cli import parser as command_line
from dlstats.pipeline import config, costs, grid, plan, yaml12

EVIL = [
    "$(touch PWNED)x",
    "`touch PWNED`",
    "x;touch PWNED",
    "x' && touch PWNED '",
    "x|touch PWNED",
    "x\ntouch PWNED",
    "{x}",
]


@pytest.fixture(autouse=True)
def _toy(monkeypatch):
    toy.install(monkeypatch, malformed.STUDY)
    monkeypatch.setattr(costs, "_known", lambda: {"toy.samples": {"a": 0.1}})


def test_the_configuration_that_the_cases_spoil_is_valid(tmp_path):
    (tmp_path / "c.yaml").write_text(malformed.VALID, encoding="utf-8")
    found = config.load(tmp_path / "c.yaml")
    assert [cell.id for cell in grid.cells(found, "toy")] == [
        f"n={n},sd=1.0,noise=normal,tag=a,paired=false" for n in (20, 40)
    ]


def test_there_are_enough_cases_and_no_two_alike():
    texts = {malformed.VALID.replace(old, new, 1) for old, new, _ in malformed.CASES}
    assert len(texts) == len(malformed.CASES) >= 150
    assert malformed.VALID not in texts


@pytest.mark.parametrize(("old", "new", "message"), malformed.CASES, ids=lambda text: ascii(text[-40:]))
def test_the_plan_refuses_a_malformed_configuration_with_its_line(old, new, message, tmp_path, capsys):
    path = tmp_path / "c.yaml"
    path.write_text(malformed.VALID.replace(old, new, 1), encoding="utf-8")
    assert command_line.main(["plan", "--config", str(path)]) == 2
    said = capsys.readouterr()
    assert said.err.startswith(f"dlstats plan: {path}: ")
    assert message in said.err
    assert (said.out, said.err.count("\n"), said.err[-1]) == ("", 1, "\n")
    assert len(said.err) - len(str(path)) < 400


def test_a_run_that_its_limits_allow_is_planned_and_a_larger_one_never_listed():
    def tree(sizes, **limits):
        entry = {"levels": {"n": sizes, "sd": sizes, "noise": "NA", "tag": "a"}, "replicates": 1}
        return {
            "design": "smoke",
            "seed": 1,
            "studies": ["toy"],
            "limits": limits,
            "overrides": {"toy": {"samples": [entry]}},
        }

    allowed = config.check(tree(list(range(2, 152)), cells=22_500))
    assert "22500" in plan.table(allowed)
    with pytest.raises(config.ConfigError, match=r"22,500 cells .* more than `limits.cells` allows, 20,000"):
        config.check(tree(list(range(2, 152))))
    with pytest.raises(config.ConfigError, match=r"10,000,000,000 cells .* more than `limits.cells` allows"):
        config.check(tree(list(range(100_000))))


def test_no_core_hours_are_made_up_for_what_was_never_timed(monkeypatch):
    monkeypatch.setattr(costs, "_known", dict)
    entry = {"levels": {"n": 20, "sd": 1.0, "noise": "NA", "tag": "a"}, "replicates": 10**6}
    tree = {"design": "smoke", "seed": 1, "studies": ["toy"], "limits": {"core_hours": 0.1}}
    config.check(tree | {"overrides": {"toy": {"samples": [entry]}}})
    with pytest.raises(config.ConfigError, match=r"about 0 core hours \(what was never timed is not counted\), most"):
        config.check(tree | {"overrides": {"toy": {"samples": [entry | {"replicates": 10**9}]}}})


def _spoilt(node, word):
    """Every copy of a tree in which one value or one key is the word."""
    if isinstance(node, dict):
        for key, value in node.items():
            yield {word if k == key else k: v for k, v in node.items()}
            yield from ({**node, key: spoilt} for spoilt in _spoilt(value, word))
    if isinstance(node, list):
        for place, value in enumerate(node):
            yield from ([*node[:place], spoilt, *node[place + 1 :]] for spoilt in _spoilt(value, word))
    yield word


@pytest.mark.parametrize("word", EVIL)
def test_no_field_lets_a_word_for_the_shell_through(word):
    trees = list(_spoilt(yaml12.read(malformed.VALID), word))
    assert len(trees) > 40
    for tree in trees:
        with pytest.raises(config.ConfigError) as caught:
            config.check(tree)
        assert "\n" not in str(caught.value)
