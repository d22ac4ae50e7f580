"""Case study 2: what a way to make a small set is given, and what it returns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Generator, Tensor

from ddlib.config import Config, Count, Positive
from ddlib.pinn.distillation import ParametricTask
from ddlib.pinn.labels import Label, labelled
from ddlib.problem.cost import Cost
from ddlib.problem.criteria import TrainingCriterion


class SetConfig(Config):
    """How a set is made.

    Attributes:
        method: one of `ddlib.experiments.parametric_sets.METHODS`.
        criterion: working objective, one of `ddlib.pinn.distillation.CRITERIA`.
        num_rows: budget m.
        num_steps: of a descent, and sets that are tried without one.
        step_size: at the start, in the units of the rows; it falls to 0.
        value_step_size: of the last quarter of the steps, which also moves the values.
        num_snapshots: about as many in each stage of a descent, evenly spaced.
        working_weight: of residual and boundary in "fit and residual".
        smoothing: of the zeroth-order step, in the units of the rows.
        num_directions: of the zeroth-order step.
    """

    method: str = "distilled"
    criterion: str = "fit and solution"
    num_rows: Count = 20
    num_steps: Count = 1000
    step_size: Positive = 0.1
    value_step_size: Positive = 0.005
    num_snapshots: Count = 10
    working_weight: Positive = 0.3
    smoothing: Positive = 0.01
    num_directions: Count = 8


@dataclass(frozen=True)
class Made:
    """A set, how it came about, and what it has cost.

    Attributes:
        snapshots: step -> rows on the way, `(m, d + 2)`; the last one is the set.
        cost: evaluations and gradients of the working objective.
        working: the working objective.
    """

    snapshots: Mapping[int, Tensor]
    cost: Cost
    working: TrainingCriterion

    @property
    def rows(self) -> Tensor:
        """The set, `(m, d + 2)`."""
        return self.snapshots[max(self.snapshots)]


@dataclass(frozen=True)
class Maker:
    """What a way to make a set is given.

    Attributes:
        config: budget and settings.
        task: problem, data, learners.
        label: the solution that training rows and equation determine.
        working: the working objective.
        generator: draws all else.
    """

    config: SetConfig
    task: ParametricTask
    label: Label
    working: TrainingCriterion
    generator: Generator

    def spread(self) -> Tensor:
        """Return labelled points at even quantiles of the parameter, `(m, d + 2)`."""
        points = self.task.spread_points(self.config.num_rows, generator=self.generator)
        return self.labelled(points)

    def labelled(self, points: Tensor) -> Tensor:
        """Return points with the solution's values, `(m, d + 2)`."""
        with torch.no_grad():
            return labelled(points, self.label)

    def made(self, rows: Tensor | Mapping[int, Tensor], cost: Cost | None = None) -> Made:
        """Return what was made: one set, or the sets after each of some steps."""
        snapshots = {0: rows} if isinstance(rows, Tensor) else rows
        return Made(snapshots, cost or Cost(), self.working)
