"""Small problems that differ in learner, layout, type and feasible sets."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial

import torch
from torch import Generator, Tensor, nn

from ddlib.learners.gaussian import GaussianMLE, random_gaussian
from ddlib.learners.logistic import soft_cross_entropy
from ddlib.learners.network import NetworkLearner, mlp
from ddlib.learners.ridge import Ridge, random_linear_law, squared_error
from ddlib.problem import (
    DistillationProblem,
    Layout,
    Learner,
    TestCriterion,
    TrainingCriterion,
    ValidationCriterion,
)
from ddlib.tasks.digits import two_moons
from ddlib.tasks.task import Task

NUM_ROWS, BUDGET = 60, 6


def gaussian_problem() -> DistillationProblem:
    """Return the problem of a density: rows of three columns, none of them a response."""
    rows = random_gaussian(3, generator=_seeded(1)).sample(NUM_ROWS, generator=_seeded(2))
    learner = GaussianMLE()
    criterion = TrainingCriterion(learner(rows).cross_entropy)
    return DistillationProblem(learner, criterion, rows[:BUDGET].clone(), training=rows)


def ridge_problem(
    learner: Learner | None = None, dtype: torch.dtype = torch.float64
) -> DistillationProblem:
    """Return the problem of a regression of two responses; all entries are within [-1, 1].

    Args:
        learner: of weights; ridge regression unless told.
        dtype: of the rows.
    """
    law = random_linear_law(3, 2, noise_std=0.3, generator=_seeded(3))
    rows = law.sample(NUM_ROWS, generator=_seeded(4)).to(dtype)
    rows = rows / rows.abs().max()
    criterion = partial(squared_error, rows, task=torch.tensor([0.7, 0.3], dtype=dtype))
    return DistillationProblem(
        Ridge(2, penalty=0.1) if learner is None else learner,
        TrainingCriterion(criterion),
        rows[:BUDGET].clone(),
        training=rows,
        layout=Layout(num_responses=2),
    )


def network_problem() -> DistillationProblem:
    """Return the regression of `ridge_problem` for a network."""
    problem = ridge_problem()
    assert problem.training is not None  # as given there
    architecture = partial(mlp, 3, (4,), 2, nn.Tanh)
    learner = NetworkLearner(architecture, 2, num_steps=5, step_size=0.1, categorical=False)
    criterion = TrainingCriterion(partial(learner.loss, rows=problem.training))
    return replace(problem, learner=learner, criterion=criterion)


def moons_problem(*, fixed_labels: bool = True, noise_std: float = 0.1) -> DistillationProblem:
    """Return the problem of two classes and a small network.

    Args:
        fixed_labels: whether the feasible sets keep the classes.
        noise_std: of the inputs.
    """
    rows = two_moons(NUM_ROWS, noise_std=noise_std, generator=_seeded(5))
    layout = Layout(2, categorical=True)
    architecture = partial(mlp, 2, (4,), 2, nn.Tanh)
    learner = NetworkLearner(architecture, 2, num_steps=12, step_size=0.5, start="he")

    def loss(theta: Tensor) -> Tensor:
        return soft_cross_entropy(learner.logits(theta, layout.inputs(rows)), rows[:, 2:])

    splits = (TrainingCriterion(loss), ValidationCriterion(loss), TestCriterion(loss))
    task = Task(learner, rows, *splits, layout, fixed_labels=fixed_labels)
    return task.problem(BUDGET, generator=_seeded(6))


def free_moons_problem() -> DistillationProblem:
    """Return the problem of classes that overlap: a soft label can be better than a hard one."""
    return moons_problem(fixed_labels=False, noise_std=0.8)


def unequal_problem() -> DistillationProblem:
    """Return the problem of two classes of which one has four rows, and the other two."""
    problem = moons_problem()
    assert problem.training is not None  # a task hands its rows on
    first, second = problem.layout.groups(problem.training)
    initial = problem.training[torch.cat([second[:1], first[:4], second[1:2]])]
    return replace(problem, initial=initial, feasible=lambda rows: rows)


def boxed(problem: DistillationProblem, bound: float) -> DistillationProblem:
    """Return a problem whose feasible sets have no entry beyond a bound.

    Args:
        problem: of any rows.
        bound: of the absolute value of an entry.
    """

    def clamped(rows: Tensor) -> Tensor:
        return rows.clamp(-bound, bound)

    return replace(problem, initial=clamped(problem.initial), feasible=clamped)


class Opaque:
    """A learner with neither gradient, loss nor right inverse."""

    def __call__(self, rows: Tensor, *, generator: Generator | None = None) -> Tensor:
        """Return the weights of ridge regression.

        Args:
            rows: `(m, d + 2)`.
            generator: draws nothing.
        """
        return Ridge(2, penalty=0.1)(rows.detach())


PROBLEMS: Mapping[str, Callable[[], DistillationProblem]] = {
    "gaussian": gaussian_problem,
    "ridge": ridge_problem,
    "ridge, single precision": partial(ridge_problem, dtype=torch.float32),
    "network": network_problem,
    "moons": moons_problem,
    "moons, free labels": free_moons_problem,
}
"""What makes each problem, anew each time, by its name."""


def _seeded(seed: int) -> Generator:
    """Return a generator of its own."""
    return Generator().manual_seed(seed)
