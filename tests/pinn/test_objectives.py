"""What each working objective of a parametric problem reads, and how it is descended."""

from functools import partial

import numpy as np
import pytest
import torch

from ddlib.distillers import FirstOrder, ZerothOrder
from ddlib.distillers.descent import AnnealedAdam
from ddlib.pinn import NonlinearConduction, RobinPoisson
from ddlib.pinn.collocation import prior, train_tail
from ddlib.pinn.criteria import fit, physics, relative_error
from ddlib.pinn.distillation import CRITERIA, DEPLOYMENTS
from ddlib.pinn.labels import HeldValues, labelled
from ddlib.problem import distill, evaluate
from ddlib.problem.criteria import (
    TestCriterion as Judge,  # pytest collects names that start with Test
)
from tests.pinn.small_tasks import (
    TAILS,
    WRITTEN,
    Watched,
    distillation_of,
    for_both,
    hiding,
    plain_of,
    seeded,
    spread_rows,
    task_of,
)

each_problem = pytest.mark.parametrize("problem", WRITTEN.values(), ids=WRITTEN.keys())
each_criterion = pytest.mark.parametrize("criterion", CRITERIA)
each_deployment = pytest.mark.parametrize("deployment", DEPLOYMENTS)
TAIL_END = TAILS.gap(RobinPoisson().prior)[0]


def objective(task, criterion, *, num_rows=5, **settings):
    """The value at some training rows, which is the same for all of one seed."""
    working = task.working(criterion, task.solution(generator=seeded(1)), **settings)
    rows = task.data.training[:num_rows]
    return working(task.pinn(rows, generator=seeded(3))).item()


# What is read


@each_problem
@pytest.mark.parametrize("criterion", CRITERIA[:-1])
def test_only_the_oracle_reads_test_rows(problem, criterion):
    task = task_of(problem, num_rows=40)
    blind = hiding(task, "inside", "outside", "validation", "clean")
    value = objective(task, criterion)
    assert np.isfinite(value)
    assert objective(blind, criterion) == value


@pytest.mark.parametrize("split", ["inside", "outside"])
def test_the_oracle_reads_both_sets_of_test_rows_and_no_training_row(split):
    task = task_of(RobinPoisson())
    assert np.isnan(objective(hiding(task, split), "oracle"))
    rows = task.data.training[:5].clone()
    model = task.pinn(rows, generator=seeded(3))
    expected = fit(task.data.inside)(model) + fit(task.data.outside)(model)
    for shown in (task, hiding(task, "training", "validation", "clean")):
        found = shown.working("oracle", None)(model)
        assert found.item() == pytest.approx(expected.item(), rel=1e-12)


def watched(deployment, criterion, learner):
    """The alphas at which the equation is asked by an objective and its label, and those rows."""
    task = task_of(Watched(seen=([],)), deployment=deployment, num_rows=40)
    label = task.solution(generator=seeded())
    at_label = task.problem.asked()
    rows = spread_rows(task)
    task.problem.asked()  # of the label again
    working = task.working(criterion, label)
    working(learner(task)(rows, generator=seeded(2)))
    return at_label, task.problem.asked(), rows[:, -2]


def test_the_fit_looks_at_no_physics_but_the_learner_s():
    _, asked, _ = watched("known", "fit", plain_of)
    assert len(asked) == 0
    _, asked, own = watched("known", "fit", lambda task: task.pinn)
    assert set(asked.tolist()) == set(own.tolist())


@each_deployment
def test_residual_and_boundary_are_taken_on_the_grid_of_the_solution(deployment):
    at_label, asked, _ = watched(deployment, "fit and residual", plain_of)
    problem = RobinPoisson()
    policy = prior(problem) if deployment == "known" else train_tail(problem, TAILS)
    expected = policy(None).interior[:, -1].unique()
    assert torch.equal(asked.unique(), expected)
    assert torch.equal(at_label.unique(), expected)


@pytest.mark.parametrize("criterion", CRITERIA[:-1])
def test_where_deployment_is_unknown_nothing_looks_beyond_the_training_tail(criterion):
    at_label, asked, own = watched("unknown", criterion, lambda task: task.pinn)
    for alphas in (at_label, asked, own):
        assert len(alphas) > 0
        assert alphas.max().item() <= TAIL_END
    at_label, asked, own = watched("known", criterion, lambda task: task.pinn)
    for alphas in (at_label, asked, own):
        assert alphas.max().item() > TAIL_END


@each_deployment
def test_the_solution_is_read_on_its_grid_alone(deployment):
    task, read = task_of(RobinPoisson(), deployment=deployment, num_rows=40), []

    def label(points):
        read.append(points)
        return points.sum(-1)

    for criterion in CRITERIA:
        task.working(criterion, label)
    (points,) = read
    assert torch.equal(points, task.policy(None).interior)


@each_problem
@each_deployment
def test_the_objectives_are_sums_of_the_criteria(problem, deployment):
    task = task_of(problem, deployment=deployment, num_rows=40)
    model = task.pinn(task.data.training[:5], generator=seeded(3))
    points = task.policy(None)
    first = fit(task.data.training)(model).item()
    second = physics(problem, points)(model).item()
    assert objective(task, "fit") == pytest.approx(first, rel=1e-12)
    assert objective(task, "fit and residual") == pytest.approx(first + 0.3 * second, rel=1e-9)
    found = objective(task, "fit and residual", residual_weight=7.0)
    assert found == pytest.approx(first + 7 * second, rel=1e-9)
    values = task.solution(generator=seeded(1))(points.interior)
    third = (model(points.interior) - values).square().mean().item()
    assert objective(task, "fit and solution") == pytest.approx(first + third, rel=1e-9)


def test_a_batch_of_models_has_a_value_each():
    task = task_of(RobinPoisson(), num_rows=40)
    label = task.solution(generator=seeded())
    sets = torch.stack([task.data.training[first : first + 4] for first in (0, 8, 20)])
    for criterion in CRITERIA:
        working = task.working(criterion, label)
        found = working.batch(task.pinn(sets, generator=seeded(1)), 3)
        alone = [working(task.pinn(rows, generator=seeded(1))) for rows in sets]
        torch.testing.assert_close(found, torch.stack(alone), rtol=1e-6, atol=1e-9)


# Descent


@pytest.mark.parametrize("problem", [RobinPoisson(), NonlinearConduction()])
@each_criterion
def test_the_gradient_in_the_rows_against_finite_differences(problem, criterion):
    task = for_both(task_of(problem, num_rows=20))
    working = distillation_of(task, 3, criterion=criterion)
    rows = working.initial.clone().requires_grad_()
    sizes = []
    seeds = {int(torch.randint(2, (), generator=seeded(seed))): seed for seed in range(20)}
    assert len(seeds) == 2  # one learner and the other
    for seed in seeds.values():
        assert torch.autograd.gradcheck(
            lambda r, s=seed: working.objective(r, generator=seeded(s)), rows
        )
        (gradient,) = torch.autograd.grad(working.objective(rows, generator=seeded(seed)), rows)
        sizes.append(gradient.abs().amax(0))
    assert (torch.stack(sizes) > 1e-6).all()


@each_deployment
def test_the_gradient_in_points_whose_values_move_along(deployment):
    task = task_of(RobinPoisson(), deployment=deployment, num_rows=20)
    label = task.solution(generator=seeded(1))
    rows, working = spread_rows(task, 3), task.working("fit and solution", label)
    problem = task.distillation_problem(rows, working, HeldValues(task.pinn, label))
    rows = rows.requires_grad_()
    assert torch.autograd.gradcheck(lambda r: problem.objective(r, generator=seeded(2)), rows)


def started(task, num_rows, seed):
    """The problem that starts from the values which the PINN has learnt in its tail."""
    generator = seeded(seed)
    working = task.working("fit and solution", task.solution(generator=generator))
    points = task.spread_points(num_rows, generator=generator)
    with torch.no_grad():
        guess = task.pinn(task.data.training, generator=generator)
        return task.distillation_problem(labelled(points, guess), working)


def outside_errors(seed):
    """The error beyond the gap on features not descended on, at the start and at the end."""
    task = task_of(RobinPoisson(), seed, num_features=60, penalty=1e-4)
    problem = started(task, 10, seed)
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
    errors = [outside_errors(seed) for seed in range(3)]
    assert np.median([start / end for start, end in errors]) > 2


def zeroth_order_values(seed):
    """The objective at the start and at the end, over draws of features not descended on."""
    task = task_of(RobinPoisson(), seed, num_features=20, penalty=1e-3)
    working = started(task, 5, 1)
    optimizer = partial(AnnealedAdam, lr=0.02, num_steps=50)
    method = ZerothOrder(0.01, num_directions=8, antithetic=True, optimizer=optimizer)
    run = distill(working, method, num_steps=50, generator=seeded(seed), every=50)
    with torch.no_grad():
        return [
            np.mean([working.objective(rows, generator=seeded(draw)) for draw in range(50, 60)])
            for rows in (working.initial, run.rows)
        ]


def test_zeroth_order_distillation_lowers_its_objective():
    values = [zeroth_order_values(seed) for seed in range(3)]
    assert np.median([start / end for start, end in values]) > 1.5
