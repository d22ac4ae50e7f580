"""What a set may come with besides its rows: settings of the learner that are to learn from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from math import isfinite
from typing import Any, Protocol, TypeVar, runtime_checkable

L = TypeVar("L")


@runtime_checkable
class Carrier(Protocol):
    """Steps whose rows come with settings of the learner, such as a step size that was learnt."""

    @property
    def carried(self) -> Mapping[str, float]:
        """Fields of the problem's learner, by name, as the rows of the last step want them."""
        ...


def carried_by(steps: object) -> dict[str, float]:
    """Return the settings that come with the rows of the last step; none unless a `Carrier`'s.

    Args:
        steps: of a method.

    Raises:
        FloatingPointError: for a setting that is not finite.
    """
    if not isinstance(steps, Carrier):
        return {}
    carried = dict(steps.carried)
    for name, value in carried.items():
        if not isfinite(value):
            raise FloatingPointError(f"{name}: not finite; take a smaller step size")
    return carried


def carry(learner: L, carried: Mapping[str, float]) -> L:
    """Return a learner with the settings that a set comes with; without any, the learner itself.

    Args:
        learner: a dataclass with such fields.
        carried: settings by name.
    """
    given: Any = learner
    return replace(given, **carried) if carried else learner
