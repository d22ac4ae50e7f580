"""The descent of a learner's loss, against closed form, hand and finite differences."""

from functools import partial

import pytest
import torch
from torch import nn

from ddlib.learners.kernel_ridge import RBF, KernelRidge
from ddlib.learners.network import NetworkLearner, mlp
from ddlib.learners.ridge import Ridge
from ddlib.problem.training import GradientLearner, loss_gradient, train

LEARNER = Ridge(2, penalty=0.1, num_steps=3, step_size=0.2)


@pytest.fixture
def rows(generator):
    return torch.randn(6, 5, dtype=torch.float64, generator=generator)


@pytest.fixture
def start(generator):
    return torch.randn(3, 2, dtype=torch.float64, generator=generator)


def test_the_descent_of_ridge_ends_at_its_closed_form(rows, start):
    theta = train(LEARNER, start, rows, num_steps=3000)
    torch.testing.assert_close(theta, LEARNER(rows), atol=1e-9, rtol=0)


def test_one_step_by_hand():
    # At theta = 1 the row (2, 3) has the gradient 2 (2 - 3) + 0.5 = -1.5.
    rows = torch.tensor([[2.0, 3.0]], dtype=torch.float64)
    theta = torch.ones(1, 1, dtype=torch.float64)
    learner = Ridge(1, penalty=0.5, step_size=0.1)
    assert loss_gradient(learner, theta, rows).item() == pytest.approx(-1.5)
    assert train(learner, theta, rows, num_steps=1).item() == pytest.approx(1.15)
    assert train(learner, theta, rows, num_steps=1, step_size=0.2).item() == pytest.approx(1.3)


def test_no_step_leaves_theta_as_it_is(rows, start):
    assert torch.equal(train(LEARNER, start, rows, num_steps=0), start)


def test_steps_compose(rows, start):
    middle = train(LEARNER, start, rows, num_steps=2)
    torch.testing.assert_close(
        train(LEARNER, middle, rows, num_steps=3), train(LEARNER, start, rows, num_steps=5)
    )


def test_the_gradient_in_rows_and_start_against_finite_differences(rows, start):
    unrolled = partial(train, LEARNER, num_steps=4, differentiable=True)
    inputs = (start.requires_grad_(), rows.requires_grad_())
    assert torch.autograd.gradcheck(lambda theta, r: unrolled(theta, r), inputs)


def test_the_gradient_in_the_step_size_against_finite_differences(rows, start):
    step_size = torch.tensor(0.2, dtype=torch.float64, requires_grad=True)

    def value(eta):
        theta = train(LEARNER, start, rows, num_steps=3, step_size=eta, differentiable=True)
        return theta.square().sum()

    (gradient,) = torch.autograd.grad(value(step_size), step_size)
    difference = (value(0.2 + 1e-6) - value(0.2 - 1e-6)) / 2e-6
    assert gradient.item() == pytest.approx(difference.item(), rel=1e-6)
    assert gradient.item() != 0


def test_without_differentiable_the_result_has_no_graph(rows, start):
    theta = train(LEARNER, start, rows.requires_grad_(), num_steps=2)
    assert not theta.requires_grad
    assert theta.grad_fn is None
    assert not loss_gradient(LEARNER, start, rows).requires_grad


def test_both_modes_descend_alike_and_leave_their_inputs_alone(rows, start):
    theta, data = start.clone(), rows.clone()
    plain = train(LEARNER, start, rows, num_steps=4)
    unrolled = train(LEARNER, start, rows, num_steps=4, differentiable=True)
    torch.testing.assert_close(plain, unrolled.detach())
    assert torch.equal(start, theta)
    assert torch.equal(rows, data)
    assert not start.requires_grad


def test_training_works_where_gradients_are_off(rows, start):
    with torch.no_grad():
        theta = train(LEARNER, start, rows, num_steps=2)
    torch.testing.assert_close(theta, train(LEARNER, start, rows, num_steps=2))


def test_learners_with_a_loss_are_gradient_learners():
    network = NetworkLearner(partial(mlp, 2, (3,), 2, nn.Tanh), 2, 5, 0.1)
    assert isinstance(LEARNER, GradientLearner)
    assert isinstance(network, GradientLearner)
    assert not isinstance(KernelRidge(1, RBF(1.0), penalty=0.1), GradientLearner)
