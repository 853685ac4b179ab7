"""Of a function that makes an experiment: the slice that decides its rows, and the rest, which describes them.

    def made(dgp, measures):
        simulation = Simulation(dgp)
        return Experiment(simulate=simulation, measures=measures)

Its rows hang on `dgp`, and not on `measures`. Standard library only, as in `grid`.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

PURE = frozenset("items keys values get copy count index union intersection difference fromkeys join format".split())
"""Methods that change nothing."""


@dataclass(frozen=True)
class Slices:
    """Both as functions, and the parameters that the rows hang on."""

    rows: ast.FunctionDef
    shown: ast.FunctionDef
    parameters: frozenset[str]


def split(function: ast.AST, rows: Collection[str], maker: str = "Experiment") -> Slices | None:
    """The slices of a function that ends in `return Experiment(keyword=...)`; `rows` are the keywords that decide them.

    None where it cannot be told: another end, two ends, parameters without names, positional arguments.
    """
    if not isinstance(function, ast.FunctionDef) or function.args.vararg or function.args.kwarg:
        return None
    *statements, end = function.body
    call = end.value if isinstance(end, ast.Return) else None
    returns = sum(isinstance(part, ast.Return | ast.Yield | ast.YieldFrom) for part in ast.walk(function))
    if not isinstance(call, ast.Call) or returns != 1 or call.args or any(k.arg is None for k in call.keywords):
        return None
    if getattr(call.func, "attr", getattr(call.func, "id", None)) != maker:
        return None
    counted = [k for k in call.keywords if k.arg in rows]
    kept, needed = [], _read(k.value for k in counted)
    while True:
        more = [s for s in statements if s not in kept and (_acts(s) or needed & _bound(s))]
        if not more:
            break
        kept += more
        needed |= _read(more)
    ends = ast.Tuple([part for k in counted for part in (ast.Constant(k.arg), k.value)], ast.Load())
    described = ast.Call(call.func, [], [k for k in call.keywords if k not in counted])
    return Slices(
        _part(function, needed, [s for s in statements if s in kept], ends),
        _part(function, _parameters(function) - needed, [s for s in statements if s not in kept], described),
        frozenset(needed & _parameters(function)),
    )


def _part(
    function: ast.FunctionDef, names: Collection[str], body: Sequence[ast.stmt], end: ast.expr
) -> ast.FunctionDef:
    a = function.args
    positional = [*a.posonlyargs, *a.args]
    defaults = [*[None] * (len(positional) - len(a.defaults)), *a.defaults, *a.kw_defaults]
    pairs = [pair for pair in zip([*positional, *a.kwonlyargs], defaults, strict=True) if pair[0].arg in names]
    arguments = ast.arguments([], [], None, [name for name, _ in pairs], [default for _, default in pairs], None, [])
    part = ast.FunctionDef(function.name, arguments, [*body, ast.Return(end)], function.decorator_list)
    return ast.copy_location(part, function)


def _parameters(function: ast.FunctionDef) -> set[str]:
    a = function.args
    return {part.arg for part in (*a.posonlyargs, *a.args, *a.kwonlyargs)}


def _read(nodes: Iterable[ast.AST]) -> set[str]:
    return {p.id for node in nodes for p in ast.walk(node) if isinstance(p, ast.Name) and isinstance(p.ctx, ast.Load)}


def _bound(statement: ast.stmt) -> set[str]:
    names = {p.id for p in ast.walk(statement) if isinstance(p, ast.Name) and isinstance(p.ctx, ast.Store | ast.Del)}
    names |= {a.asname or a.name.split(".")[0] for p in ast.walk(statement) for a in getattr(p, "names", ())
              if isinstance(a, ast.alias)}  # fmt: skip
    return names | {getattr(statement, "name", "")} - {""}


def _acts(statement: ast.stmt) -> bool:
    """Whether it may change what it does not bind: a call for its own sake, an entry that is set, a method of a name."""
    for part in ast.walk(statement):
        match part:
            case ast.Expr(value=value) if not isinstance(value, ast.Constant):
                return True
            case ast.Subscript(ctx=ast.Store() | ast.Del()) | ast.Attribute(ctx=ast.Store() | ast.Del()):
                return True
            case ast.AugAssign() | ast.Global() | ast.Nonlocal():
                return True
            case ast.Call(func=ast.Attribute(attr=method, value=ast.Name())) if method not in PURE:
                return True
    return False
