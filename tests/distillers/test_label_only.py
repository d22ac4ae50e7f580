"""Labels learnt for given inputs, against numpy's least squares and finite differences."""

from dataclasses import replace
from functools import partial

import numpy as np
import pytest
import torch
from torch.optim import SGD, Adam

from ddlib.conformance.problems import free_moons_problem, moons_problem
from ddlib.distillers import LabelOnly
from ddlib.learners.ridge import Ridge, squared_error
from ddlib.problem import DistillationProblem, Layout, NotApplicable, TrainingCriterion, distill
from ddlib.tasks.task import Task
from tests.distillers.test_objectives import (
    assert_same_gradient,
    finite_differences,
    network_problem,
)

PENALTY, DIM = 0.1, 3


def new_generator(seed=0):
    return torch.Generator().manual_seed(seed)


def normal(*shape, seed=0):
    return torch.randn(shape, dtype=torch.float64, generator=new_generator(seed))


def ridge_problem(num_rows):
    """One response; its weights of the inputs are drawn."""
    x = normal(50, DIM, seed=1)
    rows = torch.cat([x, x @ normal(DIM, 1, seed=2) + normal(50, 1, seed=3)], dim=1)
    task = torch.ones(1, dtype=torch.float64)
    return DistillationProblem(
        Ridge(1, PENALTY), TrainingCriterion(partial(squared_error, rows, task=task)),
        normal(num_rows, DIM + 1, seed=4), training=rows, layout=Layout(1),
    )  # fmt: skip


@pytest.mark.parametrize("num_rows", [2, 5])
def test_learnt_responses_reach_the_least_squares_of_all_responses(num_rows):
    """Predictions are linear in the responses of the set, so that their optimum is lstsq's."""
    problem = ridge_problem(num_rows)
    x, y = np.split(problem.training.numpy(), [DIM], axis=1)
    inputs = problem.initial.numpy()[:, :DIM]
    gram = inputs.T @ inputs / num_rows + PENALTY * np.eye(DIM)
    design = x @ np.linalg.solve(gram, inputs.T / num_rows)
    optimum = ((y - design @ np.linalg.lstsq(design, y, rcond=None)[0]) ** 2).mean()
    method = LabelOnly(partial(Adam, lr=0.1))
    run = distill(problem, method, num_steps=600, every=300, generator=new_generator())
    value = partial(problem.objective, generator=new_generator())
    assert value(problem.initial).item() > optimum + 0.1
    assert value(run.rows).item() == pytest.approx(optimum, abs=1e-5)
    assert run.rows[:, :DIM].equal(problem.initial[:, :DIM])


def test_a_step_of_soft_labels_is_a_projected_step_down_the_gradient():
    """From labels within the simplex, so that a short step stays within it but for its sum."""
    problem = network_problem()
    soft = problem.training[:4].clone()
    soft[:, 2:] = 0.2 + 0.6 * soft[:, 2:]
    problem = replace(problem, initial=soft)
    method = LabelOnly(partial(SGD, lr=0.1))
    got = next(method.steps(problem, generator=new_generator()))

    def value(rows):
        return problem.objective(rows, generator=new_generator())

    slopes = finite_differences(value, soft)[:, 2:]
    across = slopes - slopes.mean(1, keepdim=True)  # the simplex of two classes is a line
    assert got[:, :2].equal(soft[:, :2])
    assert_same_gradient((soft - got)[:, 2:] / 0.1, across)


def test_inputs_stay_even_where_the_optimizer_shrinks_what_it_moves():
    problem = ridge_problem(4)
    method = LabelOnly(partial(SGD, lr=0.1, weight_decay=0.5))
    rows = next(method.steps(problem, generator=new_generator()))
    assert rows[:, :DIM].equal(problem.initial[:, :DIM])


def test_a_problem_of_any_sets_keeps_soft_labels_on_the_simplex_too():
    problem = replace(free_moons_problem(), feasible=lambda rows: rows)
    steps = LabelOnly(partial(SGD, lr=50.0)).steps(problem, generator=new_generator())
    labels = next(steps)[:, 2:]
    assert (labels >= 0).all()
    torch.testing.assert_close(labels.sum(1), torch.ones(len(labels), dtype=labels.dtype))
    assert not labels.equal(problem.initial[:, 2:])


def test_responses_that_a_projection_fixes_are_refused_and_those_in_a_box_are_not():
    problem = ridge_problem(4)
    labels = problem.initial[:, DIM:]
    fixed = replace(problem, feasible=lambda rows: torch.cat([rows[:, :DIM], labels], dim=1))
    with pytest.raises(NotApplicable, match=r"^feasible: keeps all responses; label-only "):
        LabelOnly().steps(fixed, generator=new_generator())
    boxed = replace(problem, feasible=lambda rows: rows.clamp(-0.1, 0.1))
    assert next(LabelOnly().steps(boxed, generator=new_generator())).abs().max() <= 0.1


def test_what_the_refusal_says_frees_the_labels():
    problem = moons_problem()
    with pytest.raises(NotApplicable, match="fixed_labels = False"):
        LabelOnly().steps(problem, generator=new_generator())
    assert "fixed_labels" in Task.__dataclass_fields__
    free = free_moons_problem()
    rows = next(LabelOnly().steps(free, generator=new_generator()))
    assert not rows[:, 2:].equal(free.initial[:, 2:])
