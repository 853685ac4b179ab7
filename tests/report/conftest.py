"""The toy study finished on disk, for every test of the report."""

import dataclasses
import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from cases.report_site import CONFIG, Site, absent, build_site, study

from dlstats.pipeline import fingerprints, registry
from dlstats.report import build


@contextmanager
def _patched() -> Iterator[None]:
    """The toy stands for all studies, and the other one is not there."""
    known = {name: f"dlstats.studies.approximation.{name}" for name in ("toy", "absent")}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(registry, "studies", lambda: known)
        patch.setattr(registry, "load", lambda name: study() if name != "absent" else absent())
        for part in ("cells", "summary", "part"):
            patch.setattr(fingerprints, part, lambda module, name: "code")
        yield


@pytest.fixture(autouse=True, scope="module")
def _studies():
    with _patched():
        yield


@pytest.fixture(scope="session")
def site(tmp_path_factory) -> Site:
    with _patched():
        return build_site(tmp_path_factory.mktemp("site"))


@pytest.fixture
def own(site, tmp_path) -> Site:
    """A copy of the toy study's project, to be changed."""
    for name in ("results", "reports"):
        shutil.copytree(getattr(site, name), tmp_path / name)
    return dataclasses.replace(site, results=tmp_path / "results", reports=tmp_path / "reports")


@pytest.fixture(scope="session")
def config() -> dict:
    return json.loads(json.dumps(CONFIG))


@pytest.fixture(scope="session")
def built(site, config, tmp_path_factory):
    """The report of the toy study, written once: the PDF, and the first page of the site."""
    with _patched():
        return build.write(config, site.results, site.reports, out=tmp_path_factory.mktemp("built"), **site.arguments)
