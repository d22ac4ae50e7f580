"""A number of rows that does is found in few trials."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ddlib.merge.least import least_rows
from ddlib.problem import NotApplicable


class Made:
    """Makes any number of rows from a least one on, and counts how often it is asked."""

    def __init__(self, least):
        self.least, self.asked = least, 0

    def __call__(self, count):
        self.asked += 1
        if count < self.least:
            raise NotApplicable("too few")


@given(
    least=st.integers(2, 1000),
    too_few=st.integers(1, 999),
    likely=st.integers(0, 2000),
)
def test_the_number_does_and_is_at_most_a_tenth_above_the_least(least, too_few, likely):
    too_few = min(too_few, least - 1)
    made = Made(least)
    found = least_rows(made, too_few, 1000, likely=likely)
    assert least <= found <= max(least + 1, 1.12 * least)
    assert made.asked <= 15


def test_a_number_beyond_the_most_is_not_found():
    made = Made(1001)
    assert least_rows(made, 8, 1000, likely=15) is None
    assert made.asked == 8  # 15, 30, … 960, 1000


@pytest.mark.parametrize(("likely", "asked"), [(0, 9), (30, 5)])
def test_a_good_start_saves_trials(likely, asked):
    made = Made(33)
    assert 33 <= least_rows(made, 3, 1000, likely=likely) <= 36
    assert made.asked <= asked
