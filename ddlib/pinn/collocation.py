r"""Where in $(x,\alpha)$ a physics-informed learner asks for the equation: the collocation policy.

What a learner knows of the physics is decided here, and it decides more than anything else about
errors outside the training $\alpha$, so that it is an argument of every learner.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from ddlib.pinn.point_checks import check_points
from ddlib.pinn.prior import Tails, lattice
from ddlib.pinn.problem import ParametricProblem

NUM_ALPHAS = 20  # values of alpha for each parameter


@dataclass(frozen=True)
class Collocation:
    """The points at which a learner asks for the equation.

    Attributes:
        interior: points inside the domain, `(…, n, d + k)`; here the residual is taken.
        boundary: points on its boundary, `(…, n', d + k)`; here the boundary operator is taken.
    """

    interior: Tensor
    boundary: Tensor

    def to(self, like: Tensor) -> Collocation:
        """Return the same points in the type and on the device of a tensor.

        Args:
            like: the tensor.
        """
        return Collocation(self.interior.to(like), self.boundary.to(like))


Policy = Callable[[Tensor], Collocation]
"""From rows `(…, m, d + k + 1)` to the points at which a learner of these rows asks."""


def asked(policy: Policy, rows: Tensor, problem: ParametricProblem) -> Collocation:
    """Return where a policy asks for the equation, in the type of the rows.

    Args:
        policy: that is asked.
        rows: of the learner, `(…, m, d + k + 1)`.
        problem: of the learner.

    Raises:
        ValueError: for a policy that returns anything else, and for one of another problem.
    """
    found = policy(rows)
    if not isinstance(found, Collocation):
        wanted = "a Collocation, as at_synthetic(problem) does"
        raise ValueError(f"policy: returns a {type(found).__name__}; must return {wanted}")
    for points in (found.interior, found.boundary):
        check_points(problem, points)
    return found.to(rows)


def at_synthetic(problem: ParametricProblem) -> Policy:
    r"""Return the policy that asks for the equation at the rows themselves.

    The residual is taken at each row's point, the boundary at each row's $\alpha$; the points have
    a gradient where the rows have one.

    Args:
        problem: whose boundary it is.
    """

    def policy(rows: Tensor) -> Collocation:
        points = rows[..., :-1]
        return Collocation(points, problem.boundary_points(problem.alphas_of(points)))

    return policy


def at_alphas(problem: ParametricProblem, alphas: Tensor, *, num_points: int = 15) -> Policy:
    r"""Return the policy of a fixed grid, whatever the rows.

    Args:
        problem: whose domain and boundary it is.
        alphas: the values of $\alpha$ of the grid, `(n,)` or `(n, k)`.
        num_points: along each coordinate.
    """
    fixed = Collocation(problem.grid(alphas, num_points), problem.boundary_points(alphas))
    return lambda rows: fixed


def train_tail(
    problem: ParametricProblem, tails: Tails, *, num_alphas: int | None = None
) -> Policy:
    r"""Return the policy of a fixed grid whose $\alpha$ lie in the lower tail only.

    Parameters beyond the first are spread over their whole law.

    Args:
        problem: whose domain, boundary and prior it is.
        tails: whose lower one is meant.
        num_alphas: how many $\alpha$, at even quantiles of the tail; 20 for each parameter unless
            told.
    """
    count = _count(problem, num_alphas)
    shares = tails.lower * (torch.arange(count, dtype=torch.float64) + 0.5) / count
    return at_alphas(problem, problem.prior.quantile(shares))


def prior(
    problem: ParametricProblem, *, num_alphas: int | None = None, num_stds: float = 2.8
) -> Policy:
    r"""Return the policy of a fixed grid over the prior of $\alpha$, both tails included.

    Parameters beyond the first fill their range in the order of `lattice`.

    Args:
        problem: whose domain, boundary and prior it is.
        num_alphas: how many $\alpha$, the first parameter at even distances; 20 for each parameter
            unless told.
        num_stds: how far they reach from the mean, in deviations of the prior.
    """
    return at_alphas(problem, over_prior(problem, num_alphas=num_alphas, num_stds=num_stds))


def over_prior(
    problem: ParametricProblem, *, num_alphas: int | None = None, num_stds: float = 2.8
) -> Tensor:
    r"""Return values of $\alpha$ all over the prior, `(n,)` or `(n, k)`, float64.

    Args:
        problem: whose prior it is.
        num_alphas: as in `prior`.
        num_stds: as there.
    """
    count = _count(problem, num_alphas)
    (low, *lows), (high, *highs) = problem.limits(num_stds)[:, len(problem.coordinates) :].tolist()
    alphas = torch.linspace(low, high, count, dtype=torch.float64)
    if not lows:
        return alphas
    start, end = (torch.tensor(ends, dtype=torch.float64) for ends in (lows, highs))
    others = start + (end - start) * lattice(count, len(lows))
    return torch.cat([alphas[:, None], others], dim=1)


def _count(problem: ParametricProblem, num_alphas: int | None) -> int:
    r"""Return how many values of $\alpha$ are meant."""
    return NUM_ALPHAS * problem.num_parameters if num_alphas is None else num_alphas


def nowhere(problem: ParametricProblem) -> Policy:
    """Return the policy without physics: the learner sees its rows only.

    Args:
        problem: whose points have the width of the empty sets.
    """
    none = torch.zeros(0, problem.width, dtype=torch.float64)
    return lambda rows: Collocation(none, none)
