r"""Distillation for parametric problems: rows $(x,\alpha,y)$, all of them learnable.

What may be used beyond the training rows makes two problems. Where the *deployment is known*, so is
the prior of $\alpha$: rows may lie, and the equation may be asked for, all over it. Where it is
*unknown*, nothing beyond the training tail may be used. In both the training rows and the equation
determine a *solution*, the mean of what feature PINNs learn that ask for the equation on a grid,
over the prior or over the tail.

Four working objectives, by what they look at:

- "fit": the training rows, all of them from one tail of $\alpha$;
- "fit and residual": also residual and boundary on that grid, weighted by `residual_weight`,
  without any value of $u$ there;
- "fit and solution": also the solution on that grid;
- "oracle": the error on test rows. It leaks, and serves as an upper bound only.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import torch
from torch import Generator, Tensor

from ddlib.config import check_name
from ddlib.pinn.collocation import Policy, nowhere, prior, train_tail
from ddlib.pinn.criteria import Solution, fit, physics
from ddlib.pinn.data import LAYOUT, ParametricData
from ddlib.pinn.feature_pinn import FeaturePINN
from ddlib.pinn.labels import Label, labelled, mean_of
from ddlib.pinn.one_of import OneOf
from ddlib.pinn.point_checks import check_training
from ddlib.pinn.problem import ParametricProblem, Tails
from ddlib.problem import DistillationProblem, Learner
from ddlib.problem.criteria import TrainingCriterion

CRITERIA = ("fit", "fit and residual", "fit and solution", "oracle")
"""The names of the working objectives."""

DEPLOYMENTS = ("known", "unknown")
"""Whether the law of the parameter in deployment may be used."""


MADE_FOR = ("PINN", "plain", "both")
"""The learners that rows may be for: a feature PINN, the same features without physics, or both."""


@dataclass(frozen=True)
class ParametricTask:
    """A parametric problem, its data, what is known of its deployment, and who gets the rows.

    Attributes:
        problem: with its prior.
        data: one draw of it.
        tails: where its parameters come from.
        learners: that the rows are for, each as likely.
        pinn: starts the rows' values, and finds the solution.
        deployment: one of `DEPLOYMENTS`.
        num_solves: draws of the features of `pinn`, over which the solution is the mean.

    Raises:
        ValueError: for another deployment, training rows out of the domain or of the range of the
            parameters, and learners as `OneOf` does.
    """

    problem: ParametricProblem
    data: ParametricData
    tails: Tails
    learners: tuple[Learner, ...]
    pinn: FeaturePINN
    deployment: str = "known"
    num_solves: int = 3

    @classmethod
    def of(
        cls,
        pinn: FeaturePINN,
        data: ParametricData,
        tails: Tails,
        *,
        made_for: str = "both",
        deployment: str = "known",
        num_solves: int = 3,
    ) -> ParametricTask:
        """Return the task of a feature PINN with and without its equation.

        Args:
            pinn: knows the problem, and asks for the equation where its policy says.
            data: one draw of the problem.
            tails: where its parameters come from.
            made_for: one of `MADE_FOR`.
            deployment: as the attribute.
            num_solves: as the attribute.

        Raises:
            ValueError: for another name.
        """
        check_name("made_for", made_for, MADE_FOR)
        plain = replace(pinn, policy=nowhere(pinn.problem))
        learners = {"PINN": (pinn,), "plain": (plain,), "both": (pinn, plain)}[made_for]
        return cls(pinn.problem, data, tails, learners, pinn, deployment, num_solves)

    def __post_init__(self) -> None:
        """Check the deployment and the learners."""
        check_name("deployment", self.deployment, DEPLOYMENTS)
        check_training(self.problem, self.data.training)
        OneOf(self.learners)

    @property
    def learner(self) -> Learner:
        """The learner that the rows are for, or the `OneOf` of several."""
        return self.learners[0] if len(self.learners) == 1 else OneOf(self.learners)

    @property
    def policy(self) -> Policy:
        """Where the solution asks for the equation: on a grid over the prior, or over the tail."""
        if self.deployment == "known":
            return prior(self.problem)
        return train_tail(self.problem, self.tails)

    @property
    def limits(self) -> Tensor:
        r"""The lowest and the highest point that a row may lie at, `(2, d + k)`.

        $\alpha$ stays within three deviations of the prior, or within the training rows'.
        """
        limits, first = self.problem.limits(), len(self.problem.coordinates)
        if self.deployment == "unknown":
            alphas = self.data.training[:, first:-1]
            limits[:, first:] = torch.stack([alphas.amin(0), alphas.amax(0)])
        return limits

    def solution(self, *, generator: Generator) -> Label:
        r"""Return what training rows and equation say $u$ is, as a function of points.

        Args:
            generator: draws the features.
        """
        everywhere = replace(self.pinn, policy=self.policy)
        with torch.no_grad():
            return mean_of(
                [
                    everywhere(self.data.training, generator=generator)
                    for _ in range(self.num_solves)
                ]
            )

    def spread_points(self, num_points: int, *, generator: Generator) -> Tensor:
        r"""Return random points at even quantiles of $\alpha_1$, `(num_points, d + k)`.

        The quantiles are those of the prior, or of the training tail. Further parameters fill their
        whole law.

        Args:
            num_points: how many.
            generator: draws the coordinates.
        """
        shares = (torch.arange(num_points, dtype=torch.float64) + 0.5) / num_points
        alphas = self.problem.prior.quantile(self._share_of_prior * shares)
        points = self.problem.sample_points(alphas, generator=generator)
        return points.clamp(*self.limits)

    def random_points(self, *shape: int, generator: Generator) -> Tensor:
        r"""Return random points, $\alpha$ from the prior or from the training tail, `(…, d + k)`.

        Args:
            shape: how many, in which shape.
            generator: draws them.
        """
        count = torch.Size(shape).numel()
        shares = torch.rand(count, dtype=torch.float64, generator=generator)
        first = self.problem.prior.laws[0].quantile(self._share_of_prior * shares)
        alphas = self.problem.prior.with_others(first, generator=generator)
        points = self.problem.sample_points(alphas, generator=generator)
        return points.clamp(*self.limits).reshape(*shape, -1)

    def working(
        self, criterion: str, label: Label, *, residual_weight: float = 0.3
    ) -> TrainingCriterion:
        """Return the working objective, a number per model.

        Args:
            criterion: one of `CRITERIA`.
            label: the solution.
            residual_weight: of residual and boundary in "fit and residual".

        Raises:
            ValueError: for another name.
        """
        check_name("criterion", criterion, CRITERIA)
        data, points = self.data, self.policy(self.data.training)
        if criterion == "fit":
            return TrainingCriterion(fit(data.training))
        first, second, weight = fit(data.training), physics(self.problem, points), 1.0
        if criterion == "oracle":
            first, second = fit(data.inside), fit(data.outside)
        elif criterion == "fit and residual":
            weight = residual_weight
        else:
            with torch.no_grad():
                second = fit(labelled(points.interior, label))

        def value(model: Solution) -> Tensor:
            return first(model) + weight * second(model)

        return TrainingCriterion(value)

    def distillation_problem(
        self, initial: Tensor, working: TrainingCriterion, learner: Learner | None = None
    ) -> DistillationProblem:
        """Return the problem that a distiller takes.

        Args:
            initial: rows to start from, `(m, d + k + 1)`.
            working: the working objective.
            learner: in place of that which the rows are for.

        Raises:
            ValueError: for more rows than there are for training.
        """
        return DistillationProblem(
            learner or self.learner,
            working,
            initial,
            training=self.data.training,
            layout=LAYOUT,
            feasible=self._feasible(),
        )

    @property
    def _share_of_prior(self) -> float:
        r"""The share of the prior, from below, that the points' $\alpha$ come from."""
        return 1.0 if self.deployment == "known" else self.tails.lower

    def _feasible(self) -> Callable[[Tensor], Tensor]:
        """Return the projection of rows that clamps their points."""
        low, high = self.limits

        def project(rows: Tensor) -> Tensor:
            return torch.cat([rows[..., :-1].clamp(low, high), rows[..., -1:]], dim=-1)

        return project
