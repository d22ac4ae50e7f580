"""The step that methods share which descend an objective of the rows by its gradient."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from math import cos, pi

import torch
from torch import Tensor
from torch.optim import Adam, Optimizer

from ddlib.problem import DistillationProblem, NotApplicable

MakeOptimizer = Callable[[list[Tensor]], Optimizer]

ADAM: MakeOptimizer = partial(Adam, lr=0.05)


class AnnealedAdam(Adam):
    r"""Adam whose step size falls to zero over `num_steps`, $\frac\eta2(1+\cos(\pi t/T))$.

    Raises `ValueError` for less than one step.
    """

    def __init__(self, params: list[Tensor], lr: float, num_steps: int) -> None:
        """Check the number of steps."""
        if num_steps < 1:
            raise ValueError(f"num_steps = {num_steps}: must be at least 1")
        super().__init__(params, lr)
        self._lr, self._num_steps, self._done = lr, num_steps, 0

    def step(self, closure: Callable[[], float] | None = None) -> float | None:
        """Take a step of the size that is due."""
        share = min(1.0, self._done / self._num_steps)
        self.param_groups[0]["lr"] = self._lr * (1 + cos(pi * share)) / 2
        self._done += 1
        return super().step(closure)


def descend(
    problem: DistillationProblem,
    objective: Callable[[Tensor], Tensor],
    optimizer: MakeOptimizer,
    *,
    also: Sequence[Tensor] = (),
    complete: Callable[[Tensor], Tensor] | None = None,
) -> Iterator[Tensor]:
    """Yield the synthetic rows `(m, …)` after each step down `objective`, without end.

    Each step is projected onto the feasible sets. `also` are further leaf tensors that the
    optimizer moves. `complete` sets entries that have a best value given the others, after each
    step. Raises `NotApplicable` when the objective has no gradient in the rows, and
    `FloatingPointError` when the descent diverges.
    """
    rows = problem.initial.clone().requires_grad_()
    moved = [rows, *also]
    stepper = optimizer(moved)
    while True:
        with torch.enable_grad():
            value = objective(rows)
            if not value.requires_grad:
                name = type(problem.learner).__name__
                raise NotApplicable(
                    f"learner: {name} has no gradient; use a zeroth-order distiller"
                )
            for tensor, gradient in zip(moved, torch.autograd.grad(value, moved), strict=True):
                tensor.grad = gradient
        stepper.step()
        with torch.no_grad():
            rows.copy_(problem.feasible(rows))
        if not rows.isfinite().all():
            raise FloatingPointError("rows: not finite after a step; take a smaller step size")
        if complete is not None:
            with torch.no_grad():
                rows.copy_(problem.feasible(complete(rows)))
        yield rows.detach().clone()
