"""Regularised least squares against numpy, the loop, and finite differences."""

import numpy as np
import pytest
import torch

from ddlib.pinn.ridge_solve import ridge_solve

SHAPES = [(7, 4), (4, 7), (5, 5), (1, 6), (6, 1)]


def system(*shape, generator):
    matrix = torch.randn(shape, dtype=torch.float64, generator=generator)
    return matrix, torch.randn(shape[:-1], dtype=torch.float64, generator=generator)


def augmented_solution(matrix, target, penalty):
    columns = matrix.shape[1]
    rows = np.vstack([matrix, penalty**0.5 * np.eye(columns)])
    return np.linalg.lstsq(rows, np.concatenate([target, np.zeros(columns)]), rcond=None)[0]


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("penalty", [1e-6, 0.1, 100.0])
def test_solution_against_numpy(shape, penalty, generator):
    matrix, target = system(*shape, generator=generator)
    expected = augmented_solution(matrix.numpy(), target.numpy(), penalty)
    np.testing.assert_allclose(ridge_solve(matrix, target, penalty), expected, atol=1e-9)


@pytest.mark.parametrize("shape", SHAPES)
def test_normal_equations_hold(shape, generator):
    matrix, target = system(*shape, generator=generator)
    solution = ridge_solve(matrix, target, 0.3)
    gradient = matrix.T @ (matrix @ solution - target) + 0.3 * solution
    assert gradient.abs().max().item() < 1e-12


@pytest.mark.parametrize("shape", [(7, 4), (4, 7)])
def test_batch_is_a_loop_with_a_penalty_each(shape, generator):
    matrix, target = system(2, 3, *shape, generator=generator)
    penalties = torch.tensor([[1e-3, 1.0, 10.0], [0.1, 0.2, 0.3]], dtype=torch.float64)
    solutions = ridge_solve(matrix, target, penalties)
    assert solutions.shape == (2, 3, shape[1])
    for i in np.ndindex(2, 3):
        alone = ridge_solve(matrix[i], target[i], penalties[i].item())
        torch.testing.assert_close(solutions[i], alone, atol=1e-12, rtol=1e-12)


@pytest.mark.parametrize("shape", [*SHAPES, (3, 7, 4), (3, 4, 7)])
def test_gradient_against_finite_differences(shape, generator):
    matrix, target = system(*shape, generator=generator)
    penalty = 0.2 if len(shape) == 2 else torch.tensor([0.1, 0.5, 2.0], dtype=torch.float64)
    assert torch.autograd.gradcheck(
        lambda a, b: ridge_solve(a, b, penalty), (matrix.requires_grad_(), target.requires_grad_())
    )


@pytest.mark.parametrize("penalty", [1e-4, 1.0])
def test_both_branches_agree_where_a_row_of_zeros_changes_the_branch(penalty, generator):
    matrix, target = system(5, 6, generator=generator)
    weights = torch.randn(6, dtype=torch.float64, generator=generator)
    found = []
    for extra in (0, 1, 2):  # 5 and 6 rows of 6 columns: dual and QR
        leaves = [matrix.clone().requires_grad_(), target.clone().requires_grad_()]
        rows = torch.cat([leaves[0], torch.zeros(extra, 6, dtype=torch.float64)])
        values = torch.cat([leaves[1], torch.zeros(extra, dtype=torch.float64)])
        solution = ridge_solve(rows, values, penalty)
        found.append([solution, *torch.autograd.grad(solution @ weights, leaves)])
    for other in found[1:]:
        torch.testing.assert_close(other, found[0], atol=1e-8, rtol=1e-8)


def test_nearly_dependent_columns_lose_no_digits_by_squaring():
    """At a condition of 1e6 the normal equations by Cholesky would keep seven digits."""
    x, powers = torch.linspace(-1, 1, 40, dtype=torch.float64)[:, None], torch.arange(12)
    matrix = x**powers * 10.0 ** (-powers / 4)
    assert 1e6 < torch.linalg.cond(matrix).item() < 1e7
    truth = torch.ones(12, dtype=torch.float64)
    solution = ridge_solve(matrix, matrix @ truth, 1e-20)
    np.testing.assert_allclose(solution, truth, rtol=1e-9)


def test_the_gradient_is_of_first_order_only(generator):
    """A second one would be wrong in silence, so that it must not come."""
    matrix, target = system(4, 3, generator=generator)
    solution = ridge_solve(matrix.requires_grad_(), target, 0.1)
    (first,) = torch.autograd.grad(solution.square().sum(), matrix, create_graph=True)
    with pytest.raises(RuntimeError, match="once_differentiable"):
        first.sum().backward()
