"""A file from outside finds what lies beside it, and its digest is that of its own files and of no other."""

import sys

import numpy as np

from dlstats.pipeline import foreign, registry


def test_a_method_imports_what_lies_beside_its_file(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "path", list(sys.path))
    (tmp_path / "helper_at_once.py").write_text("def middle(y):\n    return y.mean()\n")
    (tmp_path / "helper_later.py").write_text("SHIFT = 1.0\n")
    (tmp_path / "a_method.py").write_text(
        "from helper_at_once import middle\n\ndef shifted(x, y, new):\n    from helper_later import SHIFT\n"
        "    return 0 * new[:, 0] + middle(y) + SHIFT\n"
    )
    method = foreign.load(f"{tmp_path / 'a_method.py'}:shifted")
    y, plug = np.arange(3.0), registry.load("rates").experiments["risk"].plug
    assert plug is not None
    assert list(foreign.values(method, plug, y[:, None], y, y[:, None], np.random.default_rng(0))) == [2.0] * 3
    assert [path.name for path in foreign._sources(tmp_path / "a_method.py")] == [
        "a_method.py",
        "helper_later.py",
        "helper_at_once.py",
    ]


def test_the_digest_of_a_method_leaves_out_what_was_installed_wherever_that_is(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(str(tmp_path / "target"))
    (tmp_path / "target" / "a-1.dist-info").mkdir(parents=True)
    (tmp_path / "target" / "installed_somewhere.py").write_text("SHIFT = 1.0\n")
    (tmp_path / "a_method.py").write_text("import installed_somewhere\n")
    assert [path.name for path in foreign._sources(tmp_path / "a_method.py")] == ["a_method.py"]


def test_the_digest_of_a_method_is_also_that_of_the_files_of_its_own_that_it_imports(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "path", list(sys.path))
    (tmp_path / "helper_of_method.py").write_text("import deeper_helper\n")
    (tmp_path / "deeper_helper.py").write_text("SHIFT = 0.0\n")
    (tmp_path / "a_method.py").write_text(
        "import numpy as np\n\ndef middle(x, y, new):\n    import helper_of_method\n    return np.full(len(new), y.mean())\n"
    )
    digests = [foreign.load(str(tmp_path / "a_method.py")).digest for _ in range(2)]
    (tmp_path / "deeper_helper.py").write_text("SHIFT = 100.0\n")
    digests.append(foreign.load(str(tmp_path / "a_method.py")).digest)
    assert digests[0] == digests[1] != digests[2]
    assert [path.name for path in foreign._sources(tmp_path / "a_method.py")] == [
        "a_method.py",
        "helper_of_method.py",
        "deeper_helper.py",
    ]
