"""Settings of the whole suite."""

import inspect

import pytest
import torch
from hypothesis import HealthCheck, settings

import ddlib.book  # noqa: F401  # before a test imports nbformat, which takes seconds without it
from ddlib.report.progress import progress

# No clock decides: not on a test's time, nor on that of drawing its examples.
TIMELESS = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
# `make test` tries the same examples every time; `make explore` others, and ten times as many.
settings.register_profile("ddlib", TIMELESS, max_examples=40, derandomize=True)
settings.register_profile("explore", TIMELESS, max_examples=400, print_blob=True)
settings.load_profile("ddlib")

# However slow the machine is, what a command says of its progress stands in no test's way.
inspect.unwrap(progress).__kwdefaults__["silent"] = 1e6


@pytest.fixture
def generator() -> torch.Generator:
    return torch.Generator().manual_seed(0)
