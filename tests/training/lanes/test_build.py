"""A compiled kernel is loaded as it was written, by its owner, or built again; a killed build leaves nothing."""

import os
import signal
import subprocess
import sys
import time

import pytest

from dlstats import cache
from dlstats.training.lanes import build


@pytest.fixture(scope="module")
def real():
    """A library that was truly compiled."""
    return build.compiled("float64")


@pytest.fixture
def folder(tmp_path, monkeypatch, real):
    """An empty cache, and a compiler that is quick: it hands out the real library."""
    compiler = tmp_path / "c++"
    compiler.write_text(
        f'#!/bin/sh\ncase "$*" in *-o*) for last; do :; done; cp {real} "$last"; echo >> $0.built;; *) echo 1.0;; esac\n'
    )
    compiler.chmod(0o755)
    monkeypatch.setenv("CXX", str(compiler))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    build.attempt.cache_clear()
    yield tmp_path / "cache" / "dlstats"
    build.attempt.cache_clear()


def _give_away(path, content):
    if os.getuid() != 0:
        pytest.skip("only root can give a file away")
    os.chown(path, 65534, 65534)


DAMAGES = {
    "empty": lambda path, content: path.write_bytes(b""),
    "cut": lambda path, content: path.write_bytes(content[: len(content) // 2]),
    "one bit": lambda path, content: path.write_bytes(content[:5000] + bytes([content[5000] ^ 1]) + content[5001:]),
    "planted": lambda path, content: path.write_bytes(b"\x7fELF" + b"of someone else"),
    "writable by others": lambda path, content: path.chmod(0o666),
    "another user's": _give_away,
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_what_is_damaged_or_foreign_is_built_again_and_never_loaded(damage, folder, tmp_path, real):
    first = build.compiled("float64")
    DAMAGES[damage](first, real.read_bytes())
    again = build.compiled("float64")
    assert (tmp_path / "c++.built").read_text() == "\n" * 2
    assert again.read_bytes() == real.read_bytes()
    assert cache.trusted(again)
    assert build.library("float64").lanes_width() == build.library("float64").lanes_width() > 0
    assert [path.name for path in folder.iterdir() if path.suffix == ".so"] == [again.name]


def test_what_is_sound_is_not_built_again(folder, monkeypatch):
    first = build.compiled("float64")
    monkeypatch.setattr(build, "_compile", None)
    assert build.compiled("float64") == first


def test_a_killed_build_leaves_no_folder_after_the_next(folder, tmp_path, real):
    slow = tmp_path / "slow"
    slow.write_text('#!/bin/sh\ncase "$*" in *-o*) touch "$TMPDIR/started"; sleep 60;; *) echo 1.0;; esac\n')
    slow.chmod(0o755)
    code = "from dlstats.training.lanes import build; build.compiled('float64')"
    environment = os.environ | {"CXX": str(slow)}
    job = subprocess.Popen([sys.executable, "-c", code], env=environment, start_new_session=True)
    until = time.monotonic() + 60
    while not list(folder.glob("*/started")) and time.monotonic() < until:
        time.sleep(0.05)
    os.killpg(job.pid, signal.SIGKILL)
    job.wait()
    assert [path.name for path in folder.iterdir() if path.is_dir()] != []
    library = build.compiled("float64")
    assert sorted(path.name for path in folder.iterdir()) == ["build.lock", library.name]
