r"""Regularised least squares with its adjoint.

$$c=\arg\min_c\|Ac-b\|^2+\lambda\|c\|^2
=A^\top(AA^\top+\lambda I)^{-1}b=(A^\top A+\lambda I)^{-1}A^\top b.$$

With fewer rows than columns it is solved in the dual, by Cholesky in double precision, else by QR
of the augmented rows, which does not square the condition number. With
$p=(A^\top A+\lambda I)^{-1}g$ for a gradient $g$ by $c$, the others are $\partial_b=Ap$ and
$\partial_A=(b-Ac)\,p^\top-(Ap)\,c^\top$: one more solve.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable


def ridge_solve(matrix: Tensor, target: Tensor, penalty: float | Tensor) -> Tensor:
    r"""Return the minimiser $c$, `(…, F)`. Gradients flow to `matrix` and `target`, once.

    Args:
        matrix: $A$, `(…, n, F)`.
        target: $b$, `(…, n)`.
        penalty: $\lambda$, above 0: a number, or one for each system, `(…,)`.

    Raises:
        torch.linalg.LinAlgError: where rounding defeats a tiny penalty.
    """
    penalty = torch.as_tensor(penalty, dtype=matrix.dtype, device=matrix.device)
    return _RidgeSolve.apply(matrix, target, penalty)


def times(matrix: Tensor, vector: Tensor) -> Tensor:
    """Return the products of matrices and vectors, `(…, n)`.

    Args:
        matrix: `(…, n, F)`.
        vector: `(…, F)`.
    """
    return (matrix @ vector.unsqueeze(-1)).squeeze(-1)


class _RidgeSolve(torch.autograd.Function):
    """The solve, whose backward pass reuses its factor."""

    @staticmethod
    def forward(ctx: Any, matrix: Tensor, target: Tensor, penalty: Tensor) -> Tensor:
        """Return the minimiser."""
        factor = _factor(matrix, penalty)
        if _is_dual(matrix):
            weights = torch.cholesky_solve(target.unsqueeze(-1), factor)
            solution = (matrix.mT @ weights).squeeze(-1)
        else:
            # R^-1 R^-T A^T b and one step of refinement: as accurate as with Q, which is not kept.
            rough = _normal_solve(factor, times(matrix.mT, target))
            misfit = target - times(matrix, rough)
            descent = times(matrix.mT, misfit) - penalty.unsqueeze(-1) * rough
            solution = rough + _normal_solve(factor, descent)
        ctx.save_for_backward(matrix, target, penalty, factor, solution)
        return solution

    # The stub of the decorator is wrong: it keeps the names of the parameters.
    @staticmethod
    @once_differentiable
    def backward(  # pyright: ignore[reportIncompatibleMethodOverride]
        ctx: Any, *grad_outputs: Tensor
    ) -> tuple[Tensor, Tensor, None]:
        """Return the gradients by matrix and target, given that by the minimiser."""
        (gradient,) = grad_outputs
        matrix, target, penalty, factor, solution = ctx.saved_tensors
        if _is_dual(matrix):
            inner = torch.cholesky_solve(times(matrix, gradient).unsqueeze(-1), factor)
            adjoint = (gradient - (matrix.mT @ inner).squeeze(-1)) / penalty.unsqueeze(-1)
            by_target = inner.squeeze(-1)
        else:
            adjoint = _normal_solve(factor, gradient)
            by_target = times(matrix, adjoint)
        misfit = target - times(matrix, solution)
        by_matrix = misfit.unsqueeze(-1) * adjoint.unsqueeze(-2)
        by_matrix = by_matrix - by_target.unsqueeze(-1) * solution.unsqueeze(-2)
        return by_matrix, by_target, None


def _is_dual(matrix: Tensor) -> bool:
    """Return whether there are fewer rows than columns, so that the dual is the smaller system."""
    return matrix.shape[-2] < matrix.shape[-1]


def _factor(matrix: Tensor, penalty: Tensor) -> Tensor:
    r"""Return a lower factor of $AA^\top+\lambda I$ by Cholesky, of $A^\top A+\lambda I$ by QR."""
    if _is_dual(matrix):
        if matrix.dtype != torch.float64:  # too coarse for a square of the condition number
            return _factor_by_qr(matrix.mT, penalty)
        gram = matrix @ matrix.mT
        gram.diagonal(dim1=-2, dim2=-1).add_(penalty.unsqueeze(-1))
        return torch.linalg.cholesky(gram)
    return _factor_by_qr(matrix, penalty)


def _factor_by_qr(matrix: Tensor, penalty: Tensor) -> Tensor:
    r"""Return a lower factor of $A^\top A+\lambda I$; the sign of a column is free."""
    columns = matrix.shape[-1]
    identity = torch.eye(columns, dtype=matrix.dtype, device=matrix.device)
    ridge = penalty.sqrt()[..., None, None] * identity
    augmented = torch.cat([matrix, ridge.expand(*matrix.shape[:-2], columns, columns)], dim=-2)
    return torch.linalg.qr(augmented, mode="r").R.mT


def _normal_solve(factor: Tensor, right: Tensor) -> Tensor:
    r"""Return $(LL^\top)^{-1}$ `right`, `(…, F)`; the sign of a column of $L$ is free."""
    half = torch.linalg.solve_triangular(factor, right.unsqueeze(-1), upper=False)
    return torch.linalg.solve_triangular(factor.mT, half, upper=True).squeeze(-1)
