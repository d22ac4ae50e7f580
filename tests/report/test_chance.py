"""Distances of columns from chance: scipy's statistic, and samples that are as they should be."""

import numpy as np
import pytest
from scipy.stats import ks_2samp

from ddlib.html.samples import Sample
from ddlib.report.chance import apart
from ddlib.tables import Column

NUMBER = Column("x", "number", (), -99.0, 99.0)
CITY = Column("x", "category", ("a", "b", "c"), dtype="str")


def sample(values, weights=None):
    values = np.asarray(values, dtype=float)
    return Sample(values, np.ones(len(values)) if weights is None else weights)


def test_the_distance_of_numbers_is_that_of_kolmogorov_and_smirnov():
    rng = np.random.default_rng(0)
    rows, others = rng.normal(0.5, 1, 40).round(1), rng.normal(0, 1, 300).round(1)
    rows = rows.clip(others.min(), others.max())
    found = apart(NUMBER, sample(rows), sample(others), seed=0).found
    # Between two values of the others only these tell rows apart.
    assert found == pytest.approx(ks_2samp(rows, others).statistic, abs=1 / 40)
    twice = sample(rows[:20], np.full(20, 2.0))
    again = sample(np.repeat(rows[:20], 2))
    assert apart(NUMBER, twice, sample(others), seed=0).found == pytest.approx(
        apart(NUMBER, again, sample(others), seed=0).found
    )


def test_the_distance_of_levels_is_the_largest_difference_of_shares():
    rows, others = sample([0, 0, 1, 2]), sample([0, 1, 1, 1, 2, 2, 2, 2])
    assert apart(CITY, rows, others, seed=0).found == pytest.approx(0.5 - 0.125)


@pytest.mark.parametrize("column", [NUMBER, CITY])
def test_plain_rows_lie_beyond_chance_in_one_of_twenty_samples(column):
    rng = np.random.default_rng(1)
    many = rng.integers(0, 3, 3000) if column is CITY else rng.normal(size=3000)
    others = sample(many)
    beyond = [
        apart(column, sample(rng.choice(many, 50)), others, seed=0).beyond for _ in range(400)
    ]
    assert 0.015 < np.mean(beyond) < 0.09
    assert apart(column, sample(many), others, seed=0).found == 0


def test_the_chance_of_two_equal_levels_is_that_of_a_binomial_law():
    from scipy.stats import binom

    two = Column("x", "binary", (0, 1), dtype="int64")
    found = apart(two, sample([0.0] * 100), sample([0, 1] * 500), seed=0)
    assert found.found == pytest.approx(0.5)
    assert found.beyond
    wanted = abs(binom(100, 0.5).ppf(0.975) / 100 - 0.5)
    assert found.chance == pytest.approx(wanted, abs=0.011)
