"""Any text made safe for LaTeX and Markdown; and plain Unicode maths set, as sub- and superscripts or as formulas."""

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
    """Text as LaTeX prints it literally, its formulas as maths."""
    return "".join(f"${part}$" if kind == "math" else literal(part) for kind, part in formulas(text))


def literal(text: str) -> str:
    """Text without formulas as LaTeX prints it."""
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
        return literal(plain)
    return "" if unicodedata.combining(character) else f"(U+{ord(character):04X})"


def markdown(text: str) -> str:
    """Text without formulas as Markdown shows it in one line."""
    escaped = re.sub(r"([\\`*_{}\[\]<>#|~$^])", r"\\\1", str(text))
    return " ".join(escaped.split())


_SCRIPT = re.compile(
    r"(?<=[\w)\]|}])\^(?P<sup>\((?:[^()]|\([^()]{1,16}\)){1,24}\)|\{[^{}]{1,24}\}|[-−]?\d+(?:\.\d+)?|[-−]?[A-Za-zα-ω]+|[*∗])(?P<part>/\d+)?"
    r"|(?<![\w.])(?P<base>log|[A-Za-zα-ωΑ-Ω∏∑∫])_(?P<sub>\{[^{}]{1,24}\}|[A-Za-zα-ω0-9∞]{1,3}(?!\w))"
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


_OPERATORS = {*"=+<>/−±×·≤≥≠≈∼≍≡∝≪≫∈∉⊂∪∩→⇒⇔", "...", "…", "~"}
_FUNCTIONS = {"log", "exp", "sin", "cos", "max", "min", "sup", "inf", "arg"}
_WORD = re.compile(r"(?P<lead>[“‘(\[]*)(?P<core>.*?)(?P<trail>[.,;:!?”’)\]]*)")
_OPENED = re.compile(r"(?:[A-Za-zα-ω]|log|exp|sin|cos|max|min|sup|inf)\(|\d?\{|\||[\[(][-−\d.]+,")
"""How a formula begins that has blanks inside its brackets: `N(0, 1)`, `1{x > 0}`, `[0, 1]`."""
_SHAPED = re.compile(
    r"\d*[b-zB-HJ-Z]|[A-Za-z]/[\dA-Za-z]|[A-Za-zα-ω]\(.*\)|\|.*\||[\[(][-−\d.]+, [-−\d.]+[\])]|\d+/\d+|[^=<>]+[=<>][^=<>]+"
)
"""Formulas of plain letters, digits and marks: `n`, `3n`, `F/2`, `1/8`, `f(x)`, `|x|`, `[0, 1]`, `n=200`."""
_LONGEST = 6
"""Words within the brackets of a formula."""
_FORMULA = re.compile(r"o?f?[mn]m*(?:of?[mn]m*)*")
"""Operands (m maths, n number, perhaps with a function's name f before them) with operators (o) between them."""


def formulas(text: str) -> Iterator[tuple[str, str]]:
    """Pieces of plain text as (plain | math, text); a formula, such as `2ⁿ − 1` or `N(0, sd^2)`, as LaTeX writes it."""
    words = list(_words(text))
    kinds = "".join(("." if lead else "") + kind + ("." if trail else "") for lead, _, trail, _, kind in words)
    places = [i for i, word in enumerate(words) for _ in range(1 + bool(word[0]) + bool(word[2]))]
    at = 0
    for match in _FORMULA.finditer(kinds):
        if set(match[0]) <= {"n", "f"}:
            continue
        first, last = places[match.start()], places[match.end() - 1]
        yield from _plain("".join(map("".join, (word[:4] for word in words[at:first]))) + words[first][0])
        inner = "".join("".join(word[:4]) for word in words[first : last + 1])[len(words[first][0]) :]
        end = len(words[last][2] + words[last][3])
        yield "math", _formula(inner[: len(inner) - end])
        yield from _plain(inner[len(inner) - end :])
        at = last + 1
    yield from _plain("".join("".join(word[:4]) for word in words[at:]))


def _plain(text: str) -> Iterator[tuple[str, str]]:
    if text:
        yield "plain", text


def _words(text: str) -> Iterator[tuple[str, str, str, str, str]]:
    """The words of a text as (opening marks, core, closing marks, blanks, kind of the core)."""
    parts = re.findall(r"(\S+)(\s*)", text)
    if blank := re.match(r"\s+", text):
        yield "", "", "", blank[0], "w"
    i = 0
    while i < len(parts):
        size = next((k for k in range(1, _LONGEST) if _balanced("".join(map("".join, parts[i : i + k])))), 1)
        summed = parts[i][0].startswith("(") and i + 1 < len(parts) and parts[i + 1][0] in _OPERATORS
        size = size if summed or _OPENED.match(parts[i][0].lstrip("“‘")) else 1
        word = "".join(map("".join, parts[i : i + size - 1])) + parts[i + size - 1][0]
        lead, core, trail = _stripped(word)
        yield lead, core, trail, parts[i + size - 1][1], _kind(core)
        i += size


def _stripped(word: str) -> tuple[str, str, str]:
    """A word without the marks around it; brackets that close within it stay."""
    if word in _OPERATORS:
        return "", word, ""
    match = _WORD.fullmatch(word)
    assert match
    lead, core, trail = match["lead"], match["core"], match["trail"]
    while trail and trail[0] in ")]" and not _balanced(core):
        core, trail = core + trail[0], trail[1:]
    while lead and lead[-1] in "([" and (trail[:1] in (")", "]") or not _balanced(core)):
        if trail[:1] not in (")", "]"):
            break
        lead, core, trail = lead[:-1], lead[-1] + core + trail[0], trail[1:]
    return lead, core, trail


def _balanced(text: str) -> bool:
    opened, closed = (sum(map(text.count, marks)) for marks in ("([{", ")]}"))  # [0, 1) is whole
    return opened == closed and text.count("|") % 2 == 0


def _kind(core: str) -> str:
    """m maths, n a number, o an operator, f the name of a function, w any other word."""
    if core in _OPERATORS:
        return "o"
    if re.fullmatch(r"\d[\d,.]*", core):
        return "n"
    if core in _FUNCTIONS:
        return "f"
    set_apart = any(c in _MATHS or c in _RAISED or c in _LOWERED or c in _ACCENTS for c in core) or _SCRIPT.search(core)
    return (
        "m"
        if (set_apart or _SHAPED.fullmatch(core)) and not re.search(r"[A-Za-z]{3,}-|-[A-Za-z]{2,}|[“”’]", core)
        else "w"
    )


def _formula(text: str) -> str:
    commands = {"plain": "{}", "sup": "^{{{}}}", "sub": "_{{{}}}"}
    apart = re.sub(r"(?<=\d)(?=[A-Za-zα-ω]_)", " ", text)
    return " ".join("".join(commands[kind].format(_symbols(part)) for kind, part in scripts(apart)).split())


def _symbols(text: str) -> str:
    """Letters, signs and words of a formula."""
    out: list[str] = []
    for root, inner, word, character in re.findall(r"(√(\([^()]*\)|[\w.]+))|([A-Za-z]{2,})|(.)", text, re.DOTALL):
        if root:
            out.append(rf"\sqrt{{{_symbols(inner.strip('()'))}}}")
        elif word:
            out.append(rf"\{word} " if word in _FUNCTIONS else rf"\mathrm{{{word}}}")
        elif character in _ACCENTS:
            out += [f"{_ACCENTS[character]}{{{out.pop()}}}"] if out else []
        elif character in _MATHS:
            out.append(_MATHS[character] + " " * _MATHS[character][-1].isalpha())
        elif character in "{}":
            out.append(rf"\{character}")
        elif character in "^~\\#%&$_…" or ord(character) > 0x7F:
            out.append({"~": r"\sim ", "…": r"\dots "}.get(character, rf"\text{{{literal(character)}}}"))
        else:
            out.append(character)
    return "".join(out)
