"""Coverage of tables with columns of any kind: counts of all, correlations of what has an order."""

import warnings

import numpy as np
import pandas as pd
import pytest

from ddlib import coverage

N = 30
RANDOM = np.random.default_rng(0)


def table():
    words = RANDOM.choice(["east", "north", "west"], N)
    return pd.DataFrame(
        {
            "age": RANDOM.normal(60, 9, N).round(1),
            "sex": RANDOM.choice(["f", "m"], N),
            "well": RANDOM.choice([True, False], N),
            "ward": pd.Categorical(words),
            "admitted": pd.date_range("2024-01-01", periods=N).to_numpy()[RANDOM.permutation(N)],
            "note": pd.Series(words).where(RANDOM.random(N) < 0.5),
        }
    )


FIRST, SECOND = table(), table()
TABLES = {"north": FIRST.drop(columns="sex"), "south": SECOND.drop(columns=["well", "note"])}


def test_rows_that_show_a_pair_are_counted_whatever_the_kinds():
    covered = coverage(TABLES)
    shown = pd.concat(TABLES.values())[list(covered.names)].notna().astype(int)
    np.testing.assert_array_equal(covered.counts, shown.T @ shown)
    assert set(covered.unseen_pairs) == {("well", "sex"), ("note", "sex")}
    assert covered.unordered == ("ward", "note")
    assert "2 of the 15 pairs" in covered.summary


def test_correlations_are_of_what_has_an_order():
    found = coverage({"north": FIRST, "south": SECOND}).correlation()
    both = pd.concat([FIRST, SECOND])
    days = (both["admitted"] - both["admitted"].min()).dt.days
    expected = pd.DataFrame(
        {"age": both["age"], "sex": both["sex"] == "m", "well": both["well"], "admitted": days}
    ).astype(float)
    pd.testing.assert_frame_equal(found, expected.corr())


def test_bounds_are_of_pairs_with_an_order():
    pairs = coverage(TABLES).bounds()
    assert set(zip(pairs["first"], pairs["second"], strict=True)) == {("well", "sex")}


def test_tables_of_numbers_alone_are_as_they_were():
    numbers = [FIRST[["age", "well"]], SECOND[["age"]]]
    found = coverage(numbers)
    assert found.unordered == ()
    assert found.names == ("age", "well")
    assert FIRST["well"].dtype == "bool"


def test_levels_are_those_of_all_tables():
    """Each table has one level; numbered by itself, the column would be constant."""
    first, second = FIRST.assign(sex="f")[["age", "sex"]], SECOND.assign(sex="m")[["age", "sex"]]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = coverage([first, second]).correlation()
    both = pd.concat([first, second])
    assert found.loc["age", "sex"] == pytest.approx(both["age"].corr(both["sex"] == "m"))


def test_a_column_of_words_here_and_numbers_there_is_refused():
    message = (
        r"^sources\['south'\]: column 'age' is texts; must be numbers as in sources\['north'\]$"
    )
    with pytest.raises(ValueError, match=message):
        coverage({"north": FIRST, "south": SECOND.assign(age="old")})


def test_an_empty_column_is_of_no_kind():
    found = coverage([FIRST[["age", "sex"]], SECOND[["age"]].assign(sex=np.nan)])
    assert found.counts.loc["sex", "sex"] == N
