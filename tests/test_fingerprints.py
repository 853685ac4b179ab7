"""Fingerprints of code."""

import ast
import importlib
from pathlib import Path

import pytest

from dlstats.pipeline import config, fingerprints, grid
from dlstats.protocol import study as studies

CONFIG = Path(__file__).parents[1] / "config" / "standard.yaml"

MODULE = '''
"""Module."""
from dlstats import seeds
LIMIT = 3
def _inner(x):
    """Inner."""
    return x + LIMIT
def simulate(factors):
    return _inner(seeds)
CLAIMS = (1, 2)
'''


@pytest.fixture
def digest_of(monkeypatch):
    def digest(source, *names):
        real = fingerprints._syntax_tree
        fingerprints._direct_imports.cache_clear()

        def tree(module):
            return fingerprints._without_docstrings(ast.parse(source)) if module == "m" else real(module)

        with monkeypatch.context() as patch:
            patch.setattr(fingerprints, "_syntax_tree", tree)
            return fingerprints.fingerprint("m", *names)

    return digest


@pytest.mark.parametrize(
    ("old", "new", "changes"),
    [
        ('"""Inner."""', '"""Other words."""', False),
        ("LIMIT = 3", "LIMIT = 3  # a comment", False),
        ("CLAIMS = (1, 2)", "CLAIMS = (1, 3)", False),
        ("LIMIT = 3", "LIMIT = 4", True),
        ("x + LIMIT", "x - LIMIT", True),
        ("import seeds", "import device as seeds", True),
    ],
)
def test_a_fingerprint_changes_with_the_code_that_counts_and_no_other(digest_of, old, new, changes):
    assert (digest_of(MODULE, "simulate") != digest_of(MODULE.replace(old, new), "simulate")) is changes


def test_claims_have_a_fingerprint_of_their_own(digest_of):
    assert digest_of(MODULE, "CLAIMS") != digest_of(MODULE.replace("(1, 2)", "(1, 3)"), "CLAIMS")


def test_summaries_of_a_study_with_contrasts_hang_on_them():
    names = [name for family in grid.families(config.load(CONFIG)).values() for name in family]
    found = [(name, studies.load(grid.study_module(name))) for name in names]
    compared = [name for name, study in found if study.contrasts]
    assert compared
    for name in compared:
        # without a MEASURES of its own a module's summaries hang on its STUDY, which names the contrasts
        assert not hasattr(importlib.import_module(grid.study_module(name)), "MEASURES"), name
