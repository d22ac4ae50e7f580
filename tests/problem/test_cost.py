"""What a run costs: each count against what the method's formula says."""

from functools import partial

import pytest
import torch
from torch.optim import SGD

from ddlib.distillers.bptt import BPTT
from ddlib.distillers.first_order import FirstOrder
from ddlib.distillers.zeroth_order import ZerothOrder
from ddlib.learners.ridge import Ridge, squared_error
from ddlib.problem import (
    Cost,
    DistillationProblem,
    Meter,
    TrainingCriterion,
    ValidationCriterion,
    distill,
)
from ddlib.problem.cost import spend

STEPS, LOOKS = 6, 4  # a look at each second step, and at the start
ONE = torch.ones(1, dtype=torch.float64)


def make():
    rows = torch.randn(20, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    error = partial(squared_error, rows, task=ONE)
    problem = DistillationProblem(Ridge(1, 0.1, num_steps=5), TrainingCriterion(error), rows[:4])
    return problem, ValidationCriterion(error)


def run(method, **settings):
    problem, validation = make()
    return distill(
        problem, method, num_steps=STEPS, every=2, validation=validation,
        generator=torch.Generator().manual_seed(1), **settings,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("method", "cost"),
    [
        (ZerothOrder(0.1, optimizer=partial(SGD, lr=0.01)), Cost(evaluations=STEPS * 2)),
        (ZerothOrder(0.1, 3, optimizer=partial(SGD, lr=0.01)), Cost(evaluations=STEPS * (3 + 1))),
        (ZerothOrder(0.1, 3, True, optimizer=partial(SGD, lr=0.01)), Cost(STEPS * 2 * 3)),
        (FirstOrder(partial(SGD, lr=0.01)), Cost(gradients=STEPS)),
        (BPTT(partial(SGD, lr=0.01)), Cost(gradients=STEPS, training_steps=STEPS * 5)),
    ],
)
def test_counts_are_those_of_the_formula(method, cost):
    assert run(method).cost == cost + Cost(looks=LOOKS)


def test_each_snapshot_has_the_cost_up_to_it():
    costs = [snapshot.cost for snapshot in run(FirstOrder(partial(SGD, lr=0.01))).snapshots]
    assert costs == [Cost(gradients=2 * i, looks=i + 1) for i in range(LOOKS)]


def test_a_resumed_run_has_the_cost_of_one_long_run():
    problem, validation = make()
    method = FirstOrder(partial(SGD, lr=0.01))
    settings = {"every": 2, "validation": validation, "generator": torch.Generator()}
    part = distill(problem, method, num_steps=4, **settings)
    whole = distill(problem, method, num_steps=STEPS, resume=part, **settings)
    assert whole.cost == Cost(gradients=STEPS, looks=LOOKS)


def test_what_a_callback_spends_is_not_the_run_s():
    problem, validation = make()

    def look(snapshot):
        validation(problem.learner(snapshot.rows))

    assert run(FirstOrder(partial(SGD, lr=0.01)), callback=look).cost.looks == LOOKS


def test_the_innermost_meter_counts_and_none_is_needed():
    outer, inner = Meter(), Meter(Cost(looks=1))
    with outer.counting():
        spend(Cost(evaluations=1))
        with inner.counting():
            spend(Cost(gradients=2))
        spend(Cost(evaluations=1))
    spend(Cost(evaluations=100))
    assert (outer.cost, inner.cost) == (Cost(evaluations=2), Cost(gradients=2, looks=1))
