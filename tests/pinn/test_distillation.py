"""Rows for parametric problems: budgets, starts, feasible sets, and the solution over the prior."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from ddlib.pinn import PROBLEMS, BurgersFront, DirichletPoisson, RobinPoisson
from ddlib.pinn.collocation import prior
from ddlib.pinn.distillation import CRITERIA, STARTS
from tests.pinn.small_tasks import TAILS, distillation_of, seeded, task_of

ONE_PARAMETER = {name: p for name, p in PROBLEMS.items() if p.num_parameters == 1}
each_problem = pytest.mark.parametrize("problem", ONE_PARAMETER.values(), ids=ONE_PARAMETER.keys())
each_criterion = pytest.mark.parametrize("criterion", CRITERIA)
each_start = pytest.mark.parametrize("start", STARTS)

# Refusals


@pytest.mark.parametrize(
    ("settings", "line"),
    [
        (
            {"criterion": "magic"},
            "criterion = 'magic': unknown; must be one of fit, fit and residual, fit and solution, "
            "oracle",
        ),
        ({"start": "magic"}, "start = 'magic': unknown; must be one of prior, training"),
        ({"num_rows": 0}, "num_rows = 0: must be from 1 to the 200 training rows"),
        ({"num_rows": 201}, "num_rows = 201: must be from 1 to the 200 training rows"),
    ],
)
def test_other_names_and_budgets_are_refused(settings, line):
    with pytest.raises(ValueError, match=r"must be|unknown") as error:
        distillation_of(task_of(RobinPoisson()), **settings)
    assert str(error.value) == line


def test_all_training_rows_are_a_budget():
    task = task_of(RobinPoisson(), num_rows=20)
    initial = distillation_of(task, 20, start="training").initial
    assert sorted(initial.tolist()) == sorted(task.data.training.tolist())


# Starts


@each_problem
def test_the_start_from_training_is_random_training_rows(problem):
    task = task_of(problem)
    first, again, other = (
        distillation_of(task, 30, start="training", seed=seed).initial for seed in (1, 1, 2)
    )
    known = {tuple(row) for row in task.data.training.tolist()}
    for rows in (first, other):
        assert len({tuple(row) for row in rows.tolist()} & known) == 30
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


@each_problem
@pytest.mark.parametrize("num_rows", [1, 4, 25])
def test_the_start_from_the_prior_has_alphas_at_even_quantiles(problem, num_rows):
    task = task_of(problem)
    rows = distillation_of(task, num_rows).initial
    standard = (rows[:, -2] - problem.prior.mean) / problem.prior.std
    below = torch.special.ndtr(standard).sort().values
    expected = (torch.arange(num_rows, dtype=torch.float64) + 0.5) / num_rows
    torch.testing.assert_close(below, expected, atol=1e-12, rtol=0)
    low, high = problem.limits()
    assert rows.shape == (num_rows, len(low) + 1)
    assert rows.dtype == torch.float64
    assert ((rows[:, :-1] >= low) & (rows[:, :-1] <= high)).all()
    assert rows[:, :-2].unique().numel() == num_rows * len(problem.coordinates)


def test_the_start_s_values_are_the_learner_s_that_saw_the_training_rows():
    task = task_of(RobinPoisson(), num_features=100, penalty=1e-4)
    rows = task.initial(25, "prior", generator=seeded())
    error = (rows[:, -1] - task.problem.solution(rows[:, :-1])).abs()
    low, high = TAILS.gap(task.problem.prior)
    tail = rows[:, -2] <= low
    assert error[tail].max().item() < 0.01
    # Nobody has told it what the solution is beyond the gap.
    assert error[rows[:, -2] >= high].max().item() > 2 * error[tail].max().item()


@each_criterion
@each_start
def test_a_start_is_feasible_and_has_no_gradient(criterion, start):
    problem = distillation_of(task_of(RobinPoisson()), criterion=criterion, start=start)
    assert torch.equal(problem.feasible(problem.initial), problem.initial)
    assert not problem.initial.requires_grad


# The feasible set

NUMBERS = st.floats(-1e6, 1e6)
SETS = st.tuples(st.sampled_from([RobinPoisson(), BurgersFront()]), st.integers(1, 4)).flatmap(
    lambda drawn: st.tuples(
        st.just(drawn[0]),
        arrays(np.float64, (drawn[1], len(drawn[0].coordinates) + 2), elements=NUMBERS),
    )
)
FEASIBLE = {
    type(problem): distillation_of(task_of(problem, num_rows=20)).feasible
    for problem in (RobinPoisson(), BurgersFront())
}


@given(SETS)
def test_the_projection_clamps_points_and_leaves_values(drawn):
    problem, entries = drawn
    feasible, rows = FEASIBLE[type(problem)], torch.from_numpy(entries)
    before, projected = rows.clone(), feasible(rows)
    low, high = problem.limits()
    points = projected[:, :-1]
    assert torch.equal(rows, before)
    assert ((points >= low) & (points <= high)).all()
    assert torch.equal(feasible(projected), projected)
    assert torch.equal(projected[:, -1], rows[:, -1])
    within = (rows[:, :-1] >= low) & (rows[:, :-1] <= high)
    assert torch.equal(points[within], rows[:, :-1][within])
    assert torch.equal(feasible(rows[None])[0], projected)


def test_the_rows_may_reach_three_deviations():
    task = task_of(RobinPoisson())
    rows = torch.tensor([[-0.5, -9.0, 7.0], [1.5, 9.0, -7.0]], dtype=torch.float64)
    reach = 3 * task.problem.prior.std
    low, high = task.problem.prior.mean - reach, task.problem.prior.mean + reach
    assert distillation_of(task).feasible(rows).tolist() == [[0.0, low, 7.0], [1.0, high, -7.0]]


# The solution over the prior


@pytest.mark.parametrize("seed", range(3))
def test_the_solution_over_the_prior_is_close_to_the_exact_one(seed):
    problem = DirichletPoisson()
    task = task_of(problem, seed, num_features=200, penalty=1e-4)
    points = problem.grid(torch.linspace(-2, 2, 9, dtype=torch.float64), 11)
    found = task.solution(points, generator=seeded(seed + 5))
    assert torch.equal(found[:, :-1], points)
    torch.testing.assert_close(found[:, -1], problem.solution(points), atol=1e-2, rtol=0)


@pytest.mark.parametrize("num_solves", [1, 3])
def test_the_solution_is_the_mean_over_draws_of_features(num_solves):
    task = replace(task_of(RobinPoisson()), num_solves=num_solves)
    points, generator = task.problem.limits(), seeded(4)
    everywhere = replace(task.pinn, policy=prior(task.problem))
    models = [everywhere(task.data.training, generator=generator) for _ in range(num_solves)]
    draws = [model(points) for model in models]
    found = task.solution(points, generator=seeded(4))
    torch.testing.assert_close(found[:, -1], torch.stack(draws).mean(0), atol=1e-12, rtol=0)
