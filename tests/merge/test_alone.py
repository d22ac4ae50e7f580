"""Coefficients of each table alone: those of statsmodels, and a caution where they differ."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from ddlib.merge.alone import alone_notes, each_alone
from ddlib.merge.formula import parse_task
from ddlib.tables import Column, Schema

NAMES = ("a", "b", "c", "y", "died")
SCHEMA = Schema(
    (
        *(Column(name, "number", low=-9.0, high=9.0) for name in NAMES[:4]),
        Column("died", "binary", (0, 1), dtype="int64"),
    )
)


def people(n, slope=1.0, seed=0):
    """Complete codes of people whose y rises by `slope` with a."""
    rng = np.random.default_rng(seed)
    a, b, c, noise = rng.normal(size=(4, n))
    y = slope * a - 0.5 * b + 0.3 * noise
    return np.column_stack([a, b, c, y, y + rng.logistic(size=n) > 0]).astype(float)


def found(task, **sites):
    draws = [np.nan_to_num(np.vstack([*sites.values()]))] * 2
    return each_alone(parse_task(task, SCHEMA), SCHEMA, sites, draws)


@pytest.mark.parametrize("task", ["y ~ a + b", "died ~ a + b"])
def test_the_coefficients_of_a_table_are_those_of_its_complete_rows(task):
    codes = people(4000)
    codes[:500, 1] = np.nan
    (one,) = found(task, north=codes)
    own = codes[500:]
    x = sm.add_constant(own[:, :2])
    model = sm.OLS(own[:, 3], x) if task[0] == "y" else sm.Logit(own[:, 4], x)
    fitted = model.fit() if task[0] == "y" else model.fit(disp=0)
    assert (one.label, one.num_rows) == ("north", 3500)
    # The penalty, of one row in thousands, is all that differs.
    np.testing.assert_allclose(one.own.estimate[0], fitted.params, atol=5e-3)
    np.testing.assert_allclose(one.own.standard_error[0], fitted.bse, rtol=1e-2)


def test_a_table_is_compared_on_the_inputs_that_it_has():
    north, south = people(200, seed=1), people(200, seed=2)
    south[:, 1] = np.nan
    first, second = found("y ~ a + b", north=north, south=south)
    assert first.own.design.terms == first.every.design.terms == ("intercept", "a", "b")
    assert second.own.design.terms == second.every.design.terms == ("intercept", "a")


@pytest.mark.parametrize(
    ("column", "value"), [(3, np.nan), (slice(0, 3), np.nan)], ids=["target", "inputs"]
)
def test_a_table_without_target_or_inputs_tells_nothing(column, value):
    south = people(200)
    south[:, column] = value
    assert [one.label for one in found("y ~ .", north=people(200), south=south)][:1] == ["north"]
    alone = found("y ~ a + b + c", north=people(200), south=south)
    assert [one.label for one in alone] == ["north"]


def test_few_rows_and_rare_levels_tell_nothing():
    assert found("y ~ a", north=people(39)) == []
    assert len(found("y ~ a", north=people(40))) == 1
    rare = people(200)
    rare[:, 4] = np.arange(200) < 9
    assert found("died ~ a", north=rare) == []


def test_opposite_signs_and_far_slopes_are_warned_of():
    task = parse_task("y ~ a + b", SCHEMA)
    agreed = found(task.text, north=people(300, seed=1), south=people(300, seed=2))
    assert alone_notes(task, agreed) == []
    opposed = found(task.text, north=people(900, seed=1), south=people(100, -1.0, seed=2))
    (note,) = alone_notes(task, opposed)
    assert note.level == "warning"
    assert note.text.startswith("y ~ a + b: a table alone tells something else than all do of a (-")
    assert "in south, " in note.text
    assert "in all, with the opposite sign)" in note.text
    far = found(task.text, north=people(300, seed=1), south=people(300, 1.6, seed=2))
    (note,) = alone_notes(task, far)
    assert "opposite" not in note.text
    table = pd.DataFrame(far[1].own.estimate, columns=far[1].own.design.terms)
    assert f"a ({table['a'][0]:.2g} ± " in note.text
