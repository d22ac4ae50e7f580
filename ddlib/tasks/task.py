"""A task: what a problem needs besides its budget, with the three splits told apart by type."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
from torch import Generator, Tensor

from ddlib.problem import (
    DistillationProblem,
    Learner,
    TestCriterion,
    TrainingCriterion,
    ValidationCriterion,
)
from ddlib.problem.rows import Layout, check_rows
from ddlib.streams import check_generator
from ddlib.tasks.budget import Shares, rows_per_class

if TYPE_CHECKING:
    import pandas as pd

    from ddlib.tasks.frame import FrameTask


@dataclass(frozen=True)
class Task:
    r"""A learner and a criterion on one draw of the data: training, validation and test.

    Attributes:
        learner: what sets are made for.
        training: clean, complete rows `(n, …)`, float32 or float64.
        criterion: working criterion, on training rows.
        validation: criterion on validation rows.
        test: criterion on test rows or on the law.
        layout: what the columns of a row are.
        bound: maps a budget $m$ to a lower bound of $F$ over all sets of $m$ rows, where theory
            gives one; it needs the law, and no method sees it.
        fixed_labels: whether the feasible sets keep the classes that they start with; without,
            soft labels are free but for being probabilities.
        num_trainings: number of trainings of which $F$ is the mean; 1 for a learner that draws
            nothing.
    """

    learner: Learner
    training: Tensor
    criterion: TrainingCriterion
    validation: ValidationCriterion
    test: TestCriterion
    layout: Layout = Layout()
    bound: Callable[[int], float] | None = None
    fixed_labels: bool = False
    num_trainings: int = 1

    @classmethod
    def from_table(
        cls,
        table: pd.DataFrame,
        target: Any,
        *,
        learner: Any,
        measure: str | None = None,
        seed: int = 0,
        validation: float = 0.2,
        test: float = 0.2,
        split: Any = None,
        encode: str | None = None,
        dtype: str = "float64",
    ) -> FrameTask:
        """Return the task of predicting a column of a table by a learner.

        Columns of numbers are standardised by the training rows, classes are one-hot, and
        `to_table` of the task brings rows back. Where a learner goes by a name, its penalty or
        step size is the best on validation rows, learnt from all training rows.

        Args:
            table: one row a case; all cells there.
            target: name of the column that is predicted: classes where the learner is a
                classifier, numbers where it is a regression; where it may be both, text, truth
                values and at most 10 whole numbers are classes.
            learner: what rows are made for: "logistic", "ridge", "kernel ridge", "network", a
                `torch.nn.Module`, an estimator of scikit-learn, or a learner with `predict`.
            measure: of validation and test rows: "error", "balanced error" or "log loss" of
                classes, "rmse" or "mae" of numbers, in the units of the target; the first unless
                told.
            seed: draws the splits; the same seed gives the same.
            validation: share of the rows that choose.
            test: share of the rows that report.
            split: column that says "training", "validation" or "test" of each row, in place of
                the seed and the shares.
            encode: "one-hot" for inputs of text; without it they are refused.
            dtype: of the rows, "float64" or "float32".

        Raises:
            FrameError: a ValueError, for all that the table and the arguments have wrong.
        """
        from ddlib.tasks.frame import Asked, frame_task

        asked = Asked(
            target=target,
            learner=learner,
            measure=measure,
            seed=seed,
            validation=validation,
            test=test,
            split=split,
            encode=encode,
            dtype=dtype,
        )
        return frame_task(table, asked)

    def problem(
        self, num_rows: int, *, generator: Generator, shares: Shares = "equal"
    ) -> DistillationProblem:
        """Return the problem of `num_rows` rows, started from random training rows.

        Each class has its share of the start, and no class more rows than there are.

        Args:
            num_rows: budget $m$.
            generator: draws the start.
            shares: whether classes get "equal" shares, or "proportional" to their training rows.

        Raises:
            ValueError: for a budget of 0 or above the training rows, for training rows that are
                not finite or lack a class.
        """
        check_generator("generator", generator)
        check_rows("training", self.training, self.layout)
        if not 1 <= num_rows <= len(self.training):
            raise ValueError(
                f"num_rows = {num_rows}: must be from 1 to the {len(self.training)} training rows"
            )
        groups = self.layout.groups(self.training)
        counts = rows_per_class([len(group) for group in groups], num_rows, shares)
        chosen = [
            group[torch.randperm(len(group), generator=generator)[:count]]
            for group, count in zip(groups, counts, strict=True)
        ]
        initial = self.training[torch.cat(chosen)]
        return DistillationProblem(
            self.learner,
            self.criterion,
            initial,
            training=self.training,
            layout=self.layout,
            feasible=self._keep_labels(initial) if self.fixed_labels else self.layout.on_simplex,
        )

    def _keep_labels(self, initial: Tensor) -> Callable[[Tensor], Tensor]:
        """Return the projection onto the sets with the labels of `initial`."""
        labels = self.layout.responses(initial)
        return lambda rows: torch.cat([self.layout.inputs(rows), labels], dim=-1)
