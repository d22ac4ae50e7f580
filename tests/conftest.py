"""Settings of the whole suite."""

import pytest
import torch
from hypothesis import settings

# `make test` tries the same examples every time; `make explore` others, and ten times as many.
settings.register_profile("ddlib", deadline=None, max_examples=40, derandomize=True)
settings.register_profile("explore", deadline=None, max_examples=400, print_blob=True)
settings.load_profile("ddlib")


@pytest.fixture
def generator() -> torch.Generator:
    return torch.Generator().manual_seed(0)
