"""Distances of the distributions of real and synthetic rows, against scikit-learn and scipy."""

from dataclasses import replace
from functools import partial

import numpy as np
import pytest
import torch
from sklearn.gaussian_process.kernels import RBF as Gaussian
from torch.optim import SGD

from ddlib.distillers.maximum_mean_discrepancy import (
    MaximumMeanDiscrepancy,
    median_kernel,
    squared_discrepancy,
)
from tests.distillers.test_class_references import CLASSES, class_problem
from tests.distillers.test_objectives import assert_same_gradient, finite_differences


def new_generator(seed=0):
    return torch.Generator().manual_seed(seed)


def normal(*shape, seed=0):
    return torch.randn(shape, dtype=torch.float64, generator=new_generator(seed))


def crowded_problem():
    """Two rows of class 0, one of class 1, three of class 2, off the training rows."""
    problem = class_problem((2, 1, 3))
    moved = problem.initial + 0.3 * normal(6, 7, seed=9)
    return replace(problem, initial=torch.cat([moved[:, :4], problem.initial[:, 4:]], dim=1))


def standardised(problem):
    """The features of real and synthetic rows of each class, in numpy, and their one unit."""
    inputs = problem.training.numpy()[:, :4]
    unit = np.sqrt(inputs.var(0).mean())
    sets = []
    for rows in (problem.training, problem.initial):
        table = (rows.numpy()[:, :4] - inputs.mean(0)) / unit
        sets.append([table[rows.numpy()[:, 4:].argmax(1) == c] for c in range(3)])
    return list(zip(*sets, strict=True)), unit


def numpy_discrepancy(real, rows, multiples):
    """With scikit-learn's kernel; the median is over the real rows."""
    gaps = np.linalg.norm(real[:, None] - real, axis=2)[np.triu_indices(len(real), 1)]
    total = 0.0
    for multiple in multiples:
        kernel = Gaussian(multiple * np.median(gaps))
        total += kernel(real, real).mean() - 2 * kernel(real, rows).mean() + kernel(rows).mean()
    return total / len(multiples)


def test_the_discrepancy_is_that_of_numpy():
    for real, rows in standardised(crowded_problem())[0]:
        kernel = median_kernel(torch.tensor(real), (0.5, 2.0))
        got = squared_discrepancy(kernel, torch.tensor(real), torch.tensor(rows))
        assert got.item() == pytest.approx(numpy_discrepancy(real, rows, (0.5, 2.0)), rel=1e-12)
        assert got > 1e-3
        assert abs(squared_discrepancy(kernel, torch.tensor(real), torch.tensor(real))) < 1e-14


def test_a_step_is_down_the_discrepancy_summed_over_classes():
    problem = crowded_problem()
    method = MaximumMeanDiscrepancy(bandwidths=(0.5, 2.0), optimizer=partial(SGD, lr=1.0))
    got = problem.initial - next(method.steps(problem, generator=new_generator()))

    def value(rows):
        pairs = standardised(replace(problem, initial=rows))[0]
        return sum(numpy_discrepancy(*pair, (0.5, 2.0)) for pair in pairs)

    assert_same_gradient(got, finite_differences(value, problem.initial))
    assert CLASSES.responses(got).abs().max() == 0


def test_second_moments_count_too():
    """Means alike and spreads not: the difference that distribution matching's mean misses."""
    real = normal(50, 2)
    real = real - real.mean(0)
    kernel = median_kernel(real, (1.0,))
    assert squared_discrepancy(kernel, real, 0.2 * real) > 0.05


@pytest.mark.parametrize("rows", [torch.zeros(1, 2), torch.zeros(4, 2)])
def test_a_class_without_a_distance_has_a_kernel_of_unit_bandwidth(rows):
    points = torch.tensor([[0.0, 0.0], [3.0, 4.0]])
    assert median_kernel(rows, (2.0,))(points, points)[0, 1].item() == pytest.approx(
        np.exp(-25 / 8)
    )
