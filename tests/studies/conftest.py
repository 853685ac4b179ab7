"""Tests of one study stand together, so that its results are computed by one process."""

import pytest


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items):
    """Sort the tests of this folder by study; what names none stays first."""
    here = [k for k, item in enumerate(items) if item.path.parent.name == "studies"]
    ordered = sorted((items[k] for k in here), key=_study)
    for k, item in zip(here, ordered, strict=True):
        items[k] = item


def _study(item) -> str:
    return item.callspec.params.get("study", "") if hasattr(item, "callspec") else ""
