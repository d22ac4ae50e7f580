"""Whether points and rows are such as a parametric problem has."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor

from ddlib.arguments import fault

if TYPE_CHECKING:
    from ddlib.pinn.domain import Domain

NUM_ROUNDINGS = 8  # of the ends of a domain, by which a place may lie outside


def check_points(problem: Domain, points: Tensor) -> None:
    """Check that points have a column for each coordinate and each parameter.

    Args:
        problem: says how many there are.
        points: that are checked.

    Raises:
        ValueError: for anything but a tensor `(…, d + k)` of floating-point numbers.
    """
    wanted = f"a tensor (…, n, {problem.width}) of floating-point numbers"
    if not isinstance(points, Tensor):
        raise ValueError(fault("points", points, wanted))
    if points.ndim < 1 or points.shape[-1] != problem.width:
        raise ValueError(
            f"points: shape {tuple(points.shape)}; must be (…, n, {problem.width}) in "
            f"{type(problem).__name__}"
        )
    if not points.is_floating_point():
        raise ValueError(f"points: {points.dtype}; must be {wanted}")


def check_alphas(problem: Domain, alphas: Tensor) -> None:
    r"""Check that values of $\alpha$ have a column for each parameter.

    Args:
        problem: says how many there are.
        alphas: that are checked.

    Raises:
        ValueError: for anything but a tensor `(…, n)`, or `(…, n, k)` where there are several.
    """
    count = problem.num_parameters
    wanted = "(…, n)" if count == 1 else f"(…, n, {count})"
    if not isinstance(alphas, Tensor):
        raise ValueError(fault("alphas", alphas, f"a tensor {wanted}"))
    shape = tuple(alphas.shape)
    if len(shape) < (1 if count == 1 else 2) or (count > 1 and shape[-1] != count):
        raise ValueError(f"alphas: shape {shape}; must be {wanted} in {type(problem).__name__}")


def check_places(problem: Domain, points: Tensor) -> None:
    """Check that points are within the box of the domain, up to rounding.

    Args:
        problem: whose box it is.
        points: `(…, d + k)`.

    Raises:
        ValueError: for points outside, and for a domain without interior.
    """
    ends = problem.limits()[:, : len(problem.coordinates)].T.tolist()
    for name, (low, high), column in zip(
        problem.coordinates, ends, points.unbind(-1), strict=False
    ):
        slip = NUM_ROUNDINGS * torch.finfo(column.dtype).eps * max(abs(low), abs(high))
        outside = ~((column >= low - slip) & (column <= high + slip))
        if outside.any():
            first, where = column[outside].flatten()[0].item(), type(problem).__name__
            raise ValueError(f"{name} = {first:g}: must be from {low:g} to {high:g} in {where}")


def check_training(problem: Domain, rows: Tensor) -> None:
    r"""Check that the points of training rows are in the domain, and that there is a solution.

    Args:
        problem: whose domain it is.
        rows: $(z,y)$, `(n, d + k + 1)`.

    Raises:
        ValueError: for rows of another width, and for points and parameters out of range.
    """
    width = problem.width + 1
    if rows.ndim != 2 or rows.shape[1] != width:
        raise ValueError(f"training: shape {tuple(rows.shape)}; must be (n, {width})")
    # What is not finite is hidden, and learners refuse it.
    points = rows[rows.isfinite().all(dim=1), :-1]
    try:
        check_places(problem, points)
        problem.check_alpha(problem.alphas_of(points))
    except ValueError as error:
        raise ValueError(f"training: {error}") from error
