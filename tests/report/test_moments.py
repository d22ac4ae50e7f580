"""Means, spreads, ranks and correlations of columns with holes: numpy, pandas and chance."""

import numpy as np
import pandas as pd
import pytest

from ddlib.report.moments import mean_and_spread, rank_correlation, ranks, strength


def test_mean_and_spread_are_those_of_pandas():
    values = pd.Series([3.0, -1.0, 4.0, 4.0])
    assert mean_and_spread(values.to_numpy(), np.ones(4)) == pytest.approx(
        (values.mean(), values.std())
    )


def test_a_row_of_weight_two_counts_as_two_rows():
    values, counts = np.array([3.0, -1.0, 4.0]), np.array([1, 2, 3])
    repeated = pd.Series(np.repeat(values, counts))
    assert mean_and_spread(values, counts.astype(float)) == pytest.approx(
        (repeated.mean(), repeated.std())
    )


def test_a_single_row_has_no_spread():
    mean, spread = mean_and_spread(np.array([3.0]), np.ones(1))
    assert mean == 3
    assert np.isnan(spread)


def test_ranks_are_those_of_pandas():
    values = np.array([2.0, 7.0, np.nan, 2.0, -1.0])
    wanted = (pd.Series(values).rank() - 0.5) / 4
    np.testing.assert_allclose(ranks(values, np.ones(5)), wanted)


def test_a_column_without_a_value_has_no_ranks():
    assert np.isnan(ranks(np.full(3, np.nan), np.ones(3))).all()


def test_a_column_that_is_constant_where_a_pair_is_seen_has_no_correlation():
    codes = np.array([[1, 0.0], [1, 2.0], [1, 3.0], [2, np.nan]])
    found = rank_correlation(codes, np.ones(4))
    assert np.isnan(found[0, 1])
    assert found[1, 1] == pytest.approx(1)


def test_each_column_is_ranked_once_over_all_rows_that_see_it():
    rng = np.random.default_rng(0)
    codes = rng.normal(size=(60, 3)) @ rng.normal(size=(3, 3))
    codes[rng.random(codes.shape) < 0.3] = np.nan
    found = rank_correlation(codes, np.ones(60))
    table = pd.DataFrame(codes)
    np.testing.assert_allclose(found, table.rank().corr(), atol=1e-12)
    # Spearman's would rank each pair anew.
    assert np.abs(found - table.corr("spearman")).to_numpy().max() > 1e-3


def test_weaker_correlations_have_a_slope_below_one():
    found = np.array([0.5, -0.4, 0.1, 0.0])
    share, chance = strength(found, 0.7 * found, np.full(4, 1e9))
    assert share == pytest.approx(0.7)
    assert chance == pytest.approx(1, abs=1e-6)
    crossed = np.array([0.0, 0.0, 0.0, 0.9])
    assert strength(found, crossed, np.full(4, 50))[0] == 0


def test_chance_leaves_what_samples_of_the_same_law_do():
    """Correlations of many samples of 40 rows, with those of the law they are drawn from."""
    rng = np.random.default_rng(0)
    p, n = 6, 40
    root = rng.standard_normal((p, 3)) @ np.diag([1.0, 0.6, 0.4])
    square = root @ root.T + np.eye(p)
    law = square / np.sqrt(np.outer(square.diagonal(), square.diagonal()))
    factor, upper = np.linalg.cholesky(law), np.triu_indices(p, 1)
    shares, chances = [], []
    for _ in range(400):
        sample = rng.standard_normal((n, p)) @ factor.T
        found = np.corrcoef(sample.T)[upper]
        share, chance = strength(found, law[upper], np.full(len(found), n))
        shares.append(share)
        chances.append(chance)
    assert np.mean(shares) < 0.9
    assert np.mean(chances) == pytest.approx(np.mean(shares), abs=0.03)
