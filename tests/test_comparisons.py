"""Comparisons: exact cases, closed testing, and error rates by simulation."""

from itertools import chain, combinations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from ddlib.comparisons import (
    Comparison,
    compare,
    compare_ratios,
    grouped,
    holm,
    resampled_interval,
    resampled_p_value,
    verdicts,
)


def series(values):
    return pd.Series(np.asarray(values, dtype=float))


def test_a_comparison_is_of_paired_differences():
    second = series([10, 0, -5, 3, 100, 7, 2, 1])
    first = second + series([1, 2, 3, -4, 5, 6, 0, 8])
    found = compare(first, second)
    assert (found.median, found.wins, found.losses) == (2.5, 6, 1)
    assert found.p_value == pytest.approx(stats.binomtest(6, 7).pvalue)
    assert (found.low, found.high) == (-4, 8)  # eight values: the extremes


def test_ratios_are_paired_and_their_interval_is_of_order_statistics():
    second = series([1, 10, 0.1, 2, 5, 7, 3])
    first = second * series([0.5, 0.25, 2, 0.1, 0.4, 4, 0.3])
    found = compare_ratios(first, second)
    assert found.median == pytest.approx(0.4)
    assert (found.low, found.high) == (pytest.approx(0.1), pytest.approx(4))
    assert (found.wins, found.losses) == (2, 5)
    other = compare_ratios(second, first)
    assert other.median == pytest.approx(2.5)
    assert (other.low, other.high) == (pytest.approx(0.25), pytest.approx(10))


@pytest.mark.parametrize("name", ["first", "second"])
@pytest.mark.parametrize("value", [0.0, -1.0, np.nan])
def test_ratios_are_of_values_above_zero(name, value):
    values = {"first": series([1.0] * 7), "second": series([2.0] * 7)}
    values[name][3] = value
    with pytest.raises(ValueError, match=f"{name}: has values that are not above 0; must have"):
        compare_ratios(**values)


def test_pairs_are_matched_by_their_data_set():
    first, second = series(range(8)), series(range(8)) - 1
    assert compare(first, second.sample(frac=1, random_state=0)) == compare(first, second)


@given(st.lists(st.floats(-1e6, 1e6), min_size=6, max_size=20), st.data())
def test_the_other_way_round_all_is_turned(values, data):
    second = series(data.draw(st.lists(st.floats(-1e6, 1e6), min_size=len(values),
                                       max_size=len(values))))  # fmt: skip
    one, other = compare(series(values), second), compare(second, series(values))
    assert (one.median, one.low, one.high) == (-other.median, -other.high, -other.low)
    assert (one.wins, one.losses, one.p_value) == (other.losses, other.wins, other.p_value)
    words = {"higher": "lower", "lower": "higher", "not told apart": "not told apart"}
    assert verdicts({0: other})[0] == words[verdicts({0: one})[0]]


@given(st.lists(st.floats(0, 1), min_size=1, max_size=6))
def test_holm_is_closed_testing_by_bonferroni(p_values):
    """A hypothesis is rejected if each set that holds it is, the least p times its size."""
    found = holm(dict(enumerate(p_values)))
    indices = range(len(p_values))
    sets = chain.from_iterable(combinations(indices, k) for k in range(1, len(p_values) + 1))
    value = {s: min(1.0, len(s) * min(p_values[i] for i in s)) for s in sets}
    for i in indices:
        assert found[i] == pytest.approx(max(v for s, v in value.items() if i in s))


@pytest.mark.parametrize("tables", [100, pytest.param(400, marks=pytest.mark.nightly)])
def test_a_table_without_any_difference_has_a_word_too_much_in_five_of_a_hundred_at_most(tables):
    random = np.random.default_rng(0)
    wrong = 0
    for _ in range(tables):
        values = random.standard_t(3, size=(16, 20))  # 16 comparisons of 20 pairs, heavy tails
        cells = {i: compare(series(row), series(np.zeros(20))) for i, row in enumerate(values)}
        wrong += any(word != "not told apart" for word in verdicts(cells).values())
    # Binomial with 0.05: three standard errors above.
    assert wrong / tables <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / tables)


def test_a_clear_difference_is_found_in_a_large_table():
    random = np.random.default_rng(1)
    cells = {i: compare(series(random.normal(size=20)), series(np.zeros(20))) for i in range(47)}
    cells["clear"] = compare(series(random.normal(3, 1, size=20)), series(np.zeros(20)))
    assert verdicts(cells)["clear"] == "higher"


@pytest.mark.parametrize(
    ("low", "high", "word"),
    [
        (-0.05, 3, "yes"),
        (-3, -0.2, "no"),
        (-0.2, 0.1, "not told apart"),
        (-0.1, 1, "not told apart"),
    ],
)
def test_almost_as_good_is_told_by_the_interval_and_the_margin(low, high, word):
    assert Comparison((low + high) / 2, low, high, 3, 4).almost_as_good(0.1) == word


def test_intervals_of_re_splits_cover_where_student_s_does_not():
    """Means of a third of 60 rows, split again and again: the truth is the law's mean."""
    random = np.random.default_rng(2)
    covered = {"corrected": 0, "student": 0}
    trials, splits = 300, 15
    for _ in range(trials):
        rows = random.normal(size=60)
        means = series([random.permutation(rows)[:20].mean() for _ in range(splits)])
        low, high = resampled_interval(means, test_share=1 / 3)
        covered["corrected"] += low <= 0 <= high
        half = stats.t.ppf(0.975, splits - 1) * means.sem()
        covered["student"] += abs(means.mean()) <= half
    assert covered["student"] / trials < 0.7
    assert covered["corrected"] / trials > 0.9


def test_the_interval_of_data_sets_that_share_no_rows_is_student_s():
    values = series([1.0, 2.5, 0.5, 3.0])
    wanted = stats.t.interval(0.95, 3, loc=values.mean(), scale=values.sem())
    assert resampled_interval(values, test_share=0) == pytest.approx(wanted)
    tested = stats.ttest_1samp(values, 0).pvalue
    assert resampled_p_value(values, test_share=0) == pytest.approx(tested)


@pytest.mark.parametrize("test_share", [0.0, 0.2, 0.5])
def test_the_test_of_re_splits_says_5_per_cent_where_the_interval_ends(test_share):
    values = series([1.0, 2.5, 0.5, 3.0])
    for end in resampled_interval(values, test_share=test_share):
        assert resampled_p_value(values - end, test_share=test_share) == pytest.approx(0.05)
    assert resampled_p_value(series([2.0, 2.0]), test_share=test_share) == 0
    assert resampled_p_value(series([0.0, 0.0]), test_share=test_share) == 1


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: compare(series(range(8)), series(range(9))), "first, second: are of other data"),
        (
            lambda: compare(series(range(5)), series(range(5))),
            "5 of them, 0 NaN; must be at least 6",
        ),
        (
            lambda: Comparison(0, 0, 0, 1, 1).almost_as_good(0),
            "margin = 0: must be finite and above",
        ),
        (lambda: resampled_interval(series([1]), test_share=0.5), "values: 1 of them; must be at"),
        (lambda: resampled_interval(series([1, 2]), test_share=1), "test_share = 1: must be at le"),
    ],
)
def test_bad_arguments_are_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ({"a": "higher"}, "higher for a"),
        ({"a": "higher", "b": "higher"}, "higher for a and b"),
        ({"a": "lower", "b": "lower", "c": "lower"}, "lower for a, b and c"),
        (
            {"a": "higher", "b": "not told apart", "c": "higher"},
            "higher for a and c, not told apart for b",
        ),
    ],
)
def test_each_word_of_a_sentence_stands_once(words, told):
    assert grouped(words) == told
