"""The data of case study 2: one draw of a parametric problem, and the judge of what learns from it.

All experiments of the case study share both, so that their errors can be compared.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import torch
from pydantic import model_validator
from torch import Tensor

from ddlib.config import Config, Count, Positive, Seed, check_name
from ddlib.experiments.base import Column
from ddlib.pinn import PROBLEMS
from ddlib.pinn.collocation import Collocation, at_synthetic
from ddlib.pinn.criteria import BOUNDARY_WEIGHT, mean_residual, relative_error
from ddlib.pinn.data import ParametricData, draw_parametric
from ddlib.pinn.distillation import ParametricTask
from ddlib.pinn.feature_pinn import FeaturePINN
from ddlib.pinn.network_pinn import NetworkPINN
from ddlib.pinn.problem import ParametricProblem, Tails
from ddlib.problem import Learner, evaluate_all
from ddlib.problem.criteria import TestCriterion
from ddlib.streams import stream

ERRORS = {
    "inside": Column("relative L2 error at new parameters of the training tail", "", 1e-3),
    "outside": Column("relative L2 error in the test tail", "", 1e-3),
    "residual": Column("mean squared residual over the prior", "", float("inf")),
}
"""The columns that a `Judge` fills."""

NORMAL_95 = 1.96  # standard deviations to either side that hold 95 % of a normal law


class DrawConfig(Config):
    r"""One draw of the data of one parametric problem.

    Attributes:
        seed: of all that is drawn.
        problem: one of `PROBLEMS`.
        noise: of training values, as a share of their standard deviation.
        lower: share of the prior that training parameters come from.
        upper: share of the prior that test parameters come from.
        penalty: $\lambda$ of the feature PINN.
        residual_weight: of the feature PINN, $w_r$.
        boundary_weight: of the feature PINN, $w_b$.
        num_features: of the feature PINN.
        feature_draws: draws of the features, held out, that sets are judged by.
        num_solves: draws of the features that the solution over the prior is a mean of.
    """

    seed: Seed
    problem: str = "RobinPoisson"
    noise: Positive = 0.05
    lower: Positive = 0.2
    upper: Positive = 0.2
    penalty: Positive = 1e-4
    residual_weight: Positive = 1.0
    boundary_weight: Positive = BOUNDARY_WEIGHT
    num_features: Count = 200
    feature_draws: Count = 5
    num_solves: Count = 3

    @model_validator(mode="after")
    def _problem_is_known(self) -> Self:
        """Check the name of the problem and the tails."""
        check_name("problem", self.problem, PROBLEMS)
        Tails(self.lower, self.upper)
        return self


@dataclass(frozen=True)
class Judge:
    """What a model is reported by, on test rows and over the prior.

    Attributes:
        inside: relative L2 error at new parameters of the training tail.
        outside: relative L2 error in the test tail.
        residual: mean squared residual over the prior.
        test_rows: of the test tail, for `bars`.
    """

    inside: TestCriterion
    outside: TestCriterion
    residual: TestCriterion
    test_rows: Tensor

    def __call__(
        self, learner: Learner, rows: Tensor, *, seed: int, num_draws: int
    ) -> dict[str, float]:
        """Return the values of `ERRORS`, each the mean over the draws.

        The residual is NaN for a learner that knows no equation: its model has no jet.

        Args:
            learner: learns from the rows.
            rows: `(m, d + 2)`.
            seed: of the learner's draws.
            num_draws: draws of the learner.
        """
        criteria = {"inside": self.inside, "outside": self.outside}
        if isinstance(learner, FeaturePINN | NetworkPINN):
            criteria["residual"] = self.residual
        generator = stream(seed, "judging")
        values = evaluate_all(learner, rows, criteria, generator=generator, num_draws=num_draws)
        return {"residual": float("nan")} | values


def bars(
    learner: Learner, rows: Tensor, test_rows: Tensor, *, seed: int, num_models: int
) -> dict[str, float]:
    """Return how well an ensemble knows its error: coverage and width of its 95 % error bars.

    The bars are 1.96 standard deviations of the models to either side of their mean.

    Args:
        learner: learns from the rows, each time with new randomness.
        rows: `(m, d + 2)`.
        test_rows: without noise, `(n, d + 2)`.
        seed: of the learner's draws.
        num_models: models in the ensemble, at least 2.
    """
    generator, points = stream(seed, "ensemble"), test_rows[:, :-1]
    with torch.no_grad():
        values = torch.stack(
            [learner(rows, generator=generator)(points) for _ in range(num_models)]
        )
    half = NORMAL_95 * values.std(0)
    inside = (values.mean(0) - test_rows[:, -1]).abs() <= half
    width = 2 * half.mean() / test_rows[:, -1].std()
    return {"coverage": inside.double().mean().item(), "width": width.item()}


def draw_task(
    config: DrawConfig, made_for: str = "PINN", deployment: str = "known"
) -> tuple[ParametricTask, Judge]:
    """Return the data with the learners that rows are distilled for, and the judge of the seed.

    Args:
        config: what is drawn.
        made_for: one of `ddlib.pinn.distillation.MADE_FOR`.
        deployment: one of `ddlib.pinn.distillation.DEPLOYMENTS`.
    """
    problem, tails = PROBLEMS[config.problem], Tails(config.lower, config.upper)
    data = draw_parametric(
        problem, tails, noise=config.noise, generator=stream(config.seed, f"{config.problem} data")
    )
    pinn = FeaturePINN(
        problem,
        at_synthetic(problem),
        num_features=config.num_features,
        penalty=config.penalty,
        residual_weight=config.residual_weight,
        boundary_weight=config.boundary_weight,
    )
    task = ParametricTask.of(
        pinn,
        data,
        tails,
        made_for=made_for,
        deployment=deployment,
        num_solves=config.num_solves,
    )
    return task, _judge(problem, data, seed=config.seed)


def _judge(problem: ParametricProblem, data: ParametricData, *, seed: int) -> Judge:
    """Return the judge on the test rows of `data`, and at random points over the prior."""
    generator = stream(seed, "judging points")
    alphas = problem.prior.sample(500, generator=generator)
    points = problem.sample_points(alphas, generator=generator)
    return Judge(
        TestCriterion(relative_error(data.inside)),
        TestCriterion(relative_error(data.outside)),
        TestCriterion(mean_residual(problem, Collocation(points, points[:0]))),
        data.outside,
    )
