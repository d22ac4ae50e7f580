"""Dataset distillation from first principles: learner, criterion and budget come first.

`from ddlib import …` has what a first hour needs. A name is imported from its module when it is
asked for, so that `import ddlib` is fast, and a chapter depends on the modules that it uses and
on no others.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ddlib.distillers import DISTILLERS, Exact, FirstOrder, ZerothOrder
    from ddlib.learners.gaussian import GaussianMLE, random_gaussian
    from ddlib.merge.coverage import coverage
    from ddlib.merge.tables import merge_tables
    from ddlib.problem import (
        DistillationProblem,
        NotApplicable,
        TestCriterion,
        TrainingCriterion,
        ValidationCriterion,
        distill,
        evaluate,
    )
    from ddlib.runs.compute import collect
    from ddlib.tasks.registry import draw_tasks
    from ddlib.tasks.task import Task

__version__ = "0.1.0"
__all__ = [
    "DISTILLERS",
    "DistillationProblem",
    "Exact",
    "FirstOrder",
    "GaussianMLE",
    "NotApplicable",
    "Task",
    "TestCriterion",
    "TrainingCriterion",
    "ValidationCriterion",
    "ZerothOrder",
    "collect",
    "coverage",
    "distill",
    "draw_tasks",
    "evaluate",
    "merge_tables",
    "random_gaussian",
]
# The module of each name, as above: `ddlib.book.imports` reads it too.
_HOMES = {
    "DISTILLERS": "ddlib.distillers",
    "DistillationProblem": "ddlib.problem",
    "Exact": "ddlib.distillers",
    "FirstOrder": "ddlib.distillers",
    "GaussianMLE": "ddlib.learners.gaussian",
    "NotApplicable": "ddlib.problem",
    "Task": "ddlib.tasks.task",
    "TestCriterion": "ddlib.problem",
    "TrainingCriterion": "ddlib.problem",
    "ValidationCriterion": "ddlib.problem",
    "ZerothOrder": "ddlib.distillers",
    "collect": "ddlib.runs.compute",
    "coverage": "ddlib.merge.coverage",
    "distill": "ddlib.problem",
    "draw_tasks": "ddlib.tasks.registry",
    "evaluate": "ddlib.problem",
    "merge_tables": "ddlib.merge.tables",
    "random_gaussian": "ddlib.learners.gaussian",
}


def __getattr__(name: str) -> Any:
    """Return the object called `name`, from its module."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
