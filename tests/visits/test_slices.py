"""Slices hold what visits hold: there and back, whatever the numbers of visits."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ddlib.visits import Said, to_long, to_slices
from tests.visits.tables import long_table, notes, read, refused

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


def in_bins(table, width, **settings):
    """Visits of a table, of which one is left in each bin."""
    return read(table, Said("id", "day", bins=width), **settings)


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
    found = in_bins(table, width, min_count=1, kinds={"x": "number"})
    start = table.groupby("id").day.transform("min")
    wanted = table.groupby([table.id, (table.day - start) // width], sort=False).last()
    np.testing.assert_array_equal(found.table().day, wanted.day)
    np.testing.assert_array_equal(found.table().base, wanted.base)
    if wanted.x.nunique() < 2:
        assert "x" not in found.schema
    elif (wanted.groupby("id").x.nunique() > 1).any():
        np.testing.assert_array_equal(found.table().x, wanted.x)
    else:
        np.testing.assert_array_equal(found.table().x, wanted.groupby("id").x.transform("first"))


@pytest.mark.parametrize("width", [1, 0.5])
def test_narrow_bins_change_nothing(width):
    found = in_bins(long_table(), width)
    pd.testing.assert_frame_equal(found.table(), read(long_table()).table())
    assert "joined" not in notes(found)


def test_what_was_joined_is_said():
    visits = read(long_table())
    found = in_bins(long_table(), 1e6)
    assert len(found) == found.num_people == 40
    assert f"{len(visits) - 40} visits joined to the next one" in notes(found)


@pytest.mark.parametrize("unit", [1.0, 0.1, 1 / 3, 1e-3, 7e5])
def test_bins_do_not_depend_on_the_unit_of_time(unit):
    table = long_table()
    table["day"] = (table.groupby("id").cumcount() + 5) * unit
    assert len(in_bins(table, unit)) == len(table)
    pairs = table.groupby("id").size().add(1).floordiv(2).sum()
    assert len(in_bins(table, 2 * unit)) == pairs


def early(values, later):
    """A long table whose column "early" has some values at first visits, and one at later ones."""
    table = long_table(people=60)
    first = ~table.duplicated("id")
    start = first & (table.groupby("id").id.transform("size") > 1)
    drawn = np.resize(values, len(table))
    return table.assign(early=np.where(start, drawn, later)), table.groupby("id").size()


def test_levels_that_bins_hide_are_no_levels():
    table, _ = early(["low", "high", "mid"], "mid")
    table.loc[table.id % 2 == 0, "early"] = "rest"
    assert read(table).schema["early"].levels == ("high", "low", "mid", "rest")
    visits = in_bins(table, 1e6)
    last = table.groupby("id").early.last()
    assert visits.schema["early"].levels == tuple(sorted(last.unique()))
    assert [*visits.table().early] == [*last]


def test_a_column_that_bins_leave_alike_is_left_out():
    table, _ = early([0, 1], 1)
    table.loc[table.groupby("id").id.transform("size") == 1, "early"] = 1
    assert "early" in read(table).schema
    visits = in_bins(table, 1e6)
    assert "early" not in visits.schema
    assert "column 'early': is 1 wherever it is seen: left out" in notes(visits)


def test_columns_that_change_do_so_between_bins():
    table, _ = early([0.5, 1.5, 2.5], 0.0)
    table["early"] = table.groupby("id").early.transform("last") + table.id
    within = table.groupby("id").cumcount() == 0
    table["early"] += within * 0.25
    assert "early" in read(table).changing
    visits = in_bins(table, 1e6)
    assert visits.changing == ()
    assert visits.bins == 1e6


def test_people_are_counted_after_binning():
    table, sizes = early([0], 0)
    many = table.id.map(sizes) > 1
    first = ~table.duplicated("id")
    table["early"] = (many & first).astype(int)
    table.loc[table.id == table.id[~many].iloc[0], "early"] = 1
    assert "early" in read(table, min_count=5).schema
    line = refused(table, Said("id", "day", bins=1e6), min_count=5)
    assert line.startswith("column 'early': 1 stands in 1 person; must stand in at least 5")
    assert line.endswith("(of the visits that bins of 1e+06 leave)")


def test_of_a_static_column_the_first_value_counts_in_bins_too():
    table = long_table()
    aged = table.assign(age=table.age + table.day / 365)
    visits = read(aged, Said("id", "day", static=("age",), bins=1e6))
    np.testing.assert_allclose(visits.table().age, table.groupby("id").age.first())
