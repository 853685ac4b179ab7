"""Any text made safe for LaTeX and Markdown; and plain Unicode maths turned into sub- and superscripts."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from dlstats.report.files import packaged

_CHARACTERS = packaged("characters.yaml")
_TEXT, _MATHS, _ACCENTS = (_CHARACTERS[kind] for kind in ("text", "maths", "accents"))


def _compatible(mark: str) -> dict[str, str]:
    """The characters below U+2D00 that Unicode calls raised (`<super>`) or lowered (`<sub>`), with the plain ones."""
    parts = {c: unicodedata.decomposition(c).split() for c in map(chr, range(0x80, 0x2D00)) if c not in "ªº™℠"}
    marked = {c: part[1] for c, part in parts.items() if len(part) == 2 and part[0] == mark}
    return {c: chr(int(plain, 16)).replace("−", "-") for c, plain in marked.items()}


_RAISED, _LOWERED = _compatible("<super>"), _compatible("<sub>")


def latex(text: str) -> str:
    """Text as LaTeX prints it literally; Greek letters, relations, sub- and superscripts become maths."""
    commands = {"plain": "{}", "sup": r"\textsuperscript{{{}}}", "sub": r"\textsubscript{{{}}}"}
    return "".join(commands[kind].format(_latex_plain(part)) for kind, part in scripts(text))


def _latex_plain(text: str) -> str:
    out: list[str] = []
    for character in text:
        if character in _ACCENTS and out:
            out.append(rf"\ensuremath{{{_ACCENTS[character]}{{{out.pop()}}}}}")
        elif character in _TEXT:
            out.append(_TEXT[character])
        elif character in _MATHS:
            out.append(rf"\ensuremath{{{_MATHS[character]}}}")
        else:
            out.append(character if ord(character) < 0x180 else _other(character))
    return "".join(out)


def _other(character: str) -> str:
    """What else may come: a letter in another font, a combining mark without its base, a character unknown to LaTeX."""
    plain = unicodedata.normalize("NFKD", character)
    if plain != character:
        return _latex_plain(plain)
    return "" if unicodedata.combining(character) else f"(U+{ord(character):04X})"


def markdown(text: str) -> str:
    """Text as one cell of a Markdown table shows it literally."""
    escaped = re.sub(r"([\\`*_{}\[\]<>#|~$^])", r"\\\1", str(text))
    return " ".join(escaped.split())


_SCRIPT = re.compile(
    r"(?<=[\w)\]|}])\^(?P<sup>\([^()]{1,24}\)|\{[^{}]{1,24}\}|[-−]?\d+(?:\.\d+)?|[-−]?[A-Za-zα-ω]+|[*∗])(?P<part>/\d+)?"
    r"|(?<![\w.])(?P<base>[A-Za-zα-ωΑ-Ω∏∑∫])_(?P<sub>\{[^{}]{1,24}\}|[A-Za-zα-ω0-9∞]{1,3}(?!\w))"
    rf"|(?P<raised>[{''.join(_RAISED)}]+)|(?P<lowered>[{''.join(_LOWERED)}]+)"
)


def scripts(text: str) -> Iterator[tuple[str, str]]:
    """Pieces of plain text as (plain | sup | sub, text): `2^n`, `m^(n)`, `n^-1/2`, `x_i`, `2ⁿ`; `n_train` stays."""
    at = 0
    for match in _SCRIPT.finditer(text):
        before = text[at : match.start()] + (match["base"] or "")
        if before:
            yield "plain", before
        at = match.end()
        if match["sup"]:
            signed = match["part"] and match["sup"][0] in "-−"  # n^-1/2 is n^(-1/2), but 2^n/2 is (2^n)/2
            at -= 0 if signed else len(match["part"] or "")
            yield "sup", _bare(match["sup"] + (match["part"] if signed else ""))
        elif match["sub"]:
            yield "sub", _bare(match["sub"])
        else:
            level = {**_RAISED, **_LOWERED}
            yield "sup" if match["raised"] else "sub", "".join(level[c] for c in match[0])
    if text[at:]:
        yield "plain", text[at:]


def _bare(script: str) -> str:
    """Without the braces, and without the parentheses unless they are part of the notation, as in m^(n)."""
    if script.startswith("{") or (script.startswith("(") and not script[1:-1].isalnum()):
        script = script[1:-1]
    return script.replace("-", "−")
