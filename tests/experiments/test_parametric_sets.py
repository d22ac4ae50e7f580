"""What every way to make a set of rows has to be, and what each of them is."""

from dataclasses import replace
from functools import cache

import pytest
import torch

from ddlib.experiments import parametric_sets as ways
from ddlib.experiments.parametric_maker import SetConfig
from ddlib.experiments.parametric_sets import METHODS, make_set
from ddlib.pinn import BurgersFront, RobinPoisson
from ddlib.pinn.distillation import DEPLOYMENTS
from ddlib.pinn.regressors import kernel_lengths
from ddlib.problem.cost import Cost
from tests.pinn.small_tasks import TAILS, Watched, for_both, hiding, seeded, task_of

TINY = {
    "num_rows": 4, "num_steps": 5, "num_snapshots": 2, "num_directions": 2, "value_step_size": 0.05
}  # fmt: skip
SUBSETS = (ways.TRAINING_ROWS, ways.RANDOM_SUBSET)
MOVES_VALUES = (ways.DISTILLED, ways.FREE)
CHOOSES_NOTHING = (ways.TRAINING_ROWS,)  # it draws nothing
COSTS = {
    ways.BEST_RANDOM: Cost(evaluations=4),  # two sets, two learners each
    ways.ADAPTIVE: Cost(evaluations=1),
    ways.ZEROTH: Cost(evaluations=5 * 2 * 2),
    **dict.fromkeys((ways.LAW, ways.POINTS, ways.DISTILLED, ways.FREE), Cost(gradients=5)),
}
each_method = pytest.mark.parametrize("method", METHODS)
each_deployment = pytest.mark.parametrize("deployment", DEPLOYMENTS)


@cache
def small(deployment="known", problem=None):
    """A task of 40 training rows, whose rows are for two learners."""
    problem = problem or RobinPoisson()
    task = task_of(
        problem, deployment=deployment, num_features=15, penalty=1e-2, num_rows=40, num_iterations=3
    )
    return for_both(replace(task, num_solves=1))


def make(method, task=None, seed=0, **settings):
    config = SetConfig(**TINY | {"method": method} | settings)
    return make_set(config, task or small(), generator=seeded(seed))


def label_of(task, seed=0):
    """The solution of a seed, and the generator as it stands then."""
    generator = seeded(seed)
    return task.solution(generator=generator), generator


def as_set(rows):
    return {tuple(row) for row in rows.tolist()}


def values_off(rows, label):
    """How far the rows' values are from a label."""
    with torch.no_grad():
        return (rows[:, -1] - label(rows[:, :-1])).abs().max().item()


# All of them


@each_method
@each_deployment
@pytest.mark.parametrize("problem", [RobinPoisson(), BurgersFront()])
def test_rows_are_as_many_as_told_and_feasible_with_the_solution_s_values(
    method, deployment, problem
):
    task = small(deployment, problem)
    made, (label, _) = make(method, task), label_of(task)
    num_rows = 40 if method == ways.TRAINING_ROWS else 4
    for rows in made.snapshots.values():
        assert rows.shape == (num_rows, len(problem.coordinates) + 2)
        assert rows.dtype == torch.float64
        assert not rows.requires_grad
        assert rows.isfinite().all()
        if method in SUBSETS:
            assert len(as_set(rows)) == num_rows
            assert as_set(rows) <= as_set(task.data.training)
            continue
        assert torch.equal(rows[:, :-1].clamp(*task.limits), rows[:, :-1])
        if method not in MOVES_VALUES:
            assert values_off(rows, label) < 1e-9
    if method in MOVES_VALUES:
        assert values_off(made.rows, label) > 1e-6
    if deployment == "unknown":
        assert made.rows[:, -2].max() <= task.data.training[:, -2].max()


@each_method
@each_deployment
def test_test_validation_and_clean_rows_choose_nothing(method, deployment):
    task = small(deployment)
    blind = hiding(task, "inside", "outside", "validation", "clean")
    assert torch.equal(make(method, blind).rows, make(method, task).rows)


@each_method
def test_a_seed_is_a_set_and_nothing_else_is_touched(method):
    task, state = small(), torch.get_rng_state()
    before = task.data.training.clone()
    first, again, other = (make(method, seed=seed).rows for seed in (1, 1, 2))
    assert torch.equal(first, again)
    assert torch.equal(first, other) == (method in CHOOSES_NOTHING)
    assert torch.equal(torch.get_rng_state(), state)
    assert torch.equal(task.data.training, before)


@each_method
@each_deployment
def test_evaluations_and_gradients_are_as_promised(method, deployment):
    made = make(method, small(deployment))
    assert made.cost == COSTS.get(method, Cost())


@each_method
def test_where_deployment_is_unknown_nothing_looks_beyond_the_training_tail(method):
    task = small("unknown", Watched(seen=([],)))
    task.problem.asked()
    make(method, task, criterion="fit and residual")
    asked = task.problem.asked()
    assert len(asked) > 0
    assert asked.max().item() <= TAILS.gap(task.problem.prior)[0]


@each_method
def test_one_row_and_all_rows_are_budgets_and_more_are_refused(method):
    task = small()
    for num_rows in (1, 40):
        rows = make(method, num_rows=num_rows, num_steps=1).rows
        assert len(rows) == (40 if method == ways.TRAINING_ROWS else num_rows)
        assert rows.isfinite().all()
    with pytest.raises(ValueError, match="must be") as error:
        make(method, task, num_rows=41)
    assert str(error.value) == "num_rows = 41: must be at most the 40 training rows"


# Subsets


@each_deployment
def test_the_best_of_random_sets_has_the_least_objective_of_them(deployment):
    """Each set alone, in place of the batch, on the same draw for each learner."""
    task = small(deployment)
    label, generator = label_of(task)
    working, state = task.working("fit and solution", label), generator.get_state()
    points = task.random_points(6, 4, generator=generator)
    values = []
    with torch.no_grad():
        sets = torch.cat([points, label(points)[..., None]], dim=-1)
        for rows in sets:
            models = [
                learner(rows, generator=torch.Generator().set_state(state))
                for learner in task.learners
            ]
            values.append(sum(working(model).item() for model in models))
    rows = make(ways.BEST_RANDOM, task, num_steps=12).rows
    (found,) = [i for i in range(6) if torch.allclose(sets[i], rows)]
    assert values[found] <= min(values) * (1 + 1e-6)


@pytest.mark.parametrize(("num_steps", "evaluations"), [(1, 2), (2, 2), (3, 2), (120, 120)])
def test_random_sets_are_as_many_as_steps_over_learners(num_steps, evaluations):
    assert make(ways.BEST_RANDOM, num_steps=num_steps).cost == Cost(evaluations=evaluations)
    alone = replace(small(), learners=small().learners[:1])
    assert make(ways.BEST_RANDOM, alone, num_steps=num_steps).cost == Cost(evaluations=num_steps)


@pytest.mark.parametrize("num_rows", [1, 4, 5])
def test_half_the_adaptive_points_are_spread_ones(num_rows):
    task = small()
    _, generator = label_of(task)
    num_spread = num_rows - num_rows // 2
    spread = task.spread_points(num_spread, generator=generator)
    rows = make(ways.ADAPTIVE, num_rows=num_rows).rows
    assert torch.equal(rows[:num_spread, :-1], spread)
    assert len(as_set(rows)) == num_rows


def test_active_learning_takes_points_far_apart_in_the_fitted_lengths():
    task = small()
    label, generator = label_of(task)
    known, others = (task.random_points(n, generator=generator) for n in (100, 1000))
    lengths = kernel_lengths(torch.cat([known, label(known)[:, None]], dim=1))
    points = make(ways.ACTIVE).rows[:, :-1] / lengths
    assert len(as_set(points)) == 4
    farthest = (others / lengths - points[0]).norm(dim=1).max().item()
    assert (points[1] - points[0]).norm().item() == pytest.approx(farthest, rel=1e-6)


# Descents


def test_distilled_rows_are_optimised_points_until_the_last_quarter():
    task = small()
    label, _ = label_of(task)
    made, first = make(ways.DISTILLED, num_steps=8), make(ways.POINTS, num_steps=6)
    assert torch.equal(made.snapshots[6], first.rows)
    assert sorted(made.snapshots) == [0, 3, 6, 7, 8]
    for step, rows in made.snapshots.items():
        assert (values_off(rows, label) < 1e-9) == (step <= 6)
    few = make(ways.DISTILLED, num_steps=3)
    assert torch.equal(few.rows, make(ways.POINTS, num_steps=3).rows)


def test_rows_distilled_at_once_start_at_the_values_that_the_pinn_has_learnt():
    task = small()
    label, generator = label_of(task)
    points = task.spread_points(4, generator=generator)
    values = task.pinn(task.data.training, generator=generator)(points)
    start = make(ways.FREE).snapshots[0]
    assert torch.equal(start[:, :-1], points)
    torch.testing.assert_close(start[:, -1], values)
    assert values_off(start, label) > 1e-6


@pytest.mark.parametrize("method", [ways.POINTS, ways.ZEROTH])
def test_points_start_where_spread_points_are(method):
    assert torch.equal(make(method).snapshots[0], make(ways.SPREAD).rows)


@pytest.mark.parametrize("method", [ways.POINTS, ways.DISTILLED, ways.FREE, ways.ZEROTH])
def test_a_descent_lowers_its_objective(method):
    task = small()
    made = make(method, task, num_steps=40, num_directions=4, value_step_size=0.01)

    def value(rows):
        pairs = [(learner, draw) for learner in task.learners for draw in range(100, 105)]
        with torch.no_grad():
            return sum(made.working(a(rows, generator=seeded(draw))).item() for a, draw in pairs)

    assert value(made.rows) < 0.9 * value(made.snapshots[0])
