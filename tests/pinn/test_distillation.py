"""Rows for parametric problems: starts, feasible sets, and what each working objective reads."""

from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from ddlib.criterion import TestCriterion as Judge  # pytest collects names that start with Test
from ddlib.distillers import FirstOrder, ZerothOrder
from ddlib.distillers.descent import AnnealedAdam
from ddlib.pinn import (
    PROBLEMS,
    BurgersFront,
    DirichletPoisson,
    NonlinearConduction,
    RobinPoisson,
)
from ddlib.pinn.collocation import at_synthetic, nowhere, prior
from ddlib.pinn.criteria import fit, physics, relative_error
from ddlib.pinn.data import draw_parametric
from ddlib.pinn.distillation import (
    CRITERIA,
    STARTS,
    OneOf,
    ParametricTask,
)
from ddlib.pinn.feature_pinn import FeaturePINN
from ddlib.pinn.problem import Tails
from ddlib.problem import distill, evaluate

each_problem = pytest.mark.parametrize("problem", PROBLEMS.values(), ids=PROBLEMS.keys())
each_criterion = pytest.mark.parametrize("criterion", CRITERIA)
each_start = pytest.mark.parametrize("start", STARTS)
TAILS = Tails()


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def task_of(problem, seed=0, *, learner=None, num_features=12, penalty=0.1, **settings):
    """A task of few features; the rows are for the feature PINN unless told."""
    data = draw_parametric(problem, TAILS, generator=seeded(seed), **settings)
    pinn = FeaturePINN(problem, at_synthetic(problem), penalty=penalty, num_features=num_features)
    return ParametricTask(problem, data, learner or pinn, pinn)


def distillation_of(task, num_rows=4, *, criterion="fit", start="prior", seed=1):
    return task.distillation(num_rows, criterion=criterion, start=start, generator=seeded(seed))


# One of several learners


@dataclass(frozen=True)
class Named:
    """A learner that returns its name, and one random number where there is a generator."""

    name: str
    batched: bool = True

    def __call__(self, rows, *, generator=None):
        return self.name, torch.rand((), generator=generator).item()


def test_each_learner_is_drawn_about_equally_often():
    either, generator = OneOf((Named("a"), Named("b"), Named("c"))), seeded()
    drawn = [either(None, generator=generator)[0] for _ in range(3000)]
    # The standard error of a count is 26.
    assert all(abs(drawn.count(name) - 1000) < 130 for name in "abc")


def test_a_seed_is_a_learner_and_its_draw():
    either = OneOf((Named("a"), Named("b")))
    drawn = [either(None, generator=seeded(seed)) for seed in range(50)]
    assert drawn == [either(None, generator=seeded(seed)) for seed in range(50)]
    assert {name for name, _ in drawn} == {"a", "b"}
    assert len({number for _, number in drawn}) == 50


def test_all_sets_of_a_batch_get_the_same_learner_and_draw():
    task = task_of(RobinPoisson())
    either = OneOf((task.pinn, replace(task.pinn, policy=nowhere(task.problem))))
    sets = torch.stack([task.data.training[i : i + 5] for i in range(0, 20, 5)])
    points, plain = task.problem.limits(), []
    for seed in range(6):
        models = either(sets, generator=seeded(seed))
        alone = [either(rows, generator=seeded(seed))(points) for rows in sets]
        torch.testing.assert_close(models(points), torch.stack(alone), atol=1e-8, rtol=0)
        generator = seeded(seed)
        plain.append(bool(torch.randint(2, (), generator=generator)))
        expected = either.learners[plain[-1]](sets, generator=generator)
        assert torch.equal(models.coefficients, expected.coefficients)
    assert len(set(plain)) == 2


@pytest.mark.parametrize("learners", [(), (Named("a"), Named("b", batched=False)), (len,)])
def test_learners_must_be_there_and_batched(learners):
    with pytest.raises(ValueError, match=r"learners = \(.*\): must be at least one, all batched"):
        OneOf(learners)


def test_one_of_is_itself_batched():
    assert OneOf((OneOf((Named("a"),)),)).batched


# Refusals


@pytest.mark.parametrize(
    ("settings", "line"),
    [
        (
            {"criterion": "magic"},
            "criterion = 'magic': unknown; allowed: fit, fit and residual, fit and solution, "
            "oracle",
        ),
        ({"start": "magic"}, "start = 'magic': unknown; allowed: prior, training"),
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


# What a working objective reads


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


def plain_of(task):
    return replace(task.pinn, policy=nowhere(task.problem))


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
