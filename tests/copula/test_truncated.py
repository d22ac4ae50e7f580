"""Truncated normal numbers against scipy.stats."""

import numpy as np
import pytest
from scipy.stats import kstest, truncnorm

from ddlib.copula.truncated import truncated_normal


def draws(low: float, high: float, count: int = 4000) -> np.ndarray:
    bounds = np.full(count, low), np.full(count, high)
    return truncated_normal(*bounds, np.random.default_rng(0))


@pytest.mark.parametrize(
    ("low", "high"),
    [(-np.inf, np.inf), (-np.inf, -3), (2, np.inf), (-1, 0.5), (6, 7), (-8, -7.9), (-30, -20)],
)
def test_they_have_the_law(low: float, high: float) -> None:
    numbers = draws(low, high)
    assert low <= numbers.min()
    assert numbers.max() <= high
    assert kstest(numbers, truncnorm(low, high).cdf).pvalue > 1e-3


@pytest.mark.parametrize(("low", "high"), [(50, np.inf), (-np.inf, -50), (40, 60), (-60, -40)])
def test_far_out_they_are_at_the_nearer_bound(low: float, high: float) -> None:
    np.testing.assert_allclose(np.abs(draws(low, high, 10)), min(abs(low), abs(high)), rtol=1e-12)


def test_bounds_that_meet_leave_one_number() -> None:
    np.testing.assert_array_equal(draws(1.5, 1.5, 3), 1.5)


def test_those_with_one_bound_are_the_same_beside_one_with_two() -> None:
    generator = np.random.default_rng(1)
    ends, is_low = generator.normal(0, 5, 500), generator.random(500) < 0.5
    low, high = np.where(is_low, ends, -np.inf), np.where(is_low, np.inf, ends)
    alone = truncated_normal(low, high, np.random.default_rng(2))
    beside = truncated_normal(np.r_[low, 0.0], np.r_[high, 1.0], np.random.default_rng(2))
    np.testing.assert_array_equal(alone, beside[:-1])
