"""Nearness of rows: distances by brute force, copies that are found, and what copying tells."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from ddlib.html.protection import pooled_bins, protected_counts, protected_range
from ddlib.report.moments import mean_and_spread, rank_correlation, ranks
from ddlib.report.privacy import Nearness, Scale, area, mean_nearness, nearest, nearness

KINDS = ("number", "count", "ordered", "binary", "category")


@pytest.fixture
def real():
    """Codes of 200 rows, some missing."""
    rng = np.random.default_rng(0)
    codes = np.column_stack(
        [
            rng.lognormal(size=200),
            rng.poisson(3, 200),
            rng.integers(0, 4, 200),
            rng.integers(0, 2, 200),
            rng.integers(0, 5, 200),
        ]
    ).astype(float)
    codes[rng.random(codes.shape) < 0.2] = np.nan
    return codes


def test_distances_are_those_of_brute_force(real):
    scale = Scale.of(real, KINDS)
    rows, among = scale(real[:30]), scale(real[30:])
    found = nearest(rows, among, scale.unordered)

    def distance(a, b):
        parts = [
            float(x != y) if unordered else abs(x - y)
            for x, y, unordered in zip(a, b, scale.unordered, strict=True)
            if not np.isnan(x + y)
        ]
        return np.mean(parts) if parts else np.inf

    brute = [min(distance(a, b) for b in among) for a in rows]
    np.testing.assert_allclose(found, brute, atol=1e-12)


def test_scales_do_not_know_units(real):
    other = real.copy()
    other[:, 0] = np.exp(real[:, 0])
    first, second = (Scale.of(codes, KINDS)(codes) for codes in (real, other))
    np.testing.assert_allclose(first, second)
    assert np.nanmin(first[:, :3]) >= 0
    assert np.nanmax(first[:, :3]) <= 1


def test_blocks_of_distances_change_nothing(real, monkeypatch):
    scale = Scale.of(real, KINDS)
    rows = scale(real)
    whole = nearest(rows, rows[:50], scale.unordered)
    monkeypatch.setattr("ddlib.report.privacy._BLOCK", 77)
    np.testing.assert_array_equal(nearest(rows, rows[:50], scale.unordered), whole)


def test_area_is_that_of_scikit_learn():
    rng = np.random.default_rng(1)
    first, second = rng.integers(0, 9, 40).astype(float), rng.integers(0, 7, 30).astype(float)
    labels = np.r_[np.ones(40), np.zeros(30)]
    assert area(first, second) == pytest.approx(roc_auc_score(labels, np.r_[first, second]))


def test_copies_of_rows_are_told_and_rows_of_the_same_law_are_not(real):
    complete = np.nan_to_num(real, nan=1.0)
    members, others = complete[:100], complete[100:]
    copied = nearness(members, members, others, KINDS)
    assert copied.membership > 0.9
    assert copied.near > 0.5
    rng = np.random.default_rng(2)
    pool = np.column_stack([rng.permutation(column) for column in complete.T])
    pooled = nearness(pool[:100], members, others, KINDS)
    assert abs(pooled.membership - 0.5) < 2 * pooled.chance
    assert (pooled.members, pooled.others) == (100, 100)


def test_the_mean_over_splits_varies_as_resamples_do():
    found = [Nearness(75, 25, 0.02 * k, 0.1, 0.2, 0.5 + 0.01 * k, 0.12) for k in range(5)]
    mean = mean_nearness(found, 0.25)
    assert (mean.near, mean.membership) == pytest.approx((0.04, 0.52))
    assert mean.chance == pytest.approx(0.12 * (1 / 5 + 1 / 3) ** 0.5)
    assert mean.splits == 5
    assert mean_nearness(found[:1], 0.25) == found[0]


@pytest.mark.parametrize(
    ("membership", "chance", "told", "tells"),
    [
        (0.55, 0.0497, "0.550 (95 % interval 0.500 to 0.600)", False),
        (0.55, 0.049, "0.550 (95 % interval 0.501 to 0.599)", True),
        (0.45, 0.2, "0.450 (95 % interval 0.250 to 0.650)", False),
        (0.30, 0.05, "0.300 (95 % interval 0.250 to 0.350)", False),
    ],
)
def test_more_than_chance_is_told_by_the_interval_that_is_shown(membership, chance, told, tells):
    found = Nearness(50, 50, 0.04, 0.1, 0.11, membership, chance)
    assert (found.told, found.tells) == (told, tells)


def test_ranks_are_weighted_and_shared():
    found = ranks(np.array([3.0, 1.0, 3.0, np.nan]), np.array([1.0, 2.0, 1.0, 5.0]))
    np.testing.assert_allclose(found, [0.75, 0.25, 0.75, np.nan])


def test_correlation_of_complete_ranks_is_spearmans(real):
    from scipy.stats import spearmanr

    complete = real[~np.isnan(real).any(axis=1)]
    found = rank_correlation(complete, np.ones(len(complete)))
    np.testing.assert_allclose(found, spearmanr(complete).statistic, atol=1e-12)


def test_weights_count_as_repeated_rows(real):
    complete = real[~np.isnan(real).any(axis=1)]
    weights = np.random.default_rng(3).integers(1, 4, len(complete))
    repeated = np.repeat(complete, weights, axis=0)
    np.testing.assert_allclose(
        rank_correlation(complete, weights.astype(float)),
        rank_correlation(repeated, np.ones(len(repeated))),
        atol=1e-12,
    )
    mean, spread = mean_and_spread(complete[:, 0], weights.astype(float))
    assert mean == pytest.approx(repeated[:, 0].mean())
    assert spread == pytest.approx(repeated[:, 0].std(ddof=1))


def test_a_pair_in_too_few_rows_has_no_correlation(real):
    real[:, 1][~np.isnan(real[:, 0])] = np.nan
    found = rank_correlation(real, np.ones(len(real)), 5)
    assert np.isnan(found[0, 1])
    assert np.isfinite(found[0, 2])


# Small counts


@pytest.mark.parametrize(
    ("counts", "low", "high"),
    [
        ([0, 4, 96], [0, 0, 90], [0, 10, 100]),
        ([30, 0, 70], [30, 0, 70], [30, 0, 70]),
        ([4, 4], [0, 0], [8, 8]),
        ([10, 12, 9], [10, 11, 0], [10, 21, 10]),
        ([10, 10, 9], [0, 0, 0], [29, 29, 29]),
    ],
)
def test_small_counts_and_the_rest_that_would_tell_them_are_told_as_intervals(counts, low, high):
    found = protected_counts(np.array(counts, dtype=float), 10)
    np.testing.assert_array_equal(found, [low, high])


@given(st.lists(st.integers(0, 60), min_size=1, max_size=6).filter(any), st.integers(1, 20))
def test_intervals_hold_the_counts_and_tell_no_small_one(counts, least):
    counts = np.array(counts, dtype=float)
    low, high = protected_counts(counts, least)
    assert (low <= counts).all()
    assert (counts <= high).all()
    for place, count in enumerate(counts):
        if 0 < count < least:
            # Whoever knows the sum and all other intervals knows no more than this.
            rest = np.arange(len(counts)) != place
            assert counts.sum() - high[rest].sum() <= 1
            assert counts.sum() - low[rest].sum() >= min(least - 1, counts.sum())


@pytest.mark.parametrize("counts", [[1, 0, 20, 3, 3, 0, 0, 9, 1], [50], [3, 1], [0, 0, 12], [0, 0]])
def test_pools_of_bins_have_enough_rows_and_lose_none(counts):
    counts = np.array(counts, dtype=float)
    shown = pooled_bins(counts, 10)
    assert shown.sum() == pytest.approx(counts.sum())
    changes = np.flatnonzero(np.diff(shown)) + 1
    pools = np.split(shown, changes)
    if counts.sum() >= 10:
        assert all(pool.sum() == 0 or pool.sum() >= 10 - 1e-9 for pool in pools)


def test_the_ends_of_a_range_are_no_single_rows():
    values = np.arange(100.0)
    values[-1] = 1e6
    low, high = protected_range(values, 10)
    assert low == 4.5
    assert high == pytest.approx((sum(range(90, 99)) + 1e6) / 10)
    assert protected_range(np.array([5.0]), 10) == (5.0, 5.0)
