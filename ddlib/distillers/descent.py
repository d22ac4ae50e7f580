"""The step that methods share which move rows by an optimizer, and a step size that falls."""

# torch has no types for the steps of its optimizers.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import fields, is_dataclass, replace
from functools import partial
from math import cos, pi
from typing import Any

import torch
from torch import Tensor
from torch.optim import Adam, Optimizer

from ddlib.problem import DistillationProblem, Distiller, NotApplicable

MakeOptimizer = Callable[[list[Tensor]], Optimizer]
"""Makes the optimizer of given tensors."""

ADAM: MakeOptimizer = partial(Adam, lr=0.05)
"""Adam with step size 0.05, in the units of the rows."""


class AnnealedAdam(Adam):
    r"""Adam whose step size falls to zero over `num_steps`, $\frac\eta2(1+\cos(\pi t/T))$.

    Args:
        params: tensors to move.
        lr: first step size $\eta$, in their units.
        num_steps: number of steps $T$; the rows do not move after them.

    Raises:
        ValueError: for less than one step.
    """

    def __init__(self, params: list[Tensor], lr: float, num_steps: int) -> None:
        """Check the number of steps."""
        if num_steps < 1:
            raise ValueError(f"num_steps = {num_steps}: must be at least 1")
        super().__init__(params, lr)
        self._lr, self._num_steps = lr, num_steps
        self.param_groups[0]["done"] = 0  # where `state_dict` has it

    def step(self, closure: Callable[[], float] | None = None) -> float | None:
        """Take a step of the size that is due.

        Args:
            closure: as in torch.

        Returns:
            The value of the closure; None without.
        """
        group = self.param_groups[0]
        share = min(1.0, group["done"] / self._num_steps)
        group["lr"] = self._lr * (1 + cos(pi * share)) / 2
        group["done"] += 1
        return super().step(closure)


class Descent(Iterator[Tensor]):
    """The synthetic rows `(m, …)` after each step of an optimizer, without end; `Resumable`.

    Each step is projected onto the feasible sets.

    Args:
        problem: gives the initial rows and the feasible sets.
        gradients: maps the tensors that are moved, rows first, to a gradient for each.
        optimizer: makes the step; its `state_dict` must hold all that changes in it.
        also: further leaf tensors that it moves.
        complete: sets entries of the rows that have a best value given the others, after each
            step.
    """

    def __init__(
        self,
        problem: DistillationProblem,
        gradients: Callable[[list[Tensor]], Sequence[Tensor]],
        optimizer: MakeOptimizer,
        *,
        also: Sequence[Tensor] = (),
        complete: Callable[[Tensor], Tensor] | None = None,
    ) -> None:
        """Start at the initial rows."""
        self._rows = problem.initial.clone().requires_grad_()
        self._moved = [self._rows, *also]
        self._feasible, self._gradients, self._complete = problem.feasible, gradients, complete
        self._optimizer = optimizer(self._moved)

    def __next__(self) -> Tensor:
        """Take a step; `FloatingPointError` when the descent diverges."""
        rows = self._rows
        for tensor, gradient in zip(self._moved, self._gradients(self._moved), strict=True):
            tensor.grad = gradient
        self._optimizer.step()
        with torch.no_grad():
            rows.copy_(self._feasible(rows))
            if not rows.isfinite().all():
                raise FloatingPointError("rows: not finite after a step; take a smaller step size")
            if self._complete is not None:
                rows.copy_(self._feasible(self._complete(rows)))
        return rows.detach().clone()

    def state_dict(self) -> dict[str, Any]:
        """Return what is moved, and the state of the optimizer, its moments for instance."""
        moved = [tensor.detach() for tensor in self._moved]
        return {"moved": moved, "optimizer": self._optimizer.state_dict()}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go to where `state` was returned by `state_dict`.

        Args:
            state: taken over without a copy.
        """
        with torch.no_grad():
            for tensor, value in zip(self._moved, state["moved"], strict=True):
                tensor.copy_(value)
        self._optimizer.load_state_dict(state["optimizer"])


def with_optimizer(distiller: Distiller, optimizer: MakeOptimizer) -> Distiller:
    """Return a distiller with another optimizer.

    Args:
        distiller: a method with a field `optimizer`.
        optimizer: makes its steps.

    Raises:
        NotApplicable: for a one-shot method, and one that says that it has none.
        TypeError: for another method without a dataclass field `optimizer`.
    """
    if (
        is_dataclass(distiller)
        and not isinstance(distiller, type)
        and "optimizer" in {field.name for field in fields(distiller)}
    ):
        return replace(distiller, optimizer=optimizer)
    name = type(distiller).__name__
    if not descends(distiller):
        raise NotApplicable(f"distiller: {name} has no optimizer; must have one")
    # Its author's mistake, which is not to be stored as a refusal of the method.
    raise TypeError(
        f"distiller: {name} has no dataclass field 'optimizer'; must have one, or one_shot = True, "
        "or descends = False"
    )


def descends(distiller: Distiller) -> bool:
    """Return whether a method takes steps whose size is set: not at once, nor `descends = False`.

    Args:
        distiller: any method.
    """
    return not distiller.one_shot and getattr(distiller, "descends", True)


def descend(
    problem: DistillationProblem,
    objective: Callable[[Tensor], Tensor],
    optimizer: MakeOptimizer,
    *,
    also: Sequence[Tensor] = (),
    complete: Callable[[Tensor], Tensor] | None = None,
) -> Descent:
    """Return the steps down the gradient of `objective`, as a `Descent`.

    A step raises `NotApplicable` when the objective has no gradient in the rows.

    Args:
        problem: as in `Descent`.
        objective: maps rows `(m, …)` to a scalar, differentiable in them and in `also`.
        optimizer: as in `Descent`.
        also: as in `Descent`.
        complete: as in `Descent`.
    """
    gradients = partial(objective_gradients, problem, objective)
    return Descent(problem, gradients, optimizer, also=also, complete=complete)


def objective_gradients(
    problem: DistillationProblem, objective: Callable[[Tensor], Tensor], moved: list[Tensor]
) -> tuple[Tensor, ...]:
    """Return the gradients of `objective` in the tensors `moved`, of their shapes.

    Args:
        problem: its learner or its criterion is named where there is no gradient.
        objective: maps the first of `moved`, the rows, to a scalar.
        moved: leaf tensors.

    Raises:
        NotApplicable: when the objective has no gradient in the rows.
    """
    with torch.enable_grad():
        value = objective(moved[0])
        if not value.requires_grad:
            raise NotApplicable(f"{_without_gradient(problem)}; use a zeroth-order distiller")
        return torch.autograd.grad(value, moved)


def _without_gradient(problem: DistillationProblem) -> str:
    """Return what has no gradient: the learner, or the criterion of a model that has one."""
    rows = problem.initial.clone().requires_grad_()
    model = problem.learner(rows, generator=torch.Generator().manual_seed(0))
    parts = [model] if isinstance(model, Tensor) else [*getattr(model, "__dict__", {}).values()]
    has_one = any(isinstance(part, Tensor) and part.requires_grad for part in parts)
    if has_one and not problem.criterion(model).requires_grad:
        return "criterion: has no gradient, as a float has none"
    return f"learner: {type(problem.learner).__name__} has no gradient"
