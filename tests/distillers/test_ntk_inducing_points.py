"""Kernel inducing points with a network's tangent kernel: objective, gradient, what it reaches."""

import numpy as np
import pytest
import torch

from ddlib.distillers import kernel_inducing_points
from ddlib.distillers.kernel_inducing_points import KernelInducingPoints, kernel_error
from ddlib.learners.kernel_ridge import KernelRidge
from ddlib.learners.ntk import NTK
from ddlib.problem import NotApplicable, distill
from tests.distillers.test_conformance import new_generator
from tests.distillers.test_frepo import wine_problem, worth
from tests.distillers.test_objectives import (
    assert_same_gradient,
    finite_differences,
    network_problem,
    step_of,
)
from tests.learners.test_ntk import loop_kernel

PLAIN = {"optimizer": lambda moved: torch.optim.SGD(moved, lr=1.0)}


def numpy_error(problem, kernel, rows, penalty):
    """The error of kernel ridge regression with the kernel of loops, on centred labels."""
    real = problem.training
    with_itself = loop_kernel(kernel, real[:, :2], real[:, :2])
    scale = 1 / np.diag(with_itself).mean()
    ours = scale * loop_kernel(kernel, rows[:, :2], rows[:, :2])
    cross = scale * loop_kernel(kernel, real[:, :2], rows[:, :2])
    labels = rows[:, 2:].numpy() - 0.5
    fit = cross @ np.linalg.solve(ours + len(rows) * penalty * np.eye(len(rows)), labels)
    return ((real[:, 2:].numpy() - 0.5 - fit) ** 2).sum(1).mean()


def test_it_steps_down_the_error_of_a_regression_with_the_kernel_of_the_network():
    problem = network_problem()
    kernel = NTK.drawn(problem.learner, problem.training, num_starts=1, generator=new_generator())
    learner = KernelRidge(2, kernel, penalty=0.1)
    training = kernel_inducing_points.centred(problem.layout, problem.training)

    def objective(rows):
        return kernel_error(learner, training, kernel_inducing_points.centred(problem.layout, rows))

    expected = numpy_error(problem, kernel, problem.initial, 0.1)
    assert objective(problem.initial).item() == pytest.approx(expected, rel=1e-9)
    got = step_of(KernelInducingPoints("NTK", 0.1, **PLAIN), problem)
    assert_same_gradient(got, finite_differences(objective, problem.initial))


def test_it_halves_the_loss_of_wine():
    problem, method = wine_problem(), KernelInducingPoints("NTK")
    run = distill(problem, method, num_steps=20, every=20, generator=new_generator(2))
    assert worth(problem, run.rows) < 0.5 * worth(problem, problem.initial)


def test_more_derivatives_than_fit_into_the_memory_are_refused(monkeypatch):
    """Two outputs of 17 parameters for 40 rows."""
    problem = network_problem()
    monkeypatch.setattr(kernel_inducing_points, "MOST_NUMBERS", 2 * 17 * 40)
    KernelInducingPoints("NTK").steps(problem, generator=new_generator())
    method = KernelInducingPoints("NTK", num_starts=2)
    with pytest.raises(NotApplicable, match=r"2 outputs of 17 parameters .* 2\.7e\+03 derivatives"):
        method.steps(problem, generator=new_generator())


def test_starts_are_drawn_from_the_generator():
    problem = network_problem()
    one, other = (
        next(KernelInducingPoints("NTK").steps(problem, generator=new_generator(seed)))
        for seed in (1, 2)
    )
    assert not one.equal(other)
