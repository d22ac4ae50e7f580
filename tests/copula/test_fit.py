"""The fit against closed forms, the EM of `ddlib.dbn`, and laws that are known."""

import numpy as np
import pytest
import torch
from scipy.optimize import brentq
from scipy.special import ndtri
from scipy.stats import multivariate_normal, rankdata

from ddlib.copula import fit_copula
from ddlib.dbn import fit_em
from tests.copula.rows import correlated, equal_correlation

LITTLE = 1e-3  # pseudo-rows of a prior that does not count


def normal_scores(values: np.ndarray) -> np.ndarray:
    shown = ~np.isnan(values)
    scores = np.full(len(values), np.nan)
    scores[shown] = ndtri((rankdata(values[shown]) - 0.5) / shown.sum())
    return scores


def em_moments(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean and covariance by EM of a full network, that of any Gaussian."""
    d = rows.shape[1]
    full = torch.ones(d, d).triu(1).bool(), torch.zeros(2 * d, d).bool()
    source = torch.from_numpy(rows)[:, None]
    fit = fit_em([source], noise_std=0.0, structure=full, tolerance=1e-10)
    mean, covariance = fit.network.moments(1)
    return mean.flatten().numpy(), covariance.numpy()


def as_correlation(covariance: np.ndarray) -> np.ndarray:
    std = np.sqrt(covariance.diagonal())
    return covariance / np.outer(std, std)


def tetrachoric(rows: np.ndarray) -> float:
    """The correlation under which a bivariate normal has the shares of two binary columns."""
    cuts = ndtri(1 - rows.mean(0))
    both = (rows.sum(1) == 0).mean()

    def excess(value: float) -> float:
        law = multivariate_normal(cov=equal_correlation(2, value))
        return float(law.cdf(cuts)) - both

    return brentq(excess, -0.99, 0.99)


def test_complete_numbers_give_the_correlation_of_their_normal_scores() -> None:
    scores = correlated(1000, equal_correlation(4, 0.6), 0)
    rows = np.column_stack([np.exp(scores[:, 0]), scores[:, 1] ** 3, *scores[:, 2:].T])
    wanted = np.corrcoef([normal_scores(column) for column in rows.T])
    fit = fit_copula(rows, ["number"] * 4, seed=0, prior_rows=LITTLE)
    assert np.abs(fit.correlation - wanted).max() <= 0.004  # 400 draws of deviation 0.02
    assert np.std([c[0, 1] for c in fit.correlations]) == pytest.approx(0.02, abs=0.012)
    for draw in fit.draws:
        np.testing.assert_array_equal(draw, rows)
    for margin in fit.margins:
        assert abs(margin.shift[0]) <= 0.01
        assert margin.scale[0] == pytest.approx(1, abs=0.01)


@pytest.mark.parametrize("prior_rows", [20.0, 200.0])
def test_pseudo_rows_shrink_as_said(prior_rows: float) -> None:
    rows = correlated(200, equal_correlation(3, 0.5), 1)
    wanted = np.corrcoef([normal_scores(column) for column in rows.T])
    fit = fit_copula(rows, ["number"] * 3, seed=0, prior_rows=prior_rows)
    off = ~np.eye(3, dtype=bool)
    shrunk = wanted[off] * 200 / (200 + prior_rows)
    np.testing.assert_allclose(fit.correlation[off], shrunk, atol=0.012)
    assert fit.prior_rows == prior_rows


def test_the_prior_is_chosen_by_the_rows() -> None:
    apart = fit_copula(correlated(300, np.eye(6), 0), ["number"] * 6, seed=0)
    score = np.random.default_rng(0).standard_normal(300)
    copies = fit_copula(np.column_stack([score, 2 * score, score**3]), ["number"] * 3, seed=0)
    assert apart.prior_rows > 50
    assert np.abs(apart.correlation - np.eye(6)).max() < 0.1
    assert copies.prior_rows < 1
    assert copies.correlation.min() > 0.998


@pytest.mark.parametrize("value", [-0.4, 0.75])
def test_two_binary_columns_give_their_tetrachoric_correlation(value: float) -> None:
    rows = 1.0 * (correlated(1500, equal_correlation(2, value), 2) > [0.5, -0.3])
    fit = fit_copula(rows, ["binary"] * 2, seed=0, prior_rows=LITTLE)
    assert fit.correlation[0, 1] == pytest.approx(tetrachoric(rows), abs=0.025)


def test_ordered_levels_and_counts_give_the_correlation_behind_them() -> None:
    scores = correlated(1500, equal_correlation(3, 0.6), 3)
    levels = np.digitize(scores[:, 0], [-1, 0.2, 1])
    counts = np.maximum(np.floor(2 * scores[:, 1]), 0)
    rows = np.column_stack([levels, counts, scores[:, 2]])
    fit = fit_copula(rows, ["ordered", "count", "number"], seed=0)
    assert np.abs(fit.correlation - equal_correlation(3, 0.6)).max() < 0.06


def test_monotone_missing_entries_agree_with_em() -> None:
    scores = correlated(800, equal_correlation(4, 0.6), 4)
    rows = scores.copy()
    rows[200:, 3] = rows[400:, 2] = rows[600:, 1] = np.nan
    raw = np.column_stack([normal_scores(column) for column in rows.T])
    mean, covariance = em_moments(raw)
    fit = fit_copula(rows, ["number"] * 4, seed=0, prior_rows=LITTLE)
    assert np.abs(fit.correlation - as_correlation(covariance)).max() <= 0.025
    assert np.abs([m.shift[0] for m in fit.margins] - mean).max() <= 0.03
    scales = [m.scale[0] for m in fit.margins]
    np.testing.assert_allclose(scales, np.sqrt(covariance.diagonal()), atol=0.03)


@pytest.mark.parametrize("kind", ["number", "binary"])
def test_a_column_that_is_missing_as_another_says_keeps_its_mean(kind: str) -> None:
    scores = correlated(3000, equal_correlation(2, 0.8), 5)
    rows = scores.copy()
    if kind == "binary":
        rows[:, 1] = scores[:, 1] > 0
    complete = rows[:, 1].mean()
    rows[scores[:, 0] > 0, 1] = np.nan
    rows[::10, 1] = scores[::10, 1] if kind == "number" else scores[::10, 1] > 0
    shown = np.nanmean(rows[:, 1])
    fit = fit_copula(rows, ["number", kind], seed=0, num_draws=5)
    drawn = np.mean([draw[:, 1].mean() for draw in fit.draws])
    assert abs(shown - complete) > 0.15
    assert abs(drawn - complete) < 0.06
    sampled = fit.sample(20_000, seed=1)[:, 1].mean()
    assert abs(sampled - complete) < 0.06


def test_draws_fill_as_a_regression_would() -> None:
    scores = correlated(1000, equal_correlation(2, 0.8), 6)
    rows = scores.copy()
    rows[:400, 1] = np.nan
    fit = fit_copula(rows, ["number"] * 2, seed=0)
    drawn = np.array([draw[:400, 1] for draw in fit.draws])
    slope, level = np.polyfit(scores[400:, 0], scores[400:, 1], 1)
    expected = level + slope * scores[:400, 0]
    assert np.abs(drawn.mean(0) - expected).mean() < 0.25  # of 0.6 / √10, and few at the ends
    assert (drawn - expected).std() == pytest.approx(0.6, abs=0.05)
    assert np.corrcoef(drawn[0], scores[:400, 0])[0, 1] == pytest.approx(0.8, abs=0.06)


def test_a_category_keeps_its_levels_means_of_other_columns() -> None:
    random = np.random.default_rng(7)
    level = random.choice(4, 1500, p=[0.4, 0.3, 0.2, 0.1])
    number = np.array([0.0, 2.0, -1.0, 1.0])[level] + random.standard_normal(1500)
    other = random.random(1500) < np.array([0.2, 0.5, 0.8, 0.5])[level]
    complete = np.column_stack([level, number, other]).astype(float)
    rows = complete.copy()
    rows[:500, 0] = rows[500:1000, 1] = rows[1000:, 2] = np.nan
    fit = fit_copula(rows, ["category", "number", "binary"], seed=0)
    assert fit.correlation.shape == (5, 5)
    sampled = fit.sample(20_000, seed=0)
    for k in range(4):
        seen, drawn = complete[level == k], sampled[sampled[:, 0] == k]
        assert len(drawn) / 20_000 == pytest.approx((level == k).mean(), abs=0.04)
        assert drawn[:, 1].mean() == pytest.approx(seen[:, 1].mean(), abs=0.3)
        assert drawn[:, 2].mean() == pytest.approx(seen[:, 2].mean(), abs=0.1)
