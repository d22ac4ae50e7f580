"""Means and intervals against scipy."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from ddlib.results import summarise


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
        (pd.DataFrame({"m": [1]}), "columns missing: \\['F'\\]"),
        (pd.DataFrame({"m": [], "F": []}), "0 rows"),
        (pd.DataFrame({"m": [1], "F": [np.inf]}), "column F has NaN or infinite"),
    ],
)
def test_bad_tables_are_refused(table, message):
    with pytest.raises(ValueError, match=message):
        summarise(table, by=["m"], value="F")
