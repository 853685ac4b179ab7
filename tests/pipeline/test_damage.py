"""Whatever is done to a file that a command opens: the file is named in one line or made again, and no other is lost."""

import builtins
import dataclasses
import functools
import io
import json
import os
import shutil
import sys
from pathlib import Path

import matplotlib.figure
import pytest
from cases import toy

from dlstats import project
from dlstats.cli import parser as command_line
from dlstats.pipeline import config, costs, records, registry, run, standing, store
from dlstats.protocol.study import Figure, grid
from dlstats.report import paper, provenance, site, typst
from dlstats.report.files import write_text

CELL = toy.CELLS[0]
STUDY = dataclasses.replace(
    toy.STUDY,
    experiments={"samples": dataclasses.replace(toy.SAMPLES, contrasts=(), slopes=())},
    claims=toy.STUDY.claims[:1],
    figures=(Figure("errors", "Errors.", lambda evidence, canvas: evidence.replicates("samples")),),
    designs={"smoke": grid(n=[20, 40], sd=1.0, replicates=5)},
)
ONE, ALL = ["toy", "--config", "toy.yaml"], ["--config", "toy.yaml"]
TREE = ("results", "reports", "costs.json")
COMMANDS = {
    "simulate": ["toy.samples", *toy.CELLS[:2], "--seed", "7", "--replicates", "5", "--device", "cpu"],
    "checks": ["toy"], "summarise": ONE, "measure": ONE, "ledger": ALL, "draw": ONE, "protocol": ONE, "write": ALL,
    "list": ["all", *ALL], "plan": ALL, "config": ["show", *ONE], "checklist": ALL, "export": ONE,
    "replay": ["toy.samples", CELL, "0", "--device", "cpu"], "cost": ["--write"], "run": ["toy.yaml"], "rerun": ["toy"],
}  # fmt: skip
MAKES = {
    "simulate": ("results/raw", "results/.replicates"), "checks": ("results/checks",), "summarise": ("results/summary",),
    "measure": ("results/measured",), "ledger": ("results/verdicts",), "draw": ("reports/figures", "reports/tables/toy"),
    "write": ("results/datapackage.", "reports/dlstats.", "reports/html", "reports/tables/ledger", "reports/figures/overview."),
    "export": ("reports/export",), "cost": ("costs.json",), "protocol": ("reports/protocols",),
}  # fmt: skip
"""What a command may write."""
TEXTS = {
    "costs.json",
    "results/.profile",
    *(f"reports/{name}" for name in ("errata.yaml", "families.yaml", "references.bib")),
}
"""Files that people may write: a change in them that makes sense is theirs."""
FILES = [
    f"results/raw/toy/samples/{CELL}.parquet", f"results/.replicates/toy/samples/{CELL}.parquet",
    *(f"results/{name}.parquet" for name in ("summary/toy/samples", "measured/toy", "verdicts", "checks/toy")),
    "results/summary/toy/samples.csv", "results/verdicts.csv", "reports/figures/toy/study.json",
    "reports/figures/toy/errors.svg", "reports/tables/toy/claims.csv", "reports/tables/ledger.csv",
    "reports/protocols/toy.json", "reports/dlstats.json", "reports/dlstats.pdf",
    "reports/html/index.html", *sorted(TEXTS),
]  # fmt: skip


def _workflow(profile, words, keep_stale=False, again=""):
    """What Snakemake says before it makes anything, without its process."""
    lines = standing.mark(config.load(profile), Path(profile).stem, Path("results"), Path("reports"), again)
    print("\n".join(lines), file=sys.stderr)
    return 0


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A folder in which the toy was run, what its files hold, and the files that each command opens."""
    folder = tmp_path_factory.mktemp("finished")
    with pytest.MonkeyPatch.context() as patch:
        toy.install(patch, STUDY)
        patch.setattr(registry, "load", functools.cache(registry.load))
        patch.setattr(run, "workflow", _workflow)
        patch.setattr(typst, "pdf", lambda *_: b"pages")
        patch.setattr(site, "write", lambda material, reports, folder: [write_text(folder / "index.html", "page")])
        patch.setattr(paper, "build", lambda material, overview: material)
        patch.setattr(matplotlib.figure.Figure, "savefig", lambda _, path, **more: path.write_text(path.name))
        here = provenance.environment()
        here["commit"] = here["commit"] or "0" * 40  # which a wheel does not know, and the checklist asks
        patch.setattr(provenance, "environment", lambda: here)
        patch.setattr(costs, "FILE", Path("costs.json"))
        patch.chdir(folder)
        (folder / "reports").mkdir()
        for name in ("errata.yaml", "families.yaml"):
            shutil.copy(project.FOLDER / "reports" / name, "reports")
        Path("reports/references.bib").write_text(
            "@article{stone1982, title = {T}, author = {Stone, C.}, year = 1982}\n"
        )
        Path("toy.yaml").write_text("design: smoke\nseed: 7\ndevice: cpu\nstudies: [toy]\n")
        costs.FILE.write_text(json.dumps({"toy.samples": {CELL: 0.1}}))
        for name in list(COMMANDS)[:8]:
            assert command_line.main([name, *COMMANDS[name]]) == 0, name
        run.remember("toy.yaml", Path("results"))
        opened = {name: _opened([name, *words]) for name, words in COMMANDS.items()}
        assert _carry_out(["write", *ALL]) == 0  # the report states the costs that were written since
        yield {path: Path(path).read_bytes() for path in _tree()}, opened


def _opened(words):
    """The files that a command opens."""
    seen, real = set(), io.open

    def spy(file, *rest, **more):
        seen.add(os.path.normpath(str(file)))
        return real(file, *rest, **more)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(io, "open", spy)
        patch.setattr(builtins, "open", spy)
        assert _carry_out(words) == 0, words
    return seen


def _carry_out(words):
    """The exit status of a command in a process that knows nothing yet."""
    costs._known.cache_clear()
    store._header.cache_clear()
    return command_line.main(words)


def _tree():
    """Every file by its name, with what changes when it is written."""
    found = {}
    for part in TREE:
        walked = [(folder, name) for folder, _, names in os.walk(part) for name in names] or [("", part)]
        for path in (os.path.join(*one) for one in walked):
            if os.path.isfile(path):
                state = os.stat(path)
                found[path] = (state.st_ino, state.st_mtime_ns, state.st_size)
    return found


def _content(path):
    """What a file says, without how long it took; None when it is not right."""
    try:
        if path.endswith(".parquet"):
            return store.header(Path(path)).content
        return records.read(Path(path))["origin"] if path.endswith("study.json") else Path(path).read_bytes()
    except (OSError, store.Unusable):
        return None


def _foreign(*fields):
    """A file that is whole and was made from something else."""

    def make(path):
        data = json.loads(path.read_bytes()) if path.suffix == ".json" else {}
        origin = store.header(path).origin if path.suffix == ".parquet" else data.get("origin", {})
        made = {**origin, **dict.fromkeys([field for field in fields if field in origin][:1], 8)}
        if path.suffix == ".parquet":
            store._write(path, store.read(path), dataclasses.replace(store.header(path), origin=made))
        elif origin:
            named = [path.parent / name for name in data["files"]]
            records.write(path, {k: v for k, v in data.items() if k not in ("origin", "files", "seal")}, made, named)
        elif "protocol" in data:
            other = data["protocol"] | {"study": "other"}
            path.write_text(json.dumps({"protocol": other, "hash": store.digest(other)}))
        else:
            path.write_text("other\n")

    return make


def _flip(path):
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 0xFF
    path.write_bytes(data)


def _folder(path):
    path.unlink()
    path.mkdir()


def _cut(path):
    """Half of the file; of YAML no more than to an open bracket, for half of that can make sense."""
    data = path.read_bytes()
    half = len(data) // 2
    path.write_bytes(data[: data.rindex(b"[", 0, half) + 1 if path.suffix == ".yaml" else half])


DAMAGE = {
    "cut": _cut,
    "of another study": _foreign("study", "studies"),
    "empty": lambda path: path.write_bytes(b""),
    "flipped": _flip,
    "edited": lambda path: path.write_bytes(path.read_bytes() + b"0\n"),
    "of another cell": _foreign("cell", "experiment", "inputs"),
    "of another seed": _foreign("seed", "inputs", "fingerprint"),
    "a folder": _folder,
}
EVERYWHERE = "cut"
"""The kind of damage that is tried on every command that opens the file, the others on one command each."""


@pytest.mark.parametrize("path", FILES)
def test_a_damaged_file_is_named_in_one_line_or_made_again(path, finished, capsys):
    before, opened = finished
    readers = [
        name for name in COMMANDS if path in opened[name] and not (name == "draw" and path.startswith("reports"))
    ]
    assert readers
    right = {name: _content(name) for name in before}
    for number, (damage, hurt) in enumerate(DAMAGE.items()):
        turn = (number + FILES.index(path)) % len(readers)
        for name in readers if damage == EVERYWHERE else [readers[turn]]:
            hurt(Path(path))
            spoilt = _tree()
            capsys.readouterr()
            status = _carry_out([name, *COMMANDS[name]])
            said = capsys.readouterr()
            lines = (said.err + said.out * (name == "checklist")).splitlines()
            what = f"{name}, {path} {damage}: {status} {lines}"
            _hold(name, path, damage, status, lines, before, spoilt, right, what)
            _restore(before, path, spoilt)


def _hold(name, path, damage, status, lines, before, spoilt, right, what):
    now = _tree()
    changed = {file for file in now.keys() | spoilt.keys() if now.get(file) != spoilt.get(file)}
    assert before.keys() - {path} <= now.keys(), what
    named = [line for line in lines if path in line]
    if len(lines) == 1 and lines[0].startswith(f"dlstats {name}: ") and named and status:
        assert all(Path(file).read_bytes() == before.get(file) for file in changed - {path}), what
        assert path not in changed, what
        return
    assert status == 0 or name == "checklist" or (name, damage) == ("replay", "of another seed"), what
    healed = right[path] is not None and _content(path) == right[path]
    assert healed or len(named) == 1 or (path in TEXTS and damage == "edited"), what
    assert all(file.startswith(MAKES.get(name, ())) for file in changed), (what, changed)
    same = all(_content(file) == right.get(file) for file in changed if file in before)
    assert same or name == "write" or path in TEXTS, what  # a report shows less, an export what people wrote


def _restore(before, path, spoilt):
    now = _tree()
    for name in {path, *(file for file in now.keys() | spoilt.keys() if now.get(file) != spoilt.get(file))}:
        file = Path(name)
        if file.is_dir():
            shutil.rmtree(file)
        if name in before:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(before[name])
        else:
            file.unlink(missing_ok=True)
