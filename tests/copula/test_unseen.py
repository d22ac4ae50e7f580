"""Pairs that no row shows together: the stated rule, and the bounds of what would fit as well."""

import numpy as np
import pytest
import torch
from scipy.special import ndtri
from scipy.stats import rankdata

from ddlib.copula import fit_copula
from ddlib.dbn.completion import correlation_bounds
from tests.copula.rows import correlated, equal_correlation, mixed_rows, quick_fit
from tests.shared.refusals import assert_refused


def two_sources(u: np.ndarray, w: np.ndarray, v: np.ndarray) -> np.ndarray:
    none = np.full(len(u), np.nan)
    return np.vstack([np.column_stack([u, w, none]), np.column_stack([none, w, v])])


def sines() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    angle = 2 * np.pi * np.arange(200) / 200
    c, s = 2**0.5 * np.cos(angle), 2**0.5 * np.sin(angle)
    return 0.5 * c + 0.75**0.5 * s, c, 0.7 * c + 0.51**0.5 * s


def test_they_multiply_through_the_shared_column() -> None:
    fit = fit_copula(two_sources(*sines()), ["number"] * 3, seed=0)
    # The sines' normal scores have .407 and .589 for their own .5 and .7, which makes .240.
    u, w, v = (ndtri((rankdata(x) - 0.5) / 200) for x in sines())
    uw, wv = np.corrcoef(u, w)[0, 1], np.corrcoef(w, v)[0, 1]
    correlation = fit.correlation
    assert correlation[0, 1] == pytest.approx(uw, abs=0.04)
    assert correlation[1, 2] == pytest.approx(wv, abs=0.04)
    assert correlation[0, 2] == pytest.approx(correlation[0, 1] * correlation[1, 2], abs=1e-12)
    precision = np.linalg.inv(correlation)
    assert abs(precision[0, 2]) / np.sqrt(precision[0, 0] * precision[2, 2]) <= 1e-6
    assert fit.seen.tolist() == [[1, 1, 0], [1, 1, 1], [0, 1, 1]]


def test_normal_columns_give_the_product_that_is_theirs() -> None:
    correlation = np.array([[1, 0.5, 0.35], [0.5, 1, 0.7], [0.35, 0.7, 1]])
    first, second = (correlated(1000, correlation, seed) for seed in (0, 1))
    rows = np.vstack([first, second])
    rows[:1000, 2] = rows[1000:, 0] = np.nan
    fit = fit_copula(rows, ["number"] * 3, seed=0)
    assert fit.correlation[0, 2] == pytest.approx(0.35, abs=0.04)
    filled = np.mean([np.corrcoef(draw.T)[0, 2] for draw in fit.draws])
    assert filled == pytest.approx(0.35, abs=0.05)


def test_partial_correlations_of_all_draws_are_zero_too() -> None:
    fit = quick_fit(mixed_rows(0))
    assert not fit.seen[0, 4]
    for correlation in (fit.correlation, *fit.correlations):
        precision = as_partial(np.linalg.inv(correlation))
        assert np.abs(precision[~fit.known]).max() <= 1e-6
        np.testing.assert_array_equal(correlation, correlation.T)
        np.testing.assert_array_equal(correlation.diagonal(), 1.0)
        np.linalg.cholesky(correlation)


def as_partial(precision: np.ndarray) -> np.ndarray:
    std = np.sqrt(precision.diagonal())
    return precision / np.outer(std, std)


def test_bounds_are_those_of_completions() -> None:
    fit = fit_copula(
        two_sources(*correlated(300, equal_correlation(3, 0.5), 0).T), ["number"] * 3, seed=0
    )
    low, high = correlation_bounds(torch.from_numpy(fit.correlation), torch.from_numpy(fit.seen))
    assert fit.bounds(0, 2) == (low[0, 2], high[0, 2])
    a, b = fit.correlation[0, 1], fit.correlation[1, 2]
    half = np.sqrt((1 - a**2) * (1 - b**2))
    assert fit.bounds(2, 0) == pytest.approx((a * b - half, a * b + half), abs=1e-9)
    assert fit.bounds(0, 1) == (a, a)


def test_bounds_of_a_category_are_over_its_scores() -> None:
    rows = mixed_rows(1)
    rows[:45, 3], rows[45:, 1] = np.nan, np.nan
    fit = quick_fit(rows)
    low, high = fit.bounds(1, 3)
    assert not fit.seen[1, 3]
    assert -1 <= low < fit.correlation[fit.places[1], fit.places[3]].min()
    assert 1 >= high > fit.correlation[fit.places[1], fit.places[3]].max()


@pytest.mark.parametrize(
    ("pair", "message"),
    [
        ((0, 6), "j = 6: must be a whole number from 0 to 5"),
        ((-1, 0), "i = -1: must be a whole number from 0 to 5"),
        ((0.0, 1), "i = 0.0: must be a whole number"),
        ((2, 2), "j = 2: must be another column than i"),
    ],
)
def test_bounds_of_no_pair_are_refused(pair: tuple, message: str) -> None:
    assert_refused(lambda: quick_fit(mixed_rows(0)).bounds(*pair), message)
