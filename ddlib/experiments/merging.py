"""Case study 1: distil K noisy sources with hidden variables into one set, judge it on clean rows.

One config is one random network at one budget. The rows returned are tidy: a method, a step of
it, and the log-likelihood of the test rows under the network that is learnt from its set.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Annotated, Any, ClassVar, Literal, Self

import pandas as pd
import torch
from pydantic import Field, StrictBool, model_validator
from torch.optim import SGD, Adam

from ddlib.config import Count, Positive, StepSizes
from ddlib.dbn import DBNLearner, negative_log_likelihood
from ddlib.distillers.first_order import FirstOrder
from ddlib.distillers.zeroth_order import ZerothOrder
from ddlib.experiments.base import Column, Experiment
from ddlib.experiments.choice import best_on_validation
from ddlib.experiments.sources import SourcesConfig, SourcesData, draw_data
from ddlib.merge import initial_rows, merging_problem
from ddlib.merge.literal import LiteralCaption
from ddlib.problem import (
    Distillation,
    DistillationProblem,
    Distiller,
    TestCriterion,
    ValidationCriterion,
    distill,
    evaluate,
    spacing,
)
from ddlib.streams import stream

CAPTION, ALL, FIRST, LITERAL = (
    "Algorithm 1 (caption)",
    "Algorithm 1, learning from all",
    "first-order",
    "Algorithm 1 (to the letter)",
)


class MergingConfig(SourcesConfig):
    """One random network, its sources, one budget, and how it is distilled.

    Attributes:
        rows_per_source: budget, in rows a source (IPC).
        num_steps: epochs of each method.
        smoothing: of the zeroth-order steps, in the units of the data.
        num_directions: of the zeroth-order step that learns from all.
        num_looks: snapshots that are judged on validation rows.
        caption_step_sizes: of Algorithm 1, in both readings of the caption.
        all_step_sizes: of the zeroth-order step that learns from all.
        first_step_sizes: of the first-order step.
        start: whether all methods but the caption's start from rows of the sources, as that one
            does, or from draws given them.
        literal: whether to run the other reading of the caption, in place of all methods.
    """

    added: ClassVar[Mapping[str, Any]] = {  # what stood beside the config
        "num_looks": 20,
        "caption_step_sizes": (0.003, 0.03),
        "all_step_sizes": (0.03,),
        "first_step_sizes": (0.05,),
    }

    rows_per_source: Annotated[int, Field(strict=True, ge=2)] = 20
    num_steps: Count = 300
    smoothing: Positive = 0.1
    num_directions: Count = 16
    num_looks: Count = 20
    caption_step_sizes: StepSizes = (0.003, 0.03)
    all_step_sizes: StepSizes = (0.03,)
    first_step_sizes: StepSizes = (0.05,)
    start: Literal["rows", "drawn"] = "drawn"
    literal: StrictBool = False

    @model_validator(mode="after")
    def _rows_suffice(self) -> Self:
        """Check that a source has the rows to start from."""
        self.require_rows(self.rows_per_source)
        return self


def methods(config: MergingConfig) -> dict[str, dict[float, Distiller]]:
    """Return each method's distillers, by the step sizes to choose from on validation rows.

    Args:
        config: the step sizes and the settings of the methods.

    Returns:
        name of the method -> step size -> distiller.
    """
    caption = {
        lr: ZerothOrder(config.smoothing, optimizer=partial(SGD, lr=lr))
        for lr in config.caption_step_sizes
    }
    if config.literal:
        return {LITERAL: {lr: LiteralCaption(distiller) for lr, distiller in caption.items()}}
    everything = ZerothOrder(
        config.smoothing, config.num_directions, antithetic=True, learn_from="all"
    )
    return {
        CAPTION: {**caption},
        ALL: {
            lr: replace(everything, optimizer=partial(Adam, lr=lr)) for lr in config.all_step_sizes
        },
        FIRST: {lr: FirstOrder(partial(Adam, lr=lr)) for lr in config.first_step_sizes},
    }


def merging(config: MergingConfig) -> pd.DataFrame:
    """Merge noisy sources with hidden variables into one set, by Algorithm 1 and by gradients.

    Test rows choose nothing.

    Args:
        config: the network, the sources and the budget.

    Returns:
        A row per method and snapshot, with the columns of `MERGING`.
    """
    data = draw_data(config, generator=stream(config.seed, "sources"))
    learner = DBNLearner(config.ridge, effective_size=config.num_sources * config.training_rows)
    validation = ValidationCriterion(
        negative_log_likelihood(torch.cat(data.validation), noise_std=config.noise_std)
    )
    test = TestCriterion(negative_log_likelihood(data.test))
    rows = []
    for name, distillers in methods(config).items():
        problem = _problem(config, data, learner, drawn=name in (ALL, FIRST))
        step_size, run = _best(problem, distillers, config, validation)
        for snapshot in run.snapshots:
            assert snapshot.validation is not None  # each is judged: a criterion was given
            rows.append(
                {
                    "method": name,
                    "step": snapshot.step,
                    "step_size": step_size,
                    "validation": -snapshot.validation,
                    "log_likelihood": -evaluate(learner, snapshot.rows, test),
                    "chosen": snapshot is run.chosen,
                }
            )
    return pd.DataFrame(rows, columns=list(MERGING.columns))


def _problem(
    config: MergingConfig, data: SourcesData, learner: DBNLearner, *, drawn: bool
) -> DistillationProblem:
    """Return Algorithm 1's problem, started from the sources' rows or from draws given them."""
    start = initial_rows(
        data.training,
        config.rows_per_source,
        generator=stream(config.seed, "start"),
        noise_std=config.noise_std if drawn and config.start == "drawn" else None,
    )
    return merging_problem(data.training, start, learner=learner, noise_std=config.noise_std)


def _best(
    problem: DistillationProblem,
    distillers: Mapping[float, Distiller],
    config: MergingConfig,
    validation: ValidationCriterion,
) -> tuple[float, Distillation]:
    """Return the step size whose chosen snapshot is best on validation rows, and its run."""

    def descend(step_size: float) -> Distillation:
        return distill(
            problem,
            distillers[step_size],
            num_steps=config.num_steps,
            generator=stream(config.seed, "distillation"),
            validation=validation,
            every=spacing(config.num_steps, config.num_looks),
        )

    return best_on_validation([*distillers], descend)


MERGING = Experiment(
    name="merging",
    config=MergingConfig,
    run=merging,
    version=2,
    columns={
        "method": Column("method of distillation, or reference"),
        "step": Column("epochs of distillation behind the set", "epochs"),
        "step_size": Column("step size that validation rows chose"),
        "validation": Column(
            "log-likelihood of noisy validation rows, channel modelled", "nats a trajectory", 1e-6
        ),
        "log_likelihood": Column("log-likelihood of clean test rows", "nats a trajectory", 1e-6),
        "chosen": Column("whether validation rows chose this snapshot"),
    },
    seconds=lambda c: 0.04 * c.num_steps * max(1.0, c.num_variables * c.num_slices / 12) ** 0.75,
)
