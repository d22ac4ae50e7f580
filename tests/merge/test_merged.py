"""Merging the hospitals of the book: the rows, as written, do what the task asks."""

from functools import cache

import numpy as np
import pandas as pd
import pytest
from pandas.api.types import is_numeric_dtype
from sklearn.linear_model import LinearRegression, LogisticRegression

from ddlib.experiments.trials import cut
from ddlib.merge.formula import parse_tasks
from ddlib.merge.merged import TooFewRows, made_for, merge
from ddlib.merge.model import Model
from ddlib.merge.scarce import scarce_columns
from ddlib.tables import read_sources

DIED, ALBUMIN = "died ~ .", "albumin ~ age + bili + sex"


@cache
def tables():
    return cut("pbc", 0).tables


@cache
def model(seed):
    return Model.of(read_sources(tables()), num_draws=4, seed=seed)


@cache
def merged(*tasks, num_rows=100, weights=True, seed=0):
    """What `merge` returns, with the model fitted once: it takes most of the time."""
    schema, codes = model(seed).schema, model(seed).codes
    parsed = parse_tasks(tasks, schema, scarce_columns(schema, codes))
    return made_for(model(seed), parsed, num_rows=num_rows, weights=weights)


def as_terms(found, names):
    """Some columns of the rows as numbers: as they are written, and a binary text by its levels."""
    codes = found.schema.encode(found.rows.drop(columns="weight"))
    columns = [
        found.rows[name] if is_numeric_dtype(found.rows[name]) else codes[:, place]
        for name, place in ((name, list(found.schema.names).index(name)) for name in names)
    ]
    return np.column_stack(columns).astype(float)


def test_the_rows_have_the_columns_types_and_levels_of_the_sources():
    found = merged(DIED)
    assert found.weight_column == "weight"
    assert len(found.rows) == 100
    assert found.schema.faults(found.rows.drop(columns="weight")) == []
    assert set(found.rows.columns) == {*set().union(*tables().values()), "weight"}


def test_a_logistic_regression_of_the_weighted_rows_finds_the_pooled_coefficients():
    found = merged(DIED)
    design = found.questions[DIED].design
    names = [name for name in found.schema.names if name != "died"]
    x = as_terms(found, names)
    scale = x.std(0)
    learner = LogisticRegression(C=np.inf, max_iter=10_000, tol=1e-10)
    learner.fit((x - x.mean(0)) / scale, found.rows["died"].astype(int), found.weights)
    order = [design.terms.index("sex = m" if name == "sex" else name) for name in names]
    wanted = found.pooled[DIED].estimate[0][order] * scale
    np.testing.assert_allclose(learner.coef_[0], wanted, atol=1e-4)


def test_a_linear_regression_of_the_weighted_rows_finds_the_pooled_coefficients():
    found = merged(DIED, ALBUMIN)
    names = ["age", "bili", "sex"]
    x = as_terms(found, names)
    learner = LinearRegression().fit(x, found.rows["albumin"], found.weights)
    design = found.questions[ALBUMIN].design
    order = [design.terms.index(term) for term in ("age", "bili", "sex = m")]
    np.testing.assert_allclose(
        learner.coef_, found.pooled[ALBUMIN].estimate[0][order], rtol=1e-4, atol=1e-6
    )


@pytest.mark.parametrize("tasks", [(DIED,), (DIED, ALBUMIN)])
def test_the_equations_of_all_tasks_hold(tasks):
    found = merged(*tasks)
    codes = found.schema.encode(found.rows.drop(columns="weight"))
    for question in found.questions.values():
        score = question.mean_score(codes, found.weights)
        assert np.abs(score).max() < 1e-8
    assert found.weights.min() > 0
    assert found.weights.mean() == pytest.approx(1)
    assert found.weights.sum() ** 2 / np.square(found.weights).sum() > 50


def test_the_seed_decides_the_rows():
    again = merge(read_sources(tables()), [DIED], num_rows=100, num_draws=4, seed=0)
    pd.testing.assert_frame_equal(merged(DIED).rows, again.rows)
    assert not merged(DIED).rows.equals(merged(DIED, seed=1).rows)


def test_the_order_of_rows_columns_and_sources_changes_nothing():
    shuffled = {
        label: table.sample(frac=1, random_state=3)[sorted(table)]
        for label, table in reversed(tables().items())
    }
    found = merge(read_sources(shuffled), [DIED], num_rows=100, num_draws=4, seed=0)
    columns = list(merged(DIED).rows)
    own, other = (
        t[columns].sort_values(columns, ignore_index=True) for t in (merged(DIED).rows, found.rows)
    )
    pd.testing.assert_frame_equal(own, other, check_dtype=False, rtol=1e-6, atol=1e-6)


def test_rows_without_weights_lose_something_and_say_so():
    found = merged(DIED, weights=False)
    assert found.weight_column is None
    assert "weight" not in found.rows
    assert found.loss[DIED] > 0
    assert any("weights" in note.text for note in found.notes)


def test_too_few_rows_are_refused_with_a_number_that_does():
    with pytest.raises(TooFewRows, match="num_rows = 8: must be at least") as caught:
        merged(DIED, num_rows=8)
    assert caught.value.least is not None
    assert len(merged(DIED, num_rows=caught.value.least).rows) == caught.value.least


def test_rows_for_a_density_have_the_moments_of_the_model():
    found = merged("density")
    assert found.method == "exact moments"
    assert found.weight_column is None


def test_too_few_rows_are_refused_with_the_task_and_what_to_do():
    with pytest.raises(TooFewRows) as caught:
        merged("albumin ~ age + bili + sex", num_rows=3)
    told = f"num_rows = 3: must be at least {caught.value.least} for albumin ~ age + bili + sex"
    assert str(caught.value).startswith(f"{told} of 4 coefficients (3 rows: ")
    assert str(caught.value).endswith("; or name fewer columns in the task")


def test_rows_without_weights_are_advised_where_they_can_be_made():
    text, advice = "died ~ age + bili + sex + stage", "rows without weights (weights=False)"
    with pytest.raises(TooFewRows) as caught:
        merged(text, num_rows=6)
    assert advice in str(caught.value)
    assert len(merged(text, num_rows=6, weights=False).rows) == 6
    with pytest.raises(TooFewRows) as caught:
        merged(text, num_rows=4)
    assert advice not in str(caught.value)
    with pytest.raises(TooFewRows):
        merged(text, num_rows=4, weights=False)


def test_too_few_rows_name_columns_that_follow_from_one_another():
    twins = {name: table.assign(old=table["age"] * 2) for name, table in tables().items()}
    with pytest.raises(TooFewRows, match=r"leave out one of 'age', 'old', .* ~ age \+ old - old$"):
        merge(read_sources(twins), ["died ~ age + old"], num_rows=2, num_draws=2)
