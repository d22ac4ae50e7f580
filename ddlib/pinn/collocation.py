r"""Where in $(x,\alpha)$ a physics-informed learner asks for the equation: the collocation policy.

What a learner knows of the physics is decided here, and it decides more than anything else about
errors outside the training $\alpha$, so that it is an argument of every learner.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from ddlib.pinn.problem import ParametricProblem, Tails


@dataclass(frozen=True)
class Collocation:
    """Points `(…, n, d + 1)` inside the domain and on its boundary."""

    interior: Tensor
    boundary: Tensor


Policy = Callable[[Tensor], Collocation]  # from rows (…, m, d + 2) to the points


def at_synthetic(problem: ParametricProblem) -> Policy:
    r"""Return the policy that asks for the equation at the rows themselves.

    The residual is taken at each row's point, the boundary at each row's $\alpha$; the points have
    a gradient where the rows have one.
    """

    def policy(rows: Tensor) -> Collocation:
        points = rows[..., :-1]
        return Collocation(points, problem.boundary_points(points[..., -1]))

    return policy


def at_alphas(problem: ParametricProblem, alphas: Tensor, *, num_points: int = 15) -> Policy:
    r"""Return the policy of a fixed grid, `num_points` along each coordinate, at these `alphas`."""
    fixed = Collocation(problem.grid(alphas, num_points), problem.boundary_points(alphas))
    return lambda rows: fixed


def train_tail(problem: ParametricProblem, tails: Tails, *, num_alphas: int = 20) -> Policy:
    r"""Return the policy of $\alpha$ at even quantiles of the lower tail only."""
    shares = tails.lower * (torch.arange(num_alphas, dtype=torch.float64) + 0.5) / num_alphas
    return at_alphas(problem, problem.prior.quantile(shares))


def prior(problem: ParametricProblem, *, num_alphas: int = 20, num_stds: float = 2.8) -> Policy:
    r"""Return the policy of $\alpha$ evenly over `num_stds` deviations of the prior, both tails."""
    low, high = problem.limits(num_stds)[:, -1].tolist()
    return at_alphas(problem, torch.linspace(low, high, num_alphas, dtype=torch.float64))


def nowhere(problem: ParametricProblem) -> Policy:
    """Return the policy without physics: the learner sees its rows only."""
    none = torch.zeros(0, len(problem.coordinates) + 1, dtype=torch.float64)
    return lambda rows: Collocation(none, none)
