"""Many methods on one task, each with the same steps and the same looks at validation rows."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from torch import Tensor

from ddlib.problem import Distillation, Distiller, NotApplicable, distill
from ddlib.problem.cost import Cost
from ddlib.problem.distillation import spacing
from ddlib.streams import stream
from ddlib.tasks.budget import Shares
from ddlib.tasks.task import Task


@dataclass(frozen=True)
class Budget:
    """What each method may spend.

    Attributes:
        num_rows: synthetic rows m.
        num_steps: steps that it may take.
        num_looks: looks at validation rows, after which its best set is chosen.
        shares: of the rows that the classes get.
        seed: of the start, which all methods share, and of what is random in each.
    """

    num_rows: int
    num_steps: int
    num_looks: int
    shares: Shares
    seed: int


@dataclass(frozen=True)
class Entry:
    """What a method made of its budget.

    Attributes:
        method: its name.
        rows: the set that validation rows chose, `(m, d + k)`.
        validation: its value on these.
        step: after which it stood; 0 for a method that is done at once.
        cost: what the whole run spent.
        seconds: that it took.
        carried: settings of the learner that the rows come with, by name.
        note: that the method ended by itself, where it took fewer steps than it was given.
    """

    method: str
    rows: Tensor
    validation: float
    step: int
    cost: Cost
    seconds: float
    carried: Mapping[str, float] = field(default_factory=dict[str, float])
    note: str = ""


@dataclass(frozen=True)
class Contest:
    """Entries of methods, and why others have none.

    Attributes:
        entries: in the order of the methods.
        refusals: method -> why it does not apply, or how it ended.
    """

    entries: tuple[Entry, ...]
    refusals: Mapping[str, str]


def hold(
    task: Task,
    methods: Mapping[str, Distiller],
    budget: Budget,
    *,
    told: Callable[[str], None] = lambda _: None,
) -> Contest:
    """Return what methods make of a task.

    Args:
        task: what rows are made for.
        methods: name -> method.
        budget: of each.
        told: is called with the name of each method before it runs.

    Raises:
        ValueError: for a budget that the task cannot have.
    """
    problem = task.problem(
        budget.num_rows, generator=stream(budget.seed, "start"), shares=budget.shares
    )
    entries: list[Entry] = []
    refusals: dict[str, str] = {}
    for name, method in methods.items():
        told(name)
        start = time.perf_counter()
        try:
            run = distill(
                problem,
                method,
                num_steps=budget.num_steps,
                every=spacing(budget.num_steps, budget.num_looks),
                validation=task.validation,
                generator=stream(budget.seed, f"method {name}"),
            )
        except (NotApplicable, ArithmeticError) as refusal:
            refusals[name] = str(refusal)
            continue
        chosen, seconds = run.chosen, time.perf_counter() - start
        value = chosen.validation
        assert value is not None  # as `distill` has a criterion of validation rows
        found = chosen.rows, value, chosen.step, run.cost, seconds, chosen.carried
        entries.append(Entry(name, *found, note=_note(run, budget.num_steps)))
    return Contest(tuple(entries), refusals)


def _note(run: Distillation, num_steps: int) -> str:
    """Return that a run has fewer steps than it was given, or nothing."""
    taken = run.snapshots[-1].step
    ended_early = taken < num_steps and not run.one_shot
    return f"ended by itself after {taken} of {num_steps} steps" if ended_early else ""
