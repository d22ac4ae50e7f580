"""Methods on a task of one's own table beside what costs nothing: all rows, and random rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import torch

from ddlib.benchmark.contest import Budget, Entry, hold
from ddlib.benchmark.judging import Judged, judge
from ddlib.problem import Distiller, carry
from ddlib.streams import stream
from ddlib.tasks.frame import FrameTask

RANDOM_SETS = 20
"""Sets of random rows of which the mean is shown."""


@dataclass(frozen=True)
class Standing:
    """An entry and what it is worth on test rows.

    Attributes:
        entry: of a method.
        test: its value on test rows.
    """

    entry: Entry
    test: Judged


@dataclass(frozen=True)
class Standings:
    """What methods made of a task, and what they are held against.

    Attributes:
        budget: of each method.
        all_rows: the learner learnt from all training rows.
        random: the mean of `RANDOM_SETS` sets of random rows, between the 2.5 % and the 97.5 %
            quantile of these sets.
        places: methods, the lowest value on validation rows first.
        refusals: method -> why it has no place.
    """

    budget: Budget
    all_rows: Judged
    random: Judged
    places: tuple[Standing, ...]
    refusals: Mapping[str, str]

    @property
    def chosen(self) -> Standing:
        """The method that validation rows choose."""
        return self.places[0]


def standings(
    task: FrameTask,
    methods: Mapping[str, Distiller],
    budget: Budget,
    *,
    told: Callable[[str], None] = lambda _: None,
) -> Standings:
    """Return how methods stand on a task.

    Args:
        task: what rows are made for.
        methods: name -> method.
        budget: of each.
        told: is called with the name of what is done next.

    Raises:
        ValueError: for a budget that the task cannot have, and where no method applies.
    """
    contest = hold(task, methods, budget, told=told)
    told("the test rows")
    if not contest.entries:
        why = "; ".join(f"{name}: {reason}" for name, reason in contest.refusals.items())
        raise ValueError(f"method: none applies to the task; {why}")
    ordered = sorted(contest.entries, key=lambda entry: entry.validation)
    places = [Standing(entry, _judged(task, entry, budget)) for entry in ordered]
    return Standings(
        budget,
        judge(task, task.training, seed=budget.seed),
        _random(task, budget),
        tuple(places),
        contest.refusals,
    )


def _judged(task: FrameTask, entry: Entry, budget: Budget) -> Judged:
    """Return what the rows of an entry are worth to the learner that they come with."""
    own = replace(task, learner=carry(task.learner, entry.carried))
    return judge(own, entry.rows, seed=budget.seed)


def _random(task: FrameTask, budget: Budget) -> Judged:
    """Return the mean value of sets of random rows, and where most of these lie."""
    generator = stream(budget.seed, "random sets")
    sets = [
        task.problem(budget.num_rows, generator=generator, shares=budget.shares).initial
        for _ in range(RANDOM_SETS)
    ]
    values = torch.tensor([judge(task, rows, seed=budget.seed).value for rows in sets])
    low, high = torch.quantile(values, torch.tensor([0.025, 0.975]))
    return Judged(float(values.mean()), float(low), float(high))
