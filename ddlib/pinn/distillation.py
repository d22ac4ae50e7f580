r"""Distillation for parametric problems: rows $(x,\alpha,y)$, all of them learnable.

Four working objectives, by what they look at:

- "fit": the training rows, all of them from one tail of $\alpha$;
- "fit and residual": also residual and boundary over the prior of $\alpha$, weighted by
  `residual_weight`, without any value of $u$ there;
- "fit and solution": also the solution that training rows, residual and boundary determine over
  the prior, as the learner finds it that asks for the equation everywhere;
- "oracle": the error on test rows. It leaks, and serves as an upper bound only.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import torch
from torch import Generator, Tensor

from ddlib.config import check_name
from ddlib.pinn.collocation import prior
from ddlib.pinn.criteria import Solution, fit, physics
from ddlib.pinn.data import LAYOUT, ParametricData
from ddlib.pinn.feature_pinn import FeaturePINN
from ddlib.pinn.problem import ParametricProblem
from ddlib.problem import DistillationProblem, Learner, learns_batches
from ddlib.problem.criteria import TrainingCriterion

CRITERIA = ("fit", "fit and residual", "fit and solution", "oracle")
"""The names of the working objectives."""

STARTS = ("prior", "training")
"""Where the rows may start: at points over the prior, or at training rows."""


@dataclass(frozen=True)
class OneOf:
    r"""The learner whose $\xi$ also draws which of several learners it is, each as likely.

    Its $F$ is the mean over the learners: rows that have to serve all of them.

    Attributes:
        learners: which it may be.
        batched: True, it learns from many sets at once, all with the same learner.

    Raises:
        ValueError: without a learner, and unless all learn from batches.
    """

    learners: tuple[Learner, ...]

    batched: ClassVar[bool] = True

    def __post_init__(self) -> None:
        """Check that there is a learner, and that all learn from batches."""
        if not self.learners or not all(learns_batches(learner) for learner in self.learners):
            raise ValueError(f"learners = {self.learners}: must be at least one, all batched")

    def __call__(self, rows: Tensor, *, generator: Generator) -> Any:
        """Return the model that the drawn learner makes of `rows`.

        Args:
            rows: one set `(m, …)`, or a batch of them `(B, m, …)`.
            generator: draws the learner, then its own randomness.
        """
        which = int(torch.randint(len(self.learners), (), generator=generator))
        return self.learners[which](rows, generator=generator)


@dataclass(frozen=True)
class ParametricTask:
    """A parametric problem, its data, and the learner that the rows are for.

    Attributes:
        problem: with its prior.
        data: one draw of it.
        learner: that the rows are for.
        pinn: starts the rows' values, and solves the problem over the prior where an objective
            wants that.
        num_solves: draws of the features of `pinn`, over which such a solution is the mean.
    """

    problem: ParametricProblem
    data: ParametricData
    learner: Learner
    pinn: FeaturePINN
    num_solves: int = 3

    def distillation_problem(
        self,
        num_rows: int,
        *,
        criterion: str,
        start: str,
        generator: Generator,
        residual_weight: float = 0.3,
    ) -> DistillationProblem:
        r"""Return the problem of `num_rows` rows.

        Points stay in the domain, $\alpha$ within three deviations of the prior.

        Args:
            num_rows: the budget.
            criterion: one of `CRITERIA`.
            start: one of `STARTS`.
            generator: draws the start, and the features of the solution over the prior.
            residual_weight: of residual and boundary in "fit and residual".

        Raises:
            ValueError: for other names, and for less than one row or more than the training rows.
        """
        training = self.data.training
        if not 1 <= num_rows <= len(training):
            raise ValueError(
                f"num_rows = {num_rows}: must be from 1 to the {len(training)} training rows"
            )
        check_name("criterion", criterion, CRITERIA)
        check_name("start", start, STARTS)
        working = self._working(criterion, residual_weight, generator=generator)
        return DistillationProblem(
            self.learner,
            TrainingCriterion(working),
            self.initial(num_rows, start, generator=generator),
            training=training,
            layout=LAYOUT,
            feasible=self._feasible,
        )

    def solution(self, points: Tensor, *, generator: Generator) -> Tensor:
        r"""Return the points with what rows and equation say $u$ is there, `(n, d + 2)`.

        That is the mean over draws of the features, of the feature PINN that asks for the equation
        over the prior.

        Args:
            points: `(n, d + 1)`.
            generator: draws the features.
        """
        everywhere = replace(self.pinn, policy=prior(self.problem))
        with torch.no_grad():
            models = [
                everywhere(self.data.training, generator=generator) for _ in range(self.num_solves)
            ]
            values = torch.stack([model(points) for model in models]).mean(0)
        return torch.cat([points, values[:, None]], dim=1)

    def initial(self, num_rows: int, start: str, *, generator: Generator) -> Tensor:
        r"""Return the rows to start from, `(num_rows, d + 2)`.

        From "training" these are random training rows. From "prior" they stand at random points,
        with $\alpha$ at even quantiles. What $y$ should be there nobody knows yet: they start at
        what the feature PINN says that has seen the training rows.

        Args:
            num_rows: how many.
            start: one of `STARTS`.
            generator: draws rows or points, and the features of the PINN.
        """
        training = self.data.training
        if start == "training":
            return training[torch.randperm(len(training), generator=generator)[:num_rows]]
        shares = (torch.arange(num_rows, dtype=torch.float64) + 0.5) / num_rows
        alphas = self.problem.prior.quantile(shares)
        points = self.problem.sample_points(alphas, generator=generator)
        with torch.no_grad():
            values = self.pinn(training, generator=generator)(points)
        return torch.cat([points, values[:, None]], dim=1)

    def _working(
        self, criterion: str, residual_weight: float, *, generator: Generator
    ) -> Callable[[Solution], Tensor]:
        """Return the working objective, a number per model."""
        data = self.data
        first, weight = fit(data.training), 1.0
        if criterion == "fit":
            return first
        points = prior(self.problem)(data.training)
        if criterion == "oracle":
            first, second = fit(data.inside), fit(data.outside)
        elif criterion == "fit and residual":
            second, weight = physics(self.problem, points), residual_weight
        else:
            second = fit(self.solution(points.interior, generator=generator))
        return lambda model: first(model) + weight * second(model)

    def _feasible(self, rows: Tensor) -> Tensor:
        """Return the rows with points clamped to the domain and to the prior's reach."""
        low, high = self.problem.limits()
        return torch.cat([rows[..., :-1].clamp(low, high), rows[..., -1:]], dim=-1)
