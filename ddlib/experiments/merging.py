"""Case study 1: distil K noisy sources with hidden variables into one set, judge it on clean rows.

One config is one random network at one budget. The rows returned are tidy: a method, a step of
it, and the log-likelihood of the test rows under the network that is learnt from its set.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Annotated, Any, Self

import pandas as pd
import torch
from pydantic import Field, StrictBool, model_validator
from torch import Generator, Tensor
from torch.optim import SGD, Adam

from ddlib.config import Config, Count, NonNegative, Positive, Probability, Seed
from ddlib.dbn import LinearGaussianDBN, learn_dbn
from ddlib.distillers.first_order import FirstOrder
from ddlib.distillers.zeroth_order import ZerothOrder
from ddlib.experiments.base import Column, Experiment
from ddlib.merge import (
    LiteralCaption,
    initial_rows,
    merging_problem,
    negative_log_likelihood,
    random_hidden,
    split_sources,
)
from ddlib.problem import (
    Distillation,
    DistillationProblem,
    Distiller,
    TestCriterion,
    ValidationCriterion,
    distill,
    evaluate,
)

CAPTION, ALL, FIRST, LITERAL = (
    "Algorithm 1 (caption)",
    "Algorithm 1, learning from all",
    "first-order",
    "Algorithm 1 (to the letter)",
)
SUBSET, CLEAN, LAW = "$D^{sub}$", "all clean data", "the law"


class MergingConfig(Config):
    """One random network, its sources, and one budget."""

    seed: Seed
    num_variables: Annotated[int, Field(strict=True, ge=2, le=50)] = 6
    num_slices: Count = 2
    num_sources: Annotated[int, Field(strict=True, ge=2)] = 4
    num_hidden: Annotated[int, Field(strict=True, ge=0)] = 1
    noise_std: NonNegative = 0.3
    edge_probability: Probability = 0.2
    training_rows: Annotated[int, Field(strict=True, ge=10)] = 200  # a source
    validation_rows: Count = 50  # a source
    test_rows: Count = 1000
    rows_per_source: Annotated[int, Field(strict=True, ge=2)] = 20  # IPC
    num_steps: Count = 300
    smoothing: Positive = 0.1
    ridge: NonNegative = 1.0
    literal: StrictBool = False  # run the other reading of the caption, in place of all methods

    @model_validator(mode="after")
    def _sources_suffice(self) -> Self:
        """Check what several fields have to satisfy together."""
        if self.rows_per_source > self.training_rows:
            raise ValueError(
                f"rows_per_source = {self.rows_per_source}: must be at most the training_rows "
                f"of a source, {self.training_rows}"
            )
        # Hidden variables are dealt in turn, so the first of them is hidden the most often.
        most = self.num_variables * (self.num_sources - 1) // self.num_sources
        if self.num_hidden > most:
            raise ValueError(
                f"num_hidden = {self.num_hidden}: must be at most {most}, or no source sees some "
                f"of the {self.num_variables} variables"
            )
        return self


@dataclass(frozen=True)
class Learn:
    """The learner of this case study: structure by BIC, weights by maximum likelihood.

    `effective_size` is the number of rows that a set speaks for; None means its own.
    """

    ridge: float
    effective_size: int | None = None

    def __call__(self, rows: Tensor, *, generator: Generator | None = None) -> LinearGaussianDBN:
        """Return the network learnt from rows `(m, T, p)`."""
        return learn_dbn(rows, effective_size=self.effective_size, ridge=self.ridge)


@dataclass(frozen=True)
class MergingData:
    """What one config draws: the law, clean rows, and the sources' training and validation rows."""

    law: LinearGaussianDBN
    clean: Tensor
    test: Tensor
    training: list[Tensor]
    validation: list[Tensor]


def draw_data(config: MergingConfig, *, generator: Generator) -> MergingData:
    """Draw a network and its data as the caption of Fig. 1(a) says; test rows are clean."""
    law = LinearGaussianDBN.random(
        config.num_variables, generator=generator, edge_probability=config.edge_probability
    )
    hidden = random_hidden(
        config.num_sources, config.num_variables, config.num_hidden, generator=generator
    )

    def split(rows_per_source: int) -> tuple[Tensor, list[Tensor]]:
        clean = law.sample(
            config.num_sources * rows_per_source, config.num_slices, generator=generator
        )
        return clean, split_sources(clean, hidden, noise_std=config.noise_std, generator=generator)

    clean, training = split(config.training_rows)
    _, validation = split(config.validation_rows)
    test = law.sample(config.test_rows, config.num_slices, generator=generator)
    return MergingData(law, clean, test, training, validation)


def methods(config: MergingConfig) -> dict[str, list[tuple[float, Distiller]]]:
    """Return, per method, the step sizes to choose from on validation rows, and the distillers."""
    caption = partial(ZerothOrder, config.smoothing)
    everything = partial(caption, antithetic=True, learn_from="all")
    return {
        CAPTION: [(lr, caption(optimizer=partial(SGD, lr=lr))) for lr in (0.003, 0.03)],
        ALL: [(lr, everything(optimizer=partial(SGD, lr=lr))) for lr in (0.2, 0.5)],
        FIRST: [(lr, FirstOrder(partial(Adam, lr=lr))) for lr in (0.05,)],
    }


def merging(config: MergingConfig) -> pd.DataFrame:
    """Merge noisy sources with hidden variables into one set, by Algorithm 1 and by gradients.

    Returns a row per method and snapshot; the references (subset, all clean data, law) have step
    0 and no validation value. Test rows choose nothing.
    """
    generator = Generator().manual_seed(config.seed)
    data = draw_data(config, generator=generator)
    total = config.num_sources * config.training_rows
    learner = Learn(config.ridge, effective_size=total)
    start = initial_rows(data.training, config.rows_per_source, generator=generator)
    problem = merging_problem(data.training, start, learner=learner, noise_std=config.noise_std)
    validation = ValidationCriterion(
        negative_log_likelihood(torch.cat(data.validation), noise_std=config.noise_std)
    )
    test = TestCriterion(negative_log_likelihood(data.test))

    rows = list(_references(config, data, test, generator=generator))
    chosen = methods(config)
    if config.literal:
        chosen = {LITERAL: [(lr, LiteralCaption(method)) for lr, method in chosen[CAPTION]]}
    for name, candidates in chosen.items():
        step_size, run = _best(problem, candidates, config, validation)
        for snapshot in run.snapshots:
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


def _references(
    config: MergingConfig, data: MergingData, test: TestCriterion, *, generator: Generator
) -> Iterator[dict[str, Any]]:
    """Yield the rows of the clean subset of the same size, of all clean data, and of the law."""
    own_size = Learn(config.ridge)
    budget = config.num_sources * config.rows_per_source
    subset = data.clean[torch.randperm(len(data.clean), generator=generator)[:budget]]
    values = {
        SUBSET: evaluate(own_size, subset, test),
        CLEAN: evaluate(own_size, data.clean, test),
        LAW: test(data.law).item(),
    }
    for name, value in values.items():
        yield {"method": name, "step": 0, "log_likelihood": -value, "chosen": True}


def _best(
    problem: DistillationProblem,
    candidates: list[tuple[float, Distiller]],
    config: MergingConfig,
    validation: ValidationCriterion,
) -> tuple[float, Distillation]:
    """Return the step size whose chosen snapshot is best on validation rows, and its run."""

    def run(distiller: Distiller) -> Distillation:
        return distill(
            problem,
            distiller,
            num_steps=config.num_steps,
            generator=Generator().manual_seed(config.seed),
            validation=validation,
            every=max(1, config.num_steps // 20),
        )

    runs = [(step_size, run(distiller)) for step_size, distiller in candidates]
    return min(runs, key=lambda pair: pair[1].chosen.validation)


MERGING = Experiment(
    name="merging",
    config=MergingConfig,
    run=merging,
    version=1,
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
    # Twice two values of the objective an epoch, for two step sizes, and the gradient method.
    seconds=lambda c: 0.07 * c.num_steps * max(1.0, c.num_variables * c.num_slices / 12),
)
