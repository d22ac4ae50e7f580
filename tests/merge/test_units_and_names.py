"""Units, names of columns and names of levels change themselves alone in the rows."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from ddlib.tables import Settings
from tests.merge.people import DIED, as_they_came, assert_same, estimates, hospitals, merged

NAMES = {
    "age": "stage", "bili": "a~b", "visits": "weight", "sex": "age", "stage": "density",
    "ward": "intercept", "died": "dead or not",
}  # fmt: skip


def in_units(tables, column, factor, offset=0.0):
    """Tables with a column in other units."""
    return {
        label: table.assign(**{column: table[column] * factor + offset})
        if column in table
        else table
        for label, table in tables.items()
    }


@pytest.mark.parametrize("factor", [1e-30, 88.42, 1e30])
@pytest.mark.parametrize("tasks", [("died ~ .",), ("density",)])
def test_a_unit_changes_its_column_alone(factor, tasks):
    """Of numbers that are not rounded; those that are have other last digits in other units."""
    wanted = as_they_came(*tasks)
    found = merged(in_units(hospitals(), "bili", factor), *tasks)
    back = replace(found, rows=found.rows.assign(bili=found.rows["bili"] / factor))
    old, new = estimates(wanted), estimates(found)
    assert old.keys() == new.keys()
    for term, pair in old.items():
        units = 1 / factor if term[1] == "bili" else 1.0
        np.testing.assert_allclose(new[term], np.multiply(pair, units), rtol=1e-8, atol=1e-12)
    assert_same(replace(back, questions={}), replace(wanted, questions={}))


def test_a_unit_of_the_target_scales_all_coefficients():
    tables, factor = hospitals(), 2.54
    task = "bili ~ age + sex"
    wanted, found = (merged(t, task) for t in (tables, in_units(tables, "bili", factor)))
    for term, pair in estimates(wanted).items():
        np.testing.assert_allclose(estimates(found)[term], np.multiply(pair, factor), rtol=1e-8)
    np.testing.assert_allclose(found.weights, wanted.weights, rtol=1e-9)
    assert found.worth[task] == pytest.approx(wanted.worth[task], rel=1e-9)


def test_a_zero_that_moves_changes_the_intercept_alone():
    wanted = as_they_came(DIED)
    found = merged(in_units(hospitals(), "bili", 1.8, 32.0), DIED)
    old, new = estimates(wanted), estimates(found)
    slope = old["died = 1", "bili"][0]
    assert new["died = 1", "bili"][0] == pytest.approx(slope / 1.8, rel=1e-8)
    start = old["died = 1", "intercept"][0] - slope * 32 / 1.8
    assert new["died = 1", "intercept"][0] == pytest.approx(start, rel=1e-8)
    np.testing.assert_allclose((found.rows["bili"] - 32) / 1.8, wanted.rows["bili"], atol=1e-9)


def test_units_that_are_set_give_the_rows_of_one_unit():
    tables = hospitals()
    mixed = {**tables, "b": tables["b"].assign(age=tables["b"]["age"] * 12)}
    found = merged(mixed, DIED, settings=Settings(units={"b": {"age": 1 / 12}}))
    assert_same(found, as_they_came(DIED))


def test_rounded_numbers_in_a_finer_unit_are_rounded_there():
    """A length with one decimal, in a unit of which it has 1000."""
    tables = hospitals()
    finer = in_units(tables, "age", 1000.0)
    finer = {label: table.round({"age": 0}) for label, table in finer.items()}
    number = Settings(kinds={"age": "number"})  # or whole numbers would be a count
    wanted, found = as_they_came(DIED), merged(finer, settings=number)
    gap = np.abs(found.rows["age"] / 1000 - wanted.rows["age"])
    assert gap.max() <= 0.05 + 1e-9
    assert (found.rows["age"] % 1 == 0).all()
    others = wanted.rows.columns.drop(["age", "weight"])
    pd.testing.assert_frame_equal(found.rows[others], wanted.rows[others])


def test_names_of_columns_change_nothing_but_names():
    tables = hospitals()
    other = {label: table.rename(columns=NAMES) for label, table in tables.items()}
    wanted, found = as_they_came(DIED), merged(other, "dead or not ~ .")
    names = [NAMES[name] for name in wanted.schema.names]
    assert found.schema.names == tuple(names)
    assert found.weight_column == "weight_1"
    theirs = wanted.rows.rename(columns={**NAMES, "weight": "weight_1"})
    pd.testing.assert_frame_equal(found.rows, theirs, check_exact=True)
    assert [*found.worth.values()] == [*wanted.worth.values()]
    new = {name: value for (_, name), value in estimates(found).items()}
    for (_, term), pair in estimates(wanted).items():
        name, sign, level = term.partition(" = ")
        assert new[NAMES.get(name, name) + sign + level] == pair


LEVELS = {
    "ward": {"north": "01", "south": "=1+1", "west": 'ζ, "w"'},
    "sex": {"f": False, "m": True},
    "died": {0: "alive", 1: "dead"},
    "stage": {1: 10, 2: 20, 3: 30, 4: 40},
}


@pytest.mark.parametrize("column", LEVELS)
def test_names_of_levels_in_the_same_order_change_nothing_but_names(column):
    new = LEVELS[column]
    tables = hospitals()
    other = {
        label: table.assign(**{column: table[column].map(new)}) for label, table in tables.items()
    }
    wanted, found = as_they_came(DIED), merged(other)
    assert found.schema[column].levels == tuple(new.values())
    rows = wanted.rows.assign(**{column: wanted.rows[column].map(new)})
    pd.testing.assert_frame_equal(found.rows, rows, check_dtype=False, rtol=1e-9)
    assert [*found.worth.values()] == pytest.approx([*wanted.worth.values()], rel=1e-9)
    old, again = estimates(wanted), estimates(found)
    assert len(old) == len(again)
    for (term, pair), other_pair in zip(old.items(), again.values(), strict=True):
        step = 10.0 if term[1] == column == "stage" else 1.0
        np.testing.assert_allclose(other_pair, np.divide(pair, step), rtol=1e-9)


def test_levels_that_are_mapped_give_the_rows_of_one_way_of_writing():
    tables = hospitals()
    other = {**tables, "b": tables["b"].replace({"sex": {"f": "F", "m": "male"}})}
    settings = Settings(levels={"b": {"sex": {"F": "f", "male": "m"}}})
    assert_same(merged(other, settings=settings), as_they_came(DIED))
