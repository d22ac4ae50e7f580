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


def gp_smoothed(rows: Tensor) -> Tensor:
    r"""Return `rows` `(m, d + 2)` with each $y$ replaced by a Gaussian process' posterior mean.

    The process sees $\alpha$ like a coordinate (Rasmussen and Williams 2006, sections 2.2 and
    5.4). Raises `ValueError` for entries that are not finite.
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
    r"""Return `(num_alphas,)` values of $\alpha$ at which a learner should ask for the equation.

    `learner_for` maps $\alpha$ `(k,)` to a learner with its collocation at those. Each round
    learns from `rows` `(m, d + 2)` at the rows' own $\alpha$ and all drawn so far, and draws
    `num_alphas / num_rounds` more of 200 candidates from the prior, without replacement. No label
    but those in `rows` is used. The law is that of RAD with exponent and constant 1; values are
    added, not replaced, as in RAR-D (Wu et al. 2023). Raises `ValueError` for counts below 1, a
    number of values that is no multiple of the rounds, and a round of more than 200.
    """
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
    own = rows[:, -2].detach().unique()
    drawn = own[:0]
    with torch.no_grad():
        for _ in range(num_rounds):
            model = learner_for(torch.cat([own, drawn]))(rows, generator=generator)
            candidates = problem.prior.sample(NUM_CANDIDATES, generator=generator)
            # In parts: a space-time grid at all candidates would take a gigabyte.
            parts = candidates.split(NUM_CANDIDATES // 10)
            errors = torch.cat([_physics_by_alpha(problem, model, part) for part in parts])
            chances = errors / errors.mean() + 1
            chosen = torch.multinomial(chances, count, generator=generator)
            drawn = torch.cat([drawn, candidates[chosen]])
    return drawn


def _physics_by_alpha(problem: ParametricProblem, model: Solution, alphas: Tensor) -> Tensor:
    r"""Return the criterion `physics` of `model` at each of `alphas` `(k,)`, as `(k,)`."""
    inside = problem.grid(alphas, NUM_POINTS).unflatten(0, (len(alphas), -1))
    rim = problem.boundary_points(alphas[:, None])

    def mean_square(points: Tensor, operator: Callable[[Tensor, Jet], Tensor]) -> Tensor:
        flat = points.flatten(0, 1)
        return operator(flat, model.jet(flat)).square().unflatten(0, points.shape[:2]).mean(-1)

    return mean_square(inside, problem.residual) + BOUNDARY_WEIGHT * mean_square(
        rim, problem.boundary
    )
