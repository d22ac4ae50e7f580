"""Slices hold what visits hold: there and back, whatever the numbers of visits."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ddlib.visits import Said, binned, to_long, to_slices
from tests.visits.tables import long_table, notes, read

VALUES = st.one_of(st.none(), st.integers(-99, 99).map(lambda n: n / 4))
VISIT = st.tuples(st.integers(1, 90), VALUES, VALUES)
PEOPLE = st.lists(st.lists(VISIT, min_size=1, max_size=6), min_size=3, max_size=9)


def table_of(people):
    """A long table: a list of (gap, value, value) a person, and a static column."""
    rows = [
        (f"p{number}", sum(gap for gap, *_ in own[: k + 1]), number / 2, *own[k][1:])
        for number, own in enumerate(people)
        for k in range(len(own))
    ]
    table = pd.DataFrame(rows, columns=["id", "day", "base", "x", "y"]).astype(
        {"x": float, "y": float}
    )
    # Each column is seen in two people, so that it can be kept.
    table.loc[0, ["x", "y"]] = 1.0, 2.5
    table.loc[table.id == "p1", ["x", "y"]] = 3.25, 1.5
    return table


@given(PEOPLE, st.randoms(use_true_random=False))
def test_visits_to_slices_and_back_are_the_same_table(people, random):
    table = table_of(people)
    order = list(range(len(table)))
    random.shuffle(order)
    visits = read(table.iloc[order], Said("id", "day"), min_count=1, kinds={"x": "number"})
    slices = to_slices(visits)
    back = to_long(slices)
    pd.testing.assert_frame_equal(back.table(), visits.table())
    whole = back.table().sort_values(["id", "day"], ignore_index=True)
    wanted = table.sort_values(["id", "day"], ignore_index=True)
    pd.testing.assert_frame_equal(whole, wanted[[*whole.columns]], check_dtype=False)
    counts = [len(own) for own in people]
    assert slices.codes.shape[:2] == (len(people), max(counts))
    assert sorted((~np.isnan(slices.time)).sum(1)) == sorted(counts)


@given(PEOPLE, st.integers(1, 200))
def test_bins_keep_the_last_value_of_each_column(people, width):
    table = table_of(people)
    visits = read(table, Said("id", "day"), min_count=1, kinds={"x": "number"})
    table = visits.table()
    found = binned(visits, width)
    start = table.groupby("id").day.transform("min")
    wanted = table.groupby([table.id, (table.day - start) // width], sort=False).last()
    np.testing.assert_array_equal(found.table().day, wanted.day)
    np.testing.assert_array_equal(found.table().x, wanted.x)
    np.testing.assert_array_equal(found.table().base, wanted.base)


@pytest.mark.parametrize("width", [1, 0.5])
def test_narrow_bins_change_nothing(width):
    visits = read(long_table())
    assert binned(visits, width) is visits


def test_what_was_joined_is_said():
    visits = read(long_table())
    found = binned(visits, 1e6)
    assert len(found) == found.num_people == 40
    assert f"{len(visits) - 40} visits joined to the next one" in notes(found)


@pytest.mark.parametrize("unit", [1.0, 0.1, 1 / 3, 1e-3, 7e5])
def test_bins_do_not_depend_on_the_unit_of_time(unit):
    table = long_table()
    table["day"] = (table.groupby("id").cumcount() + 5) * unit
    visits = read(table)
    assert len(binned(visits, unit)) == len(visits)
    pairs = table.groupby("id").size().add(1).floordiv(2).sum()
    assert len(binned(visits, 2 * unit)) == pairs
