"""What a name reaches: the scopes of Python, and attributes of modules."""

import ast
import dis
import types

import pytest

from dlstats.pipeline import fingerprints, words
from dlstats.pipeline.fingerprints import Fingerprints
from dlstats.pipeline.modules import Module

LOSSES = "def huber(r):\n    return r * 2\ndef tukey(r):\n    return r * 3\n"
SCOPES = {
    "comprehension": ("TARGET = 1\ndef f(x):\n    return [TARGET for TARGET in x]", False),
    "comprehension of the module": ("TARGET = 1\nf = [TARGET for TARGET in range(3)]", False),
    "nested comprehension": ("TARGET = 1\ndef f(x):\n    return {a: TARGET for a in x for TARGET in a}", False),
    "source of a comprehension": ("TARGET = [1]\ndef f(x):\n    return [TARGET for TARGET in TARGET]", True),
    "local": ("TARGET = 1\ndef f(x):\n    TARGET = x\n    return TARGET", False),
    "parameter": ("TARGET = 1\ndef f(TARGET):\n    return TARGET", False),
    "parameter of a lambda": ("TARGET = 1\nf = lambda TARGET: TARGET", False),
    "default of a parameter": ("TARGET = 1\ndef f(TARGET=TARGET):\n    return 0", True),
    "closure": ("TARGET = 1\ndef f(TARGET):\n    def g():\n        return TARGET\n    return g", False),
    "global in a closure": ("TARGET = 1\ndef f(x):\n    def g():\n        return TARGET\n    return g", True),
    "method": ("TARGET = 1\nclass f:\n    TARGET = 2\n    def g(self):\n        return TARGET", True),
    "attribute": ("TARGET = 1\ndef f(x):\n    return x.TARGET", False),
    "keyword": ("TARGET = 1\ndef f(x):\n    return x(TARGET=2)", False),
    "walrus": ("TARGET = 1\ndef f(x):\n    return [y for z in x if (TARGET := z)], TARGET", False),
    "exception": (
        "TARGET = 1\ndef f(x):\n    try:\n        x()\n    except OSError as TARGET:\n        print(TARGET)",
        False,
    ),
    "pattern": ("TARGET = 1\ndef f(x):\n    match x:\n        case [TARGET]:\n            return TARGET", False),
    "only in an annotation": ("TARGET = 1\ndef f(x: TARGET) -> TARGET:\n    return x", False),
    "only in a message": ("TARGET = 1\ndef f(x):\n    raise ValueError(f'{TARGET}')", False),
    "written by a function": ("TARGET = 1\ndef set():\n    global X\n    X = TARGET\ndef f(x):\n    return X", True),
    "entry set later": ("TARGET = 1\nX = {}\nX['a'] = TARGET\ndef f(x):\n    return X", True),
    "either branch": ("TARGET = 1\ntry:\n    X = TARGET\nexcept OSError:\n    X = 2\ndef f(x):\n    return X", True),
    "recursion": ("TARGET = 1\ndef g(x):\n    return f(x) + TARGET\ndef f(x):\n    return g(x)", True),
}


@pytest.mark.parametrize("name", SCOPES)
def test_a_name_reaches_the_definition_that_python_would_read(tmp_path, name):
    source, reads = SCOPES[name]
    digests = []
    for text in (source, source.replace("TARGET = ", "TARGET = 0 + ", 1)):
        (tmp_path / "pkg").mkdir(exist_ok=True)
        (tmp_path / "pkg" / "m.py").write_text(text)
        digests.append(Fingerprints(tmp_path / "pkg").definitions("pkg.m", "f"))
    assert (digests[0] != digests[1]) is reads


@pytest.mark.parametrize(
    ("use", "reads"),
    [
        ("import pkg.losses\nf = pkg.losses.huber", False),
        ("import pkg.losses as q\nf = q.huber", False),
        ("from pkg import losses\nf = [losses.huber(x) for x in (1, 2)]", False),
        ("from pkg import losses\nf = losses", True),
        ("from pkg import losses\nf = getattr(losses, 'huber')", True),
        ("from pkg import losses\nf = losses.unknown", True),
        ("from pkg.losses import *\nf = huber", False),
        ("from .losses import huber\nf = huber", False),
        ("def f():\n    from pkg import losses\n    return lambda: losses.huber", False),
        ("def f():\n    from pkg import losses\n    return vars(losses)", True),
        ("from pkg import losses\ndef f(losses):\n    return vars(losses)", False),
        ("import pkg\nf = vars(pkg)", True),
    ],
)
def test_a_module_counts_whole_only_where_its_attributes_cannot_be_told(tmp_path, use, reads):
    digests = []
    for losses in (LOSSES, LOSSES.replace("r * 3", "r * 5"), LOSSES.replace("r * 2", "r * 5")):
        (tmp_path / "pkg").mkdir(exist_ok=True)
        (tmp_path / "pkg" / "losses.py").write_text(losses)
        (tmp_path / "pkg" / "use.py").write_text(use)
        digests.append(Fingerprints(tmp_path / "pkg").definitions("pkg.use", "f"))
    before, sibling, member = digests
    assert (before != sibling) is reads
    assert (before != member) is ("(losses):" not in use)


def compiled_reads(code):
    """The names that a code object and those inside it look up in the module."""
    found = {i.argval for i in dis.get_instructions(code) if i.opname in ("LOAD_GLOBAL", "LOAD_NAME")}
    return found.union(*(compiled_reads(c) for c in code.co_consts if isinstance(c, types.CodeType)))


def untold(node):
    """The names inside exceptions, assertions, calls of messengers and annotations, which need not be read."""
    telling = (ast.Raise, ast.Assert, ast.AnnAssign, ast.arguments)
    for part in ast.walk(node):
        called = getattr(getattr(part, "func", None), "attr", getattr(getattr(part, "func", None), "id", None))
        if isinstance(part, telling) or called in (words.TELLER, *words.MESSENGERS):
            yield from (name.id for name in ast.walk(part) if isinstance(name, ast.Name))


@pytest.mark.parametrize(
    "room", ["training", "losses", "nets", "pipeline", "protocol", "methods", "montecarlo", "theory"]
)
def test_functions_read_what_their_bytecode_reads(room):
    for path in sorted((fingerprints.PACKAGE / room).rglob("*.py")):
        module = Module(path.stem, path)
        for definition, _ in (pair for pairs in module.bound.values() for pair in pairs):
            if not (definition.nodes and isinstance(definition.nodes[0], ast.FunctionDef)):
                continue
            tree = ast.Module([definition.nodes[0]], [])
            flags = __import__("__future__").annotations.compiler_flag
            compiled = compiled_reads(compile(tree, str(path), "exec", flags, dont_inherit=True))
            read = {name for imported, name, _ in definition.reads(True) if imported is None}
            assert read <= compiled, (path, definition.label)
            assert compiled - read <= set(untold(tree)), (path, definition.label)
