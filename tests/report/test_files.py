"""What stands wrong in a file of the report is said in one line with its name and the key."""

import pytest

from dlstats.report import bibliography, errata, families

ERRATUM = "{id: E1, lectures: [A], place: P, printed: 'a b c d', right: R, claims: []}"
ERRATA = f"lectures: {{A: a}}\nerrata:\n- {ERRATUM}\n"
QUESTION = "{question: q, lectures: l, claims: [A]}"
CASES = [
    (errata, ERRATA, "", "the errata: must be a mapping of keys to values, got None."),
    (errata, ERRATA, "[1]", "the errata: must be a mapping of keys to values, got [1]."),
    (errata, "lectures: {A: a}\n", "", "the errata: must have `lectures`."),
    (
        errata,
        "right:",
        "rigth:",
        "errata.0: has no key `rigth`; the keys are `id`, `lectures`, `place`, `printed`, `formula`",
    ),
    (errata, "[A]", "A", "errata.0.lectures: must be a list, got 'A'."),
    (errata, "{A: a}", "{A: 1}", "lectures.A: must be a text, got 1."),
    (
        errata,
        ERRATUM,
        f"{ERRATUM}\nerrata: []",
        "is not YAML: line 4: the key 'errata' must be given once, got it again.",
    ),
    (families, f"f: [{QUESTION}]", "[1]", "the families: must be a mapping of keys to values, got [1]."),
    (families, ", claims: [A]", "", "f.0: must have `claims`."),
    (
        families,
        "question:",
        "qestion:",
        "f.0: has no key `qestion`; the keys are `question`, `lectures`, `claims`, `context`, `table`.",
    ),
    (families, f"[{QUESTION}]", "3", "f: must be a list, got 3."),
]
TEXTS = {errata: ERRATA, families: f"f: [{QUESTION}]\n"}


@pytest.mark.parametrize(("module", "old", "new", "message"), CASES, ids=lambda value: str(value)[-30:])
def test_a_wrong_entry_is_named(module, old, new, message, tmp_path):
    path = tmp_path / module.FILE
    path.write_text(TEXTS[module])
    assert module.load(path)
    path.write_text(TEXTS[module].replace(old, new, 1))
    with pytest.raises(ValueError, match=path.name) as caught:
        module.load(path)
    assert str(caught.value).startswith(f"{path}: {message}")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("content", [b"@misc{a, title = {b}", b"\xff", b"@misc{a, title = b}"])
def test_what_is_no_bibtex_is_named(content, tmp_path):
    (tmp_path / "references.bib").write_bytes(content)
    with pytest.raises(ValueError, match=r"references\.bib: is not BibTeX: "):
        bibliography.collect(tmp_path)
