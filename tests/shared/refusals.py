"""What tests of refusals share: a number that is too large, a generator, and the assertion."""

import re

import pytest
import torch

HUGE = 10**400  # a whole number that no float holds


def seeded():
    return torch.Generator().manual_seed(0)


def assert_refused(call, message, error=ValueError):
    """Assert that a call raises `error` with a text that starts with `message`."""
    with pytest.raises(error, match=f"^{re.escape(message)}"):
        call()
