"""Case study 1 by descent: one method at one budget, its step size chosen and its cost counted.

One config is one random network and one descent. The rows returned are its snapshots: what they
cost, and what a network is worth that is learnt from them.
"""

from __future__ import annotations

from functools import partial
from typing import Annotated, Literal, Self

import pandas as pd
import torch
from pydantic import Field, StrictBool, model_validator
from torch import Generator, Tensor
from torch.optim import SGD, Adam

from ddlib.config import Count, NonNegative, Positive
from ddlib.dbn import DBNLearner, negative_log_likelihood
from ddlib.distillers.first_order import FirstOrder
from ddlib.distillers.zeroth_order import ZerothOrder
from ddlib.experiments.base import Column, Experiment
from ddlib.experiments.choice import StepSizeChoice, best_step_size
from ddlib.experiments.sources import (
    SourcesConfig,
    SourcesData,
    clean_log_likelihood,
    draw_data,
    worth,
)
from ddlib.merge import initial_rows, merging_problem
from ddlib.merge.literal import LiteralCaption
from ddlib.problem import (
    Distillation,
    Distiller,
    Snapshot,
    ValidationCriterion,
    distill,
    spacing,
)
from ddlib.streams import stream


class DescentsConfig(SourcesConfig):
    """One random network, its sources, one budget, and one descent: unless told, the caption's.

    Attributes:
        rows_per_source: budget, in rows per source (IPC).
        method: whether the gradient is estimated from values, exact, or estimated from the other
            reading of the caption.
        num_steps: epochs.
        optimizer: what makes a step of the gradient.
        step_size: that the grid of step sizes starts around, where doubles hold all of it.
        step_factor: between neighbours on it.
        widenings: step sizes that may be tried beyond the first three.
        smoothing: of the zeroth-order steps, in the units of the data.
        num_directions: of a zeroth-order step.
        antithetic: whether its differences are central.
        learn_from: whether it learns from the part that it changes, or from all rows.
        start: whether the rows to start from are rows of the sources, or drawn given them.
        criterion_ridge: prior of the working criterion, in pseudo-rows.
        num_looks: snapshots that are judged on validation rows.
    """

    rows_per_source: Annotated[int, Field(strict=True, ge=2)] = 20
    method: Literal["zeroth-order", "first-order", "to the letter"] = "zeroth-order"
    num_steps: Count = 2400
    optimizer: Literal["SGD", "Adam"] = "SGD"
    step_size: Annotated[float, Field(strict=True, ge=1e-12, le=1e12)] = 0.01
    step_factor: Annotated[float, Field(strict=True, gt=1, le=1000)] = 3.0
    widenings: Annotated[int, Field(strict=True, ge=0, le=20)] = 4
    smoothing: Positive = 0.1
    num_directions: Count = 1
    antithetic: StrictBool = False
    learn_from: Literal["part", "all"] = "part"
    start: Literal["rows", "drawn"] = "rows"
    criterion_ridge: NonNegative = 0.3
    num_looks: Count = 20

    @model_validator(mode="after")
    def _rows_suffice(self) -> Self:
        """Check that a source has the rows to start from."""
        self.require_rows(self.rows_per_source)
        return self

    @property
    def sets_per_step(self) -> int:
        """Sets that a zeroth-order step learns from."""
        return 2 * self.num_directions if self.antithetic else self.num_directions + 1

    def distiller(self, step_size: float) -> Distiller:
        """Return the method with a step size.

        Args:
            step_size: of its optimizer.
        """
        optimizer = partial({"SGD": SGD, "Adam": Adam}[self.optimizer], lr=step_size)
        if self.method == "first-order":
            return FirstOrder(optimizer)
        descent = ZerothOrder(
            self.smoothing, self.num_directions, self.antithetic, self.learn_from, optimizer
        )
        return LiteralCaption(descent) if self.method == "to the letter" else descent


def descents(config: DescentsConfig) -> pd.DataFrame:
    """Merge noisy sources with hidden variables into one set by one descent; count its cost.

    Test rows choose nothing.

    Args:
        config: the network, the sources, the budget and the descent.

    Returns:
        A row per snapshot of the run that validation rows chose, with the columns of `DESCENTS`.
    """
    data = draw_data(config, generator=stream(config.seed, "sources"))
    noisy = negative_log_likelihood(torch.cat(data.validation), noise_std=config.noise_std)
    validation = ValidationCriterion(noisy)
    choice = _chosen(config, data, validation)
    run = choice.run
    table = pd.DataFrame([_judged(config, data, snapshot) for snapshot in run.snapshots])
    table["chosen"] = table["step"] == run.chosen.step
    table["best_step_size"] = choice.step_size
    table["at_edge"] = choice.at_edge
    table["tried"] = choice.cost.evaluations + choice.cost.gradients
    num_looks = choice.num_runs * len(run.snapshots)
    table["best_start"] = _best_start(config, data, validation, count=num_looks)
    return table[list(DESCENTS.columns)]


def _learner(config: DescentsConfig) -> DBNLearner:
    """Return the learner to which a set speaks for all training rows."""
    return DBNLearner(config.ridge, effective_size=config.num_sources * config.training_rows)


def _start(config: DescentsConfig, data: SourcesData, generator: Generator) -> Tensor:
    """Return rows to start from, a block per source."""
    noise_std = config.noise_std if config.start == "drawn" else None
    return initial_rows(
        data.training, config.rows_per_source, generator=generator, noise_std=noise_std
    )


def _chosen(
    config: DescentsConfig, data: SourcesData, validation: ValidationCriterion
) -> StepSizeChoice:
    """Return the run whose step size is best on validation rows."""
    problem = merging_problem(
        data.training,
        _start(config, data, stream(config.seed, "start")),
        learner=_learner(config),
        noise_std=config.noise_std,
        ridge=config.criterion_ridge,
    )

    def descend(step_size: float) -> Distillation:
        return distill(
            problem,
            config.distiller(step_size),
            num_steps=config.num_steps,
            generator=stream(config.seed, "distillation"),
            validation=validation,
            every=spacing(config.num_steps, config.num_looks),
        )

    return best_step_size(
        config.step_size, descend, factor=config.step_factor, widenings=config.widenings
    )


def _best_start(
    config: DescentsConfig, data: SourcesData, validation: ValidationCriterion, *, count: int
) -> float:
    """Return what the best of some starts is worth: chosen on validation rows, without a step."""
    generator = stream(config.seed, "other starts")
    learner = _learner(config)
    networks = [learner(_start(config, data, generator)) for _ in range(count)]
    best = min(networks, key=lambda network: validation(network).item())
    return clean_log_likelihood(best, data)


def _judged(config: DescentsConfig, data: SourcesData, snapshot: Snapshot) -> dict[str, float]:
    """Return what a snapshot cost, and what the networks learnt from it are worth."""
    assert snapshot.validation is not None  # each is judged: a criterion was given
    alone = DBNLearner(config.ridge)(snapshot.rows)
    return {
        "step": snapshot.step,
        "evaluations": snapshot.cost.evaluations,
        "gradients": snapshot.cost.gradients,
        "validation": -snapshot.validation,
        **worth(_learner(config)(snapshot.rows), data),
        "alone": clean_log_likelihood(alone, data),
    }


def _seconds(config: DescentsConfig) -> float:
    """Return the rough cost of a config: of a batch of two networks, and of each one more."""
    size = max(1.0, config.num_variables * config.num_slices / 12) ** 0.75
    return 3.5 * config.num_steps * size * (0.01 + 0.0007 * (config.sets_per_step - 2))


DESCENTS = Experiment(
    name="descents",
    config=DescentsConfig,
    run=descents,
    version=1,
    columns={
        "step": Column("epochs of distillation behind the set", "epochs"),
        "evaluations": Column("values of the working criterion behind it", "networks"),
        "gradients": Column("gradients of it", "networks"),
        "validation": Column(
            "log-likelihood of noisy validation rows, channel modelled", "nats per trajectory", 1e-6
        ),
        "log_likelihood": Column(
            "log-likelihood of clean test rows, where the set speaks for all training rows",
            "nats per trajectory",
            1e-6,
        ),
        "alone": Column("the same where it speaks for itself", "nats per trajectory", 1e-6),
        "shd": Column("structural Hamming distance from the law, in the first case", "edges"),
        "intervention": Column(
            "error of the effects of interventions, in the first case",
            "standard deviations of a variable",
            1e-6,
        ),
        "chosen": Column("whether validation rows chose this snapshot"),
        "best_step_size": Column("step size that validation rows chose"),
        "at_edge": Column("whether none smaller, or none larger, was tried"),
        "tried": Column("evaluations and gradients of all step sizes together", "networks"),
        "best_start": Column(
            "log-likelihood of clean test rows for the best of as many starts as were looked at",
            "nats per trajectory",
            1e-6,
        ),
    },
    seconds=_seconds,
)
