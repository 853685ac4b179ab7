"""Change the code at random, one place at a time, and count how often the tests of the place notice: `make mutants`.

A place is drawn in each room, then one of the mutations that Cosmic Ray has for it: a number, an operator, a comparison, a
condition, a decorator, a loop, or two neighbours that change places. The tests of the room judge it, those of the module's
name first, until one fails; a run that takes three times as long as without the change counts as noticed. Left out are
annotations, which do nothing when the program runs, and replacements that only raise an error (a shift of a float, `is`
for `==`). Every result is a line of `results.jsonl`; what stands there is not done again, so that a run that was stopped
goes on, and `--again` tries those that no test noticed once more. The table goes to `table.md`.
"""

from __future__ import annotations

import argparse
import ast
import itertools
import json
import multiprocessing
import os
import random
import re
import shlex
import shutil
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path

import cosmic_ray.plugins  # pyright: ignore[reportMissingImports]
from cosmic_ray.ast import ast_nodes, get_ast_from_path  # pyright: ignore[reportMissingImports]
from cosmic_ray.mutating import mutate_code, use_mutation  # pyright: ignore[reportMissingImports]
from cosmic_ray.testing import run_tests  # pyright: ignore[reportMissingImports]
from swaps import SwapNeighbours  # pyright: ignore[reportMissingImports]

ROOMS = {
    "montecarlo": ["tests/montecarlo"],
    "protocol": ["tests/protocol", "tests/pipeline/test_ledger.py", "tests/report/test_protocol.py"],
    "losses": ["tests/losses"],
    "dgp": ["tests/dgp"],
    "theory": ["tests/theory", "tests/docs/test_proof_numbers.py"],
    "report": ["tests/report"],
}
"""The tests of each room."""
EVERYWHERE = "tests/test_frozen.py"
"""The tests that are asked first, of every room."""
ARITHMETIC, BITS = {"Add", "Sub", "Mul", "Div", "FloorDiv", "Mod", "Pow"}, {"BitOr", "BitAnd", "BitXor"}
SLOWER, GRACE = 3, 60.0
"""A changed run that takes so many times as long as the unchanged one, and so many seconds more, is stopped."""


def sensible(name: str) -> bool:
    """Whether an operator makes other than errors."""
    kind, *words = name.split("/")[1].split("_")
    if kind == "ReplaceBinaryOperator":
        return set(words) <= ARITHMETIC or set(words) <= BITS
    arguments = cosmic_ray.plugins.get_operator(name).arguments()
    return not arguments and not (kind == "ReplaceComparisonOperator" and words[-1] in ("Is", "IsNot"))


def operator(name: str):
    """The operator of that name."""
    return SwapNeighbours() if name == "SwapNeighbours" else cosmic_ray.plugins.get_operator(name)()


def annotated(path: Path) -> list[tuple[tuple[int, int], tuple[int, int]]]:
    """Where annotations begin and end in a file."""
    text = path.read_text(encoding="utf-8")
    lines, found = text.splitlines(), []
    for node in ast.walk(ast.parse(text)):
        for name in ("annotation", "returns"):
            part = getattr(node, name, None)
            if part is not None:
                edges = (part.lineno, part.col_offset), (part.end_lineno, part.end_col_offset)
                one, two = ((row, len(lines[row - 1].encode()[:at].decode())) for row, at in edges)
                found.append((one, two))
    return found


def places(path: Path) -> dict[tuple, list[dict]]:
    """The mutations of a file, by the place and the kind of the change."""
    nodes, spared, found = list(ast_nodes(get_ast_from_path(path))), annotated(path), {}
    for name in ["SwapNeighbours", *filter(sensible, cosmic_ray.plugins.operator_names())]:
        made = operator(name)
        starts = (start for node in nodes for start, _ in made.mutation_positions(node))
        for occurrence, start in enumerate(starts):
            if not any(one <= start < two for one, two in spared):
                key = (str(path), start, name.split("_")[0])
                found.setdefault(key, []).append({"module": str(path), "operator": name, "occurrence": occurrence})
    return found


def draw(rooms: list[str], number: int, seed: int) -> list[dict]:
    """The sample: as many places in each room, to one, and one mutation of each."""
    sample = []
    for i, room in enumerate(rooms):
        rng = random.Random(f"{seed} {room}")
        files = sorted(Path("dlstats", room).rglob("*.py"))
        found = {place: mutations for path in files for place, mutations in places(path).items()}
        size = number // len(rooms) + (i < number % len(rooms))
        drawn = ({"room": room, **rng.choice(found[place])} for place in rng.sample(sorted(found), len(found)))
        sample += itertools.islice(filter(changes, drawn), size)
    return sample


def changes(mutation: dict) -> bool:
    """Whether Python takes the changed file in, and it differs."""
    code = Path(mutation["module"]).read_text(encoding="utf-8")
    changed = mutate_code(code, operator(mutation["operator"]), mutation["occurrence"])
    try:
        return ast.dump(ast.parse(changed)) != ast.dump(ast.parse(code))
    except SyntaxError:
        return False


def command(python: str, room: str, module: str = "") -> str:
    """The tests of the room in one process, those first whose names have the module's."""
    tests = [path for part in ROOMS[room] for path in _tests(Path(part))]
    stem = Path(module).stem.strip("_").rstrip("s")
    tests.sort(key=lambda path: not (module and stem in path.stem))
    words = [python, "-m", "pytest", "-x", "-p", "no:cacheprovider", "--tb=no", EVERYWHERE, *map(str, tests)]
    return shlex.join(words)


def _tests(part: Path) -> list[Path]:
    return sorted(part.rglob("test_*.py")) if part.is_dir() else [part]


def tree(folder: Path) -> Path:
    """A copy of what git has or would have, compiled so that a changed file is read anew."""
    shutil.rmtree(folder, ignore_errors=True)
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"], capture_output=True, text=True, check=True
    )
    for name in listed.stdout.splitlines():
        if Path(name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(name, folder / name)
    return folder


def begin(free) -> None:
    """A worker goes to a tree of its own."""
    os.chdir(free.get())
    os.environ |= {"PYTHONPATH": os.getcwd(), "OMP_NUM_THREADS": "1", "PYTEST_ADDOPTS": f"--basetemp={os.getcwd()}.tmp"}


def unchanged(python: str, room: str) -> float:
    """Seconds that the tests of a room take where nothing is changed; they must pass."""
    start = time.monotonic()
    outcome, output = run_tests(command(python, room), None)
    if outcome.value != "survived":
        raise SystemExit(f"The tests of {room} must pass before anything is changed:\n{output[-2000:]}")
    return time.monotonic() - start


def judge(python: str, mutation: dict, limit: float) -> dict:
    """The mutation, the lines that it changed, whether a test noticed, and which."""
    start, path = time.monotonic(), Path(mutation["module"])
    with use_mutation(path, operator(mutation["operator"]), mutation["occurrence"]) as (before, after):
        changed = [
            (number, old.strip(), new.strip())
            for number, (old, new) in enumerate(zip(before.splitlines(), after.splitlines(), strict=False), 1)
            if old != new
        ]
        outcome, output = run_tests(command(python, mutation["room"], mutation["module"]), limit)
    by = re.findall(r"^(?:FAILED|ERROR) (\S+)", output, re.MULTILINE)
    number, old, new = changed[0] if changed else (0, "", "")
    return mutation | {
        "line": number, "before": old, "after": new, "noticed": outcome.value != "survived",
        "by": by[0] if by else output[:100] if outcome.value != "survived" else "",
        "seconds": round(time.monotonic() - start, 1),
    }  # fmt: skip


def key(mutation: dict) -> tuple:
    """What tells one mutation from another."""
    return mutation["module"], mutation["operator"], mutation["occurrence"]


def known(file: Path) -> dict[tuple, dict]:
    """The last result of every mutation."""
    lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
    return {key(result): result for result in map(json.loads, lines)}


def table(results: list[dict]) -> Iterator[str]:
    """The numbers by room, and the survivors."""
    yield "| room | mutants | noticed | not noticed |\n|---|---:|---:|---:|"
    for room in [*dict.fromkeys(result["room"] for result in results), "all"]:
        part = [result["noticed"] for result in results if room in (result["room"], "all")]
        yield f"| {room} | {len(part)} | {sum(part)} | {len(part) - sum(part)} |"
    yield "\n| not noticed | before | after |\n|---|---|---|"
    for result in results:
        if not result["noticed"]:
            cells = (f"`{result[name]}`".replace("|", "\\|") for name in ("before", "after"))
            yield f"| {result['module']}:{result['line']} | {' | '.join(cells)} |"


def run(arguments: argparse.Namespace) -> list[dict]:
    """Judge what is not judged yet, in as many processes as there are trees."""
    folder = Path(arguments.folder).resolve()
    folder.mkdir(parents=True, exist_ok=True)
    sample, file = draw(arguments.rooms, arguments.number, arguments.seed), folder / "results.jsonl"
    results = known(file)
    todo = [m for m in sample if key(m) not in results or (arguments.again and not results[key(m)]["noticed"])]
    free = multiprocessing.Manager().Queue()
    for i in range(arguments.cores):
        free.put(str(tree(folder / f"tree{i}")))
    with ProcessPoolExecutor(arguments.cores, initializer=begin, initargs=(free,)) as pool:
        rooms = list(dict.fromkeys(mutation["room"] for mutation in todo))
        limits = dict(zip(rooms, pool.map(unchanged, [arguments.python] * len(rooms), rooms), strict=True))
        print("seconds of the unchanged tests:", {room: round(s) for room, s in limits.items()}, flush=True)
        jobs = [pool.submit(judge, arguments.python, m, SLOWER * limits[m["room"]] + GRACE) for m in todo]
        for done in as_completed(jobs):
            result = done.result()
            results[key(result)] = result
            with file.open("a", encoding="utf-8") as lines:
                lines.write(json.dumps(result) + "\n")
            print(result["noticed"], result["module"], result["line"], result["after"], result["by"], flush=True)
    return [results[key(mutation)] for mutation in sample]


def main() -> None:
    """Read the arguments, run, write and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--number", type=int, default=200)
    parser.add_argument("--seed", type=int, default=777001)
    parser.add_argument("--rooms", nargs="+", default=list(ROOMS), choices=list(ROOMS))
    parser.add_argument("--folder", default="build/mutants")
    parser.add_argument("--python", default=shutil.which("python"), help="the interpreter that runs the tests")
    parser.add_argument("--cores", type=int, default=2)
    parser.add_argument("--again", action="store_true", help="try once more those that no test noticed")
    arguments = parser.parse_args()
    text = "\n".join(table(run(arguments))) + "\n"
    (Path(arguments.folder) / "table.md").write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
