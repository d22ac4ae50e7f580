r"""Rows for tasks as a distillation problem: learner, criteria by split, and methods that choose.

A row is the codes of a table's columns, then its weight. The learner $\mathcal A$ returns what each
task is to learn, from rows that count as many as the real ones; criteria are its loss. What can be
chosen are new rows, drawn from the model and written as they will be in a file: `training`. The
working criterion is the loss on the real rows, with what is missing drawn.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Generator, Tensor

from ddlib.merge.pooling import PENALTY
from ddlib.merge.question import Question
from ddlib.problem import (
    Distillation,
    Distiller,
    TestCriterion,
    TrainingCriterion,
    ValidationCriterion,
    distill,
)
from ddlib.streams import spawn
from ddlib.tasks.task import Task


@dataclass(frozen=True, eq=False)
class TableLearner:
    """Learns what tasks ask from rows `(m, p + 1)`, the last column their weights.

    Attributes:
        questions: the tasks.
    """

    questions: tuple[Question, ...]

    def __call__(self, rows: Tensor, *, generator: Generator | None = None) -> list[Any]:
        """Return what each task is to learn, coefficients or moments.

        Args:
            rows: codes and weights, `(m, p + 1)`.
            generator: not used, as nothing is random.
        """
        codes, weights = codes_of(rows)
        return [q.learn(codes, weights, penalty=PENALTY) for q in self.questions]

    def loss(self, models: Sequence[Any], codes: np.ndarray) -> Tensor:
        """Return the mean loss of rows in nats, summed over the tasks, a scalar.

        Args:
            models: what each task learnt.
            codes: `(n, p)`.
        """
        losses = [q.loss(model, codes) for q, model in zip(self.questions, models, strict=True)]
        return torch.tensor(sum(losses), dtype=torch.float64)


def table_task(
    questions: Sequence[Question],
    candidates: np.ndarray,
    draws: Sequence[np.ndarray],
    *,
    validation: np.ndarray,
    test: np.ndarray,
) -> Task:
    """Return the tasks of a table as one of the framework's.

    Args:
        questions: the tasks.
        candidates: codes of rows to choose from, `(N, p)`.
        draws: codes of the real rows with what is missing drawn, `(n, p)` each.
        validation: codes of rows that nothing was learnt from; the model's, say.
        test: codes of other rows that nothing was learnt from.
    """
    learner, real = TableLearner(tuple(questions)), np.concatenate(list(draws))
    return Task(
        learner,
        rows_of(candidates),
        TrainingCriterion(lambda models: learner.loss(models, real)),
        ValidationCriterion(lambda models: learner.loss(models, validation)),
        TestCriterion(lambda models: learner.loss(models, test)),
    )


def run(task: Task, method: Distiller, num_rows: int, generator: Generator) -> Distillation:
    """Return the run of a method that is done at once.

    Args:
        task: as `table_task` returns it.
        method: what to run.
        num_rows: budget.
        generator: left standing where it is.

    Raises:
        NotApplicable: where the method cannot do it.
    """
    name = type(method).__name__
    problem = task.problem(num_rows, generator=spawn(generator, f"start of {name}"))
    return distill(problem, method, num_steps=1, generator=spawn(generator, name))


def working_value(task: Task, found: Distillation) -> float:
    """Return the working criterion of the rows of a run.

    Args:
        task: whose criterion.
        found: the run.
    """
    return float(task.criterion(task.learner(found.rows, generator=Generator())))


def rows_of(codes: np.ndarray, weights: np.ndarray | None = None) -> Tensor:
    """Return rows `(m, p + 1)`.

    Args:
        codes: `(m, p)`.
        weights: `(m,)`, 1 unless told.
    """
    weights = np.ones(len(codes)) if weights is None else weights
    return torch.from_numpy(np.column_stack([codes, weights]))


def codes_of(rows: Tensor) -> tuple[np.ndarray, np.ndarray]:
    """Return codes `(m, p)` and weights `(m,)`.

    Args:
        rows: `(m, p + 1)`.
    """
    values = rows.detach().numpy()
    return values[:, :-1], values[:, -1]
