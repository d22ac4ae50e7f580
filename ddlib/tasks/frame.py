"""A task on a table of one's own: any columns, any labels, a learner that is named."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import pandas as pd
import torch
from torch import Tensor

from ddlib.arguments import count_faults, fault
from ddlib.learners.estimator import EstimatorLearner
from ddlib.learners.named import candidates, learner_faults, wants_classes, width_faults
from ddlib.learners.network import NetworkLearner
from ddlib.near import meant
from ddlib.problem import TestCriterion, TrainingCriterion, ValidationCriterion
from ddlib.problem.learner import Predictor
from ddlib.streams import stream
from ddlib.tasks.columns import DTYPES, Reader, are_classes, column_fault, refuse, table_faults
from ddlib.tasks.encoding import Encoding
from ddlib.tasks.measures import MEASURES, Measure, Score
from ddlib.tasks.splits import (
    SPLITS,
    Positions,
    random_splits,
    share_faults,
    split_faults,
    stated_splits,
)
from ddlib.tasks.task import Task


@dataclass(frozen=True, kw_only=True)
class FrameTask(Task):
    """A task whose rows come from a table and go back into one.

    Attributes:
        learner: what sets are made for; it predicts the target.
        encoding: from columns to rows and back.
        splits: split -> positions of its rows in the table.
        coded: split -> its rows `(n, d + k)`.
        measure: how predictions are judged, on validation rows with ties decided by the loss.
    """

    learner: Predictor
    encoding: Encoding
    splits: Positions
    coded: Mapping[str, Tensor]
    measure: Measure

    @property
    def unit(self) -> float:
        """The unit of a score, as in `Encoding.unit`."""
        return self.encoding.unit

    def to_table(self, rows: Tensor) -> pd.DataFrame:
        """Return rows as a table, in the units and with the levels that the task's table has.

        A column of levels, the target among them, is one column where each row has one level; else
        a column of shares for each level, named `column=level`.

        Args:
            rows: `(m, d + k)`.

        Raises:
            ValueError: for rows of another width.
        """
        return self.encoding.decode(rows)

    def to_rows(self, table: pd.DataFrame) -> Tensor:
        """Return the rows `(m, d + k)` of a table with the same columns.

        Args:
            table: such as rows of one's own choice, to be judged like those of a method.

        Raises:
            FrameError: for columns that lack and cells that cannot be coded, all of them.
        """
        return self.encoding.encode(table)


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What is asked of a table; the attributes are the arguments of `Task.from_table`.

    Attributes:
        target: name of the column that is predicted.
        learner: learns to predict it.
        measure: judges predictions; the first that fits the target unless told.
        seed: draws the splits.
        validation: share of the validation rows.
        test: share of the test rows.
        split: name of the column that says the splits.
        encode: how inputs of text are coded.
        dtype: type of the rows.
    """

    target: Any
    learner: Any
    measure: str | None
    seed: int
    validation: float
    test: float
    split: Any
    encode: str | None
    dtype: str

    def faults(self, table: pd.DataFrame) -> list[str]:
        """Return what is wrong with all but the learner, before a cell is looked at.

        Args:
            table: that it is asked of.
        """
        faults = table_faults(table, self.target, self.dtype, self.encode)
        faults += share_faults(self.validation, self.test) + count_faults("seed", self.seed, 0)
        faults += self._split_faults(getattr(table, "columns", ()))
        if self.measure is not None and self.measure not in MEASURES:
            faults.append(f"measure = {self.measure!r}: {meant(self.measure, MEASURES)}")
        return faults

    def _split_faults(self, columns: Sequence[Any]) -> list[str]:
        """Return what is wrong with the column that says the splits."""
        if self.split is None:
            return []
        if self.split == self.target:
            return [fault("split", self.split, "a column beside the target")]
        others = [name for name in columns if name != self.target]
        return [] if self.split in others else [column_fault("split", self.split, others)]


def frame_task(table: pd.DataFrame, asked: Asked) -> FrameTask:
    """Return the task that is asked of a table.

    Args:
        table: one row a case.
        asked: of it.

    Raises:
        FrameError: for all that the arguments and the table have wrong.
    """
    refuse(asked.faults(table) + learner_faults(asked.learner))
    stated = None if asked.split is None else stated_splits(table[asked.split])
    table = table if asked.split is None else table.drop(columns=asked.split)
    target = table[asked.target]
    wanted = wants_classes(asked.learner)
    classes = are_classes(target) if wanted is None else wanted
    reader = Reader(asked.target, classes, asked.encode is not None, DTYPES[asked.dtype])
    measure, told = _measure(asked.measure, classes)
    refuse(told + reader.faults(table))
    shares = {"validation": asked.validation, "test": asked.test}
    strata = target if classes else None
    splits = stated or random_splits(strata, len(table), **shares, seed=asked.seed)
    refuse(split_faults(splits, target, classes=classes))
    encoding = Encoding.of(table, reader, splits["training"])
    refuse(width_faults(asked.learner, asked.target, encoding.target.width))
    codes = encoding.encode(table)
    coded = {name: codes[splits[name]] for name in SPLITS}
    return _task(asked, encoding, splits, coded, measure)


def _measure(name: str | None, classes: bool) -> tuple[Measure, list[str]]:
    """Return a measure by its name, and what is wrong with the name."""
    fitting = {each.name: each for each in MEASURES.values() if each.classes == classes}
    first = next(iter(fitting.values()))
    if name is None:
        return first, []
    what = "classes" if classes else "numbers"
    wanted = f"one of {', '.join(fitting)}, as the target is {what}"
    return fitting.get(name, first), [] if name in fitting else [fault("measure", name, wanted)]


def _task(
    asked: Asked,
    encoding: Encoding,
    splits: Positions,
    coded: Mapping[str, Tensor],
    measure: Measure,
) -> FrameTask:
    """Return the task of the learner on coded splits; of several, the best on validation rows."""
    layout, training = encoding.layout, coded["training"]
    unit = encoding.unit

    def on(
        predictor: Predictor, rows: Tensor, score: Score, unit: float
    ) -> Callable[[Any], Tensor]:
        inputs, responses = layout.inputs(rows), layout.responses(rows)
        return lambda model: unit * score(predictor.predict(model, inputs), responses)

    tasks = [
        FrameTask(
            learner=each,
            training=training,
            criterion=TrainingCriterion(on(each, training, measure.descended, 1.0)),
            validation=ValidationCriterion(on(each, coded["validation"], measure.chosen, unit)),
            test=TestCriterion(on(each, coded["test"], measure.score, unit)),
            layout=layout,
            fixed_labels=layout.categorical,
            num_trainings=5 if isinstance(each, NetworkLearner | EstimatorLearner) else 1,
            encoding=encoding,
            splits=splits,
            coded=coded,
            measure=measure,
        )
        for each in candidates(asked.learner, training, layout)
    ]
    if len(tasks) == 1:
        return tasks[0]
    return min(tasks, key=partial(_value, seed=asked.seed))


def _value(task: FrameTask, *, seed: int) -> float:
    """Return what the learner is worth on validation rows that learnt from all training rows."""
    generator = stream(seed, "learner")
    with torch.no_grad():
        models = [
            task.learner(task.training, generator=generator) for _ in range(task.num_trainings)
        ]
        return float(torch.stack([task.validation(model) for model in models]).mean())
