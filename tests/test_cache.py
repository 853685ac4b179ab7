"""What is read from the cache is this user's own; where there is none, one line says what to set."""

import os
import stat
from pathlib import Path

import pytest

from dlstats import cache


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    return tmp_path


@pytest.fixture
def give_away(monkeypatch):
    """Let a path belong to another user: in truth for root, else by being another user."""

    def give(path):
        if os.getuid() == 0:
            os.chown(path, 65534, 65534)
        else:
            monkeypatch.setattr(os, "getuid", lambda: 65534)

    return give


@pytest.mark.parametrize(("named", "where"), [("xdg", "xdg"), ("", "home/.cache"), ("relative", "home/.cache")])
def test_the_cache_is_where_its_specification_says(named, where, home, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(home / named) if named == "xdg" else named)
    assert cache.folder() == home / where / "dlstats"


def test_whatever_the_umask_no_one_else_can_write_there():
    before = os.umask(0)
    try:
        cache.write("a.json", {"a": 1})
    finally:
        os.umask(before)
    modes = [stat.S_IMODE(path.stat().st_mode) for path in (cache.folder(), cache.folder() / "a.json")]
    assert [mode & 0o022 for mode in modes] == [0, 0]
    assert cache.read("a.json") == {"a": 1}


def test_a_folder_that_others_can_write_is_closed_to_them():
    cache.folder().chmod(0o777)
    assert stat.S_IMODE(cache.folder().stat().st_mode) == 0o700


def test_a_folder_of_another_user_is_refused(give_away):
    give_away(cache.folder())
    with pytest.raises(cache.Unusable, match="belongs to another user: set XDG_CACHE_HOME to a folder of your own"):
        cache.folder()


def test_a_file_that_another_user_owns_or_can_write_is_not_read(give_away):
    cache.write("a.json", {"a": 1})
    path = cache.folder() / "a.json"
    path.chmod(0o666)
    assert cache.read("a.json") == {}
    path.chmod(0o600)
    assert cache.read("a.json") == {"a": 1}
    give_away(path)
    assert cache.read("a.json") == {}


@pytest.mark.parametrize("content", [b"", b"{", b"[1]", b"\xff"])
def test_a_damaged_file_holds_nothing_and_a_line_says_so(content, capsys):
    cache.write("a.json", {"a": 1})
    assert cache.read("a.json") == {"a": 1}
    assert cache.read("not there.json") == {}
    assert capsys.readouterr().err == ""
    path = cache.folder() / "a.json"
    path.write_bytes(content)
    assert cache.read("a.json") == {}
    line = f"dlstats: {path} is damaged and not used; `dlstats doctor --measure` makes it again\n"
    assert capsys.readouterr().err == line


@pytest.mark.parametrize("named", ["/proc/nothing", "/dev/null"])
def test_what_cannot_be_written_says_what_to_set(named, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", named)
    assert cache.read("a.json") == {}
    with pytest.raises(cache.Unusable, match=f"^{named}/dlstats cannot be used .*: set XDG_CACHE_HOME to a folder"):
        cache.write("a.json", {})


def test_without_a_home_there_is_nothing_to_read_and_the_message_says_what_to_set(monkeypatch):
    def homeless():
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setattr(Path, "home", homeless)
    assert cache.read("a.json") == {}
    with pytest.raises(cache.Unusable, match="no home folder is known: set XDG_CACHE_HOME"):
        cache.folder()
