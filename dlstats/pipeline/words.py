"""Words that change no number: of messages, and those that stand on axes and in tables.

Only what is certain: functions known by their full names through imports, not by what they are called. Standard library
only, as in `grid`.
"""

from __future__ import annotations

import ast

MESSENGERS = frozenset(("print", "warnings.warn"))
"""Functions that tell: their string arguments do not count."""
WHOLE = frozenset(("say", "log", "debug", "info", "warning", "warn", "error", "exception", "critical", "report"))
"""Calls that are written down as those of messengers are, but with all their words: `np.log(x)` keeps its fingerprint."""
LOGGER = "logging.Logger"
"""Whose methods tell too."""
TELLER = "say"
"""What a function of the package that tells is called."""
VOCABULARY = frozenset(("Method", "Factor"))
"""Classes of the room `protocol` whose words only describe."""
METHODS = ("methods.", "studies.regression.")
"""Modules of the package whose classes are methods."""
SHOWN = frozenset(("label", "description", "style"))
"""Fields of a method that say how it is shown."""
LABELS = SHOWN | {"unit", "symbol"}
"""Those of the vocabulary."""
PLACED = ""
"""Stands for arguments by position among the names of fields."""


def tells(called: str, package: str) -> bool:
    """Whether a function of that full name only tells."""
    own = called.startswith(f"{package}.") and called.endswith(f".{TELLER}")
    return own or called in MESSENGERS or called.startswith(f"{LOGGER}.")


def labels(called: str, node: ast.Call, package: str, describes: bool) -> frozenset[str]:
    """The arguments of a call whose words only describe; `describes` says that the class itself has such fields."""
    place, _, name = called.rpartition(".")
    if f"{place}.".startswith(f"{package}.protocol.") and name in VOCABULARY:
        return LABELS | {PLACED}
    methods = tuple(f"{package}.{module}" for module in METHODS)
    method = describes or (f"{place}.".startswith(methods) and name[:1].isupper())
    return SHOWN & {str(keyword.arg) for keyword in node.keywords} if method else frozenset()


def shown(node: ast.ClassDef) -> list[tuple[str, ast.stmt]]:
    """The fields and properties of a class of methods that say how it is shown, unless the class itself reads them."""
    found: list[tuple[str, ast.stmt]] = []
    for statement in node.body:
        match statement:
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr()) if name in SHOWN:
                found.append((name, statement))
            case ast.Assign(targets=[ast.Name(id=name)]) if name in SHOWN:
                found.append((name, statement))
            case ast.FunctionDef(name=name, decorator_list=[ast.Name(id="property")]) if name in SHOWN:
                found.append((name, statement))
    ours = [statement for _, statement in found]
    rest = (part for one in node.body if one not in ours for part in ast.walk(one))
    read = {part.attr for part in rest if isinstance(part, ast.Attribute)}
    return found if {"label", "description"} <= {name for name, _ in found} and not read & SHOWN else []


def is_text(node: ast.AST) -> bool:
    """A string: written out, formatted, joined or put together."""
    match node:
        case ast.Constant(value=str()) | ast.JoinedStr():
            return True
        case ast.BinOp(left=left, right=right):
            return is_text(left) or is_text(right)
        case ast.Call(func=ast.Attribute(value=value)):
            return is_text(value)
    return False
