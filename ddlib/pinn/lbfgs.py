r"""L-BFGS for many independent minimisations side by side.

$$\theta_{k+1}=\theta_k+\lambda_kp_k,\qquad p_k=-H_kg_k,$$

where `lbfgs_memory` says what $H_k$ is. Step lengths $\lambda_k$ meet the strong Wolfe conditions,
which keep $s^\top y>0$.

Every member of the batch is at a line search of its own: one evaluation of all serves one to
accept its step, another to shorten it, so that nobody waits for anybody.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from ddlib.pinn.lbfgs_memory import Memory

Objective = Callable[[Tensor], tuple[Tensor, Tensor]]
"""From points `(B, D)` to values `(B,)` and gradients `(B, D)`, each member for itself."""

# Of the strong Wolfe conditions, as usual for quasi-Newton methods (Nocedal and Wright 2006,
# section 3.1): the least share of the linear decrease, and the largest share of the slope.
DECREASE, CURVATURE = 1e-4, 0.9
MAX_TRIALS = 15  # step lengths before a search has failed
MARGIN = 0.1  # of a bracket's width, which a trial keeps from both its ends
GROWTH = (2, 10)  # the least and the most that a step grows by that was too short


def minimise(
    value_and_gradient: Objective,
    start: Tensor,
    *,
    num_steps: int,
    history: int = 20,
    tolerance: float = 1e-9,
) -> Tensor:
    r"""Return the points `(B, D)` where the minimisations end.

    A member stops where no entry of its gradient is above `tolerance`, or where even steepest
    descent finds no lower value; it stays where its start has no finite value.

    Args:
        value_and_gradient: what is minimised.
        start: the points where it starts, `(B, D)`, floating-point.
        num_steps: the most steps that a member takes.
        history: the pairs that it remembers.
        tolerance: in the units of the gradient.

    Raises:
        ValueError: for a start of another shape or type, and for settings that are too small.
    """
    _check(start, num_steps, history, tolerance)
    point = start.detach().clone()
    value, gradient = value_and_gradient(point)
    search = _Search(point, value, gradient, num_steps, history, tolerance)
    while search.active.any():
        trial = search.trial()
        search.receive(trial, *value_and_gradient(trial))
    return search.point


def _check(start: Tensor, num_steps: int, history: int, tolerance: float) -> None:
    """Raise `ValueError` with the argument that is wrong."""
    if start.ndim != 2 or not start.is_floating_point():
        raise ValueError(
            f"start: shape {tuple(start.shape)}, {start.dtype}; must be (B, D), floating-point"
        )
    if num_steps < 0:
        raise ValueError(f"num_steps = {num_steps}: must be at least 0")
    if history < 1:
        raise ValueError(f"history = {history}: must be at least 1")
    if not tolerance >= 0:
        raise ValueError(f"tolerance = {tolerance}: must be at least 0")


class _Search:
    """Where every member is: its last accepted point, and its line search from there.

    `low`, `high` `(B, 3)` are step lengths with their values and slopes, between which one is
    that meets the strong Wolfe conditions; `high` is infinite until a step was too long.
    """

    def __init__(
        self,
        point: Tensor,
        value: Tensor,
        gradient: Tensor,
        num_steps: int,
        history: int,
        tolerance: float,
    ) -> None:
        self.point, self.value, self.gradient = point, value, gradient
        self.tolerance = tolerance
        self.memory = Memory(point, history)
        self.steps_left = torch.full_like(value, num_steps)
        self.active = value.isfinite() & gradient.isfinite().all(-1)
        # Of the line search; `_renew` sets them.
        self.direction = torch.zeros_like(gradient)
        self.slope = torch.zeros_like(value)
        self.step = torch.zeros_like(value)
        self.trials = torch.zeros_like(value)
        self.low = self.high = value.new_zeros(*value.shape, 3)
        self._retire()
        self._renew(self.active)

    def trial(self) -> Tensor:
        """Return the points to evaluate next; a member that is done stays where it is."""
        step = torch.where(self.active, self.step, 0.0)
        moved = self.point + step[:, None] * self.direction
        return torch.where(self.active[:, None], moved, self.point)

    def receive(self, trial: Tensor, value: Tensor, gradient: Tensor) -> None:
        """Accept each member's trial, or look for another step length."""
        slope = (gradient * self.direction).sum(-1)
        least_fall = DECREASE * self.step * self.slope
        falls = value <= self.value + least_fall
        is_flat = slope.abs() <= -CURVATURE * self.slope
        accepted = self.active & falls & is_flat
        self.trials += 1
        failed = self.active & ~accepted & (self.trials >= MAX_TRIALS)
        if not accepted.all():
            rises = ~(slope <= 0)  # also where it is NaN
            found = torch.stack([self.step, value, slope], dim=-1)
            self._shorten_or_lengthen(found, too_far=~falls | rises)
        if accepted.any():
            self._accept(accepted, trial, value, gradient)
        if failed.any():
            self._start_anew(failed)
        self._retire()
        self._renew(self.active & (accepted | failed))

    def _accept(self, members: Tensor, trial: Tensor, value: Tensor, gradient: Tensor) -> None:
        """Let these members go to their trials."""
        self.memory.add(members, trial - self.point, gradient - self.gradient)
        self.point = torch.where(members[:, None], trial, self.point)
        self.gradient = torch.where(members[:, None], gradient, self.gradient)
        self.value = torch.where(members, value, self.value)
        self.steps_left -= members.to(self.steps_left.dtype)

    def _start_anew(self, members: Tensor) -> None:
        """Let these members forget their pairs, which may be what misled the search.

        Without any, descent itself has failed, and the member is done.
        """
        hopeless = members & (self.memory.count == 0)
        self.active = self.active & ~hopeless
        self.memory.clear(members)

    def _retire(self) -> None:
        """Take out who has no steps left or is at a stationary point."""
        steep = self.gradient.abs().amax(-1) > self.tolerance
        self.active = self.active & steep & (self.steps_left > 0)

    def _renew(self, members: Tensor) -> None:
        """Give these members a new direction, a first step length and an open bracket."""
        if not members.any():
            return
        direction, slope = self._descent(members)
        short = slope.abs().rsqrt().clamp_max(1.0)  # a move of length one, or less
        first = torch.where(self.memory.count > 0, 1.0, short)
        origin = torch.stack([torch.zeros_like(slope), self.value, slope], dim=-1)
        self.direction = torch.where(members[:, None], direction, self.direction)
        self.slope = torch.where(members, slope, self.slope)
        self.step = torch.where(members, first, self.step)
        self.low = torch.where(members[:, None], origin, self.low)
        self.high = self.high.masked_fill(members[:, None], torch.inf)
        self.trials = self.trials.masked_fill(members, 0)

    def _descent(self, members: Tensor) -> tuple[Tensor, Tensor]:
        """Return directions and their slopes: downhill for `members`, whatever the pairs say."""
        direction = self.memory.direction(self.gradient)
        slope = (direction * self.gradient).sum(-1)
        uphill = members & ~(slope < 0)  # rounding has spoilt the pairs
        self.memory.clear(uphill)
        direction = torch.where(uphill[:, None], -self.gradient, direction)
        slope = torch.where(uphill, -self.gradient.square().sum(-1), slope)
        return direction, slope

    def _shorten_or_lengthen(self, found: Tensor, *, too_far: Tensor) -> None:
        """Narrow the bracket to one side of the step that was tried, and choose one within it."""
        old_low = self.low
        self.high = torch.where(too_far[:, None], found, self.high)
        self.low = torch.where(too_far[:, None], self.low, found)
        low, high = self.low[:, 0], self.high[:, 0]
        bounded = high.isfinite()
        margin = MARGIN * (high - low)
        nearest = torch.where(bounded, low + margin, GROWTH[0] * low)
        farthest = torch.where(bounded, high - margin, GROWTH[1] * low)
        other_end = torch.where(bounded[:, None], self.high, old_low)
        best = _cubic_minimum(self.low, other_end)
        best = torch.where(best.isfinite(), best, (nearest + farthest) / 2)
        self.step = best.clamp(nearest, farthest)


def _cubic_minimum(one: Tensor, other: Tensor) -> Tensor:
    """Return the minimum of the cubic through two steps' values and slopes; NaN without one.

    Nocedal and Wright (2006), equation 3.59.
    """
    a, value_a, slope_a = one.unbind(-1)
    b, value_b, slope_b = other.unbind(-1)
    width = b - a
    mean = slope_a + slope_b - 3 * (value_a - value_b) / (a - b)
    root = width.sign() * (mean.square() - slope_a * slope_b).sqrt()
    numerator = slope_b + root - mean
    denominator = slope_b - slope_a + 2 * root
    return b - width * numerator / denominator
