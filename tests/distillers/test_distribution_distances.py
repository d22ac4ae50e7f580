"""Distances of the distributions of real and synthetic rows, against scikit-learn and scipy."""

from dataclasses import replace
from functools import partial

import numpy as np
import pytest
import torch
from scipy.optimize import linprog
from sklearn.gaussian_process.kernels import RBF as Gaussian
from torch.optim import SGD

from ddlib.distillers.maximum_mean_discrepancy import (
    MaximumMeanDiscrepancy,
    median_kernel,
    squared_discrepancy,
)
from ddlib.distillers.sliced_wasserstein import (
    SlicedWasserstein,
    matched_quantiles,
    random_directions,
    sliced_distance,
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


def transport_cost(real, rows):
    """The least cost of moving as much weight of each point, as a linear program of scipy."""
    n, m = len(real), len(rows)
    cost = (real[:, None] - rows) ** 2
    sums = np.vstack([np.kron(np.eye(n), np.ones(m)), np.kron(np.ones(n), np.eye(m))])
    wanted = np.concatenate([np.full(n, 1 / n), np.full(m, 1 / m)])
    return linprog(cost.ravel(), A_eq=sums, b_eq=wanted).fun


def repeated_cost(real, rows):
    """The same on a line, of each point as often as makes the two equally many."""
    size = np.lcm(len(real), len(rows))
    sides = [np.repeat(np.sort(side), size // len(side)) for side in (real, rows)]
    return ((sides[0] - sides[1]) ** 2).mean()


@pytest.mark.parametrize(("num_real", "num_rows"), [(5, 5), (7, 3), (4, 6), (3, 1), (1, 4)])
def test_on_a_line_matched_quantiles_are_the_best_transport(num_real, num_rows):
    real, rows = normal(num_real, 1), normal(num_rows, 1, seed=1)
    got = sliced_distance(torch.ones(1, 1, dtype=torch.float64), real, rows)
    sides = real.numpy().ravel(), rows.numpy().ravel()
    assert got.item() == pytest.approx(transport_cost(*sides), rel=1e-6)
    assert got.item() == pytest.approx(repeated_cost(*sides), rel=1e-12)


@pytest.mark.parametrize(("num_real", "num_rows"), [(6, 4), (49, 3), (1000, 7), (3, 3)])
def test_the_pieces_give_each_row_its_weight(num_real, num_rows):
    theirs, ours, shares = matched_quantiles(num_real, num_rows)
    for ranks, count in ((theirs, num_real), (ours, num_rows)):
        weights = np.bincount(ranks, weights=shares, minlength=count)
        np.testing.assert_allclose(weights, np.full(count, 1 / count), rtol=1e-12)
    assert len(shares) == num_real + num_rows - np.gcd(num_real, num_rows)


def test_each_step_is_down_the_mean_over_new_directions_summed_over_classes():
    problem = crowded_problem()
    method = SlicedWasserstein(num_directions=3, optimizer=partial(SGD, lr=0.5))
    steps = method.steps(problem, generator=new_generator())
    rows, generator = problem.initial, new_generator()
    for _ in range(2):
        drawn = torch.randn(4, 3, dtype=torch.float64, generator=generator).numpy()
        lines = (drawn / np.linalg.norm(drawn, axis=0)).T

        def value(rows, lines=lines):
            pairs = standardised(replace(problem, initial=rows))[0]
            costs = [repeated_cost(x @ u, s @ u) for x, s in pairs for u in lines]
            return sum(costs) / len(lines)

        got = next(steps)
        assert_same_gradient((rows - got) / 0.5, finite_differences(value, rows))
        rows = got


def test_directions_have_unit_length():
    lengths = random_directions(normal(2, 5), 9, generator=new_generator()).norm(dim=0)
    torch.testing.assert_close(lengths, torch.ones(9, dtype=torch.float64))
