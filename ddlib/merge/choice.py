"""The choice of rows without weights: what is lost is as little as any of the methods loses."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Generator

from ddlib.distillers import DISTILLERS
from ddlib.merge.balance import Balanced
from ddlib.merge.question import Question
from ddlib.merge.table_task import run, working_value
from ddlib.problem import Distillation, Distiller
from ddlib.tasks.task import Task

SELECTING = ("random", "herding", "k-center")
"""The book's methods that choose among rows, by their names in `DISTILLERS`."""


def choose(
    task: Task, questions: Sequence[Question], num_rows: int, *, generator: Generator
) -> dict[str, Distillation]:
    """Return what each method chooses, all without weights, the best on real rows first.

    Args:
        task: as `table_task` returns it.
        questions: its tasks.
        num_rows: budget.
        generator: draws what is random in the methods; left standing where it is.
    """
    methods: dict[str, Distiller] = {name: DISTILLERS[name] for name in SELECTING}
    methods["balanced"] = Balanced(tuple(questions), weighted=False)
    runs = {name: run(task, method, num_rows, generator) for name, method in methods.items()}
    return dict(sorted(runs.items(), key=lambda item: working_value(task, item[1])))
