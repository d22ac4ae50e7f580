"""A family of tasks: several learners, or several criteria, on the same rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import pandas as pd
import torch
from sklearn.neighbors import KNeighborsClassifier
from torch import Generator, nn

from ddlib.learners.estimator import EstimatorLearner
from ddlib.learners.network import NetworkLearner, mlp
from ddlib.tasks.columns import are_classes
from ddlib.tasks.task import Task

CLASSIFIERS: dict[str, str] = dict.fromkeys(
    ("logistic", "network", "nearest neighbour"), "share of wrong rows"
)
REGRESSORS: dict[str, str] = dict.fromkeys(
    ("ridge", "kernel ridge", "network"), "root mean squared error, in units of the target"
)
NUM_TRAININGS = 3
"""Trainings over which a network on a table is judged."""


@dataclass(frozen=True)
class Family:
    """Tasks that take the same rows, so that a set made for one can be judged on the others.

    Attributes:
        version: raised where its data, its splits or its tasks change.
        summary: one line: what the rows are, and where they are from.
        tasks: name -> what its values are, in which unit; in order, known without a draw.
        draw: maps a generator to the tasks, by name.
        overlap: test rows per training row where each draw splits one table anew, so that draws
            share rows; 0 where each draw has rows of its own.
    """

    version: int
    summary: str
    tasks: Mapping[str, str]
    draw: Callable[[Generator], dict[str, Task]]
    overlap: float = 0.0


def classifiers(
    width: int, num_classes: int, *, num_steps: int = 20, step_size: float = 0.5
) -> dict[str, Any]:
    """Return the learners of classes that each family of tables has, by task.

    The network's step size was the best of 0.1, 0.2, 0.3, 0.5 and 1 on validation rows of other
    splits, over the tables together; the penalty of the logistic regression is chosen on those of
    each split.

    Args:
        width: inputs of a row.
        num_classes: classes of the target.
        num_steps: of the network's training.
        step_size: of the network's training.
    """
    network = partial(mlp, width, (16,), num_classes, nn.Tanh)
    neighbour = KNeighborsClassifier(n_neighbors=1)
    learners = (
        "logistic",
        NetworkLearner(network, num_classes, num_steps, step_size, start="he"),
        EstimatorLearner(neighbour, num_classes, labels="hard"),
    )
    return dict(zip(CLASSIFIERS, learners, strict=True))


def regressors(width: int, num_responses: int) -> dict[str, Any]:
    """Return the learners of numbers that each family of tables has, by task.

    Of the network's step sizes 0.3 was the best on validation rows of other splits, learnt from all
    rows; from a few random rows the training may diverge with 0.2, so it is 0.1. Penalties are
    chosen on validation rows of each split.

    Args:
        width: inputs of a row.
        num_responses: columns that are predicted.
    """
    network = partial(mlp, width, (16,), num_responses, nn.Tanh)
    trained = NetworkLearner(network, num_responses, 20, 0.1, categorical=False, start="he")
    return dict(zip(REGRESSORS, ("ridge", "kernel ridge", trained), strict=True))


def table_tasks(
    table: pd.DataFrame,
    target: str,
    learners: Callable[[int, int], Mapping[str, Any]],
    *,
    generator: Generator,
    split: str | None = None,
) -> dict[str, Task]:
    """Return the tasks of several learners on the same rows of a table, by name.

    Args:
        table: one row a case, all cells there.
        target: column that is predicted.
        learners: maps the inputs and the responses of a row to learners, as `Task.from_table`
            takes them.
        generator: draws the splits: 60 % training, 20 % validation, 20 % test.
        split: column that says them, in place of the generator.
    """
    seed = int(torch.randint(2**31, (), generator=generator))
    make = partial(Task.from_table, table, target, seed=seed, split=split, encode="one-hot")
    sample = make(learner="logistic" if are_classes(table[target]) else "ridge")
    width = sample.layout.inputs(sample.training).shape[1]
    named = learners(width, sample.layout.num_responses)
    tasks = {name: make(learner=learner) for name, learner in named.items()}
    drawn = {"network": NUM_TRAININGS}
    return {name: replace(task, num_trainings=drawn.get(name, 1)) for name, task in tasks.items()}
