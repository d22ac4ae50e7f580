"""Twins, by brute force: rows that equal a real row in all that this one shows."""

import numpy as np
import pytest

from ddlib.report.twins import Twins

HOLE = np.nan


def test_rows_equal_a_real_one_on_what_the_real_one_shows():
    real = np.array([[1, HOLE, 3], [HOLE, HOLE, HOLE], [4, 5, 6], [4, 5, 6], [7, 5, 6.0]])
    rows = np.array([[1.0, 9.0, 3.0], [1.0, 9.0, 4.0], [4.0, 5.0, 6.0]])
    drawn = np.nan_to_num(real, nan=0.0)
    assert Twins.of(rows, real, drawn) == Twins(merged=2, num_merged=3, real=2, num_real=5)


def test_a_real_row_equals_another_one_of_fewer_columns_but_not_itself():
    real = np.array([[1.0, 2.0], [1.0, HOLE], [3.0, HOLE]])
    assert Twins.of(real[:1], real, np.nan_to_num(real, nan=9.0)).real == 1
    assert Twins.of(real[:1], real, np.nan_to_num(real, nan=2.0)).real == 2


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("columns", [4, 30])
def test_twins_are_those_of_brute_force(seed, columns):
    rng = np.random.default_rng(seed)
    real = rng.integers(0, 3, (40, columns)).astype(float)
    real[:, -1] = rng.normal(size=40).round(1)
    real[20:30] = real[:10]
    real[rng.random(real.shape) < 0.2] = HOLE
    merged = rng.integers(0, 3, (20, columns)).astype(float)
    merged[:10] = np.nan_to_num(real[5:15], nan=1.0)

    def equal(row, other):
        shown = ~np.isnan(other)
        return shown.any() and (row[shown] == other[shown]).all()

    drawn = np.where(np.isnan(real), rng.integers(0, 3, real.shape), real)
    found = Twins.of(merged, real, drawn)
    assert found.merged == sum(any(equal(row, other) for other in real) for row in merged)
    assert found.real == sum(
        any(equal(row, other) for j, other in enumerate(real) if j != i)
        for i, row in enumerate(drawn)
    )


@pytest.mark.parametrize(("merged", "real", "more"), [(0, 0, False), (2, 4, False), (3, 4, True)])
def test_shares_are_compared_and_not_counts(merged, real, more):
    assert Twins(merged, 50, real, 100).more == more
