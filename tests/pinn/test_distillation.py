"""Tasks of parametric rows: what each deployment allows, starts, and what rows may be."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from ddlib.pinn import BurgersFront, DirichletPoisson, RobinPoisson
from ddlib.pinn.collocation import prior, train_tail
from ddlib.pinn.distillation import DEPLOYMENTS, MADE_FOR, ParametricTask
from ddlib.pinn.one_of import OneOf
from tests.pinn.small_tasks import (
    TAILS,
    WRITTEN,
    distillation_of,
    plain_of,
    seeded,
    spread_rows,
    task_of,
)

each_problem = pytest.mark.parametrize("problem", WRITTEN.values(), ids=WRITTEN.keys())
each_deployment = pytest.mark.parametrize("deployment", DEPLOYMENTS)


def range_of(task):
    """The least and the largest alpha that a row may have, from what the data say."""
    law = task.problem.prior
    if task.deployment == "known":
        return law.mean - 3 * law.std, law.mean + 3 * law.std
    alphas = task.data.training[:, -2].tolist()
    return min(alphas), max(alphas)


# Refusals


@pytest.mark.parametrize(
    ("settings", "line"),
    [
        ({"deployment": "magic"}, "deployment = 'magic': unknown; must be one of known, unknown"),
        ({"learners": ()}, "learners = (): must be at least one, all batched"),
    ],
)
def test_other_deployments_and_no_learners_are_refused(settings, line):
    with pytest.raises(ValueError, match="must be") as error:
        replace(task_of(RobinPoisson()), **settings)
    assert str(error.value) == line


def test_another_criterion_is_refused():
    line = r"^criterion = 'magic': unknown; must be one of fit, fit and residual, fit and sol"
    with pytest.raises(ValueError, match=line):
        task_of(RobinPoisson()).working("magic", None)


def test_more_rows_than_for_training_are_refused_and_as_many_are_not():
    task = task_of(RobinPoisson(), num_rows=20)
    assert len(distillation_of(task, 20).initial) == 20
    with pytest.raises(
        ValueError, match=r"^initial: 21 rows; must be at most the training rows, 20$"
    ):
        distillation_of(task, 21)


# Learners


def task_for(made_for):
    task = task_of(RobinPoisson(), num_rows=20)
    return ParametricTask.of(task.pinn, task.data, TAILS, made_for=made_for)


@pytest.mark.parametrize("made_for", MADE_FOR)
def test_rows_are_for_the_learners_that_are_named(made_for):
    task = task_for(made_for)
    asked = [len(learner.policy(task.data.training).interior) for learner in task.learners]
    assert asked == {"PINN": [20], "plain": [0], "both": [20, 0]}[made_for]
    assert len(task.pinn.policy(task.data.training).interior) == 20
    assert task.learner == (OneOf(task.learners) if made_for == "both" else task.learners[0])


def test_other_learners_are_refused():
    line = r"^made_for = 'magic': unknown; must be one of PINN, plain, both$"
    with pytest.raises(ValueError, match=line):
        task_for("magic")


def test_a_problem_s_learner_is_the_task_s_unless_told():
    task = task_of(RobinPoisson(), num_rows=20)
    rows, working = spread_rows(task), task.working("fit", None)
    other = plain_of(task)
    assert task.distillation_problem(rows, working).learner is task.pinn
    assert task.distillation_problem(rows, working, other).learner is other
    assert task.distillation_problem(rows, working).criterion is working


# Limits and policy


@each_problem
@each_deployment
def test_rows_may_reach_three_deviations_or_as_far_as_training_rows(problem, deployment):
    task = task_of(problem, deployment=deployment)
    dim = len(problem.coordinates)
    low, high = range_of(task)
    assert task.limits.tolist() == [[0.0] * dim + [low], [1.0] * dim + [high]]
    if deployment == "unknown":
        assert high <= TAILS.gap(problem.prior)[0]


@each_problem
@each_deployment
def test_the_equation_is_asked_for_over_the_prior_or_over_the_tail(problem, deployment):
    task = task_of(problem, deployment=deployment)
    found = task.policy(task.data.training)
    known = deployment == "known"
    expected = (prior(problem) if known else train_tail(problem, TAILS))(None)
    assert torch.equal(found.interior, expected.interior)
    assert torch.equal(found.boundary, expected.boundary)
    beyond = found.interior[:, -1] > TAILS.gap(problem.prior)[0]
    assert bool(beyond.any()) == known


# Starts


@each_problem
@each_deployment
@pytest.mark.parametrize("num_points", [1, 4, 25])
def test_spread_points_have_alphas_at_even_quantiles(problem, deployment, num_points):
    task = task_of(problem, deployment=deployment)
    points = task.spread_points(num_points, generator=seeded())
    share = 1.0 if deployment == "known" else TAILS.lower
    quantiles = share * (torch.arange(num_points, dtype=torch.float64) + 0.5) / num_points
    standard = torch.distributions.Normal(0.0, 1.0).icdf(quantiles)
    alphas = problem.prior.mean + problem.prior.std * standard
    torch.testing.assert_close(points[:, -1], alphas.clamp(*range_of(task)), atol=1e-9, rtol=0)
    dim = len(problem.coordinates)
    assert points.shape == (num_points, dim + 1)
    assert points.dtype == torch.float64
    assert ((points[:, :-1] >= 0) & (points[:, :-1] <= 1)).all()
    assert points[:, :-1].unique().numel() == num_points * dim


@each_problem
@each_deployment
def test_random_points_have_alphas_by_the_prior_or_its_tail(problem, deployment):
    task = task_of(problem, deployment=deployment)
    points = task.random_points(40, 50, generator=seeded())
    low, high = range_of(task)
    assert points.shape == (40, 50, len(problem.coordinates) + 1)
    alphas = points[..., -1].flatten()
    assert ((alphas >= low) & (alphas <= high)).all()
    share = 1.0 if deployment == "known" else TAILS.lower
    standard = (alphas - problem.prior.mean) / problem.prior.std
    below = torch.special.ndtr(standard) / share
    # Uniform but for what is held at the ends: shares below levels, six standard errors wide.
    least, most = below.min().item(), below.max().item()
    levels = [level for level in (0.2, 0.4, 0.6, 0.8) if least < level < most]
    assert len(levels) > 1
    for level in levels:
        found = (below <= level).double().mean().item()
        assert abs(found - level) < 6 * (level * (1 - level) / 2000) ** 0.5
    coordinates = points[..., :-1].flatten()
    assert abs(coordinates.mean().item() - 0.5) < 6 * (1 / 12 / 2000) ** 0.5
    assert coordinates.min() >= 0
    assert coordinates.max() <= 1


@each_deployment
def test_a_seed_is_a_set_of_points(deployment):
    task = task_of(RobinPoisson(), deployment=deployment)
    for draw in (task.spread_points, task.random_points):
        first, again, other = (draw(9, generator=seeded(seed)) for seed in (1, 1, 2))
        assert torch.equal(first, again)
        assert not torch.equal(first, other)


# The feasible set

NUMBERS = st.floats(-1e6, 1e6)
TASKS = [
    task_of(problem, deployment=deployment, num_rows=20)
    for problem in (RobinPoisson(), BurgersFront())
    for deployment in DEPLOYMENTS
]
SETS = st.tuples(st.sampled_from(TASKS), st.integers(1, 4)).flatmap(
    lambda drawn: st.tuples(
        st.just(drawn[0]),
        arrays(np.float64, (drawn[1], len(drawn[0].problem.coordinates) + 2), elements=NUMBERS),
    )
)


@given(SETS)
def test_the_projection_clamps_points_and_leaves_values(drawn):
    task, entries = drawn
    rows = torch.from_numpy(entries)
    feasible = task.distillation_problem(rows, task.working("fit", None)).feasible
    before, projected = rows.clone(), feasible(rows)
    low, high = range_of(task)
    points = projected[:, :-1]
    assert torch.equal(rows, before)
    assert ((points[:, :-1] >= 0) & (points[:, :-1] <= 1)).all()
    assert ((points[:, -1] >= low) & (points[:, -1] <= high)).all()
    assert torch.equal(feasible(projected), projected)
    assert torch.equal(projected[:, -1], rows[:, -1])
    within = points == rows[:, :-1]
    ends = torch.tensor([0.0, 1.0, low, high], dtype=torch.float64)
    assert torch.isin(points[~within], ends).all()
    assert torch.equal(feasible(rows[None])[0], projected)


@each_deployment
def test_rows_within_are_left_by_the_projection(deployment):
    problem = distillation_of(task_of(RobinPoisson(), deployment=deployment, num_rows=20), 5)
    assert torch.equal(problem.feasible(problem.initial), problem.initial)


# The solution


@pytest.mark.parametrize(("deployment", "reach"), [("known", (-2.0, 2.0)), ("unknown", (-2, -0.9))])
@pytest.mark.parametrize("seed", range(2))
def test_the_solution_is_close_to_the_exact_one_where_the_equation_is_asked(
    deployment, reach, seed
):
    problem = DirichletPoisson()
    task = task_of(problem, seed, deployment=deployment, num_features=200, penalty=1e-4)
    points = problem.grid(torch.linspace(*reach, 9, dtype=torch.float64), 11)
    found = task.solution(generator=seeded(seed + 5))(points)
    torch.testing.assert_close(found, problem.solution(points), atol=1e-2, rtol=0)


@each_deployment
@pytest.mark.parametrize("num_solves", [1, 3])
def test_the_solution_is_the_mean_over_draws_of_features(deployment, num_solves):
    task = replace(task_of(RobinPoisson(), deployment=deployment), num_solves=num_solves)
    points, generator = task.problem.limits(), seeded(4)
    everywhere = replace(task.pinn, policy=task.policy)
    models = [everywhere(task.data.training, generator=generator) for _ in range(num_solves)]
    expected = torch.stack([model(points) for model in models]).mean(0)
    found = task.solution(generator=seeded(4))(points)
    torch.testing.assert_close(found, expected, atol=1e-12, rtol=0)
    assert not found.requires_grad
