r"""Data of a parametric problem: noisy rows from the lower tail, clean ones of the upper tail.

A row is a point and a value, $(x,\alpha,y)$ or $(x,t,\alpha,y)$. Training and validation $y$ carry
noise, test $y$ do not (caption of Fig. 5).
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Generator, Tensor

from ddlib.layout import Layout
from ddlib.pinn.problem import ParametricProblem, Tails

LAYOUT = Layout(num_responses=1)


@dataclass(frozen=True)
class ParametricData:
    """Rows `(n, d + 2)`, float64, and the noise's standard deviation in units of $u$.

    `clean` holds the training rows without their noise. `inside` are test rows at new parameters
    of the lower tail, `outside` of the upper tail; both without noise.
    """

    training: Tensor
    clean: Tensor
    validation: Tensor
    inside: Tensor
    outside: Tensor
    noise_std: float


def draw_parametric(
    problem: ParametricProblem,
    tails: Tails,
    *,
    generator: Generator,
    noise: float = 0.05,
    num_alphas: int = 20,
    num_rows: int = 200,
) -> ParametricData:
    r"""Draw training, validation and test rows.

    `num_rows` training rows share `num_alphas` values of $\alpha$, equally many of each, at random
    points of the domain; so do the validation rows, at $\alpha$ of their own. `noise` is the
    standard deviation of the noise, as a share of that of the clean training values. Test rows lie
    on grids, at 50 values of $\alpha$ each. Raises `ValueError` for noise that is not above 0 and
    for rows that are no multiple of the values of $\alpha$.
    """
    if not noise > 0:
        raise ValueError(f"noise = {noise}: must be above 0")
    if num_alphas < 1 or num_rows < 2 or num_rows % num_alphas:
        raise ValueError(
            f"num_rows = {num_rows}, num_alphas = {num_alphas}: must be at least 2 and 1, the "
            "first a multiple of the second"
        )

    def lower() -> Tensor:
        alphas = tails.sample_lower(problem.prior, num_alphas, generator=generator)
        points = alphas.repeat_interleave(num_rows // num_alphas)
        return rows_at(problem, problem.sample_points(points, generator=generator))

    clean, kept = lower(), lower()
    noise_std = noise * clean[:, -1].std().item()

    def noisy(rows: Tensor) -> Tensor:
        draws = torch.randn(len(rows), dtype=rows.dtype, generator=generator)
        return torch.cat([rows[:, :-1], (rows[:, -1] + noise_std * draws)[:, None]], dim=1)

    num_points = 21 if len(problem.coordinates) == 1 else 9
    test = [
        rows_at(problem, problem.grid(draw(problem.prior, 50, generator=generator), num_points))
        for draw in (tails.sample_lower, tails.sample_upper)
    ]
    return ParametricData(noisy(clean), clean, noisy(kept), *test, noise_std)


def rows_at(problem: ParametricProblem, points: Tensor) -> Tensor:
    """Return `points` `(n, d + 1)` with the exact solution as a last column."""
    return torch.cat([points, problem.solution(points)[:, None]], dim=1)
