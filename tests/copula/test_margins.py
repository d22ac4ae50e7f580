"""Margins: what they keep of a column, and what they give away."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import ndtr, ndtri

from ddlib.copula.encode import encode
from ddlib.copula.margins import Margin
from tests.shared.examples import examples


def margin(values, kind: str = "number", group: int = 10) -> Margin:
    return encode(np.asarray(values, dtype=float), kind, group).margin


def spread_out(count: int) -> np.ndarray:
    """Standard scores of equal shares."""
    return ndtri((np.arange(count) + 0.5) / count)[:, None]


def test_a_number_keeps_its_law() -> None:
    values = np.random.default_rng(0).gamma(2.0, size=1000)
    codes = margin(values).codes(spread_out(5000))
    shares = np.linspace(0.02, 0.98, 49)
    np.testing.assert_allclose(np.quantile(codes, shares), np.quantile(values, shares), atol=0.05)
    assert codes.mean() == pytest.approx(values.mean(), rel=2e-3)
    assert codes.std() == pytest.approx(values.std(), rel=0.02)
    assert codes.min() >= 0


@examples(40)
@given(st.integers(2, 20), st.integers(20, 80), st.integers(0, 10_000))
def test_a_margin_knows_groups_alone(group: int, rows: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    values = np.sort(random.lognormal(sigma=2.0, size=rows + group))
    parts = np.array_split(np.arange(len(values)), max(len(values) // group, 1))
    assert min(map(len, parts)) >= group
    moved = values.copy()
    for part in parts:  # the group's mean stays, and the order too
        middle = values[part].mean()
        moved[part] = middle + 0.5 * (values[part] - middle)
    before, after = (margin(v, group=group) for v in (values, moved))
    if len(parts) > 1:
        np.testing.assert_allclose(before.low, after.low, rtol=1e-12)
        np.testing.assert_allclose(before.high, after.high, rtol=1e-12)
    codes = before.codes(spread_out(1000))
    assert codes.min() >= 0
    assert not set(codes) & set(values)


@pytest.mark.parametrize("sign", [1, -1])
def test_the_largest_value_does_not_show(sign: int) -> None:
    values = np.arange(200.0)
    values[-1] = 1e6
    ends = sign * margin(sign * values).codes(np.array([[-9.0], [9.0]]))
    top, below = values[-10:].mean(), values[-20:-10].mean()
    assert max(ends) == pytest.approx(1.5 * top - 0.5 * below)
    assert min(ends) == pytest.approx(0)  # 4.5 less half of 10, and none is below 0


def test_few_rows_show_mean_and_deviation() -> None:
    values = np.array([-3.0, 1, 2, 4, 5, 6, 8, 9, 11, 40])
    codes = margin(values).codes(spread_out(4000))
    assert codes.mean() == pytest.approx(values.mean(), rel=1e-6)
    assert codes.std() == pytest.approx(values.std(), rel=1e-3)


def test_a_group_of_one_shows_all() -> None:
    values = np.array([1.0, 5.0, 7.0, 20.0])
    codes = margin(values, group=1).codes(spread_out(4))
    np.testing.assert_allclose(codes, values, rtol=1e-12)


def test_many_zeros_are_a_step() -> None:
    values = np.concatenate([np.zeros(300), np.random.default_rng(0).exponential(size=700)])
    codes = margin(values).codes(spread_out(1000))
    assert (codes == 0).sum() == 300
    positive = np.sort(values[values > 0])
    np.testing.assert_allclose(np.sort(codes[codes > 0])[20:-20], positive[20:-20], atol=0.1)


def test_rare_values_between_steps_do_not_show() -> None:
    values = np.repeat([-1.0, 0, 1, 2, 3, 4, 9], [3, 100, 4, 100, 12, 100, 2])
    codes = margin(values, "count").codes(spread_out(321))
    shown, counts = np.unique(codes, return_counts=True)
    # 3 rows go with the step after them, 4 and 2 with the step before; 12 are a group.
    assert dict(zip(shown, counts, strict=True)) == {0: 107, 2: 100, 3: 12, 4: 102}


@pytest.mark.parametrize("counts", [[37, 63], [30, 50, 15, 5]])
def test_levels_keep_their_shares(counts: list[int]) -> None:
    found = margin(np.repeat(np.arange(len(counts)), counts), "ordered")
    codes = found.codes(spread_out(100))
    assert np.bincount(codes.astype(int)).tolist() == counts


def test_a_category_has_the_level_of_the_greatest_utility() -> None:
    found = margin(np.repeat([0.0, 1, 2], [3, 5, 4]), "category")
    scores = np.array([[-1, -0.1], [0.1, -1], [-1, 0.1], [1, 2], [2, 1]])
    assert found.codes(scores).tolist() == [1, 2, 0, 0, 2]


def test_a_category_has_a_score_for_each_level_but_one() -> None:
    assert margin(np.repeat([0.0, 1, 2, 3], 5), "category").num_scores == 3
    assert margin(np.zeros(5), "category").num_scores == 1
    assert margin(np.zeros(5), "category").codes(np.ones((4, 1))).tolist() == [0] * 4


def test_shares_are_read_at_the_mean_and_deviation_of_all_rows() -> None:
    found = margin(np.repeat([0.0, 1], 50), "binary")
    moved = Margin(
        found.kind,
        found.edges,
        found.low,
        found.high,
        np.array([0.3]),
        np.array([2.0]),
        found.whole,
    )
    codes = moved.codes(spread_out(1000))
    assert codes.mean() == pytest.approx(ndtr(0.15), abs=1e-3)


def test_dates_of_whole_days_stay_whole_and_numbers_need_not() -> None:
    values = np.random.default_rng(0).integers(0, 10_000, 200) * 1.0
    scores = spread_out(999)
    assert (margin(values, "date").codes(scores) % 1 == 0).all()
    assert (margin(values, "count").codes(scores) % 1 == 0).all()
    assert (margin(values, "number").codes(scores) % 1 != 0).any()
    assert (margin(values + 0.25, "date").codes(scores) % 1 != 0).any()
