"""The toy study finished on disk, for every test of the report."""

import json

import pytest
from cases.report_site import CONFIG, Site, absent, build_site, study

from dlstats.pipeline import registry


@pytest.fixture(autouse=True, scope="module")
def _studies():
    """The toy stands for all studies, and the other one is not there."""
    patch = pytest.MonkeyPatch()
    patch.setattr(
        registry, "studies", lambda: {name: f"dlstats.studies.approximation.{name}" for name in ("toy", "absent")}
    )
    patch.setattr(registry, "load", lambda name: study() if name != "absent" else absent())
    yield
    patch.undo()


@pytest.fixture(scope="session")
def site(tmp_path_factory) -> Site:
    return build_site(tmp_path_factory.mktemp("site"))


@pytest.fixture(scope="session")
def config() -> dict:
    return json.loads(json.dumps(CONFIG))
