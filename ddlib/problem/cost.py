"""What a run of a method costs, counted where it is spent: nothing that a method does is estimated.

A comparison is fair at equal cost. What a method descends is evaluated through a criterion, and a
training is made of gradients of a loss; both report here. So does each look at validation rows.
"""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, fields


@dataclass(frozen=True)
class Cost:
    r"""What was spent, each as a number of times.

    Attributes:
        evaluations: values of a working criterion, one per model, of which no gradient was wanted.
        gradients: such values of which one was.
        training_steps: gradients of a training loss in a model's parameters.
        looks: values of a criterion on validation rows.
    """

    evaluations: int = 0
    gradients: int = 0
    training_steps: int = 0
    looks: int = 0

    def __add__(self, other: Cost) -> Cost:
        """Return the sum.

        Args:
            other: of another run, or of more steps.
        """
        return Cost(*(getattr(self, f.name) + getattr(other, f.name) for f in fields(self)))


class Meter:
    """Adds up what is spent while it counts.

    Attributes:
        cost: so far.
    """

    def __init__(self, cost: Cost | None = None) -> None:
        """Start from nothing, or where an earlier meter stopped.

        Args:
            cost: spent before.
        """
        self.cost = cost or Cost()

    @contextmanager
    def counting(self) -> Generator[None]:
        """Count what is spent within, for the innermost meter alone."""
        token = _METER.set(self)
        try:
            yield
        finally:
            _METER.reset(token)


_METER: ContextVar[Meter | None] = ContextVar("meter", default=None)


def spend(cost: Cost) -> None:
    """Report what is being spent to the meter that counts, if there is one.

    Args:
        cost: of this moment.
    """
    meter = _METER.get()
    if meter is not None:
        meter.cost += cost
