"""Every malformed configuration is refused by the plan, in one line that names the key, the need and what came."""

import pytest
from cases import malformed, toy

from dlstats.pipeline import config, grid, yaml12

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


def _load(path, text):
    path.write_text(text, encoding="utf-8")
    return config.load(path)


def test_the_configuration_that_the_cases_spoil_is_valid(tmp_path):
    found = _load(tmp_path / "c.yaml", malformed.VALID)
    assert [cell.id for cell in grid.cells(found, "toy")] == [
        f"n={n},sd=1.0,noise=normal,tag=a,paired=false" for n in (20, 40)
    ]


def test_there_are_enough_cases_and_no_two_alike():
    texts = {malformed.VALID.replace(old, new, 1) for old, new, _ in malformed.CASES}
    assert len(texts) == len(malformed.CASES) >= 150
    assert malformed.VALID not in texts


@pytest.mark.parametrize(("old", "new", "message"), malformed.CASES, ids=lambda text: ascii(text[-40:]))
def test_a_malformed_configuration_gets_its_line(old, new, message, tmp_path):
    path = tmp_path / "c.yaml"
    with pytest.raises(config.ConfigError) as caught:
        _load(path, malformed.VALID.replace(old, new, 1))
    line = str(caught.value)
    assert line.startswith(f"{path}: ")
    assert message in line
    assert "\n" not in line
    assert len(line) - len(str(path)) < 400


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
