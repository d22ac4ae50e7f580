"""Tables become rows and come back in their own units; bad tables are refused."""

import re
from itertools import chain

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from ddlib.merge.columns import Columns

NAMES = ["age", "weight", "pressure", "dose"]


@st.composite
def some_tables(draw):
    """Tables with overlapping columns of unlike units, some entries missing."""
    random = np.random.default_rng(draw(st.integers(0, 10**6)))
    some = st.lists(st.sampled_from(NAMES), min_size=1, unique=True)
    level = dict(zip(NAMES, (40, 7e4, -3, 1e-3), strict=True))
    spread = dict(zip(NAMES, (12, 9e3, 0.1, 1e-4), strict=True))
    tables = []
    for names in draw(st.lists(some, min_size=1, max_size=4)):
        size = draw(st.integers(3, 8))
        values = {name: random.normal(level[name], spread[name], size) for name in names}
        table = pd.DataFrame(values)
        table.iloc[0, 0] = np.nan
        tables.append(table)
    return tables


@given(some_tables())
def test_columns_are_the_union_in_order_of_appearance_with_pooled_moments(tables):
    columns = Columns.of(tables)
    assert list(columns.names) == list(dict.fromkeys(chain(*tables)))
    for name, mean, std in zip(columns.names, columns.mean, columns.std, strict=True):
        entries = np.concatenate([table[name].to_numpy() for table in tables if name in table])
        entries = entries[~np.isnan(entries)]
        assert mean == pytest.approx(entries.mean(), rel=1e-9)
        assert std == pytest.approx(entries.std(), rel=1e-9)


@given(some_tables())
def test_table_to_rows_to_table_and_missing_columns_are_nan(tables):
    columns = Columns.of(tables)
    for table in tables:
        rows = columns.to_rows(table)
        assert rows.shape == (len(table), 1, len(columns.names))
        assert rows.dtype == torch.float64
        lacking = [name not in table for name in columns.names]
        assert rows[:, :, lacking].isnan().all()
        back = columns.to_table(rows)
        assert list(back.columns) == list(columns.names)
        assert back.loc[:, lacking].isna().all(axis=None)
        pd.testing.assert_frame_equal(
            back[list(table.columns)], table, check_index_type=False, rtol=1e-9
        )


@given(some_tables())
def test_rows_are_standardised_over_all_tables(tables):
    columns = Columns.of(tables)
    rows = torch.cat([columns.to_rows(table) for table in tables])[:, 0].numpy()
    np.testing.assert_allclose(np.nanmean(rows, axis=0), 0, atol=1e-9)
    np.testing.assert_allclose(np.nanstd(rows, axis=0), 1, rtol=1e-9)


@given(some_tables(), st.integers(0, 10**6))
def test_rows_do_not_depend_on_units_or_on_the_order_of_columns(tables, seed):
    random = np.random.default_rng(seed)
    factors = dict(zip(NAMES, random.uniform(0.1, 10, len(NAMES)), strict=True))
    columns = Columns.of(tables)
    other = [table * pd.Series(factors)[list(table.columns)] + 5 for table in tables]
    converted = Columns.of(other)
    for table, in_other_units in zip(tables, other, strict=True):
        shuffled = in_other_units[random.permutation(in_other_units.columns)]
        torch.testing.assert_close(
            converted.to_rows(shuffled), columns.to_rows(table), equal_nan=True, rtol=0, atol=1e-5
        )


def test_whole_numbers_and_the_index_of_a_table_do_not_matter():
    table = pd.DataFrame({"count": [1, 2, 6]}, index=[7, 7, 3])
    columns = Columns.of([table])
    assert columns.mean.tolist() == [3]
    assert columns.to_table(columns.to_rows(table))["count"].tolist() == pytest.approx([1, 2, 6])


@pytest.mark.parametrize(
    ("tables", "message"),
    [
        ([], "tables: none given; must be at least one"),
        (
            [pd.DataFrame({"a": [1, 2]}), pd.DataFrame([[1, 2]], columns=["a", "a"])],
            r"tables\[1\]: column 'a' stands twice; names must be unique",
        ),
        ([pd.DataFrame({"a": ["x", "y"]})], "column 'a' is str; must be real"),
        ([pd.DataFrame({"a": [1.0, np.inf]})], "column 'a' is infinite in row 1; must be finite"),
        ([pd.DataFrame({"a": [1.0, -np.inf]})], "column 'a' is infinite in row 1; must be finite"),
        ([pd.DataFrame({"a": [2.0, 2.0]})], "column 'a' is constant; must vary"),
        # The mean of 0.1, 0.1, 0.1 is not 0.1, so its std is not 0.
        ([pd.DataFrame({"a": [0.1] * 3})], "column 'a' is constant; must vary"),
        ([pd.DataFrame({"a": [2.0, np.nan]})], "column 'a' is constant; must vary"),
        ([pd.DataFrame({"a": [np.nan] * 2})], "sees no column; must see at least one"),
        (
            [pd.DataFrame({"a": [1, 2], "b": [1, 1]}), pd.DataFrame({"a": [1, 3], "c": [1, 2]})],
            "column 'b' is constant; must vary",
        ),
    ],
)
def test_bad_tables_are_refused(tables, message):
    with pytest.raises(ValueError, match=message):
        Columns.of(tables)


def test_a_column_may_be_constant_in_one_of_the_tables():
    tables = [pd.DataFrame({"a": [1.0, 1.0]}), pd.DataFrame({"a": [3.0, 3.0]})]
    columns = Columns.of(tables)
    assert (columns.mean.item(), columns.std.item()) == (2, 1)


def test_an_unknown_column_is_refused():
    columns = Columns.of([pd.DataFrame({"a": [1, 2]})])
    message = r"table: columns \['b', 'c'\]; must be among \['a'\]"
    with pytest.raises(ValueError, match=message):
        columns.to_rows(pd.DataFrame({"c": [1], "a": [1], "b": [1]}))


@pytest.mark.parametrize("shape", [(60, 6, 2), (60, 1, 3), (60, 2), (60, 0, 2)])
def test_rows_of_several_visits_or_other_columns_become_no_table(shape):
    columns = Columns.of([pd.DataFrame({"a": [1, 2], "b": [3, 5]})])
    message = re.escape(f"rows: shape {shape}; must be (n, 1, 2)")
    with pytest.raises(ValueError, match=f"^{message}$"):
        columns.to_table(torch.zeros(shape, dtype=torch.float64))


def test_a_mapping_of_tables_has_the_columns_of_a_list_of_them():
    tables = [pd.DataFrame({"a": [1, 2], "b": [3, 5]}), pd.DataFrame({"b": [4.0], "c": [1.0]})]
    tables[1].loc[1] = [2.0, 7.0]
    listed, mapped = Columns.of(tables), Columns.of({"north": tables[0], "south": tables[1]})
    assert mapped.names == listed.names
    np.testing.assert_array_equal([mapped.mean, mapped.std], [listed.mean, listed.std])
