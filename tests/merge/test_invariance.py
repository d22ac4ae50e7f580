"""What carries no information changes nothing, from the tables to the rows that are written."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.merge.people import DIED, as_they_came, assert_same, hospitals, merged
from tests.shared.examples import examples

seeds = st.integers(0, 10_000)
# What rows are made for, and whether without weights: each way to choose them.
WAYS = {
    "two levels": ((DIED,), {}),
    "three levels": (("ward ~ age + sex",), {}),
    "a number and two levels": (("age ~ stage + sex", "died ~ visits + bili"), {}),
    "without weights": (("died ~ age + bili",), {"weights": False}),
    "density": (("density",), {}),
}


def without_information(tables):
    """The rows of tables with rows that show nothing among them."""
    return {
        label: pd.concat([pd.DataFrame(index=range(12), columns=table.columns), table])
        for label, table in tables.items()
    }


def in_another_order(tables):
    """The tables with rows, columns and sources in another order."""
    return {
        label: table.sample(frac=1, random_state=3)[sorted(table)]
        for label, table in reversed(tables.items())
    }


def cut(tables):
    """The tables, the first of which is cut in two."""
    first = tables["a"]
    return {"left": first.iloc[:30], "right": first.iloc[30:], "b": tables["b"]}


@pytest.mark.parametrize("way", WAYS)
def test_changes_that_tell_nothing_change_nothing_together(way):
    tables = in_another_order(cut(without_information(hospitals())))
    tasks, how = WAYS[way]
    assert_same(merged(tables, *tasks, **how), as_they_came(*tasks, **how))


@pytest.mark.parametrize("change", [without_information, in_another_order, cut])
def test_a_change_that_tells_nothing_changes_nothing(change):
    assert_same(merged(change(hospitals())), as_they_came(DIED))


@examples(3)
@given(seeds, st.integers(10, 45))
def test_any_order_and_any_cut_change_nothing(seed, cut):
    drawn = np.random.default_rng(seed)
    whole = hospitals(seed)
    tables = {
        label: table.iloc[drawn.permutation(len(table))][list(drawn.permutation(table.columns))]
        for label, table in whole.items()
    }
    tables |= {"rest": tables["b"].iloc[cut:], "b": tables["b"].iloc[:cut]}
    order = [str(label) for label in drawn.permutation(list(tables))]
    found = merged({label: tables[label] for label in order}, "died ~ age + visits + ward")
    assert_same(found, merged(whole, "died ~ age + visits + ward"))


def test_columns_that_are_left_out_and_keys_change_nothing():
    tables = hospitals()
    size = len(tables["a"])
    more = {"remark": [f"seen by {i}" for i in range(size)], "id": range(size), "land": "DE"}
    found = merged({**tables, "a": tables["a"].assign(**more)})
    assert not set(more) & set(found.rows)
    assert_same(found, as_they_came(DIED))


def test_rows_that_show_a_key_alone_change_nothing():
    tables = hospitals()
    known = tables["a"].assign(id=range(len(tables["a"])))
    more = pd.DataFrame({"id": range(900, 912)})
    found = merged({**tables, "a": pd.concat([known, more])})
    assert_same(found, as_they_came(DIED))


def test_a_file_of_any_kind_gives_the_rows_of_its_frame(tmp_path):
    tables = hospitals()
    tables["a"].to_csv(tmp_path / "a.csv.gz", index=False)
    tables["b"].to_parquet(tmp_path / "b.parquet")
    found = merged([tmp_path / "b.parquet", tmp_path / "a.csv.gz"])
    assert_same(found, as_they_came(DIED))
    assert found.rows.equals(merged([tmp_path / "b.parquet", tmp_path / "a.csv.gz"]).rows)


def test_dtypes_of_a_frame_that_hold_the_same_values_change_nothing():
    tables = hospitals()
    typed = {
        "a": tables["a"].convert_dtypes(),
        "b": tables["b"].astype(object).where(tables["b"].notna(), None),
    }
    assert_same(merged(typed), as_they_came(DIED))


def test_labels_of_the_tables_and_their_index_change_nothing():
    tables = hospitals()
    found = merged([tables["a"].set_axis(range(100, 100 + len(tables["a"]))), tables["b"]])
    assert_same(found, as_they_came(DIED))
