"""Hypergradients against closed forms, finite differences and each other."""

from functools import partial

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn
from torch.autograd.functional import jacobian
from torch.nn.functional import one_hot

from ddlib.learners.logistic import LogisticRegression, soft_cross_entropy
from ddlib.learners.network import NetworkLearner, mlp
from ddlib.learners.ridge import Ridge, random_linear_law, squared_error
from ddlib.problem.hypergradients import implicit_gradient, unrolled_gradient
from ddlib.problem.training import loss_gradient, train


def finite_differences(function, rows, step=1e-5):
    """Return the central differences of a scalar function of the rows, of their shape."""
    flat = rows.flatten()
    changes = torch.zeros_like(flat)
    for i in range(len(flat)):
        moved = torch.zeros_like(flat)
        moved[i] = step
        above, below = ((flat + sign * moved).view_as(rows) for sign in (1, -1))
        changes[i] = (function(above) - function(below)) / (2 * step)
    return changes.view_as(rows)


def ridge_case(seed=0, num_rows=4):
    """A learner with step 1/L, its rows (m, 3 + 2), a criterion on training rows, mu and L."""
    generator = torch.Generator().manual_seed(seed)
    law = random_linear_law(3, 2, noise_std=0.3, generator=generator)
    training, rows = (law.sample(n, generator=generator) for n in (50, num_rows))
    task = torch.tensor([0.7, 0.3], dtype=torch.float64)
    gram = rows[:, :3].T @ rows[:, :3] / num_rows
    curvatures = torch.linalg.eigvalsh(gram) + 0.1
    learner = Ridge(2, penalty=0.1, step_size=1 / curvatures[-1].item())
    criterion = partial(squared_error, training, task=task)
    return learner, criterion, rows, curvatures[0].item(), curvatures[-1].item()


def logits_loss(learner, training):
    """The cross-entropy of a classifier on training rows, as a function of its model."""
    inputs, labels = training[:, : -learner.num_responses], training[:, -learner.num_responses :]
    return lambda theta: soft_cross_entropy(learner.logits(theta, inputs), labels)


def classes_case(generator, num_rows):
    """Rows (n, 2 + 3) of three overlapping classes."""
    classes = torch.arange(num_rows) % 3
    inputs = torch.randn(num_rows, 2, dtype=torch.float64, generator=generator)
    inputs[:, 0] += classes
    return torch.cat([inputs, one_hot(classes, 3).double()], dim=1)


def through(learner, criterion, rows):
    """The gradient by autograd through the learner's own call."""
    rows = rows.clone().requires_grad_()
    return torch.autograd.grad(criterion(learner(rows)), rows)[0]


@given(st.integers(0, 10**6), st.integers(1, 6))
def test_implicit_is_the_gradient_through_the_closed_form(seed, num_rows):
    learner, criterion, rows, *_ = ridge_case(seed, num_rows)
    gradient = implicit_gradient(learner, criterion, rows, learner(rows))
    expected = through(learner, criterion, rows)
    torch.testing.assert_close(gradient, expected, rtol=1e-9, atol=1e-9)


def test_unrolled_converges_to_implicit_and_both_are_finite_differences(generator):
    learner, criterion, rows, mu, smoothness = ridge_case()
    implicit = implicit_gradient(learner, criterion, rows, learner(rows))
    differences = finite_differences(lambda moved: criterion(learner(moved)), rows)
    torch.testing.assert_close(implicit, differences, rtol=1e-5, atol=1e-5)
    gaps = []
    for num_steps in (10, 100, 1000):
        unrolled = unrolled_gradient(
            learner, criterion, rows, num_steps=num_steps, generator=generator
        )
        gaps.append((unrolled - implicit).norm().item())
    assert gaps[0] > gaps[1] > gaps[2]
    assert (1 - mu / smoothness) ** 1000 < 1e-12
    assert gaps[2] < 1e-9
    torch.testing.assert_close(unrolled, differences, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("num_steps", [1, 2, 5])
def test_unrolled_at_few_steps_is_that_of_the_few_steps(generator, num_steps):
    learner, criterion, rows, *_ = ridge_case()

    def unrolled(moved):
        theta = learner.initial(moved, generator=generator)
        return criterion(train(learner, theta, moved, num_steps=num_steps))

    gradient = unrolled_gradient(learner, criterion, rows, num_steps=num_steps, generator=generator)
    expected = finite_differences(unrolled, rows)
    torch.testing.assert_close(gradient, expected, rtol=1e-5, atol=1e-5)


def test_truncation_is_a_bias_that_falls_geometrically(generator):
    learner, criterion, rows, mu, _ = ridge_case()
    num_steps, contraction = 100, 1 - learner.step_size * mu
    gradient = partial(
        unrolled_gradient, learner, criterion, rows, num_steps=num_steps, generator=generator
    )
    theta, pull = learner.initial(rows, generator=generator), 0.0
    for _ in range(num_steps):
        mixed = jacobian(
            lambda moved, at=theta: loss_gradient(learner, at, moved, differentiable=True), rows
        )
        pull = max(pull, torch.linalg.matrix_norm(mixed.view(theta.numel(), -1), 2).item())
        theta = train(learner, theta, rows, num_steps=1)
    outer = jacobian(criterion, theta).norm().item()
    full = gradient()
    torch.testing.assert_close(gradient(window=num_steps), full, rtol=0, atol=0)
    errors = torch.stack([(gradient(window=m) - full).norm() for m in range(1, 31)])
    bounds = pull * outer / mu * contraction ** torch.arange(1, 31)
    assert (errors <= bounds).all()
    assert errors[-1] > 1e-9  # far above rounding, so the ratios mean something
    ratios = errors[1:] / errors[:-1]
    assert (ratios <= contraction + 1e-3).all()
    assert ratios[-1].item() == pytest.approx(contraction, abs=0.01)  # the rate is attained


def test_implicit_is_the_gradient_through_logistic_regression(generator):
    training, rows = (classes_case(generator, n) for n in (40, 6))
    learner = LogisticRegression(3, penalty=0.05)
    criterion = logits_loss(learner, training)
    gradient = implicit_gradient(learner, criterion, rows, learner(rows))
    expected = through(learner, criterion, rows)
    torch.testing.assert_close(gradient, expected, rtol=1e-6, atol=1e-6)
    differences = finite_differences(lambda moved: criterion(learner(moved)), rows)
    torch.testing.assert_close(gradient, differences, rtol=1e-5, atol=1e-5)


def test_unrolled_through_a_network_is_finite_differences(generator):
    training, rows = (classes_case(generator, n) for n in (20, 3))
    learner = NetworkLearner(lambda: mlp(2, (4,), 3, nn.Tanh), 3, num_steps=8, step_size=0.5)
    criterion = logits_loss(learner, training)

    def start():
        return torch.Generator().manual_seed(1)

    gradient = unrolled_gradient(learner, criterion, rows, num_steps=8, generator=start())
    expected = finite_differences(lambda moved: criterion(learner(moved, generator=start())), rows)
    assert expected.norm() > 1e-2
    torch.testing.assert_close(gradient, expected, rtol=1e-5, atol=1e-5)


def test_no_graph_is_needed_around_and_none_is_left(generator):
    learner, criterion, rows, *_ = ridge_case()
    outside = implicit_gradient(learner, criterion, rows, learner(rows))
    with torch.no_grad():
        inside = implicit_gradient(learner, criterion, rows, learner(rows))
        unrolled = unrolled_gradient(learner, criterion, rows, num_steps=3, generator=generator)
    torch.testing.assert_close(inside, outside, rtol=0, atol=0)
    assert unrolled.shape == rows.shape
    assert not any(tensor.requires_grad for tensor in (outside, unrolled, rows))


def test_single_precision_is_stationary_to_its_rounding():
    learner, criterion, rows, *_ = ridge_case()
    expected = implicit_gradient(learner, criterion, rows, learner(rows))

    def single(theta):
        return criterion(theta.double())

    gradient = implicit_gradient(learner, single, rows.float(), learner(rows.float()))
    assert gradient.dtype == torch.float32
    torch.testing.assert_close(gradient.double(), expected, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"num_steps": 0}, "num_steps = 0: must be at least 1"),
        ({"num_steps": 3, "window": 0}, "window = 0: must be from 1 to num_steps = 3"),
        ({"num_steps": 3, "window": 4}, "window = 4: must be from 1 to num_steps = 3"),
    ],
)
def test_impossible_counts_are_refused(generator, settings, message):
    learner, criterion, rows, *_ = ridge_case()
    with pytest.raises(ValueError, match=message):
        unrolled_gradient(learner, criterion, rows, generator=generator, **settings)


def test_a_theta_that_is_not_stationary_is_refused():
    learner, criterion, rows, *_ = ridge_case()
    with pytest.raises(ValueError, match=r"theta: gradient norm .* must be stationary"):
        implicit_gradient(learner, criterion, rows, learner(rows) + 1e-3)


def test_a_hessian_that_is_not_positive_definite_is_refused(generator):
    rows = classes_case(generator, 6)
    learner = NetworkLearner(lambda: mlp(2, (4,), 3, nn.Tanh), 3, num_steps=8, step_size=0.5)
    theta = learner.initial(rows, generator=generator)
    criterion = logits_loss(learner, rows)
    with pytest.raises(ValueError, match="theta: the Hessian has the eigenvalue -"):
        implicit_gradient(learner, criterion, rows, theta)


@pytest.mark.parametrize("criterion", [lambda theta: theta.detach().sum(), lambda theta: theta])
def test_a_criterion_without_a_gradient_is_refused(generator, criterion):
    learner, _, rows, *_ = ridge_case()
    with pytest.raises(ValueError, match=r"criterion: .* must be a scalar"):
        unrolled_gradient(learner, criterion, rows, num_steps=2, generator=generator)
    with pytest.raises(ValueError, match=r"criterion: .* must be a scalar"):
        implicit_gradient(learner, criterion, rows, learner(rows))
