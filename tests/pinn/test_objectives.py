"""What each working objective of a parametric problem reads, and how it is descended."""

from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import pytest
import torch

from ddlib.distillers import FirstOrder, ZerothOrder
from ddlib.distillers.descent import AnnealedAdam
from ddlib.pinn import PROBLEMS, NonlinearConduction, RobinPoisson
from ddlib.pinn.collocation import prior
from ddlib.pinn.criteria import fit, physics, relative_error
from ddlib.pinn.distillation import CRITERIA, OneOf
from ddlib.problem import distill, evaluate
from ddlib.problem.criteria import (
    TestCriterion as Judge,  # pytest collects names that start with Test
)
from tests.pinn.small_tasks import TAILS, distillation_of, plain_of, seeded, task_of

each_problem = pytest.mark.parametrize("problem", PROBLEMS.values(), ids=PROBLEMS.keys())
each_criterion = pytest.mark.parametrize("criterion", CRITERIA)


def objective(task, criterion, *, num_rows=5):
    """The value at the start from training rows, which is the same for all of one seed."""
    problem = distillation_of(task, num_rows, criterion=criterion)
    rows = task.data.training[:num_rows]
    return problem.objective(rows, generator=seeded(3)).item()


def without_test_rows(task, *splits):
    hidden = {name: torch.full_like(getattr(task.data, name), torch.nan) for name in splits}
    return replace(task, data=replace(task.data, **hidden))


@each_problem
@pytest.mark.parametrize("criterion", CRITERIA[:-1])
def test_only_the_oracle_reads_test_rows(problem, criterion):
    task = task_of(problem)
    blind = without_test_rows(task, "inside", "outside", "validation", "clean")
    value = objective(task, criterion)
    assert np.isfinite(value)
    assert objective(blind, criterion) == value
    assert torch.equal(
        distillation_of(task, criterion=criterion).initial,
        distillation_of(blind, criterion=criterion).initial,
    )


@pytest.mark.parametrize("split", ["inside", "outside"])
def test_the_oracle_reads_both_sets_of_test_rows_and_no_training_row(split):
    task = task_of(RobinPoisson())
    problem = distillation_of(task, criterion="oracle")
    assert np.isnan(objective(without_test_rows(task, split), "oracle"))
    rows = task.data.training[:5].clone()
    model = task.pinn(rows, generator=seeded(3))
    expected = fit(task.data.inside)(model) + fit(task.data.outside)(model)
    found = problem.objective(rows, generator=seeded(3))
    assert found.item() == pytest.approx(expected.item(), rel=1e-12)
    shifted = replace(task, data=replace(task.data, training=task.data.training + 0.01))
    found = distillation_of(shifted, criterion="oracle").objective(rows, generator=seeded(3))
    assert found.item() == pytest.approx(expected.item(), rel=1e-12)


@dataclass(frozen=True)
class Watched(RobinPoisson):
    """Robin's problem, which notes the alphas at which the equation or the boundary is asked."""

    seen: tuple[list, ...] = ([],)

    def residual(self, points, jet):
        self.seen[0].append(points[..., -1].detach().flatten())
        return super().residual(points, jet)

    def boundary(self, points, jet):
        self.seen[0].append(points[..., -1].detach().flatten())
        return super().boundary(points, jet)


def alphas_asked(criterion, learner):
    """The alphas at which the physics is looked at, from rows in the training tail."""
    task = task_of(Watched(seen=([],)))
    task = replace(task, learner=learner(task))
    problem = distillation_of(task, criterion=criterion, start="training")
    task.problem.seen[0].clear()
    problem.objective(problem.initial, generator=seeded())
    seen = task.problem.seen[0]
    return torch.cat([torch.zeros(0, dtype=torch.float64), *seen]), problem.initial[:, -2]


def test_the_fit_looks_at_no_physics_but_the_learner_s():
    asked, _ = alphas_asked("fit", plain_of)
    assert len(asked) == 0
    asked, own = alphas_asked("fit", lambda task: task.pinn)
    assert set(asked.tolist()) == set(own.tolist())
    assert asked.max().item() <= TAILS.gap(RobinPoisson().prior)[0]


def test_residual_and_boundary_are_taken_over_the_prior():
    asked, _ = alphas_asked("fit and residual", plain_of)
    collocation = prior(RobinPoisson())(None)
    expected = torch.cat([collocation.interior, collocation.boundary])[:, -1]
    assert torch.equal(asked.unique(), expected.unique())
    assert asked.min() < -2.5 < 2.5 < asked.max()


@each_problem
def test_the_objectives_are_sums_of_the_criteria(problem):
    task = task_of(problem)
    rows = task.data.training[:5]
    model = task.pinn(rows, generator=seeded(3))
    points = prior(problem)(rows)
    first = fit(task.data.training)(model)
    second = physics(problem, points)(model)
    assert objective(task, "fit") == pytest.approx(first.item(), rel=1e-12)
    expected = (first + 0.3 * second).item()
    assert objective(task, "fit and residual") == pytest.approx(expected, rel=1e-9)
    target = task.solution(points.interior, generator=seeded(1))
    expected = (first + fit(target)(model)).item()
    assert objective(task, "fit and solution") == pytest.approx(expected, rel=1e-9)


# Descent


@pytest.mark.parametrize("problem", [RobinPoisson(), NonlinearConduction()])
@each_criterion
def test_the_gradient_in_the_rows_against_finite_differences(problem, criterion):
    task = task_of(problem, num_rows=20)
    task = replace(task, learner=OneOf((task.pinn, plain_of(task))))
    working = distillation_of(task, 3, criterion=criterion)
    rows = working.initial.clone().requires_grad_()
    sizes = []
    for seed in range(4):  # both learners are drawn
        assert torch.autograd.gradcheck(
            lambda r, s=seed: working.objective(r, generator=seeded(s)), rows
        )
        (gradient,) = torch.autograd.grad(working.objective(rows, generator=seeded(seed)), rows)
        sizes.append(gradient.abs().amax(0))
    assert (torch.stack(sizes) > 1e-6).all()


def outside_errors(criterion, seed):
    """The error beyond the gap on features not descended on, at the start and at the end."""
    task = task_of(RobinPoisson(), seed, num_features=60, penalty=1e-4)
    problem = distillation_of(task, 10, criterion=criterion, seed=seed)
    optimizer = partial(AnnealedAdam, lr=0.02, num_steps=150)
    run = distill(
        problem, FirstOrder(optimizer=optimizer), num_steps=150, generator=seeded(seed), every=150
    )
    judge = Judge(relative_error(task.data.outside))
    return [
        evaluate(task.pinn, rows, judge, generator=seeded(99), num_draws=5)
        for rows in (problem.initial, run.rows)
    ]


@pytest.mark.nightly
def test_first_order_distillation_lowers_the_error_beyond_the_gap():
    errors = [outside_errors("fit and solution", seed) for seed in range(3)]
    assert np.median([start / end for start, end in errors]) > 2


def zeroth_order_values(seed):
    """The objective at the start and at the end, over draws of features not descended on."""
    task = task_of(RobinPoisson(), seed, num_features=20, penalty=1e-3)
    working = distillation_of(task, 5, criterion="fit and solution")
    optimizer = partial(AnnealedAdam, lr=0.01, num_steps=80)
    method = ZerothOrder(0.01, num_directions=8, antithetic=True, optimizer=optimizer)
    run = distill(working, method, num_steps=80, generator=seeded(seed), every=80)
    with torch.no_grad():
        return [
            np.mean([working.objective(rows, generator=seeded(draw)) for draw in range(50, 60)])
            for rows in (working.initial, run.rows)
        ]


def test_zeroth_order_distillation_lowers_its_objective():
    values = [zeroth_order_values(seed) for seed in range(3)]
    assert np.median([start / end for start, end in values]) > 1.5
