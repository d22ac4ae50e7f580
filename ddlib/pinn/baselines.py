r"""What one would do instead of distilling: smooth the rows, or ask for the equation elsewhere.

Gaussian-process smoothing replaces the values by the posterior mean at their own points,

$$\tilde y=K(K+\sigma^2I)^{-1}y,\qquad
K_{ij}=s^2\exp\Bigl(-\tfrac12\sum_l(z_{il}-z_{jl})^2/h_l^2\Bigr),$$

with $s,h,\sigma$ of largest marginal likelihood. Residual-adaptive resampling draws parameters
where the model at hand breaks the equation, with probability

$$p(\alpha)\propto\frac{e(\alpha)}{\operatorname{mean}e}+1 .$$
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Generator, Tensor

from ddlib.pinn.criteria import BOUNDARY_WEIGHT, Solution
from ddlib.pinn.jet import Jet
from ddlib.pinn.problem import ParametricProblem
from ddlib.pinn.regressors import GAUSSIAN_PROCESS
from ddlib.problem import Learner

NUM_CANDIDATES = 200  # values of alpha among which a round draws
NUM_POINTS = 15  # along each coordinate, where the error at a candidate is taken
NUM_PARTS = 10  # that candidates are judged in: a grid at all of them would take a gigabyte


def gp_smoothed(rows: Tensor) -> Tensor:
    r"""Return rows with each $y$ replaced by a Gaussian process' posterior mean, `(m, d + 2)`.

    The process sees $\alpha$ like a coordinate (Rasmussen and Williams 2006, sections 2.2 and
    5.4).

    Args:
        rows: what the process is fitted to, `(m, d + 2)`.

    Raises:
        ValueError: for entries that are not finite.
    """
    smooth = GAUSSIAN_PROCESS(rows)(rows[:, :-1])
    return torch.cat([rows[:, :-1], smooth[:, None]], dim=1)


def adaptive_alphas(
    problem: ParametricProblem,
    learner_for: Callable[[Tensor], Learner],
    rows: Tensor,
    *,
    num_alphas: int,
    num_rounds: int,
    generator: Generator,
) -> Tensor:
    r"""Return values of $\alpha$ at which a learner should ask for the equation, `(num_alphas,)`.

    Each round learns at the rows' own $\alpha$ and all drawn so far, and draws equally many more of
    200 candidates from the prior, without replacement. The law is that of RAD with exponent and
    constant 1; values are added, not replaced, as in RAR-D (Wu et al. 2023).

    Args:
        problem: whose equation and prior it is.
        learner_for: returns a learner with its collocation at $\alpha$ `(k,)`.
        rows: what is learnt from, `(m, d + 2)`. No other label is used.
        num_alphas: values that are drawn.
        num_rounds: in which they are drawn.
        generator: draws the candidates, the learner's randomness, and the values.

    Raises:
        ValueError: for counts below 1, a number of values that is no multiple of the rounds, and
            more than 200 values per round.
    """
    count = _values_a_round(num_alphas, num_rounds)
    own = problem.alphas_of(rows[:, :-1]).detach().unique(dim=0)
    drawn = own[:0]
    with torch.no_grad():
        for _ in range(num_rounds):
            model = learner_for(torch.cat([own, drawn]))(rows, generator=generator)
            candidates = problem.prior.sample(NUM_CANDIDATES, generator=generator)
            parts = candidates.split(NUM_CANDIDATES // NUM_PARTS)
            errors = torch.cat([_physics_by_alpha(problem, model, part) for part in parts])
            weights = errors / errors.mean() + 1
            chosen = torch.multinomial(weights, count, generator=generator)
            drawn = torch.cat([drawn, candidates[chosen]])
    return drawn


def _values_a_round(num_alphas: int, num_rounds: int) -> int:
    """Return how many values a round draws; raise `ValueError` for impossible counts."""
    if num_rounds < 1 or num_alphas < 1 or num_alphas % num_rounds:
        raise ValueError(
            f"num_alphas = {num_alphas}, num_rounds = {num_rounds}: must be at least 1, the first "
            "a multiple of the second"
        )
    count = num_alphas // num_rounds
    if count > NUM_CANDIDATES:
        raise ValueError(
            f"num_alphas / num_rounds = {count}: must be at most {NUM_CANDIDATES}, the candidates "
            "of a round"
        )
    return count


def _physics_by_alpha(problem: ParametricProblem, model: Solution, alphas: Tensor) -> Tensor:
    r"""Return the criterion `physics` of `model` at each of `alphas`, as `(n,)`."""
    inside = problem.grid(alphas, NUM_POINTS).unflatten(0, (len(alphas), -1))
    rim = problem.boundary_points(alphas[:, None])

    def mean_square(points: Tensor, operator: Callable[[Tensor, Jet], Tensor]) -> Tensor:
        flat = points.flatten(0, 1)
        squares = operator(flat, model.jet(flat)).square()
        return squares.unflatten(0, points.shape[:2]).mean(-1)

    residual = mean_square(inside, problem.residual)
    boundary = mean_square(rim, problem.boundary)
    return residual + BOUNDARY_WEIGHT * boundary
