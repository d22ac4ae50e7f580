r"""What a model of a parametric problem is judged by.

- fit: $\frac1n\sum_i(\hat u(z_i)-y_i)^2$ on rows;
- physics: the mean of $\mathcal N[\hat u]^2$ plus 64 times that of $\mathcal B[\hat u]^2$ at
  points, which need no value $y$;
- relative error: $\|\hat u-u\|_2/\|u\|_2$ on rows without noise.

The weight is that of a bound: an error $e$ with $-e''=r$ inside $[0,1]$ and boundary values of at
most $b$ has $|e|\le\frac18\max|r|+b$, so that a residual counts an eighth, its square a 64th.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from torch import Tensor

from ddlib.pinn.collocation import Collocation
from ddlib.pinn.jet import Jet
from ddlib.pinn.problem import ParametricProblem

BOUNDARY_WEIGHT = 64.0  # of the bound above


class Solution(Protocol):
    r"""A model $\hat u$, or a batch of `B` of them: then results have a leading dimension `B`."""

    def __call__(self, points: Tensor) -> Tensor:
        r"""Return the values of $\hat u$, `(…, n)`.

        Args:
            points: `(n, d + k)`.
        """
        ...

    def jet(self, points: Tensor) -> Jet:
        r"""Return the jet of $\hat u$, entries `(…, n)`.

        Args:
            points: `(n, d + k)`.
        """
        ...


def fit(rows: Tensor) -> Callable[[Solution], Tensor]:
    """Return the mean squared error on rows, a number per model.

    Args:
        rows: `(n, d + k + 1)`, a value of $u$ in the last column.
    """
    points, values = rows[:, :-1], rows[:, -1]
    return lambda model: (model(points) - values).square().mean(-1)


def mean_residual(
    problem: ParametricProblem, collocation: Collocation
) -> Callable[[Solution], Tensor]:
    r"""Return the mean of $\mathcal N[\hat u]^2$, a number per model.

    Args:
        problem: whose residual it is.
        collocation: over the interior points of it.
    """
    points = collocation.interior
    return lambda model: problem.residual(points, model.jet(points)).square().mean(-1)


def physics(problem: ParametricProblem, collocation: Collocation) -> Callable[[Solution], Tensor]:
    r"""Return the mean of $\mathcal N[\hat u]^2$ plus 64 times that of $\mathcal B[\hat u]^2$.

    Args:
        problem: whose operators these are.
        collocation: over the interior points of it and its boundary points.
    """
    inner, rim = mean_residual(problem, collocation), collocation.boundary

    def value(model: Solution) -> Tensor:
        boundary = problem.boundary(rim, model.jet(rim))
        return inner(model) + BOUNDARY_WEIGHT * boundary.square().mean(-1)

    return value


def relative_error(rows: Tensor) -> Callable[[Solution], Tensor]:
    r"""Return the relative $L^2$ error, a number per model.

    Args:
        rows: without noise, `(n, d + k + 1)`, the solution in the last column.
    """
    points, values = rows[:, :-1], rows[:, -1]
    return lambda model: (model(points) - values).norm(dim=-1) / values.norm()
