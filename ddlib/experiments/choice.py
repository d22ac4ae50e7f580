"""The choice of settings on validation rows, the same in all experiments."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from ddlib.problem import Distillation

T = TypeVar("T")


class Diverged(FloatingPointError):
    """A descent diverged with all the settings that there were to choose from."""


def best_on_validation(
    settings: Sequence[T], descend: Callable[[T], Distillation]
) -> tuple[T, Distillation]:
    """Return the settings that are best on validation rows, and their run.

    Settings with which a descent diverges, or is NaN at every look, are out. Of equals the first
    wins.

    Args:
        settings: what there is to choose from.
        descend: distils with such settings, and looks at validation rows.

    Raises:
        Diverged: when none is left.
        ValueError: for a run without a look at validation rows.
    """
    best: tuple[float, T, Distillation] | None = None
    for candidate in settings:
        try:
            run = descend(candidate)
            value = run.chosen.validation
        except FloatingPointError:
            continue
        if value is None:
            raise ValueError("descend: ran without validation; must look at validation rows")
        if best is None or value < best[0]:
            best = value, candidate, run
    if best is None:
        raise Diverged(f"settings: a descent diverges with each of {[*settings]}")
    return best[1:]
