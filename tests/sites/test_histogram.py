"""Counts over stated bins: what one person moves, and laws from noisy counts."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.optimize import minimize

from ddlib.sites.histogram import (
    BINS,
    bin_counts,
    bins_of,
    law_of,
    rows_of,
    sensitivity_of,
    shrunk,
    to_simplex,
)
from ddlib.tables import Column
from tests.sites.private_rows import STATED, rows

COUNTS = arrays(np.float64, st.integers(1, 12), elements=st.floats(-50, 50, width=32))


def margin_sums(codes):
    own = [bin_counts(c, v) for c, v in zip(STATED.columns, codes.T, strict=True)]
    return np.concatenate([[len(codes)], *own])


@pytest.mark.parametrize("index", range(30))
def test_a_person_moves_the_counts_by_the_sensitivity(index):
    codes = rows(31, seed=index)
    moved = margin_sums(codes) - margin_sums(codes[1:])
    assert np.linalg.norm(moved) == pytest.approx(sensitivity_of(len(STATED)), rel=1e-15)


def test_every_row_counts_once_in_each_column():
    codes = rows(200, seed=0)
    for column, values in zip(STATED.columns, codes.T, strict=True):
        counts = bin_counts(column, values)
        assert counts.sum() == 200
        assert counts[-1] == np.isnan(values).sum()


def test_bins_are_those_of_numpy():
    codes = rows(500, seed=1, missing=0.0)
    age, bili = STATED.columns[:2]
    assert (bin_counts(age, codes[:, 0])[:-1] == np.histogram(codes[:, 0], bins_of(age))[0]).all()
    assert (bin_counts(bili, codes[:, 1])[:-1] == np.histogram(codes[:, 1], bins_of(bili))[0]).all()


def test_bins_depend_on_the_bounds_alone():
    even = bins_of(Column("age", "number", low=0.0, high=120.0))
    assert np.diff(even) == pytest.approx(120 / BINS)
    ratios = bins_of(Column("bili", "number", low=0.1, high=50.0))
    assert ratios[1:] / ratios[:-1] == pytest.approx(500 ** (1 / BINS))
    assert bins_of(STATED["visits"]).tolist() == [*range(21)]
    assert len(bins_of(Column("days", "count", low=0.0, high=5000.0))) == BINS + 1


@given(COUNTS, st.floats(0.5, 100))
def test_the_nearest_counts_with_a_sum_meet_the_conditions_of_an_optimum(counts, total):
    found = to_simplex(counts, total)
    assert found.sum() == pytest.approx(total)
    assert (found >= 0).all()
    # Of the optimum (Karush, Kuhn, Tucker): one step for all that are kept, none is better off.
    step = (counts - found)[found > 0]
    assert step == pytest.approx(step[0], abs=1e-9)
    assert (counts[found == 0] <= step[0] + 1e-9).all()


def test_the_nearest_counts_are_those_of_an_optimiser():
    counts, total = np.array([30.0, 12.0, -4.0, 1.0, -9.0]), 35.0
    free = minimize(
        lambda x: np.square(x - counts).sum(),
        np.full(5, 7.0),
        bounds=[(0, None)] * 5,
        constraints={"type": "eq", "fun": lambda x: x.sum() - total},
        tol=1e-12,
    )
    assert to_simplex(counts, total) == pytest.approx(free.x, abs=1e-5)


def test_counts_without_a_signal_are_spread_evenly():
    noise = np.random.default_rng(0).normal(0, 10, 32)
    even = shrunk(noise + 3, 1e3)
    assert even == pytest.approx(np.full(32, (noise + 3).mean()))
    clear = np.arange(32) * 1e4
    assert shrunk(clear, 10.0) == pytest.approx(clear, rel=1e-5, abs=1.0)


def test_the_number_of_rows_has_the_least_variance():
    generator = np.random.default_rng(0)
    found = []
    for _ in range(4000):
        noise = [generator.normal(0, 3, size) for size in (1, 3, 5)]
        counts = [noise[1] + [10, 20, 70], noise[2] + 20]
        found.append(rows_of(100 + noise[0][0], counts))
    assert np.mean(found) == pytest.approx(100, abs=0.15)
    # 1 / (1/9 + 1/27 + 1/45), that of independent unbiased sums.
    assert np.var(found) == pytest.approx(1 / (1 / 9 + 1 / 27 + 1 / 45), rel=0.1)


def test_a_law_has_the_shares_of_the_bins():
    column = STATED["age"]
    codes = rows(3000, seed=2, missing=0.0)[:, 0]
    law = law_of(column, bin_counts(column, codes)[:-1].astype(float))
    edges = bins_of(column)
    assert law.upto(edges[1:]) == pytest.approx([(codes < e).mean() for e in edges[1:]])


def test_a_law_of_few_whole_values_is_steps():
    law = law_of(STATED["visits"], np.array([4.0, 0, 6, *[0] * 18]))
    assert law.low.tolist() == law.high.tolist() == [0.0, 2.0]
    assert law.edges.tolist() == [0.0, 0.4, 1.0]
