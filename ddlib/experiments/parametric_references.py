"""Case study 2 without distillation: references, and what one would do instead.

One config is one draw of the data of a problem. The rows returned are a method that learns from all
training rows, and its errors inside and outside the training tail.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, replace
from functools import partial
from typing import Self

import pandas as pd
import torch
from pydantic import model_validator
from torch import Generator, Tensor

from ddlib.config import Count
from ddlib.experiments.base import Column, Experiment
from ddlib.experiments.parametric_draw import ERRORS, DrawConfig, draw_task
from ddlib.pinn import PROBLEMS
from ddlib.pinn.baselines import adaptive_alphas, gp_smoothed
from ddlib.pinn.collocation import Policy, at_alphas, nowhere, prior, train_tail
from ddlib.pinn.distillation import ParametricTask
from ddlib.pinn.feature_pinn import FeaturePINN
from ddlib.pinn.hard_boundary import HardBoundaryPINN
from ddlib.pinn.problem import ParametricProblem, Tails
from ddlib.problem import Learner, NotApplicable
from ddlib.streams import stream

TRAINING_ROWS, CLEAN_ROWS = "training rows", "clean training rows"
NO_PHYSICS, TAIL, CEILING = "no physics", "physics in the training tail", "physics over the prior"
ADAPTIVE, SMOOTHED, HARD = "physics at adaptive parameters", "smoothed rows", "hard boundary"


class ParametricReferencesConfig(DrawConfig):
    """One draw of the data, and the settings of adaptive resampling.

    Attributes:
        num_adaptive: values of the parameter that adaptive resampling adds.
        num_rounds: rounds in which it adds them, equally many in each.
    """

    num_adaptive: Count = 20
    num_rounds: Count = 4

    @model_validator(mode="after")
    def _rounds_divide(self) -> Self:
        """Check that each round adds as many parameters."""
        if self.num_adaptive % self.num_rounds:
            raise ValueError(
                f"num_adaptive = {self.num_adaptive}, num_rounds = {self.num_rounds}: must be a "
                "multiple"
            )
        return self


def parametric_references(config: ParametricReferencesConfig) -> pd.DataFrame:
    """Judge all training rows under each collocation policy, and baselines.

    Args:
        config: the draw of the data.

    Returns:
        A row per method, with the columns of `PARAMETRIC_REFERENCES`.
    """
    task, judge = draw_task(config)
    generator = stream(config.seed, "references")
    rows = [
        {"method": name, "num_rows": len(learnt_from)}
        | judge(learner, learnt_from, seed=config.seed, num_draws=config.feature_draws)
        for name, learner, learnt_from in _all_rows(config, task, generator=generator)
    ]
    return pd.DataFrame(rows, columns=list(PARAMETRIC_REFERENCES.columns))


Cases = Iterator[tuple[str, Learner, Tensor]]
"""Name, learner and rows of each reference."""


def _all_rows(
    config: ParametricReferencesConfig, task: ParametricTask, *, generator: Generator
) -> Cases:
    """Yield what learns from as many rows as there are for training."""
    problem, pinn, rows = task.problem, task.pinn, task.data.training
    yield TRAINING_ROWS, pinn, rows
    yield CLEAN_ROWS, pinn, task.data.clean
    tails = Tails(config.lower, config.upper)
    policies = {NO_PHYSICS: nowhere(problem), TAIL: train_tail(problem, tails)}
    policies |= {CEILING: prior(problem)}
    policies |= {ADAPTIVE: _adaptive_policy(config, task, generator=generator)}
    for name, policy in policies.items():
        yield name, replace(pinn, policy=policy), rows
    yield SMOOTHED, pinn, gp_smoothed(rows)
    try:
        settings = {field.name: getattr(pinn, field.name) for field in fields(pinn)}
        yield HARD, HardBoundaryPINN(**settings), rows
    except NotApplicable:
        # Burgers' traces are no two ends of an interval: the table has no such row then.
        return


def _adaptive_policy(
    config: ParametricReferencesConfig, task: ParametricTask, *, generator: Generator
) -> Policy:
    r"""Return the policy of the rows' own $\alpha$ and those of residual-adaptive resampling."""
    alphas = adaptive_alphas(
        task.problem,
        partial(_learner_at, task.problem, task.pinn),
        task.data.training,
        num_alphas=config.num_adaptive,
        num_rounds=config.num_rounds,
        generator=generator,
    )
    own = task.problem.alphas_of(task.data.training[:, :-1]).unique(dim=0)
    return at_alphas(task.problem, torch.cat([own, alphas]), num_points=7)


def _learner_at(problem: ParametricProblem, pinn: FeaturePINN, alphas: Tensor) -> FeaturePINN:
    return replace(pinn, policy=at_alphas(problem, alphas, num_points=7))


PARAMETRIC_REFERENCES = Experiment(
    name="parametric_references",
    config=ParametricReferencesConfig,
    run=parametric_references,
    version=2,
    columns={
        "method": Column("reference or baseline"),
        "num_rows": Column("rows that are learnt from", "rows"),
        **ERRORS,
    },
    seconds=lambda c: 2 * (1 if PROBLEMS[c.problem].linear else 4),
)
