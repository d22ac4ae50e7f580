"""Columns that follow from one another: which are named, and which are not."""

import numpy as np
import pytest
from statsmodels.stats.outliers_influence import variance_inflation_factor

from ddlib.merge.collinear import collinear, collinear_notes
from ddlib.merge.design import Design
from ddlib.merge.formula import parse_task
from ddlib.tables import Column, Schema

NAMES = ("y", "a", "b", "c", "d", "e", "site")
SCHEMA = Schema(
    (
        Column("y", "binary", (0, 1), dtype="int64"),
        *(Column(name, "number", low=-9.0, high=9.0) for name in NAMES[1:-1]),
        Column("site", "category", ("u", "v", "w"), dtype="str"),
    )
)


def codes(num_rows=400, seed=0):
    drawn = np.random.default_rng(seed)
    y, site = drawn.integers(0, 2, num_rows), drawn.integers(0, 3, num_rows)
    return np.column_stack([y, drawn.standard_normal((num_rows, 5)), site]).astype(float)


def groups(rows, text="y ~ ."):
    design = Design.of(parse_task(text, SCHEMA), SCHEMA, [rows, rows])
    return collinear(design, [rows, rows], NAMES)


def test_columns_that_tell_different_things_are_not_named():
    assert groups(codes()) == []
    assert groups(codes(), "a ~ y + site") == []


def test_two_equal_columns_are_named_in_whatever_units():
    rows = codes()
    rows[:, 4] = 1e6 * rows[:, 2] + 5.0
    assert groups(rows) == [(("b", "d"), True)]


def test_a_sum_is_named_with_all_its_parts_however_small():
    rows = codes()
    rows[:, 5] = 10 * rows[:, 1] + 0.3 * rows[:, 3]
    assert groups(rows) == [(("a", "c", "e"), True)]
    assert groups(rows, "y ~ . - c") == [(("a", "e"), False)]
    assert groups(rows, "y ~ . - a") == []


def test_groups_that_have_nothing_to_do_with_one_another_are_told_apart():
    rows = codes()
    rows[:, 4] = -rows[:, 1]
    rows[:, 5] = rows[:, 2] - rows[:, 3]
    assert groups(rows) == [(("a", "d"), True), (("b", "c", "e"), True)]


def test_a_column_that_says_whether_another_has_a_level_is_named():
    rows = codes()
    rows[:, 1] = rows[:, 6] == 2
    assert groups(rows) == [(("a", "site"), True)]


def test_the_levels_of_one_column_are_no_group():
    rows = codes(4000)
    rows[:, 6] = np.where(np.arange(4000) < 3, 0, 1 + np.arange(4000) % 2)
    assert groups(rows) == []


@pytest.mark.parametrize("noise", [0.05, 0.1, 0.3, 0.5])
def test_two_columns_are_named_from_an_inflation_of_twenty_five_on(noise):
    rows = codes()
    rows[:, 4] = rows[:, 2] + noise * rows[:, 4]
    inflation = variance_inflation_factor(np.column_stack([np.ones(400), rows[:, 1:6]]), 2)
    assert bool(groups(rows)) == (inflation > 25)


def test_the_warning_names_columns_and_the_task_without_one():
    rows = codes()
    rows[:, 4] = rows[:, 2]
    design = Design.of(parse_task("y ~ .", SCHEMA), SCHEMA, [rows])
    (note,) = collinear_notes([design], [rows], NAMES)
    assert (note.level, note.columns) == ("warning", ("b", "d"))
    assert note.text.startswith("y ~ .: 'b', 'd' follow from one another: ")
    assert note.text.endswith("as in y ~ . - d")
    assert groups(rows, "y ~ . - d") == []


def test_a_density_has_no_coefficients_to_tell_apart():
    rows = codes()
    rows[:, 4] = rows[:, 2]
    assert groups(rows, "density") == []
