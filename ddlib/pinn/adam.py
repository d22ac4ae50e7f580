"""Adam (Kingma and Ba 2015) for many independent minimisations side by side."""

from __future__ import annotations

import torch
from torch import Tensor

from ddlib.pinn.lbfgs import Objective

# The settings that the paper recommends. What a new gradient counts is written out, as 1 - 0.9 is
# not 0.1 to the last bit.
FIRST_DECAY, FIRST_SHARE = 0.9, 0.1  # of the mean of the gradient
SECOND_DECAY, SECOND_SHARE = 0.999, 0.001  # of the mean of its square
FLOOR = 1e-8  # added to the root of that mean


def descend(
    value_and_gradient: Objective, start: Tensor, *, num_steps: int, step_size: float
) -> Tensor:
    """Return the points `(B, D)` after Adam's steps; no entry depends on the scale of another.

    Args:
        value_and_gradient: what is descended.
        start: the points where it starts, `(B, D)`.
        num_steps: the number of steps.
        step_size: about how far an entry moves in one of them.
    """
    point = start
    first, second = torch.zeros_like(point), torch.zeros_like(point)
    for step in range(1, num_steps + 1):
        _, gradient = value_and_gradient(point)
        first.lerp_(gradient, FIRST_SHARE)
        second.lerp_(gradient.square(), SECOND_SHARE)
        # Both means start at zero: what is missing of their weights is made up for.
        root = second.div(1 - SECOND_DECAY**step).sqrt_().add_(FLOOR)
        point = point.addcdiv(first, root, value=-step_size / (1 - FIRST_DECAY**step))
    return point
