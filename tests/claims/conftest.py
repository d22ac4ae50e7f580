"""A place for made-up evidence."""

from functools import partial

import pytest

from ddlib.claims.evidence import configs_of
from ddlib.experiments.registry import EXPERIMENTS
from tests.shared.small_claims import Planted
from tests.shared.tiny import TINY


@pytest.fixture
def planted(tmp_path, monkeypatch):
    """Grids and rows that readings find in place of the project's."""
    monkeypatch.setitem(EXPERIMENTS, "tiny", TINY)
    found = Planted(tmp_path)
    in_folder = partial(configs_of, folder=found.folder)
    monkeypatch.setattr("ddlib.claims.evidence.configs_of", in_folder)
    return found
