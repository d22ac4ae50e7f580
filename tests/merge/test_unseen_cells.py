"""Pairs of levels that merged rows have and no real row does, where many real rows could."""

import numpy as np
import pandas as pd

from ddlib.merge.unseen_cells import cell_notes, unseen_cells
from ddlib.tables import Column

COLUMNS = (
    Column("age", "number"),
    Column("low", "binary", (0, 1), dtype="int64"),
    Column("drug", "binary", ("no", "yes"), dtype="str"),
    Column("site", "category", ("a", "b", "c"), dtype="str"),
)


def rows(num_rows, seed=0):
    drawn = np.random.default_rng(seed)
    levels = [drawn.integers(0, size, num_rows) for size in (2, 2, 3)]
    return np.column_stack([drawn.standard_normal(num_rows), *levels]).astype(float)


def ruled(num_rows=600):
    """Real rows in which whoever takes a low dose takes the drug; site a never says."""
    found = rows(num_rows)
    found[found[:, 1] == 1, 2] = 1
    found[found[:, 3] == 0, 2] = np.nan
    return found


def test_cells_are_those_of_a_cross_table():
    real, merged = ruled(), rows(80, 1)
    found = unseen_cells(COLUMNS, real, merged)
    shown = pd.DataFrame(real[:, 1:3], columns=["low", "drug"]).dropna()
    table = shown.groupby(["low", "drug"]).size().unstack(fill_value=0).to_numpy()
    assert table[1, 0] == 0
    assert table[1].sum() * table[:, 0].sum() / table.sum() >= 30
    broken = int(((merged[:, 1] == 1) & (merged[:, 2] == 0)).sum())
    # Nobody knows what those of site a take, so that their cells are empty, but none is expected.
    assert found == [(1, 2, 1, 0, broken)]


def test_a_cell_that_few_rows_could_have_is_no_rule():
    assert unseen_cells(COLUMNS, ruled(100), rows(80, 1)) == []


def test_rows_that_keep_the_rule_are_left_in_peace():
    assert unseen_cells(COLUMNS, ruled(), ruled(80)[~np.isnan(ruled(80)).any(1)]) == []


def test_the_warning_names_columns_levels_and_rows():
    real, merged = ruled(), rows(80, 1)
    merged[:, 1] = 0
    merged[7, 1:3] = 1, 0
    (note,) = cell_notes(COLUMNS, real, merged)
    assert (note.level, note.columns) == ("warning", ("low", "drug"))
    assert "low = 1 with drug = no (1 row); if" in note.text
    assert cell_notes(COLUMNS, real, real[:0]) == []


def test_five_cells_are_told_those_of_most_rows_first():
    columns = [Column(f"c{i}", "binary", (0, 1), dtype="int64") for i in range(4)]
    real = np.repeat([[0.0] * 4, [1.0] * 4], 100, axis=0)
    merged = np.array([[0.0, 1, 1, 1], [0, 1, 1, 1], [0, 0, 1, 1]])
    cells = unseen_cells(columns, real, merged)
    assert [cell[-1] for cell in cells] == [3, 3, 2, 1, 1]
    (note,) = cell_notes(columns, real, np.vstack([merged, [1.0, 0, 0, 0]]))
    assert "more; if" in note.text
    assert note.text.count(" with ") == 5
