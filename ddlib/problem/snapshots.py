"""What a run of a distiller leaves: snapshots, a choice among them, and where it can be resumed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import isnan
from typing import Any, Literal, TypeVar

from torch import Tensor

from ddlib.problem.carried import carry
from ddlib.problem.cost import Cost

L = TypeVar("L")

Ended = Literal["finished", "interrupted", "diverged"]
"""How a run ended."""


@dataclass(frozen=True)
class Snapshot:
    """A synthetic set on the way.

    Attributes:
        step: number of steps behind it.
        rows: `(m, …)`.
        validation: value on validation rows; None without a criterion, and where an interrupt or
            a divergence came before the value.
        cost: spent on it and on all that came before it, the looks included.
        carried: settings of the learner that the rows come with, by name; none for most methods.
    """

    step: int
    rows: Tensor
    validation: float | None
    cost: Cost = Cost()
    carried: Mapping[str, float] = field(default_factory=dict[str, float])


@dataclass(frozen=True)
class Checkpoint:
    """Where a run stands: what its next step depends on, and what tells it from other runs.

    Attributes:
        method: class and settings of the distiller.
        problem: digests of what the problem holds as data, and the settings of its learner.
        step: number of steps taken.
        start: state of the generator before the first step.
        generator: state of the generator after `step`.
        state: state of the method, as `Resumable.state_dict` returns it; None before the first
            step, and for a method that gives none.
    """

    method: str
    problem: dict[str, str]
    step: int
    start: Tensor
    generator: Tensor
    state: dict[str, Any] | None


@dataclass(frozen=True)
class Distillation:
    """The snapshots of one run, the `chosen` one, its `rows`, and what the run has spent, `cost`.

    It can be saved by `torch.save` and loaded by `torch.load` with `weights_only=False`.

    Attributes:
        snapshots: initial set first.
        one_shot: as the distiller's: then the initial set is not the method's, and is not chosen.
        ended: how the run ended.
        checkpoint: where `distill` can resume it; the last snapshot, but for an interrupted run
            the last that fell due.
    """

    snapshots: tuple[Snapshot, ...]
    one_shot: bool = False
    ended: Ended = "finished"
    checkpoint: Checkpoint | None = None

    @property
    def chosen(self) -> Snapshot:
        """The snapshot with the lowest validation value; the last one where none has a value.

        A value that is NaN is never the lowest.

        Raises:
            FloatingPointError: where there are values, and all are NaN.
        """
        made = self.snapshots[1:] if self.one_shot else self.snapshots
        own = made or self.snapshots
        judged = [(s.validation, s) for s in own if s.validation is not None]
        if not judged:
            return own[-1]
        numbers = [pair for pair in judged if not isnan(pair[0])]
        if not numbers:
            raise FloatingPointError(f"validation: NaN at all of {len(judged)} snapshots")
        return min(numbers, key=lambda pair: pair[0])[1]

    @property
    def rows(self) -> Tensor:
        """The rows of the chosen snapshot, `(m, …)`."""
        return self.chosen.rows

    def learner(self, own: L) -> L:
        """Return who is to learn from `rows`, and is judged: with the settings they come with.

        Args:
            own: the problem's learner; returned itself where the rows come with no settings.
        """
        return carry(own, self.chosen.carried)

    @property
    def cost(self) -> Cost:
        """What the run has spent."""
        return self.snapshots[-1].cost


class _UnfinishedRun(BaseException):
    """What ends a run early carries what it did before."""

    def __init__(self, message: str, run: Distillation) -> None:
        """Keep the message and the run."""
        super().__init__(message)
        self.run = run

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle both, so that the exception passes between processes."""
        return type(self), (str(self), self.run)


class DivergedRun(_UnfinishedRun, FloatingPointError):
    """A descent diverged: rows are not finite, a matrix is singular, or the method says so.

    Attributes:
        run: what it did before.
    """


class InterruptedRun(_UnfinishedRun, KeyboardInterrupt):
    """A run was interrupted.

    Attributes:
        run: what it did before.
    """
