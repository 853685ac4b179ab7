"""Any text made safe for LaTeX, HTML and Markdown; and plain Unicode maths turned into sub- and superscripts."""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Iterator

_LATEX = {
    "\\": r"\textbackslash{}",
    "[": "{[}",  # never the argument of a command before it
    "]": "{]}",
    "{": r"\{",
    "}": r"\}",
    "$": r"\$",
    "&": r"\&",
    "#": r"\#",
    "%": r"\%",
    "_": r"\_",
    "^": r"\textasciicircum{}",
    "~": r"\textasciitilde{}",
    "<": r"\ensuremath{<}",
    ">": r"\ensuremath{>}",
    "|": r"\ensuremath{|}",
    '"': "''",
    "`": r"\textasciigrave{}",
    "–": "--",
    "—": "---",
    "…": r"\dots{}",
    "’": "'",
    "‘": "`",
    "“": "``",
    "”": "''",
    "\u00a0": "~",
    "\u202f": r"\,",
    "\u2009": r"\,",
    "½": r"\ensuremath{\tfrac12}",
    "¼": r"\ensuremath{\tfrac14}",
}
_MATHS = {
    "−": "-", "±": r"\pm", "∓": r"\mp", "×": r"\times", "·": r"\cdot", "∘": r"\circ", "≤": r"\le", "≥": r"\ge",
    "≠": r"\ne", "≈": r"\approx", "∼": r"\sim", "≍": r"\asymp", "≡": r"\equiv", "∝": r"\propto", "≪": r"\ll",
    "≫": r"\gg", "∞": r"\infty", "∈": r"\in", "∉": r"\notin", "⊂": r"\subset", "∪": r"\cup", "∩": r"\cap",
    "∀": r"\forall", "∃": r"\exists", "∂": r"\partial", "∇": r"\nabla", "√": r"\surd", "∑": r"\sum",
    "∏": r"\prod", "∫": r"\int", "→": r"\to", "↦": r"\mapsto", "⇒": r"\Rightarrow", "⇔": r"\Leftrightarrow",
    "⌈": r"\lceil", "⌉": r"\rceil", "⌊": r"\lfloor", "⌋": r"\rfloor", "‖": r"\|", "⟨": r"\langle", "⟩": r"\rangle",
    "ℝ": r"\mathbb{R}", "ℕ": r"\mathbb{N}", "ℤ": r"\mathbb{Z}", "ℓ": r"\ell", "′": "'", "⊤": r"\top", "†": r"\dagger",
    "∧": r"\wedge", "∨": r"\vee", "∅": r"\emptyset", "…": r"\dots", "⋯": r"\cdots", "⋅": r"\cdot", "∗": "*", "✓": r"\checkmark",
    "α": r"\alpha", "β": r"\beta", "γ": r"\gamma", "δ": r"\delta", "ε": r"\varepsilon", "ζ": r"\zeta", "η": r"\eta",
    "θ": r"\theta", "κ": r"\kappa", "λ": r"\lambda", "μ": r"\mu", "ν": r"\nu", "ξ": r"\xi", "π": r"\pi",
    "ρ": r"\rho", "σ": r"\sigma", "τ": r"\tau", "φ": r"\varphi", "ϕ": r"\phi", "χ": r"\chi", "ψ": r"\psi",
    "ω": r"\omega", "ι": r"\iota", "υ": r"\upsilon", "ς": r"\varsigma", "ϵ": r"\epsilon", "ϑ": r"\vartheta",
    "Ξ": r"\Xi", "Υ": r"\Upsilon", "⟹": r"\Longrightarrow", "⊆": r"\subseteq", "⊥": r"\perp", "∥": r"\|",
    "Γ": r"\Gamma", "Δ": r"\Delta", "Θ": r"\Theta", "Λ": r"\Lambda", "Π": r"\Pi", "Σ": r"\Sigma",
    "Φ": r"\Phi", "Ψ": r"\Psi", "Ω": r"\Omega",
}  # fmt: skip


def _compatible(mark: str) -> dict[str, str]:
    """The characters below U+2D00 that Unicode calls raised (`<super>`) or lowered (`<sub>`), with the plain ones."""
    found = {}
    for code in range(0x80, 0x2D00):
        kind, _, plain = unicodedata.decomposition(chr(code)).partition(" ")
        if kind == mark and " " not in plain and chr(code) not in "ªº™℠":
            found[chr(code)] = chr(int(plain, 16)).replace("−", "-")
    return found


_RAISED, _LOWERED = _compatible("<super>"), _compatible("<sub>")
_COMBINING = {"\u0302": r"\hat", "\u0303": r"\tilde", "\u0304": r"\bar", "\u0305": r"\bar", "\u0307": r"\dot"}


def latex(text: str) -> str:
    """Text as LaTeX prints it literally; Greek letters, relations, sub- and superscripts become maths."""
    out = []
    for kind, part in scripts(str(text)):
        if kind == "plain":
            out.append(_latex_plain(part))
        else:
            out.append(rf"\{'textsuperscript' if kind == 'sup' else 'textsubscript'}{{{_latex_plain(part)}}}")
    return "".join(out)


def _latex_plain(text: str) -> str:
    out: list[str] = []
    for character in text:
        if character in _COMBINING and out:
            out.append(rf"\ensuremath{{{_COMBINING[character]}{{{out.pop()}}}}}")
        elif character in _MATHS and character not in _LATEX:
            out.append(rf"\ensuremath{{{_MATHS[character]}}}")
        elif character in _LATEX:
            out.append(_LATEX[character])
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


def web(text: str) -> str:
    """Text as HTML shows it literally, in an element or in a quoted attribute."""
    return html.escape(str(text), quote=True)


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
