"""Values for points: the mean of models, and learners that take their values from it."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from ddlib.pinn import NonlinearConduction, RobinPoisson
from ddlib.pinn.criteria import fit
from ddlib.pinn.labels import HeldValues, labelled, mean_of
from ddlib.problem import learns_batches
from tests.pinn.small_tasks import plain_of, seeded, spread_rows, task_of

MODELS = [
    lambda points: points[:, 0] + 2 * points[:, 1],
    lambda points: points[:, 0].square(),
    lambda points: points.prod(-1),
]
each_problem = pytest.mark.parametrize("problem", [RobinPoisson(), NonlinearConduction()])


def bend(points):
    """A label with a slope everywhere."""
    return torch.sin(3 * points[..., 0]) * (1 + points[..., 1].square())


def normal(*shape, seed=0):
    return torch.randn(*shape, dtype=torch.float64, generator=seeded(seed))


@given(st.lists(st.integers(1, 4), max_size=3), st.integers(1, 3), st.integers(0, 1000))
def test_the_label_is_the_mean_of_the_models_at_each_point(shape, num_models, seed):
    points = normal(*shape, 2, seed=seed)
    found = mean_of(MODELS[:num_models])(points)
    assert found.shape == tuple(shape)
    x, alpha = points.unbind(-1)
    values = [x + 2 * alpha, x**2, x * alpha][:num_models]
    torch.testing.assert_close(found, sum(values) / num_models)


def test_the_mean_of_one_model_is_the_model():
    points = normal(5, 2)
    assert torch.equal(mean_of(MODELS[:1])(points), MODELS[0](points))


def test_a_label_has_the_gradient_of_its_models():
    points = normal(2, 3, 2).requires_grad_()
    assert torch.autograd.gradcheck(mean_of(MODELS), points)


@pytest.mark.parametrize("shape", [(2,), (5, 2), (3, 5, 2), (2, 3, 5, 2)])
def test_rows_are_the_points_with_their_values_last(shape):
    points = normal(*shape)
    rows = labelled(points, bend)
    assert rows.shape == (*shape[:-1], 3)
    assert torch.equal(rows[..., :-1], points)
    assert torch.equal(rows[..., -1], bend(points))


@each_problem
def test_the_model_is_the_learner_s_on_labelled_rows_whatever_the_last_column(problem):
    task = task_of(problem, num_rows=20)
    rows = task.data.training[:5].clone()
    expected = task.pinn(labelled(rows[:, :-1], bend), generator=seeded(2))
    held = HeldValues(task.pinn, bend)
    other = rows.clone()
    other[:, -1] = torch.nan
    for given_rows in (rows, other):
        found = held(given_rows, generator=seeded(2))
        assert torch.equal(found.coefficients, expected.coefficients)
    own = task.pinn(rows, generator=seeded(2))
    assert not torch.allclose(own.coefficients, expected.coefficients)


@each_problem
def test_a_batch_of_sets_is_learnt_from_as_each_of_them(problem):
    task = task_of(problem, num_rows=20)
    held = HeldValues(plain_of(task), bend)
    assert learns_batches(held)
    sets = torch.stack([task.data.training[first : first + 4] for first in (0, 7, 12)])
    points = task.problem.limits()
    together = held(sets, generator=seeded(3))(points)
    alone = torch.stack([held(rows, generator=seeded(3))(points) for rows in sets])
    torch.testing.assert_close(together, alone, atol=1e-8, rtol=0)


@each_problem
def test_the_gradient_in_the_points_against_finite_differences(problem):
    """That of the solution's values among it: they move with their points."""
    task = task_of(problem, num_rows=20)
    label = task.solution(generator=seeded(1))
    target, held = fit(task.data.training), HeldValues(task.pinn, label)
    rows = spread_rows(task, 3).requires_grad_()

    def value(learner, rows):
        return target(learner(rows, generator=seeded(4)))

    assert torch.autograd.gradcheck(lambda rows: value(held, rows), rows)
    (moving,) = torch.autograd.grad(value(held, rows), rows)
    (fixed,) = torch.autograd.grad(value(task.pinn, rows), rows)
    (slopes,) = torch.autograd.grad(label(rows[:, :-1]).sum(), rows)
    # The chain rule, by hand: of a row's value its points' share is dy/dz.
    expected = fixed[:, :-1] + fixed[:, -1:] * slopes[:, :-1]
    torch.testing.assert_close(moving[:, :-1], expected, atol=1e-9, rtol=1e-6)
    assert (moving[:, :-1] - fixed[:, :-1]).abs().max() > 1e-6
    assert (moving[:, -1] == 0).all()
