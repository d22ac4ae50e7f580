"""The benchmark: methods on families of tasks, at the same steps and the same looks for all.

One config is one draw of the data, one method, and the task that it distils for. The rows returned
are a task of the family that a set is judged on, and the share of the budget after which validation
rows had chosen that set; lower values are better. Test rows choose nothing.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from dataclasses import replace
from math import nan
from typing import Annotated, Any, Literal, Self

import numpy as np
import pandas as pd
import torch
from pydantic import Field, model_validator
from torch import Tensor

from ddlib.benchmark.allowance import Allowance
from ddlib.benchmark.course import Course, Stop, follow
from ddlib.config import Config, Count, Seed, StepSizes, check_name
from ddlib.distillers import DISTILLERS, find_distiller, source_of
from ddlib.distillers.foreign import told
from ddlib.experiments.base import Column, Experiment
from ddlib.problem import NotApplicable, carry, evaluate
from ddlib.problem.cost import Cost
from ddlib.streams import stream
from ddlib.tasks.registry import FAMILIES, draw_tasks
from ddlib.tasks.task import Task

ALL_ROWS, RANDOM = "all rows", "random"
FAILURES = (NotApplicable, ArithmeticError, torch.linalg.LinAlgError)  # pyright: ignore[reportPrivateImportUsage]
"""What a learner raises that does not learn from a set."""


class BenchmarkConfig(Config):
    """One draw of the data, one method, the task that it distils for, and the budget.

    Attributes:
        seed: of the data and of all that the method draws.
        family: of tasks on the same data, one of `ddlib.tasks.registry.FAMILIES`.
        task: one of the family.
        method: as `find_distiller` takes it, or "all rows" for no distillation.
        num_rows: budget m.
        num_steps: of each method in all; a descent shares them among its step sizes.
        num_looks: at validation rows in all, beside the start; likewise.
        num_stops: shares of steps and looks after which the set that was chosen is judged.
        step_sizes: of methods that descend, to choose from on validation rows.
        num_subsets: random subsets to draw, with the method "random".
        labels: whether classes of synthetic rows are "fixed", or "free" to be learnt; it means
            nothing where the responses are numbers, which are always free.
    """

    seed: Seed
    family: str = "transitions held out"
    task: str = "prediction"
    method: str = "first-order"
    num_rows: Count = 4
    num_steps: Count = 200
    num_looks: Count = 20
    num_stops: Annotated[int, Field(strict=True, ge=1, le=100)] = 5
    step_sizes: StepSizes = (0.02, 0.1)
    num_subsets: Count = 20
    labels: Literal["fixed", "free"] = "fixed"

    @model_validator(mode="after")
    def _can_be_run(self) -> Self:
        """Check names and counts."""
        check_name("family", self.family, FAMILIES)
        check_name("task", self.task, FAMILIES[self.family].tasks)
        if self.method != ALL_ROWS:
            find_distiller(self.method, others=(ALL_ROWS,))
        self.allowance()
        return self

    def foreign_sources(self) -> dict[str, str]:
        """Return the code of a method that is not the library's, and a later version of a family.

        Rows of another code, or of another version of the family, are not found.
        """
        own = self.method in (ALL_ROWS, *DISTILLERS)
        found = {} if own else {self.method: source_of(self.method)}
        version = FAMILIES[self.family].version
        return found | ({f"family {self.family}": f"version {version}"} if version > 1 else {})

    def allowance(self) -> Allowance:
        """Return what the method may spend."""
        steps, looks, stops = self.num_steps, self.num_looks, self.num_stops
        return Allowance(self.num_rows, steps, looks, stops, self.step_sizes, self.seed)


def benchmark(config: BenchmarkConfig) -> pd.DataFrame:
    """Distil for one task within a budget, and judge what there was along the way on its family.

    Args:
        config: the data, the method, the task and the budget.

    Returns:
        A row per task and share of the budget, with the columns of `BENCHMARK`; a method that
        refuses the task has one row, with its reason.
    """
    tasks = _tasks(config.family, config.seed)
    try:
        rows = list(_rows(config, tasks))
    except NotApplicable as refusal:
        # What a method says when it does not apply is a result: the table shows it.
        rows = [{"judged_on": "", "share": nan, "refusal": str(refusal)}]
    table = pd.DataFrame(rows, columns=list(BENCHMARK.columns))
    table["family_version"] = FAMILIES[config.family].version
    table["source"] = config.foreign_sources().get(config.method, "")
    counts = dict.fromkeys(("step", *vars(Cost())), -1)
    texts = ("judged_on", "refusal", "source")
    numbers = dict.fromkeys(
        (n for n in table if n not in (*texts, *counts, "family_version")), float
    )
    return table.fillna(counts).astype(numbers | dict.fromkeys(counts, int))


# Configs that follow each other in a sweep share a draw.
@functools.lru_cache(maxsize=2)
def _tasks(family: str, seed: int) -> dict[str, Task]:
    """Return the tasks of one draw of a family."""
    return draw_tasks(family, generator=stream(seed, f"{family} data"))


def _rows(config: BenchmarkConfig, tasks: dict[str, Task]) -> Iterator[dict[str, Any]]:
    """Yield the rows of the table."""
    task = tasks[config.task]
    if config.labels == "free":
        task = replace(task, fixed_labels=False)
    if config.method == ALL_ROWS:
        yield from _judged(config, tasks, task.training, {"share": 1.0})
    elif config.method == RANDOM:
        yield from _random(config, tasks)
    else:
        yield from _along(config, tasks, _course(config, task))


def _course(config: BenchmarkConfig, task: Task) -> Course:
    """Return what the method makes of its budget; one of someone else may fail in any way."""
    try:
        return follow(task, config.method, find_distiller(config.method), config.allowance())
    except (Exception, SystemExit) as error:
        if config.method in DISTILLERS or isinstance(error, NotApplicable):
            raise
        why = f"fails, {told(error)}; ddlib conform looks into it"
        raise ValueError(f"method = {config.method!r}: {why}") from error


def _along(
    config: BenchmarkConfig, tasks: dict[str, Task], course: Course
) -> Iterator[dict[str, Any]]:
    """Yield the rows of each stop; a set that stands at several is judged once."""
    known: dict[tuple[float, int], list[dict[str, Any]]] = {}
    for stop in course.stops:
        key = stop.step_size, stop.step
        if key not in known:
            known[key] = list(_judged(config, _with(stop, config.task, tasks), stop.rows, {}))
        spent = _spent(stop) | {"late_gain": course.late_gain}
        yield from (row | spent for row in known[key])


def _with(stop: Stop, task: str, tasks: dict[str, Task]) -> dict[str, Task]:
    """Return the tasks with the settings of its own learner that a set comes with."""
    own = tasks[task]
    return tasks | {task: replace(own, learner=carry(own.learner, stop.carried))}


def _spent(stop: Stop) -> dict[str, Any]:
    """Return the columns of a stop that are the same for all tasks."""
    names = "share", "validation", "step_size", "step", "seconds", "memory"
    return {name: getattr(stop, name) for name in names} | vars(stop.cost)


def _judged(
    config: BenchmarkConfig, tasks: dict[str, Task], rows: Tensor, more: dict[str, Any]
) -> Iterator[dict[str, Any]]:
    """Yield what a set is worth on each task, or why its learner does not learn from it."""
    for name, task in tasks.items():
        bound = nan if task.bound is None else task.bound(config.num_rows)
        value, reason = nan, ""
        try:
            value = evaluate(
                task.learner,
                rows,
                task.test,
                generator=stream(config.seed, "trainings"),
                num_draws=task.num_trainings,
            )
        except FAILURES as error:
            reason = f"{name}: does not learn from the set: {error}"
        yield {"judged_on": name, "value": value, "bound": bound, "refusal": reason} | more


def _random(config: BenchmarkConfig, tasks: dict[str, Task]) -> Iterator[dict[str, Any]]:
    """Yield the mean over random subsets on each task, and their standard deviation."""
    generator = stream(config.seed, "subsets")
    task = tasks[config.task]
    judged = [
        list(_judged(config, tasks, rows, {"share": 1.0}))
        for rows in (
            task.problem(config.num_rows, generator=generator).initial
            for _ in range(config.num_subsets)
        )
    ]
    for several in zip(*judged, strict=True):
        values = np.array([row["value"] for row in several])
        spread = float(values.std(ddof=1)) if len(values) > 1 else nan
        yield several[0] | {"value": float(values.mean()), "spread": spread}


def _seconds(config: BenchmarkConfig) -> float:
    """Return the measured mean over the tasks and methods of a family."""
    if config.method == ALL_ROWS:
        return 1.0
    if config.method == RANDOM:
        return 0.1 * config.num_subsets
    if find_distiller(config.method).one_shot:
        return 0.2
    per_step = {"digits": 0.2, "transitions": 0.008, "transitions held out": 0.008}
    return per_step.get(config.family, 0.02) * config.num_steps


BENCHMARK = Experiment(
    name="benchmark",
    config=BenchmarkConfig,
    run=benchmark,
    version=1,
    columns={
        "judged_on": Column("task that the set is judged on; empty where the method refuses"),
        "share": Column("share of steps and looks that was spent; 1 for a method done at once"),
        "value": Column("criterion on test rows or the law, lower is better", "the task's", 1e-5),
        "spread": Column("standard deviation over random subsets", "the task's", 1e-5),
        "bound": Column("what no set is below, where theory tells it", "the task's", 1e-5),
        "validation": Column("value on validation rows of the task it is made for", "", 1e-5),
        "step_size": Column("step size that validation rows chose"),
        "step": Column("step that validation rows chose, of its own descent", "steps"),
        "evaluations": Column("values of the working criterion so far"),
        "gradients": Column("gradients of the working criterion so far"),
        "training_steps": Column("gradients of a training loss so far"),
        "looks": Column("looks at validation rows so far, those at the start among them"),
        "seconds": Column("time so far, looks included", "seconds", float("inf")),
        "memory": Column("peak of the memory so far, beyond the start's", "MiB", float("inf")),
        "late_gain": Column("share of the gain on validation rows in the second half", "", 1e-3),
        "refusal": Column("why the method does not apply, or a learner learns nothing"),
        "family_version": Column("version of the family of tasks"),
        "source": Column(
            "code of the method: the version of the library, or the SHA-256 of its file"
        ),
    },
    seconds=_seconds,
)
