"""Every claim and every check says who says it, with what a reader needs to look it up."""

import re
from pathlib import Path

import pytest
import yaml
from pybtex.database import parse_file

from dlstats.pipeline import registry
from dlstats.protocol import origin, readers

ROOT = Path(__file__).resolve().parents[2]
PROOFS = ROOT / "docs" / "proofs"
CITED = set(parse_file(str(ROOT / "reports" / "references.bib")).entries)
PROFILES = [ROOT / "config" / f"{name}.yaml" for name in ("every", "smoke", "standard", "paper")]
"""Those that are shipped: a pilot's own configuration has its seed."""
SEEDS = {yaml.safe_load(path.read_text())["seed"] for path in PROFILES}
SEEN = {20261120, 20261127, 20261201, 20261203, 20261204}
"""Root seeds of runs whose numbers were seen: pilots of most findings, and one whose verdicts were seen before replicates were
raised. No profile may have one."""
STUDIES = list(registry.studies())


def _anchors(path):
    """Anchors of the headings of a Markdown file, as sites that render it make them."""
    heads = re.findall(r"^#+ (.*)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).strip().replace(" ", "-") for head in heads}


def _complaint(said):
    """What is missing from an origin, or nothing."""
    if isinstance(said, origin.Theorem | origin.Practice) and said.cite not in CITED:
        return f"{said.cite!r} is not in the bibliography"
    if isinstance(said, origin.Theorem) and not said.place:
        return "a theorem needs its number or place"
    if isinstance(said, origin.Derived):
        name, _, anchor = said.proof.partition("#")
        if not (PROOFS / name).is_file() or anchor not in _anchors(PROOFS / name):
            return f"there is no proof {said.proof!r}"
    if isinstance(said, origin.Stated) and (len(said.quote.split()) < 4 or not said.place):
        return "a quotation needs four words and a place"
    if isinstance(said, origin.Finding):
        named = re.fullmatch(r"(\w+), seed (\d+)", said.pilot)
        if not named or named[1] not in STUDIES:
            return f"a finding names its pilot as `study, seed N`, got {said.pilot!r}"
        if int(named[2]) in SEEDS:
            return f"the pilot's seed is not that of a profile, got {named[2]}"
    return ""


@pytest.mark.parametrize("study", STUDIES)
def test_every_origin_can_be_looked_up(study):
    loaded = registry.load(study)
    complaints = {one.id: _complaint(one.origin) for one in (*loaded.claims, *loaded.checks)}
    assert {name: said for name, said in complaints.items() if said} == {}


def test_no_profile_judges_findings_by_the_data_of_their_pilots():
    assert SEEDS & SEEN == set()


@pytest.mark.parametrize("study", STUDIES)
def test_a_limit_is_never_judged_by_a_slope_over_few_sizes(study):
    for claim in registry.load(study).claims:
        reader = claim.measure
        if claim.regime == "asymptotic" and isinstance(reader, readers.Reader):
            if str(reader.where.get("statistic", "")).startswith("slope("):
                assert max(reader.needs.values(), default=0) >= 5, claim.id


def _statistics(claim, study):
    """Statistics of the measure that a claim reads, or of all where it does not say which."""
    where, experiment = getattr(claim.measure, "where", {}), getattr(claim.measure, "experiment", "")
    measures = [m for name, e in study.experiments.items() if experiment in ("", name) for m in e.measures]
    return {m.statistic for m in measures if where.get("measure", m.column) == m.column}


@pytest.mark.parametrize("study", STUDIES)
def test_no_finding_is_on_numbers_without_randomness(study):
    loaded = registry.load(study)
    for claim in loaded.claims:
        if isinstance(claim.origin, origin.Finding):
            assert _statistics(claim, loaded) != {"exact"}, claim.id
