"""RCIG: the convex training against a minimiser, its gradient three ways, what it reaches."""

from functools import partial

import pytest
import torch
from scipy.optimize import minimize
from torch.nn.functional import mse_loss

from ddlib.distillers import RCIG
from ddlib.distillers.rcig import convex_end
from ddlib.learners.features import tangents
from ddlib.learners.logistic import soft_cross_entropy
from ddlib.problem import distill
from ddlib.problem.hypergradients import implicit_gradient
from tests.distillers.test_conformance import new_generator
from tests.distillers.test_frepo import regression_problem, wine_problem, worth
from tests.distillers.test_objectives import (
    assert_same_gradient,
    finite_differences,
    network_problem,
    value_and_gradient,
)

PENALTY = 0.3
each_kind = pytest.mark.parametrize("make", [network_problem, regression_problem])


class Linearised:
    """The convex training as a learner whose loss the library's hypergradient takes."""

    def __init__(self, learner, start):
        self.learner, self.start = learner, start
        self.width = learner.num_responses

    def loss(self, theta, rows):
        inputs, labels = rows[:, : -self.width], rows[:, -self.width :]
        values = self.learner.predict(self.start, inputs)
        change = tangents(self.learner, self.start, inputs) @ (theta - self.start)
        if self.learner.categorical:
            bound = ((values.softmax(1) - labels) * change).sum(1) + change.square().sum(1) / 4
            fit = bound.mean()
        else:
            fit = mse_loss(values + change, labels)
        return fit + PENALTY / 2 * (theta - self.start).square().sum()

    def model(self, theta):
        return theta


def started(problem):
    return problem.learner.initial(problem.initial, generator=new_generator(3))


@each_kind
def test_the_end_is_the_minimum_of_the_convex_loss(make):
    problem = make()
    theta = started(problem)
    convex = Linearised(problem.learner, theta)

    def value_and_slope(flat):
        value, slope = value_and_gradient(
            partial(convex.loss, rows=problem.initial), torch.from_numpy(flat)
        )
        return value.item(), slope.numpy()

    found = minimize(value_and_slope, theta.numpy(), jac=True, options={"gtol": 1e-9})
    got = convex_end(problem.learner, theta, problem.initial, PENALTY)
    torch.testing.assert_close(got, torch.from_numpy(found.x), rtol=0, atol=1e-7)
    assert (got - theta).norm() > 0.1


@each_kind
def test_its_gradient_is_that_of_the_library_and_of_finite_differences(make):
    problem = make()
    learner, theta = problem.learner, started(problem)
    weights = torch.randn(len(theta), dtype=theta.dtype, generator=new_generator(4))

    def criterion(end):
        return end.sin() @ weights

    def objective(rows):
        return criterion(convex_end(learner, theta, rows, PENALTY))

    _, got = value_and_gradient(objective, problem.initial)
    end = convex_end(learner, theta, problem.initial, PENALTY)
    implicit = implicit_gradient(Linearised(learner, theta), criterion, problem.initial, end)
    assert_same_gradient(got, implicit, rel=1e-9)
    assert_same_gradient(got, finite_differences(objective, problem.initial))


def test_the_convex_loss_bounds_the_cross_entropy_of_the_linear_network():
    """Above it everywhere, and with its value and slope at the start."""
    problem = network_problem()
    theta, rows = started(problem), problem.layout.on_simplex(problem.initial)
    convex = Linearised(problem.learner, theta)
    values = problem.learner.predict(theta, rows[:, :2])
    slopes = tangents(problem.learner, theta, rows[:, :2])

    def cross_entropy(end):
        loss = soft_cross_entropy(values + slopes @ (end - theta), rows[:, 2:])
        return loss + PENALTY / 2 * (end - theta).square().sum()

    bound, slope = value_and_gradient(partial(convex.loss, rows=rows), theta)
    exact, wanted = value_and_gradient(cross_entropy, theta)
    torch.testing.assert_close(slope, wanted)
    for seed in range(20):
        move = torch.randn(len(theta), dtype=theta.dtype, generator=new_generator(seed))
        for size in (0.1, 1.0, 10.0):
            end = theta + size * move
            assert convex.loss(end, rows) - bound >= cross_entropy(end) - exact


def test_its_penalty_is_that_of_the_training_of_the_learner():
    problem = network_problem()  # six steps of 0.5
    one, other = (
        next(RCIG(penalty).steps(problem, generator=new_generator())) for penalty in (None, 1 / 3)
    )
    assert one.equal(other)


def test_it_halves_the_loss_of_wine():
    problem = wine_problem()
    run = distill(problem, RCIG(), num_steps=20, every=20, generator=new_generator(2))
    assert worth(problem, run.rows) < 0.5 * worth(problem, problem.initial)
