"""Every method on every task: distil with one method for one task, judge on all tasks of its rows.

One config is one draw of the data, one method, and the task that it distils for. The rows returned
are a task to judge on and the value of its criterion; lower is better in all of them.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, ClassVar, Self

import pandas as pd
from pydantic import model_validator
from torch import Tensor
from torch.optim import Adam

from ddlib.config import Config, Count, Seed, StepSizes, check_name
from ddlib.distillers import DISTILLERS, find_distiller, source_of
from ddlib.distillers.descent import descends, with_optimizer
from ddlib.experiments.base import Column, Experiment
from ddlib.experiments.choice import Diverged, best_on_validation
from ddlib.problem import Distillation, Distiller, NotApplicable, carry, distill, evaluate, spacing
from ddlib.streams import stream
from ddlib.tasks.registry import draw_tasks
from ddlib.tasks.task import Task

ALL_ROWS, RANDOM = "all rows", "random"


class MethodsConfig(Config):
    """One draw of the data, one method, the task that it distils for, and the budget.

    Attributes:
        seed: of the data and of all that the method draws.
        family: of tasks on the same data, one of `ddlib.tasks.registry.FAMILIES`.
        task: one of the family.
        method: one of `DISTILLERS`, or one of someone else as `find_distiller` takes it, or "all
            rows" for no distillation.
        num_rows: budget m.
        num_steps: of each descent.
        num_subsets: random subsets to draw, with the method "random".
        step_sizes: of methods that descend, to choose from on validation rows.
        num_looks: snapshots that are judged on validation rows.
    """

    added: ClassVar[Mapping[str, Any]] = {"step_sizes": (0.02, 0.1), "num_looks": 20}

    seed: Seed
    family: str = "transitions"
    task: str = "prediction"
    method: str = "first-order"
    num_rows: Count = 4
    num_steps: Count = 200
    num_subsets: Count = 20
    step_sizes: StepSizes = (0.02, 0.1)
    num_looks: Count = 20

    @model_validator(mode="after")
    def _method_is_known(self) -> Self:
        """Check the name of the method; that of the task is checked when the data are drawn."""
        if self.method != ALL_ROWS:
            find_distiller(self.method, others=(ALL_ROWS,))
        return self

    def foreign_sources(self) -> dict[str, str]:
        """Return the code of a method that is not the library's."""
        own = self.method in (ALL_ROWS, *DISTILLERS)
        return {} if own else {self.method: source_of(self.method)}


@dataclass(frozen=True)
class _Run:
    """A set, what it took to find: step size, step, and seconds per step; what it comes with."""

    rows: Tensor
    step_size: float
    step: int
    seconds: float
    carried: Mapping[str, float] = field(default_factory=dict[str, float])


def methods(config: MethodsConfig) -> pd.DataFrame:
    """Distil for one task by one method, and judge the set on every task that takes such rows.

    Test rows choose nothing.

    Args:
        config: the data, the method, the task and the budget.

    Returns:
        A row per set and task, with the columns of `METHODS`; a method that refuses the task has
        one row, with its reason.

    Raises:
        ValueError: for a family or a task that there is not.
    """
    tasks = draw_tasks(config.family, generator=stream(config.seed, f"{config.family} data"))
    check_name("task", config.task, tasks)
    try:
        runs = list(_runs(config, tasks[config.task]))
    except NotApplicable as refusal:
        # What a method says when it does not apply is a result: the matrix shows it.
        return _table([{"judged_on": "", "refusal": str(refusal)}])
    return _table(
        [
            {
                "judged_on": name,
                "draw": draw,
                "value": evaluate(
                    carry(task.learner, run.carried if name == config.task else {}),
                    run.rows, task.test,
                    generator=stream(config.seed, "trainings"), num_draws=task.num_trainings,
                ),
                "step_size": run.step_size,
                "step": run.step,
                "seconds": run.seconds,
                "refusal": "",
            }
            for draw, run in enumerate(runs)
            for name, task in tasks.items()
        ]
    )  # fmt: skip


def _table(rows: list[dict[str, object]]) -> pd.DataFrame:
    """Return the declared columns; numbers that a refusal lacks are -1 and NaN."""
    table = pd.DataFrame(rows, columns=list(METHODS.columns))
    whole = {name: -1 for name in ("draw", "step")}
    floats = dict.fromkeys(("value", "step_size", "seconds"), float)
    return table.fillna(whole).astype(floats | dict.fromkeys(whole, int))


def _runs(config: MethodsConfig, task: Task) -> Iterator[_Run]:
    """Yield the set of the method, or several for random subsets."""
    if config.method == ALL_ROWS:
        yield _Run(task.training, float("nan"), 0, 0.0)
        return
    distiller = find_distiller(config.method)
    if not distiller.one_shot:
        best = _best_step_size if descends(distiller) else _best_look
        yield best(config, task, distiller)
        return
    generator = stream(config.seed, "subsets")
    for _ in range(config.num_subsets if config.method == RANDOM else 1):
        problem = task.problem(config.num_rows, generator=generator)
        start = time.perf_counter()
        run = distill(problem, distiller, num_steps=1, generator=generator)
        yield _Run(run.rows, float("nan"), 1, time.perf_counter() - start)


def _best_step_size(config: MethodsConfig, task: Task, distiller: Distiller) -> _Run:
    """Return the run of the step size that is best on validation rows."""
    seconds: dict[float, float] = {}

    def descend(step_size: float) -> Distillation:
        start = time.perf_counter()
        run = distill(
            task.problem(config.num_rows, generator=stream(config.seed, "start")),
            with_optimizer(distiller, partial(Adam, lr=step_size)),
            num_steps=config.num_steps,
            generator=stream(config.seed, "distillation"),
            validation=task.validation,
            every=spacing(config.num_steps, config.num_looks),
        )
        seconds[step_size] = (time.perf_counter() - start) / config.num_steps
        return run

    try:
        step_size, run = best_on_validation(config.step_sizes, descend)
    except Diverged as error:
        raise NotApplicable(
            f"{config.method}: diverges at each of the step sizes {config.step_sizes}"
        ) from error
    chosen = run.chosen
    return _Run(chosen.rows, step_size, chosen.step, seconds[step_size], chosen.carried)


def _best_look(config: MethodsConfig, task: Task, distiller: Distiller) -> _Run:
    """Return the run of a method without step size, of as many looks as a descent has in all."""
    start = time.perf_counter()
    num_steps = len(config.step_sizes) * config.num_looks
    run = distill(
        task.problem(config.num_rows, generator=stream(config.seed, "start")),
        distiller,
        num_steps=num_steps,
        generator=stream(config.seed, "distillation"),
        validation=task.validation,
    )
    seconds = (time.perf_counter() - start) / num_steps
    return _Run(run.rows, float("nan"), run.chosen.step, seconds)


METHODS = Experiment(
    name="methods",
    config=MethodsConfig,
    run=methods,
    version=1,
    columns={
        "judged_on": Column("task that the set is judged on; empty where the method refuses"),
        "draw": Column("number of the random subset"),
        "value": Column("criterion on test rows or the law, lower is better", "the task's", 1e-5),
        "step_size": Column("step size that validation rows chose"),
        "step": Column("step that validation rows chose", "steps"),
        "seconds": Column("time of a step, validation included", "seconds", float("inf")),
        "refusal": Column("why the method does not apply to the task"),
    },
    seconds=lambda c: 0.02 * c.num_steps + 0.1 * c.num_subsets,
)
