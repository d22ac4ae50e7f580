"""A store to fill."""

import pytest

from ddlib.runs.store import Store


@pytest.fixture
def store(tmp_path):
    return Store((tmp_path / "results",))


@pytest.fixture
def folder(store):
    return store.folders[0]
