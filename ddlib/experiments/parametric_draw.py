"""The data of case study 2: one draw of a parametric problem, and the judge of what learns from it.

All experiments of the case study share both, so that their errors can be compared.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self

from pydantic import model_validator
from torch import Tensor

from ddlib.config import Config, Count, Positive, Seed, check_name
from ddlib.experiments.base import Column
from ddlib.pinn import PROBLEMS
from ddlib.pinn.collocation import Collocation, at_synthetic, nowhere
from ddlib.pinn.criteria import mean_residual, relative_error
from ddlib.pinn.data import ParametricData, draw_parametric
from ddlib.pinn.distillation import OneOf, ParametricTask
from ddlib.pinn.feature_pinn import FeaturePINN
from ddlib.pinn.problem import ParametricProblem, Tails
from ddlib.pinn.regressors import Regressor
from ddlib.problem import Learner, evaluate_all
from ddlib.problem.criteria import TestCriterion
from ddlib.streams import stream

LEARNERS = ("PINN", "plain", "both")
"""The learners that rows may be distilled for."""

ERRORS = {
    "inside": Column("relative L2 error at new parameters of the training tail", "", 1e-3),
    "outside": Column("relative L2 error in the test tail", "", 1e-3),
    "residual": Column("mean squared residual over the prior", "", float("inf")),
}
"""The columns that a `Judge` fills."""


class DrawConfig(Config):
    r"""One draw of the data of one parametric problem.

    Attributes:
        seed: of all that is drawn.
        problem: one of `PROBLEMS`.
        noise: of training values, as a share of their standard deviation.
        lower: share of the prior that training parameters come from.
        upper: share of the prior that test parameters come from.
        penalty: $\lambda$ of the feature PINN.
        num_features: of the feature PINN.
        feature_draws: draws of the features, held out, that sets are judged by.
        num_solves: draws of the features that the solution over the prior is a mean of.
    """

    added: ClassVar[Mapping[str, Any]] = {"num_features": 200, "feature_draws": 5, "num_solves": 3}

    seed: Seed
    problem: str = "RobinPoisson"
    noise: Positive = 0.05
    lower: Positive = 0.2
    upper: Positive = 0.2
    penalty: Positive = 1e-4
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
    """

    inside: TestCriterion
    outside: TestCriterion
    residual: TestCriterion

    def __call__(
        self, learner: Learner, rows: Tensor, *, seed: int, num_draws: int
    ) -> dict[str, float]:
        """Return the values of `ERRORS`, each the mean over the draws.

        The residual is NaN for a `Regressor`, whose model has no jet.

        Args:
            learner: learns from the rows.
            rows: `(m, d + 2)`.
            seed: of the learner's draws.
            num_draws: draws of the learner.
        """
        criteria = {"inside": self.inside, "outside": self.outside}
        if not isinstance(learner, Regressor):
            criteria["residual"] = self.residual
        generator = stream(seed, "judging")
        values = evaluate_all(learner, rows, criteria, generator=generator, num_draws=num_draws)
        return {"residual": float("nan")} | values


def draw_task(config: DrawConfig, made_for: str = "PINN") -> tuple[ParametricTask, Judge]:
    """Return the data with the learner that rows are distilled for, and the judge of the seed.

    Args:
        config: what is drawn.
        made_for: one of `LEARNERS`.
    """
    problem = PROBLEMS[config.problem]
    data = draw_parametric(
        problem,
        Tails(config.lower, config.upper),
        noise=config.noise,
        generator=stream(config.seed, f"{config.problem} data"),
    )
    pinn = FeaturePINN(
        problem, at_synthetic(problem), num_features=config.num_features, penalty=config.penalty
    )
    plain = replace(pinn, policy=nowhere(problem))
    learner = {"PINN": pinn, "plain": plain, "both": OneOf((pinn, plain))}[made_for]
    judge = _judge(problem, data, seed=config.seed)
    return ParametricTask(problem, data, learner, pinn, config.num_solves), judge


def _judge(problem: ParametricProblem, data: ParametricData, *, seed: int) -> Judge:
    """Return the judge on the test rows of `data`, and at random points over the prior."""
    generator = stream(seed, "judging points")
    alphas = problem.prior.sample(500, generator=generator)
    points = problem.sample_points(alphas, generator=generator)
    return Judge(
        TestCriterion(relative_error(data.inside)),
        TestCriterion(relative_error(data.outside)),
        TestCriterion(mean_residual(problem, Collocation(points, points[:0]))),
    )
