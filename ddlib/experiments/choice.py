"""The choice of settings on validation rows, the same in all experiments."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from ddlib.problem import Cost, Distillation

T = TypeVar("T")


class Diverged(FloatingPointError):
    """A descent diverged with all the settings that there were to choose from."""


@dataclass(frozen=True)
class StepSizeChoice:
    """The run of the step size that validation rows chose, and what the choice cost.

    Attributes:
        step_size: chosen.
        run: with it.
        at_edge: whether it is the smallest or the largest that was tried: another one may be
            better.
        cost: of all runs that did not diverge.
        num_runs: step sizes that were tried, those that diverged among them.
    """

    step_size: float
    run: Distillation
    at_edge: bool
    cost: Cost
    num_runs: int


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
    runs = _runs(settings, descend)
    if not runs:
        raise Diverged(f"settings: a descent diverges with each of {[*settings]}")
    best = min(runs, key=lambda candidate: runs[candidate][0])
    return best, runs[best][1]


def best_step_size(
    middle: float, descend: Callable[[float], Distillation], *, factor: float, widenings: int
) -> StepSizeChoice:
    """Return the choice among step sizes a factor apart, on a grid widened until it is inside.

    Three step sizes are tried first. Where the best of all is the smallest or the largest tried, so
    is the next one beyond. One that diverges is worse than all others. A choice at an edge warns.

    Args:
        middle: step size that the grid starts around.
        descend: distils with a step size, and looks at validation rows.
        factor: between neighbours, above 1.
        widenings: step sizes that may be tried beyond the first three.

    Raises:
        Diverged: where all step sizes do.
        ValueError: for a run without a look at validation rows.
    """
    powers = [-1, 0, 1]
    runs = _runs(powers, lambda power: descend(middle * factor**power))
    for _ in range(widenings):
        best = min(runs, key=lambda power: runs[power][0], default=min(powers))
        if min(powers) < best < max(powers):
            break
        beyond = best - 1 if best == min(powers) else best + 1
        powers.append(beyond)
        runs |= _runs([beyond], lambda power: descend(middle * factor**power))
    if not runs:
        sizes = [middle * factor**power for power in sorted(powers)]
        raise Diverged(f"step sizes: a descent diverges with each of {sizes}")
    best = min(runs, key=lambda power: runs[power][0])
    at_edge = best in (min(powers), max(powers))
    if at_edge:
        warnings.warn(
            f"step size {middle * factor**best:g} is at an edge of those tried; the next one may "
            "be better",
            stacklevel=2,
        )
    cost = sum((run.cost for _, run in runs.values()), Cost())
    return StepSizeChoice(middle * factor**best, runs[best][1], at_edge, cost, len(powers))


def _runs(
    settings: Sequence[T], descend: Callable[[T], Distillation]
) -> dict[T, tuple[float, Distillation]]:
    """Return the lowest value on validation rows, and the run, of all settings that have them."""
    runs: dict[T, tuple[float, Distillation]] = {}
    for candidate in settings:
        try:
            run = descend(candidate)
            value = run.chosen.validation
        except FloatingPointError:
            continue
        if value is None:
            raise ValueError("descend: ran without validation; must look at validation rows")
        runs[candidate] = value, run
    return runs
