"""Rows made for one task and used for another, and what they are worth."""

from functools import cache

import numpy as np
import pytest

from ddlib.experiments.trials import cut
from ddlib.merge.across import ALL, worth_matrix
from ddlib.merge.formula import parse_tasks
from ddlib.merge.merged import asked
from ddlib.merge.model import Model
from ddlib.merge.worth import loss, worth
from ddlib.tables import read_sources

TASKS = ["died ~ .", "bili ~ . - died", "density"]


@cache
def model():
    return Model.of(read_sources(cut("pbc", 0).tables), num_draws=4, seed=0)


def test_rows_are_worth_most_for_their_own_task():
    table = worth_matrix(model(), TASKS, num_rows=100)
    assert list(table.index) == [*TASKS, ALL]
    assert list(table.columns) == TASKS
    for text in TASKS[:2]:  # a density's rows have the moments of the scores, and are not weighted
        assert table[text].drop(ALL).idxmax() == text
        assert table.loc[text, text] == pytest.approx(table.loc[ALL, text])
    assert (table.loc[TASKS] > 0).all(axis=None)
    assert (table.loc[TASKS] <= table.loc[ALL] + 1e-6).all(axis=None)


def test_rows_drawn_from_complete_ones_are_worth_about_as_many_as_they_are():
    (task,) = parse_tasks(["died ~ ."], model().schema)
    question = asked(model(), [task])[task.text]
    real = np.concatenate(list(model().draws))
    generator = np.random.default_rng(0)
    found = [worth(question, real[generator.integers(len(real), size=50)]) for _ in range(200)]
    # 1/N is 1/50 in the mean, and more by what the sources themselves do not tell.
    wanted = 1 / 50 + (1 + question.missing) / question.num_rows
    assert np.mean(1 / np.array(found)) == pytest.approx(wanted, rel=0.15)


def test_the_loss_is_the_divergence_of_the_rows_answer():
    (task,) = parse_tasks(["died ~ age + sex + bili"], model().schema)
    question = asked(model(), [task])[task.text]
    rows = model().sample(4000, "many")
    learnt = question.learn(rows, np.ones(len(rows)), penalty=0.0)
    real = np.concatenate(list(model().draws))
    worse = question.loss(learnt, real) - question.loss(question.pooled.theta, real)
    assert loss(question, rows) == pytest.approx(worse, rel=0.5, abs=2e-4)
