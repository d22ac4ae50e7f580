"""Rows without weights: all methods choose among the same rows, and the best on real rows wins."""

from functools import cache

import numpy as np
import pytest
from sklearn.linear_model import Ridge

from ddlib.merge.choice import SELECTING, choose
from ddlib.merge.design import Design
from ddlib.merge.formula import parse_task
from ddlib.merge.questions import ask
from ddlib.merge.table_task import codes_of, table_task
from ddlib.streams import stream
from ddlib.tables import Column, Schema

SCHEMA = Schema(
    (
        Column("a", "number", low=-9.0, high=9.0),
        Column("b", "number", low=-9.0, high=9.0),
        Column("y", "number", low=-50.0, high=50.0),
    )
)


def law(seed, size):
    a, b, error = np.random.default_rng(seed).normal(size=(3, size))
    return np.column_stack([a, b, 10 + 3 * a - b + 2 * error])


REAL, CANDIDATES = law(0, 300), law(1, 400)


@cache
def chosen():
    found = ask(Design.of(parse_task("y ~ .", SCHEMA), SCHEMA, [REAL] * 2), [REAL] * 2)
    task = table_task([found], CANDIDATES, [REAL] * 2, validation=law(2, 50), test=law(3, 50))
    return choose(task, [found], 30, generator=stream(0, "choice"))


def error_on_real_rows(codes):
    """The squared error of scikit-learn's fit of rows, counted as if they were the real ones."""
    centre, scale = REAL.mean(0), REAL.std(0)
    real, rows = ((table - centre) / scale for table in (REAL, codes))
    counts = np.full(len(rows), len(REAL) / len(rows))
    fit = Ridge(1.0).fit(rows[:, :2], rows[:, 2], sample_weight=counts)
    return np.square(real[:, 2] - fit.predict(real[:, :2])).mean()


def test_every_method_takes_its_part():
    assert set(chosen()) == {*SELECTING, "balanced"}


@pytest.mark.parametrize("name", [*SELECTING, "balanced"])
def test_each_chooses_rows_that_there_are_each_once_and_without_weights(name):
    codes, weights = codes_of(chosen()[name].rows)
    assert codes.shape == (30, 3)
    assert len(np.unique(codes, axis=0)) == 30
    assert {tuple(row) for row in codes} <= {tuple(row) for row in CANDIDATES}
    np.testing.assert_array_equal(weights, 1.0)


def test_the_best_on_the_real_rows_comes_first_as_scikit_learn_has_it():
    errors = [error_on_real_rows(codes_of(found.rows)[0]) for found in chosen().values()]
    assert errors == pytest.approx(sorted(errors), rel=1e-6)
    assert errors[0] < errors[-1]


def test_the_generator_is_left_where_it_stood():
    generator = stream(0, "choice")
    before = generator.get_state()
    found = ask(Design.of(parse_task("y ~ a", SCHEMA), SCHEMA, [REAL] * 2), [REAL] * 2)
    task = table_task([found], CANDIDATES, [REAL] * 2, validation=law(2, 50), test=law(3, 50))
    one, two = (choose(task, [found], 10, generator=generator) for _ in range(2))
    assert generator.get_state().equal(before)
    assert [*one] == [*two]
    assert all(one[name].rows.equal(two[name].rows) for name in one)
