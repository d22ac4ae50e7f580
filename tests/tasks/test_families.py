"""Families of tasks: the same rows for all learners, splits fixed by a seed, held-out posterior."""

from functools import cache

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.datasets import load_breast_cancer, load_diabetes, load_wine

from ddlib.learners.bayesian_regression import Posterior
from ddlib.problem import evaluate
from ddlib.tasks import liver
from ddlib.tasks.registry import FAMILIES, draw_tasks
from ddlib.tasks.transitions import NUM_STATES, draw_transitions

TABLES = {
    "wine": lambda: load_wine(as_frame=True).frame,
    "breast cancer": lambda: load_breast_cancer(as_frame=True).frame,
    "diabetes": lambda: load_diabetes(as_frame=True).frame,
    "liver trial": lambda: pd.read_csv(liver.TABLE).dropna(),
}
SPLITS = ("training", "validation", "test")


@cache
def drawn(family, seed=0):
    return draw_tasks(family, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("family", FAMILIES)
def test_the_names_of_the_tasks_are_known_without_a_draw(family):
    assert [*drawn(family)] == [*FAMILIES[family].tasks]


@pytest.mark.parametrize("family", [*TABLES, "two moons"])
def test_the_tasks_of_a_table_have_the_same_rows(family):
    first, *others = drawn(family).values()
    assert len(others) == 2
    for task in others:
        for split in SPLITS:
            assert torch.equal(task.coded[split], first.coded[split])


@pytest.mark.parametrize("family", TABLES)
def test_splits_are_the_rows_of_the_table_in_fixed_shares(family):
    task = next(iter(drawn(family).values()))
    sizes = [len(task.splits[split]) for split in SPLITS]
    assert sizes[2] / sizes[0] == pytest.approx(FAMILIES[family].overlap, rel=0.03)
    table = TABLES[family]()
    ours = pd.concat([task.to_table(task.coded[split]) for split in SPLITS])
    target = task.encoding.target.name
    for column in (target, table.columns[0]):
        cells, wanted = (np.sort(each[column].astype(float)) for each in (ours, table))
        np.testing.assert_allclose(cells, wanted, rtol=1e-9, atol=1e-12)


def test_a_seed_fixes_the_split():
    ours, again, other = (
        next(iter(draw_tasks("wine", generator=torch.Generator().manual_seed(s)).values()))
        for s in (0, 0, 1)
    )
    assert ours.splits == again.splits != other.splits


def test_a_network_is_judged_over_several_trainings_and_others_over_one():
    trainings = {name: task.num_trainings for name, task in drawn("wine").items()}
    assert trainings == {"logistic": 1, "network": 3, "nearest neighbour": 1}


def test_the_moons_are_told_apart_by_who_is_not_linear():
    errors = {
        name: evaluate(t.learner, t.training, t.test, generator=torch.Generator().manual_seed(1),
                       num_draws=t.num_trainings)
        for name, t in drawn("two moons").items()
    }  # fmt: skip
    assert max(errors["network"], errors["nearest neighbour"]) < 0.7 * errors["logistic"]


def test_an_installed_library_says_that_it_lacks_the_trial(monkeypatch, tmp_path):
    monkeypatch.setattr(liver, "TABLE", tmp_path / "pbc.csv")
    with pytest.raises(ValueError, match=r"family = 'liver trial': needs .*pbc\.csv"):
        draw_tasks("liver trial", generator=torch.Generator().manual_seed(0))


def test_the_held_out_posterior_is_judged_on_rows_that_it_has_not_seen():
    data = draw_transitions(generator=torch.Generator().manual_seed(0))
    seen, held_out = data.tasks(), data.held_out_tasks()
    assert list(seen) == list(held_out)
    ours, theirs = held_out["posterior"], seen["posterior"]
    rows = ours.problem(6, generator=torch.Generator().manual_seed(1)).initial
    model = ours.learner(rows)
    assert float(ours.criterion(model)) == float(theirs.criterion(model))
    # Who knows the system predicts as well as the noise lets, in the mean over next states.
    known = Posterior(data.law.weights, 1e-12 * torch.eye(4, dtype=torch.float64))
    assert float(ours.test(known)) == pytest.approx(ours.bound(6), abs=1e-9)
    now, after = data.validation.tensor_split(2, dim=1)
    off = (after - now @ data.law.weights)[:, :NUM_STATES]
    wanted = -torch.distributions.Normal(0.0, 0.5).log_prob(off).sum(1).mean()
    assert float(ours.validation(known)) == pytest.approx(float(wanted), rel=1e-6)
    assert float(ours.validation(model)) != float(ours.test(model))
