"""A task: what a problem needs besides its budget, with the three splits told apart by type."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

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

    def problem(self, num_rows: int, *, generator: Generator) -> DistillationProblem:
        """Return the problem of `num_rows` rows, started from random training rows.

        With classes the start has equally many rows of each.

        Args:
            num_rows: budget $m$.
            generator: draws the start.

        Raises:
            ValueError: for a budget of 0, above the training rows, or that the classes do not
                divide, for training rows that are not finite or lack a class.
        """
        check_generator("generator", generator)
        check_rows("training", self.training, self.layout)
        if not 1 <= num_rows <= len(self.training):
            raise ValueError(
                f"num_rows = {num_rows}: must be from 1 to the {len(self.training)} training rows"
            )
        groups = self.layout.groups(self.training)
        if num_rows % len(groups):
            raise ValueError(
                f"num_rows = {num_rows}: must be a multiple of the {len(groups)} classes"
            )
        share = num_rows // len(groups)
        chosen = [g[torch.randperm(len(g), generator=generator)[:share]] for g in groups]
        initial = self.training[torch.cat(chosen)]
        if len(initial) < num_rows:
            raise ValueError(
                f"num_rows = {num_rows}: must be at most what the training rows have, "
                f"{min(map(len, groups))} of a class"
            )
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
