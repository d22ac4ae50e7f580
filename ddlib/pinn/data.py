r"""Data of a parametric problem: noisy rows from the lower tail, clean ones of the upper tail.

A row is a point and a value, $(x,\alpha,y)$ for a problem on an interval. Training and validation
$y$ carry noise, test $y$ do not (caption of Fig. 5).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import torch
from torch import Generator, Tensor

from ddlib.arguments import count_faults, fault, is_finite
from ddlib.pinn.problem import ParametricProblem, Tails
from ddlib.problem.rows import Layout, check_rows

LAYOUT = Layout(num_responses=1)  # of a row: a point, then its value
NUM_TEST_ALPHAS = 50  # in each of the two sets of test rows
# Test points along each coordinate, by the number of coordinates: of two there are 9 times 9 for
# each value of alpha.
NUM_TEST_POINTS = {1: 21, 2: 9}


@dataclass(frozen=True)
class ParametricData:
    r"""The rows of one draw, all of them `(n, d + k + 1)`, float64.

    Attributes:
        training: noisy rows of the lower tail.
        clean: the training rows without their noise.
        validation: noisy rows of the lower tail, at $\alpha$ of their own.
        inside: test rows without noise, at new $\alpha$ of the lower tail.
        outside: test rows without noise, at $\alpha$ of the upper tail.
        noise_std: the standard deviation of the noise, in units of $u$.
    """

    training: Tensor
    clean: Tensor
    validation: Tensor
    inside: Tensor
    outside: Tensor
    noise_std: float

    @classmethod
    def measured(cls, training: Tensor) -> ParametricData:
        r"""Return data of which there are training rows alone, such as measurements of one's own.

        All other splits are empty, and the noise is unknown, NaN.

        Args:
            training: noisy rows, `(n, d + k + 1)`.

        Raises:
            ValueError: for no rows, and entries that are not finite.
        """
        check_rows("training", training, LAYOUT)
        training = training.double()
        none = training[:0]
        return cls(training, none, none, none, none, float("nan"))


def draw_parametric(
    problem: ParametricProblem,
    tails: Tails,
    *,
    generator: Generator,
    noise: float = 0.05,
    num_alphas: int = 20,
    num_rows: int = 200,
) -> ParametricData:
    r"""Return one draw of training, validation and test rows.

    Training and validation rows stand at random points of the domain, test rows on grids.

    Args:
        problem: whose solution gives the values.
        tails: where $\alpha$ comes from.
        generator: draws $\alpha$, points and noise.
        noise: the standard deviation of the noise, as a share of that of clean training values.
        num_alphas: values of $\alpha$ that the training rows share, equally many rows at each; the
            validation rows have as many.
        num_rows: of training and of validation.

    Raises:
        ValueError: for noise that is not finite and above 0, and rows that $\alpha$ cannot share
            evenly.
    """
    _check_draw(noise, num_alphas, num_rows)
    lower = partial(_lower_rows, problem, tails, num_alphas, num_rows, generator=generator)
    clean, validation = lower(), lower()
    noise_std = noise * clean[:, -1].std().item()
    near = tails.sample_lower(problem.prior, NUM_TEST_ALPHAS, generator=generator)
    far = tails.sample_upper(problem.prior, NUM_TEST_ALPHAS, generator=generator)
    num_points = NUM_TEST_POINTS[len(problem.coordinates)]
    inside = rows_at(problem, problem.grid(near, num_points))
    outside = rows_at(problem, problem.grid(far, num_points))
    training = _noisy(clean, noise_std, generator=generator)
    validation = _noisy(validation, noise_std, generator=generator)
    return ParametricData(training, clean, validation, inside, outside, noise_std)


def rows_at(problem: ParametricProblem, points: Tensor) -> Tensor:
    r"""Return the points with the exact solution as a last column, `(n, d + k + 1)`.

    Args:
        problem: whose solution it is.
        points: `(n, d + k)`.

    Raises:
        ValueError: for $\alpha$ at which there is no exact solution.
    """
    return torch.cat([points, problem.solution(points)[:, None]], dim=1)


def check_sets(problem: ParametricProblem, rows: Tensor) -> None:
    """Check that a learner of `problem` can learn from `rows`.

    Args:
        problem: says how many columns a row has.
        rows: one set `(m, d + k + 1)` or a batch of them `(…, m, d + k + 1)`.

    Raises:
        ValueError: for rows of another width, no rows, and entries that are not finite.
    """
    width = problem.width + 1
    if rows.ndim < 2 or rows.shape[-1] != width or rows.shape[-2] < 1:
        raise ValueError(
            f"rows: shape {tuple(rows.shape)}; must be (…, m, {width}) with m at least 1"
        )
    check_rows("rows", rows.detach().reshape(-1, width), LAYOUT)


def _lower_rows(
    problem: ParametricProblem,
    tails: Tails,
    num_alphas: int,
    num_rows: int,
    *,
    generator: Generator,
) -> Tensor:
    """Return clean rows of the lower tail, equally many at each parameter, at random points."""
    alphas = tails.sample_lower(problem.prior, num_alphas, generator=generator)
    repeated = alphas.repeat_interleave(num_rows // num_alphas, dim=0)
    return rows_at(problem, problem.sample_points(repeated, generator=generator))


def _noisy(rows: Tensor, noise_std: float, *, generator: Generator) -> Tensor:
    """Return `rows` with noise added to their values."""
    draws = torch.randn(len(rows), dtype=rows.dtype, generator=generator)
    return torch.cat([rows[:, :-1], (rows[:, -1] + noise_std * draws)[:, None]], dim=1)


def _check_draw(noise: float, num_alphas: int, num_rows: int) -> None:
    """Raise `ValueError` with the argument that is wrong."""
    if not (is_finite(noise) and noise > 0):
        raise ValueError(fault("noise", noise, "finite and above 0"))
    faults = count_faults("num_rows", num_rows, 2) + count_faults("num_alphas", num_alphas, 1)
    if faults or num_rows % num_alphas:
        raise ValueError(
            f"num_rows = {num_rows}, num_alphas = {num_alphas}: must be at least 2 and 1, the "
            "first a multiple of the second"
        )
