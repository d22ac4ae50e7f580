"""Means and intervals against scipy."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from ddlib.summaries import (
    median_and_quartiles,
    median_interval,
    summarise,
)


def test_mean_and_interval_against_scipy():
    values = np.random.default_rng(0).normal(size=12)
    table = pd.DataFrame({"m": [1] * 7 + [2] * 5, "F": values})
    summary = summarise(table, by=["m"], value="F").set_index("m")
    for m, group in ((1, values[:7]), (2, values[7:])):
        low, high = stats.t.interval(0.95, len(group) - 1, group.mean(), stats.sem(group))
        assert summary.loc[m, ["mean", "low", "high", "count"]].tolist() == pytest.approx(
            [group.mean(), low, high, len(group)]
        )


def test_one_seed_has_no_interval():
    summary = summarise(pd.DataFrame({"m": [1], "F": [2.0]}), by=["m"], value="F")
    assert summary["mean"].item() == 2
    assert summary[["low", "high"]].isna().to_numpy().all()


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (pd.DataFrame({"m": [1]}), r"table: columns \['m'\]; must include \['F'\]"),
        (pd.DataFrame({"m": [], "F": []}), "table: no rows; must have at least 1"),
        (
            pd.DataFrame({"m": [1], "F": [np.inf]}),
            "table: column F has NaN or infinite entries; must be finite",
        ),
    ],
)
def test_bad_tables_are_refused(table, message):
    with pytest.raises(ValueError, match=message):
        summarise(table, by=["m"], value="F")


@pytest.mark.parametrize(("count", "ends"), [(6, (0, 5)), (10, (1, 8)), (20, (5, 14))])
def test_the_interval_of_a_median_is_that_of_the_tables(count, ends):
    """The order statistics that textbooks tabulate for 95 %."""
    values = pd.Series(np.random.default_rng(0).permutation(count).astype(float))
    assert median_interval(values) == ends
    values[values.idxmax()] = 1e9
    assert median_interval(values)[0] == ends[0]


def test_the_interval_covers_the_median_at_least_as_often_as_it_says():
    random = np.random.default_rng(1)
    ends = np.array([median_interval(pd.Series(random.exponential(size=9))) for _ in range(2000)])
    covered = ((ends[:, 0] <= np.log(2)) & (np.log(2) <= ends[:, 1])).mean()
    assert 0.94 < covered < 0.985


@pytest.mark.parametrize(
    ("values", "found"),
    [([1.0] * 5, "5 of them, 0 NaN"), ([1.0] * 6 + [np.nan], "7 of them, 1 NaN")],
)
def test_too_few_values_have_no_interval(values, found):
    with pytest.raises(ValueError, match=f"values: {found}; must be at least 6, none NaN"):
        median_interval(pd.Series(values))


def test_median_and_quartiles_are_those_of_numpy():
    values = np.random.default_rng(2).lognormal(size=20)
    text = median_and_quartiles(pd.Series(values))
    numbers = [
        float(part) for part in text.replace("(", " ").replace(")", " ").split() if part != "to"
    ]
    low, middle, high = np.quantile(values, [0.25, 0.5, 0.75])
    assert numbers == pytest.approx([middle, low, high], rel=0.05)


@pytest.mark.parametrize(
    ("values", "found"), [([], "0 of them, 0 NaN"), ([1.0, np.nan], "2 of them, 1 NaN")]
)
def test_no_median_of_nothing(values, found):
    with pytest.raises(ValueError, match=f"values: {found}; must be at least 1, none NaN"):
        median_and_quartiles(pd.Series(values, dtype=float))
