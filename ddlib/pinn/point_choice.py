r"""Points to label, chosen without a descent: what one would do instead of distilling.

- The best of many random sets, by the working objective.
- Residual-adaptive points (RAD): $p(z)\propto e(z)/\operatorname{mean}e+1$ with the squared
  residual $e$ of the model at hand (Wu et al. 2023).
- Active learning: one point after the other, each where the variance of a Gaussian process is
  largest given the points so far.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Generator, Tensor

from ddlib.pinn.criteria import Solution
from ddlib.pinn.problem import ParametricProblem

NUM_CANDIDATES = 1000  # points among which RAD and active learning choose
LEAST_VARIANCE = 1e-12  # of 1; below it rounding decides
TINY = 1e-300  # keeps weights finite where the equation holds everywhere
BATCH = 50  # random sets that are learnt from at once: more would not be faster


def best_of_random(
    draw: Callable[[int], Tensor], values: Callable[[Tensor], Tensor], num_sets: int
) -> Tensor:
    """Return the set of least value among random ones, `(m, …)`; NaN is never the least.

    Args:
        draw: returns that many sets, `(B, m, …)`.
        values: of sets `(B, m, …)`, as `(B,)`; each call may draw the learner's randomness anew.
        num_sets: how many sets are drawn, in batches of at most 50.

    Raises:
        ValueError: for less than one set.
    """
    if num_sets < 1:
        raise ValueError(f"num_sets = {num_sets}: must be at least 1")
    least, best = float("inf"), None
    for first in range(0, num_sets, BATCH):
        sets = draw(min(BATCH, num_sets - first))
        found = values(sets)
        found = torch.where(found.isnan(), torch.inf, found)
        winner = int(found.argmin())
        if best is None or found[winner] < least:
            least, best = float(found[winner]), sets[winner]
    assert best is not None  # there is at least one set
    return best


def adaptive_points(
    problem: ParametricProblem,
    model: Solution,
    candidates: Tensor,
    num_points: int,
    *,
    generator: Generator,
) -> Tensor:
    r"""Return points where a model breaks the equation, `(num_points, d + k)`.

    Args:
        problem: whose residual is taken.
        model: the model at hand.
        candidates: points to choose from, without replacement, `(n, d + k)`.
        num_points: how many, at most n.
        generator: draws them.
    """
    error = problem.residual(candidates, model.jet(candidates)).square()
    weights = error / error.mean().clamp_min(TINY) + 1
    return candidates[torch.multinomial(weights, num_points, generator=generator)]


def most_uncertain_points(candidates: Tensor, lengths: Tensor, num_points: int) -> Tensor:
    r"""Return points chosen by the variance of a Gaussian process, `(num_points, d + k)`.

    The variance of a process with squared-exponential kernel $\kappa$ at $z$ given points $Z$ is
    $1-\kappa(z,Z)\,\kappa(Z,Z)^{-1}\kappa(Z,z)$; no value of the process is in it. Each point taken
    is one step of a pivoted Cholesky decomposition of the candidates' kernel matrix. Once rounding
    leaves no variance anywhere, the next points are those farthest from the points so far.

    Args:
        candidates: points to choose from, `(n, d + k)`.
        lengths: length scales of the kernel, in the units of the points, `(d + k,)`.
        num_points: how many, at most n.
    """
    scaled = candidates / lengths
    variance = scaled.new_ones(len(scaled))
    columns = scaled.new_zeros(len(scaled), 0)
    chosen: list[int] = []
    for _ in range(num_points):
        pivot = int(variance.argmax())
        if variance[pivot] < LEAST_VARIANCE:
            pivot = int(torch.cdist(scaled, scaled[chosen]).amin(1).argmax())
            chosen.append(pivot)
            continue
        chosen.append(pivot)
        kernel = (-(scaled - scaled[pivot]).square().sum(1) / 2).exp()
        rest = kernel - columns @ columns[pivot]
        column = rest / variance[pivot].sqrt()
        columns = torch.cat([columns, column[:, None]], dim=1)
        variance = (variance - column.square()).clamp_min(0)
        variance[pivot] = 0  # up to rounding it is
    return candidates[chosen]
