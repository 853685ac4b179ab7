"""PTX as C++ for the CPU, an instruction a statement: what NVRTC made of the kernel, run by the emulator of a block.

It knows the instructions that the kernel has, and raises ValueError for any other and for floating point that is not rounded
to nearest. Addresses of shared memory count from its beginning, as on a GPU; all others are those of the CPU.
"""

import hashlib
import re
from dataclasses import dataclass

from cases.cuda_emulator import Emulated
from dlstats.training.cuda import gpu, nvrtc

INTEGERS = {f"{kind}{bits}": f"{'' if kind == 's' else 'u'}int{bits}_t" for kind in "sub" for bits in (8, 16, 32, 64)}
TYPES = {"f32": "float", "f64": "double", "pred": "bool"} | INTEGERS
ARITHMETIC = {
    "add": "{1} + {2}",
    "sub": "{1} - {2}",
    "mul": "{1} * {2}",
    "div": "{1} / {2}",
    "fma": "std::fma({1}, {2}, {3})",
}
ARITHMETIC |= {"sqrt": "std::sqrt({1})", "rcp": "1 / {1}", "neg": "-{1}", "abs": "std::fabs({1})"}
WHOLE = {name: ARITHMETIC[name] for name in ("add", "sub", "div", "neg")} | {"rem": "{1} % {2}", "mul.lo": "{1} * {2}"}
WHOLE |= {
    "mad.lo": "{1} * {2} + {3}",
    "mul.wide": "wide({1}) * wide({2})",
    "mul.hi": "wide({1}) * wide({2}) >> 32",
}  # hi: of 32 bits alone
WHOLE |= {
    "min": "std::min({1}, {2})",
    "max": "std::max({1}, {2})",
    "and": "{1} & {2}",
    "or": "{1} | {2}",
    "xor": "{1} ^ {2}",
}
WHOLE |= {"not": "{not}{1}", "shl": "left({1}, {2})", "shr": "right({1}, {2})"}
EXACT = ("neg", "abs")
"""Of floating point what needs no rounding."""
SIGNS = {
    "eq": "==",
    "ne": "!=",
    "lt": "<",
    "le": "<=",
    "gt": ">",
    "ge": ">=",
    "lo": "<",
    "ls": "<=",
    "hi": ">",
    "hs": ">=",
}
OPPOSITE = {"lt": ">=", "le": ">", "gt": "<=", "ge": "<"}
PRELUDE = """
#include "cuda_emulator.h"
template <class A, class B> static A as(B b) {
    if constexpr (sizeof(A) == sizeof(B)) return __builtin_bit_cast(A, b);
    else return (A)b;
}
template <class A> static auto wide(A a) { return (std::conditional_t<std::is_signed_v<A>, int64_t, uint64_t>)a; }
template <class A> static A left(A a, A by) { return (uint64_t)by < sizeof(A) * 8 ? a << by : 0; }
template <class A> static A right(A a, A by) {
    const uint64_t most = sizeof(A) * 8 - 1, shift = (uint64_t)by;
    return shift <= most ? a >> shift : std::is_signed_v<A> ? a >> most : 0;
}
template <class A> static A& at(const void* place, int64_t by, int many = 1) {
    A* address = (A*)((char*)place + by);
    if ((uint64_t)address % (many * sizeof(A))) std::fprintf(stderr, "misaligned\\n"), std::abort();
    return *address;
}
"""


@dataclass(eq=False)
class Translated(Emulated):
    """The kernel as NVRTC compiles it for an architecture, on the CPU."""

    architecture: str = "sm_90"

    def compiled(self, shape, problem):
        """The kernels for a shape, with the activation, loss and optimiser of a problem."""
        text = translated(nvrtc.compiled(gpu.macros(shape, problem), self.architecture)[1])
        source = self.folder / f"{hashlib.sha256(text.encode()).hexdigest()[:16]}.h"
        self.folder.mkdir(exist_ok=True)
        source.write_text(text, encoding="utf-8")
        library = self.made([f'-DPTX="{source}"', "-O0", "-fwrapv"])
        return lambda name, task, blocks: self.launch(library, shape, name, task, blocks)


def translated(ptx):
    """Both kernels as functions of a task, and its size."""
    ptx = re.sub(r"//[^\n]*", "", ptx)
    arrays = re.findall(r"\.b8 (\w+)(\[\d+\] = \{[^}]*\};)", ptx)
    functions = re.findall(r"\.entry (\w+)\((.*?)\n\{\n(.*?)\n\}", ptx, re.DOTALL)
    size = re.findall(r"_param_0\[(\d+)\]", functions[0][1])[0]
    lines = [PRELUDE, f"struct Task {{ char bytes[{size}]; }};"]
    lines += [f"alignas(16) static uint8_t {name}{rest}" for name, rest in arrays]
    return "\n".join([*lines, *(_function(name, body) for name, _, body in functions), ""])


def _function(name, body):
    lines = [f"static void {name}(const void* {name}_param_0) {{"]
    for kind, register, count in re.findall(r"\.reg \.(\w+)\s+%(\w+)<(\d+)>;", body):
        lines += [f"{TYPES[kind]} {register}{i}{{}};" for i in range(int(count))]
    lines += [f"alignas(16) char {local};" for local in re.findall(r"\.local .*?(\w+\[\d+\]);", body)] + [
        "uint64_t SP, SPL;"
    ]
    body, barriers = re.sub(r"^\s*\.[^;]*;", "", body, flags=re.MULTILINE), 0
    for label, negated, guard, operation, rest in re.findall(
        r"\$(\w+):|(?:@(!?)%(\w+)\s+)?\b([a-z][\w.]*)\s*([^;]*);", body
    ):
        if label:
            lines.append(f"{label}:;")
            continue
        operands = re.findall(r"\{[^}]*\}|\[[^\]]*\]|[^,\s]+", rest)
        barriers += operation == "bar.sync"
        text = f"host::meet({barriers - 1});" if operation == "bar.sync" else statement(operation.split("."), operands)
        lines.append(f"if ({negated}{guard}) {{ {text} }}" if guard else text)
    return "\n".join([*lines, "}"])


def statement(operation, operands):
    """One instruction, the parts of its name and its operands, as C++."""
    name, kind = operation[0], operation[-1]
    if name in ("bra", "ret"):
        return f"goto {operands[0][1:]};" if name == "bra" else "return;"
    if name in ("ld", "st"):
        return _memory(operation, operands)
    to, values = operands[0].strip("%"), [_value(operand, kind) for operand in operands]
    if name == "mov":
        result = values[1]
    elif name == "cvta":
        result = f"(uint64_t)host::shared + {values[1]}" if operation[1] == "shared" else values[1]
    elif name == "cvt":
        whole = kind[0] != "f" and operation[-2][0] != "f"
        _require(whole or operation[1:-2] == ["rn"] or operation[1:] == ["f64", "f32"], operation)
        kind = operation[-2]
        result = f"({TYPES[kind]}){_value(operands[1], operation[-1])}"
    elif name == "setp":
        return f"{to} = {_comparison(operation[1], kind, *values[1:])};"
    elif name == "selp":
        result = f"{_value(operands[3], 'pred')} ? {values[1]} : {values[2]}"
    elif kind[0] == "f":
        _require(name in ARITHMETIC and operation[1:-1] == ([] if name in EXACT else ["rn"]), operation)
        result = ARITHMETIC[name].format(*values)
    else:
        _require(".".join(operation[:-1]) in WHOLE and (operation[1:2] != ["hi"] or kind[1:] == "32"), operation)
        result = WHOLE[".".join(operation[:-1])].format(*values, **{"not": "!" if kind == "pred" else "~"})
        if operation[1:2] in (["wide"], ["hi"]):
            return f"{to} = as<decltype({to})>({'(int32_t)' if operation[1] == 'hi' else ''}({result}));"
    return f"{to} = as<decltype({to})>(({TYPES[kind]})({result}));"


def _memory(operation, operands):
    """A load or store, of several numbers at once where it is of a vector."""
    load, kind = operation[0] == "ld", operation[-1]
    registers = re.findall(r"[^\s{},]+", operands[0 if load else 1])
    base, by = re.findall(r"\[%?(\w+)(?:\+(-?\d+))?\]", operands[1 if load else 0])[0]
    if operation[1] == "shared":
        base = "host::shared" if base == "shared" else f"(char*)host::shared + {base}"
    first = f"&at<{TYPES[kind]}>((const void*)({base}), {by or 0}, {len(registers)})"
    numbers = [f"({first})[{i}]" for i in range(len(registers))]
    if load:
        return " ".join(f"{r[1:]} = as<decltype({r[1:]})>({n});" for r, n in zip(registers, numbers, strict=True))
    return " ".join(f"{n} = {_value(r, kind)};" for r, n in zip(registers, numbers, strict=True))


def _comparison(sign, kind, one, other):
    """Of floating point a sign with `u` is true, one without false, where a number is NaN."""
    if kind[0] != "f" or sign in ("eq", "lt", "le", "gt", "ge"):
        return f"{one} {SIGNS[sign]} {other}"
    _require(sign[:-1] in OPPOSITE or sign in ("ne", "neu", "equ"), ("setp", sign))
    if sign in ("neu", "equ", "ne"):
        apart = f"({one} < {other} || {one} > {other})"
        return {"neu": f"{one} != {other}", "equ": f"!{apart}", "ne": apart}[sign]
    return f"!({one} {OPPOSITE[sign[:-1]]} {other})"


def _value(text, kind):
    if kind not in TYPES or text[0] in "{[$":
        return text
    special = {"%tid.x": "host::me", "%ctaid.x": "host::row", "shared": "0"}
    if text in special:
        return special[text]
    if text.startswith("%"):
        return f"as<{TYPES[kind]}>({text[1:]})"
    if text[:2] in ("0f", "0d"):
        return f"as<{TYPES[kind]}>(({'uint32_t' if text[1] == 'f' else 'uint64_t'})0x{text[2:]}u)"
    return f"({TYPES[kind]}){text}{'ll' if text[-1].isdigit() and text.lstrip('-').isdigit() else ''}"


def _require(known, operation):
    if not known:
        raise ValueError(f"no exact translation of the instruction {'.'.join(operation)}")
