"""What a method makes of its budget on the way: the set that validation rows had chosen by then.

All methods take the same steps and the same looks at validation rows in all. A descent shares both
among its step sizes: with two of them each has half of the steps and half of the looks, as if they
ran side by side. The start, which all share, is looked at besides. A method that is done at once is
not looked at.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from math import isnan, nan

from torch import Tensor
from torch.optim import Adam

from ddlib.benchmark.allowance import Allowance
from ddlib.benchmark.memory import PeakMemory
from ddlib.distillers.descent import descends, with_optimizer
from ddlib.problem import DistillationProblem, Distiller, NotApplicable, distill
from ddlib.problem.cost import Cost
from ddlib.problem.snapshots import Snapshot
from ddlib.streams import stream
from ddlib.tasks.task import Task


@dataclass(frozen=True)
class Stop:
    """What a method has when a share of its budget is spent.

    Attributes:
        share: of the steps and looks.
        rows: the set that validation rows have chosen so far, `(m, …)`.
        validation: its value on these; NaN for a method that is done at once.
        step_size: with which it was made; NaN where the method has none.
        step: after which it stood, of its own descent.
        cost: so far, the looks included.
        seconds: so far.
        memory: peak so far beyond what the process held before, in MiB; NaN where unknown.
        carried: settings of the task's learner that the set comes with, by name.
    """

    share: float
    rows: Tensor
    validation: float
    step_size: float
    step: int
    cost: Cost
    seconds: float
    memory: float
    carried: Mapping[str, float]


@dataclass(frozen=True)
class Course:
    """The stops of a method.

    Attributes:
        stops: in order; one alone for a method that is done at once.
        late_gain: share of what the method gains on validation rows, from the start on, that comes
            in the second half of its steps; 0 where it gains nothing, NaN for one that is done at
            once.
    """

    stops: tuple[Stop, ...]
    late_gain: float


@dataclass
class _Trail:
    """The looks of one run, and what had been spent at each."""

    step_size: float
    looks: list[Snapshot] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    memory: list[float] = field(default_factory=list)
    failure: str = ""

    def until(self, step: int) -> int:
        """Return how many looks there are up to a step."""
        return sum(look.step <= step for look in self.looks)


def follow(task: Task, name: str, distiller: Distiller, allowance: Allowance) -> Course:
    """Return what a method makes of its budget.

    A step size with which the descent diverges takes part until it does.

    Args:
        task: what rows are made for.
        name: of the method, for messages.
        distiller: the method.
        allowance: what it may spend.

    Raises:
        NotApplicable: where the method refuses the task, and where it fails with each step size.
        ValueError: for more rows than the task has.
    """
    problem = task.problem(allowance.num_rows, generator=stream(allowance.seed, "start"))
    if distiller.one_shot:
        return _at_once(problem, name, distiller, allowance)
    steps_in_all, looks_in_all = allowance.num_steps, allowance.num_looks
    sizes = allowance.step_sizes if descends(distiller) else (nan,)
    num_steps = steps_in_all // len(sizes)
    run = partial(
        _trail,
        task,
        problem,
        num_steps=num_steps,
        every=steps_in_all // looks_in_all,
        seed=allowance.seed,
    )
    trails = [
        run(distiller if isnan(size) else with_optimizer(distiller, partial(Adam, lr=size)), size)
        for size in sizes
    ]
    _check_going(name, trails)
    stops = [
        _stop(trails, num_steps, place / allowance.num_stops)
        for place in range(1, allowance.num_stops + 1)
    ]
    return Course(tuple(stops), _late_gain(trails, num_steps))


def _at_once(
    problem: DistillationProblem, name: str, distiller: Distiller, allowance: Allowance
) -> Course:
    """Return the one stop of a method that is done at once."""
    memory, start = PeakMemory(), time.perf_counter()
    generator = stream(allowance.seed, "distillation")
    try:
        run = distill(problem, distiller, num_steps=1, generator=generator)
    except ArithmeticError as error:
        raise NotApplicable(f"{name}: fails: {error}") from error
    seconds, peak = time.perf_counter() - start, memory.mebibytes
    carried = run.chosen.carried
    return Course((Stop(1.0, run.rows, nan, nan, 1, run.cost, seconds, peak, carried),), nan)


def _trail(
    task: Task,
    problem: DistillationProblem,
    distiller: Distiller,
    step_size: float,
    *,
    num_steps: int,
    every: int,
    seed: int,
) -> _Trail:
    """Return the looks of one run, up to its end or to where it fails."""
    trail = _Trail(step_size)
    memory, start = PeakMemory(), time.perf_counter()

    def keep(look: Snapshot) -> None:
        trail.looks.append(look)
        trail.seconds.append(time.perf_counter() - start)
        trail.memory.append(memory.mebibytes)

    try:
        distill(
            problem,
            distiller,
            num_steps=num_steps,
            every=every,
            validation=task.validation,
            generator=stream(seed, "distillation"),
            callback=keep,
        )
    except ArithmeticError as error:  # a divergence, or a learner that finds no optimum
        trail.failure = str(error)
    return trail


def _check_going(name: str, trails: Sequence[_Trail]) -> None:
    """Raise where every run failed, and where no look has a value."""
    failures = [trail.failure for trail in trails]
    if all(failures):
        raise NotApplicable(f"{name}: fails with each step size: {failures[0]}")
    if all(isnan(_value(look)) for trail in trails for look in trail.looks):
        raise NotApplicable(f"{name}: NaN on validation rows at each look")


def _value(look: Snapshot) -> float:
    """Return the value on validation rows, NaN where there is none."""
    return nan if look.validation is None else look.validation


def _best(trails: Sequence[_Trail], step: int) -> tuple[float, Snapshot]:
    """Return the step size and the look with the lowest value up to a step; the first of equals."""
    looks = [
        (trail.step_size, look) for trail in trails for look in trail.looks[: trail.until(step)]
    ]
    numbers = [pair for pair in looks if not isnan(_value(pair[1]))]
    return min(numbers or looks, key=lambda pair: _value(pair[1]))


def _stop(trails: Sequence[_Trail], num_steps: int, share: float) -> Stop:
    """Return what there is when a share of the steps of each run is taken."""
    limit = round(share * num_steps)
    step_size, look = _best(trails, limit)
    last = [(trail, trail.until(limit) - 1) for trail in trails]
    spent = [(t.looks[i].cost, t.seconds[i], t.memory[i]) for t, i in last]
    costs, seconds, memory = zip(*spent, strict=True)
    return Stop(
        share, look.rows, _value(look), step_size, look.step,
        sum(costs, Cost()), sum(seconds), max(memory), look.carried,
    )  # fmt: skip


def _late_gain(trails: Sequence[_Trail], num_steps: int) -> float:
    """Return the share of the gain on validation rows that comes in the second half."""
    start, half, end = (_value(_best(trails, s)[1]) for s in (0, num_steps // 2, num_steps))
    return (half - end) / (start - end) if start > end else 0.0
