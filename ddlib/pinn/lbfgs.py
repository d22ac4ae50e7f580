r"""L-BFGS for many independent minimisations side by side.

From the last pairs $s_i=\theta_{i+1}-\theta_i$, $y_i=g_{i+1}-g_i$, the columns of $S$ and $Y$, the
direction is $-Hg$ with the matrix of Byrd, Nocedal and Schnabel (1994),

$$H=\gamma I+\begin{bmatrix}S&\gamma Y\end{bmatrix}
\begin{bmatrix}R^{-\top}(D+\gamma Y^\top Y)R^{-1}&-R^{-\top}\\-R^{-1}&0\end{bmatrix}
\begin{bmatrix}S^\top\\\gamma Y^\top\end{bmatrix},$$

where $R$ is the upper triangle of $S^\top Y$, $D$ its diagonal, $\gamma=s^\top y/y^\top y$ of the
last pair. That is what the two-loop recursion computes, in two matrix products instead of four
vector operations a pair. Step lengths meet the strong Wolfe conditions, which keep $s^\top y>0$.

Every member of the batch is at a line search of its own: one evaluation of all serves one to
accept its step, another to shorten it, so that nobody waits for anybody.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

Objective = Callable[[Tensor], tuple[Tensor, Tensor]]

DECREASE, CURVATURE = 1e-4, 0.9  # of the strong Wolfe conditions
MAX_TRIALS = 15  # step lengths before a search has failed


def minimise(
    value_and_gradient: Objective,
    start: Tensor,
    *,
    num_steps: int,
    history: int = 20,
    tolerance: float = 1e-9,
) -> Tensor:
    r"""Return the points `(B, D)` after at most `num_steps` steps from `start` `(B, D)`, float64.

    `value_and_gradient` maps points `(B, D)` to values `(B,)` and gradients `(B, D)`; no member's
    may depend on the others. A member stops where no entry of its gradient is above `tolerance`,
    or where even steepest descent finds no lower value; it stays where its start has no finite
    value. Raises `ValueError` for impossible settings.
    """
    _check(start, num_steps, history, tolerance)
    point = start.detach().clone()
    search = _Search(point, *value_and_gradient(point), num_steps, history, tolerance)
    while search.active.any():
        trial = search.trial()
        search.receive(trial, *value_and_gradient(trial))
    return search.point


def _check(start: Tensor, num_steps: int, history: int, tolerance: float) -> None:
    """Raise `ValueError` with the argument that is wrong."""
    if start.ndim != 2 or start.dtype != torch.float64:
        raise ValueError(
            f"start: shape {tuple(start.shape)}, {start.dtype}; must be (B, D) of torch.float64"
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
        self.tolerance, self.memory = tolerance, _Memory(point, history)
        self.left = torch.full_like(value, num_steps)
        self.active = value.isfinite() & gradient.isfinite().all(-1)
        self.direction, self.trials = torch.zeros_like(gradient), torch.zeros_like(value)
        self.step, self.slope = torch.zeros_like(value), torch.zeros_like(value)
        self.low = self.high = torch.zeros(*value.shape, 3, dtype=value.dtype)
        self._retire()
        self._renew(self.active)

    def trial(self) -> Tensor:
        """Return the points to evaluate next; a member that is done stays where it is."""
        step = torch.where(self.active, self.step, 0.0)
        return torch.where(
            self.active[:, None], self.point + step[:, None] * self.direction, self.point
        )

    def receive(self, trial: Tensor, value: Tensor, gradient: Tensor) -> None:
        """Accept each member's trial, or look for another step length."""
        slope = (gradient * self.direction).sum(-1)
        falls = value <= self.value + DECREASE * self.step * self.slope
        accepted = self.active & falls & (slope.abs() <= -CURVATURE * self.slope)
        self.trials += 1
        failed = self.active & ~accepted & (self.trials >= MAX_TRIALS)
        if not accepted.all():
            found = torch.stack([self.step, value, slope], dim=-1)
            self._shorten_or_lengthen(found, ~falls | ~(slope <= 0))
        if accepted.any():
            self.memory.add(accepted, trial - self.point, gradient - self.gradient)
            self.point = torch.where(accepted[:, None], trial, self.point)
            self.gradient = torch.where(accepted[:, None], gradient, self.gradient)
            self.value = torch.where(accepted, value, self.value)
            self.left -= accepted.to(self.left.dtype)
        if failed.any():
            # Pairs may be what misled the search; without any, descent itself has failed.
            self.active = self.active & ~(failed & (self.memory.count == 0))
            self.memory.clear(failed)
        self._retire()
        self._renew(self.active & (accepted | failed))

    def _retire(self) -> None:
        """Take out who has no steps left or is at a stationary point."""
        steep = self.gradient.abs().amax(-1) > self.tolerance
        self.active = self.active & steep & (self.left > 0)

    def _renew(self, members: Tensor) -> None:
        """Give these members a new direction, a first step length and an open bracket."""
        if not members.any():
            return
        direction = self.memory.direction(self.gradient)
        slope = (direction * self.gradient).sum(-1)
        uphill = members & ~(slope < 0)  # rounding has spoilt the pairs
        self.memory.clear(uphill)
        direction = torch.where(uphill[:, None], -self.gradient, direction)
        slope = torch.where(uphill, -self.gradient.square().sum(-1), slope)
        first = torch.where(self.memory.count > 0, 1.0, slope.abs().rsqrt().clamp_max(1.0))
        origin = torch.stack([torch.zeros_like(slope), self.value, slope], dim=-1)
        self.direction = torch.where(members[:, None], direction, self.direction)
        self.slope = torch.where(members, slope, self.slope)
        self.step = torch.where(members, first, self.step)
        self.low = torch.where(members[:, None], origin, self.low)
        self.high = self.high.masked_fill(members[:, None], torch.inf)
        self.trials = self.trials.masked_fill(members, 0)

    def _shorten_or_lengthen(self, found: Tensor, too_far: Tensor) -> None:
        """Narrow the bracket to one side of the step that was tried, and choose one within it."""
        old_low = self.low
        self.high = torch.where(too_far[:, None], found, self.high)
        self.low = torch.where(too_far[:, None], self.low, found)
        low, high = self.low[:, 0], self.high[:, 0]
        bounded = high.isfinite()
        width = torch.where(bounded, high - low, 10 * low)
        near = torch.where(bounded, low + 0.1 * width, 2 * low)
        far = torch.where(bounded, high - 0.1 * width, 10 * low)
        best = _cubic(self.low, torch.where(bounded[:, None], self.high, old_low))
        best = torch.where(best.isfinite(), best, (near + far) / 2)
        self.step = best.clamp(near, far)


def _cubic(one: Tensor, other: Tensor) -> Tensor:
    """Return the minimum of the cubic through two steps' values and slopes; NaN without one."""
    (a, value_a, slope_a), (b, value_b, slope_b) = one.unbind(-1), other.unbind(-1)
    mean = slope_a + slope_b - 3 * (value_a - value_b) / (a - b)
    root = (b - a).sign() * (mean.square() - slope_a * slope_b).sqrt()
    return b - (b - a) * (slope_b + root - mean) / (slope_b - slope_a + 2 * root)


class _Memory:
    """The last `history` pairs of each member, and all their dot products.

    `pairs` `(B, 2 history, D)` holds the steps, then the changes of the gradient; each new pair
    takes the slot of the oldest one. `products` `(B, 2 history, 2 history)` is kept up to date.
    """

    def __init__(self, point: Tensor, history: int) -> None:
        batch, dim = point.shape
        self.history = history
        self.pairs = point.new_zeros(batch, 2 * history, dim)
        self.products = point.new_zeros(batch, 2 * history, 2 * history)
        self.scale = point.new_ones(batch)  # gamma
        self.count = torch.zeros(batch, dtype=torch.long)
        self.unit = torch.eye(history, dtype=point.dtype)

    def add(self, members: Tensor, steps: Tensor, changes: Tensor) -> None:
        """Keep a pair of these members; one without curvature is dropped."""
        curvature, size = (steps * changes).sum(-1), changes.square().sum(-1)
        chosen = (members & (curvature > 1e-16 * size)).nonzero().squeeze(-1)
        slot = self.count[chosen] % self.history
        pair = torch.stack([steps, changes], dim=1)
        for offset in (0, 1):
            self.pairs[chosen, slot + offset * self.history] = pair[chosen, offset]
        products = torch.bmm(self.pairs, pair.mT)[chosen]
        for offset in (0, 1):
            at = slot + offset * self.history
            self.products[chosen, at] = products[..., offset]
            self.products[chosen, :, at] = products[..., offset]
        self.scale[chosen] = (curvature / size)[chosen]
        self.count[chosen] += 1

    def clear(self, members: Tensor) -> None:
        """Forget all pairs of these members."""
        keep = ~members
        self.pairs *= keep[:, None, None]
        self.products *= keep[:, None, None]
        self.scale = torch.where(members, 1.0, self.scale)
        self.count = self.count * keep

    def direction(self, gradient: Tensor) -> Tensor:
        r"""Return $-Hg$, `(B, D)`; $-g$ where there is no pair."""
        history, scale = self.history, self.scale[:, None]
        dots = torch.bmm(self.pairs, gradient.unsqueeze(-1)).squeeze(-1)
        # Age decides the order; slots still empty come first, where they change nothing.
        order = (self.count[:, None] + torch.arange(history)) % history
        both = torch.cat([order, order + history], dim=1)
        ordered = self.products.gather(1, both[..., None].expand_as(self.products))
        ordered = ordered.gather(2, both[:, None, :].expand_as(self.products))
        dots = dots.gather(1, both)
        upper = ordered[:, :history, history:].triu()
        curvature = upper.diagonal(dim1=-2, dim2=-1)
        upper = upper + self.unit * (curvature == 0)[:, None, :]
        first = torch.linalg.solve_triangular(upper, dots[:, :history, None], upper=True)
        inner = torch.bmm(ordered[:, history:, history:], first).squeeze(-1)
        first = first.squeeze(-1)
        right = curvature * first + scale * (inner - dots[:, history:])
        second = torch.linalg.solve_triangular(upper.mT, right.unsqueeze(-1), upper=False)
        weights = torch.cat([second.squeeze(-1), -scale * first], dim=1)
        weights = torch.empty_like(weights).scatter_(1, both, weights)
        combined = torch.bmm(weights.unsqueeze(1), self.pairs).squeeze(1)
        return -(scale * gradient + combined)
