"""Settings that a set comes with: judged, chosen, saved and resumed with them."""

from dataclasses import replace

import pytest
import torch

from ddlib.problem import (
    Distillation,
    DivergedRun,
    InterruptedRun,
    Snapshot,
    TestCriterion,
    ValidationCriterion,
    carry,
    distill,
    evaluate,
)
from ddlib.streams import spawn
from tests.distillers.test_conformance import network_problem, new_generator
from tests.distillers.test_resume import saved_and_loaded

SIZES = (0.2, 0.05, 0.3)


class Steps:
    """The initial set, each time with another step size for the learner."""

    def __init__(self, rows, sizes):
        self.rows, self.sizes, self.done = rows, sizes, 0

    def __iter__(self):
        return self

    def __next__(self):
        self.done += 1
        return self.rows.clone()

    @property
    def carried(self):
        return {"step_size": self.sizes[self.done - 1]}

    def state_dict(self):
        return {"done": self.done}

    def load_state_dict(self, state):
        self.done = state["done"]


class Carrying:
    departs, one_shot = ("law",), False

    def __init__(self, sizes=SIZES):
        self.sizes = sizes

    def steps(self, problem, *, generator):
        return Steps(problem.initial, self.sizes)


def run_of(method, num_steps=3, **settings):
    problem = network_problem()
    problem = replace(problem, learner=replace(problem.learner, num_steps=12))
    validation = ValidationCriterion(problem.criterion.score)
    return problem, distill(
        problem, method, num_steps=num_steps, generator=new_generator(), validation=validation,
        **settings,
    )  # fmt: skip


def test_each_set_is_judged_with_its_own_settings_and_so_is_the_chosen_one():
    problem, run = run_of(Carrying())
    assert [s.carried for s in run.snapshots] == [{}, *({"step_size": size} for size in SIZES)]
    values = [s.validation for s in run.snapshots]
    for size, value in zip((0.1, *SIZES), values, strict=True):
        learner = replace(problem.learner, step_size=size)
        theta = learner(problem.initial, generator=spawn(new_generator(), "validation"))
        assert value == problem.criterion.score(theta).item()
    assert values[3] == min(values)
    assert run.learner(problem.learner) == carry(problem.learner, {"step_size": 0.3})
    assert problem.learner.step_size == 0.1


def test_evaluate_takes_the_learner_of_the_run():
    """Trainings start at random: the mean of ten tells a step of 0.3 from one of 0.1."""
    problem, run = run_of(Carrying())
    test = TestCriterion(problem.criterion.score)
    got, plain = (
        evaluate(learner, run.rows, test, generator=new_generator(1), num_draws=10)
        for learner in (run.learner(problem.learner), problem.learner)
    )
    rows, generator = problem.initial, new_generator(1)
    by_hand = []
    for _ in range(10):
        theta = problem.learner.initial(rows, generator=generator)
        for _ in range(problem.learner.num_steps):
            theta = theta.detach().requires_grad_()
            (slope,) = torch.autograd.grad(problem.learner.loss(theta, rows), theta)
            theta = theta - 0.3 * slope
        by_hand.append(problem.criterion.score(theta).item())
    assert got == pytest.approx(sum(by_hand) / 10)
    assert got < plain


def test_rows_that_come_with_nothing_are_for_the_learner_itself():
    learner = network_problem().learner
    assert Distillation((Snapshot(0, torch.ones(1, 1), None),)).learner(learner) is learner


def test_a_resumed_run_has_the_settings_of_the_one_without_a_break():
    _, whole = run_of(Carrying())
    for left in range(4):
        _, part = run_of(Carrying(), num_steps=left)
        _, resumed = run_of(Carrying(), resume=saved_and_loaded(part))
        assert resumed.snapshots[-1].carried == {"step_size": 0.3}
        assert [s.validation for s in resumed.snapshots] == [s.validation for s in whole.snapshots]


def test_an_interrupted_run_keeps_the_settings_of_its_last_set():
    def interrupt(snapshot):
        if snapshot.step == 2:
            raise KeyboardInterrupt

    with pytest.raises(InterruptedRun) as caught:
        run_of(Carrying(), callback=interrupt)
    assert caught.value.run.snapshots[-1].carried == {"step_size": 0.05}


@pytest.mark.parametrize("size", [float("nan"), float("inf")])
def test_a_setting_that_is_not_finite_is_a_divergence(size):
    with pytest.raises(DivergedRun, match="step 2: step_size: not finite"):
        run_of(Carrying((0.2, size)))
