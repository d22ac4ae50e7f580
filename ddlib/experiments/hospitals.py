"""Real tables: breast-cancer patients in three hospitals with intersecting columns, merged.

The data come with scikit-learn. Eight columns go to three hospitals, each of which lacks two, such
that every pair of columns is together in some hospital. A third of the patients is kept aside,
complete, as the test.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from itertools import product
from typing import Annotated, Any, ClassVar, Self

import pandas as pd
import torch
from pydantic import Field
from sklearn.datasets import load_breast_cancer
from torch import Generator, Tensor
from torch.optim import Adam

from ddlib.config import Config, Count, NonNegative, Seed, StepSizes
from ddlib.dbn import DBNLearner, fit_em, negative_log_likelihood
from ddlib.distillers.first_order import FirstOrder
from ddlib.experiments.base import Column, Experiment
from ddlib.experiments.choice import best_on_validation
from ddlib.merge import initial_rows, merging_problem
from ddlib.merge.baselines import BASELINES, fill_zero
from ddlib.merge.columns import Columns
from ddlib.problem import (
    Distillation,
    TestCriterion,
    ValidationCriterion,
    distill,
    spacing,
)
from ddlib.streams import stream

COLUMNS = [
    "mean radius", "mean texture", "mean smoothness", "mean compactness",
    "mean concavity", "mean symmetry", "radius error", "worst smoothness",
]  # fmt: skip
LACKING = [
    ["mean radius", "mean symmetry"],
    ["mean texture", "mean compactness"],
    ["mean smoothness", "mean concavity"],
]


class HospitalsConfig(Config):
    """One random split of the patients, and one budget."""

    added: ClassVar[Mapping[str, Any]] = {
        "num_looks": 12,
        "step_sizes": (0.02, 0.1),
        "ridges": (1.0, 15.0),
    }

    seed: Seed
    rows_per_hospital: Annotated[int, Field(strict=True, ge=3, le=100)] = 20
    num_steps: Count = 120
    num_looks: Count = 12  # snapshots that are judged on validation rows
    step_sizes: StepSizes = (0.02, 0.1)
    # Strengths of the prior to choose from on validation rows, in pseudo-rows.
    ridges: Annotated[tuple[NonNegative, ...], Field(min_length=1)] = (1.0, 15.0)


@dataclass(frozen=True)
class Hospitals:
    """The hospitals' tables as a reader has them, and the patients kept aside."""

    tables: list[pd.DataFrame]
    known: pd.DataFrame
    held_out: pd.DataFrame


def load_hospitals(seed: int) -> Hospitals:
    """Return the tables of one random split of the patients."""
    measured, _ = load_breast_cancer(return_X_y=True, as_frame=True)
    patients = pd.DataFrame(measured)[COLUMNS]
    patients = patients.sample(frac=1, random_state=seed, ignore_index=True)
    held_out, known = patients.iloc[: len(patients) // 3], patients.iloc[len(patients) // 3 :]
    tables = [known.iloc[i::3].drop(columns=names) for i, names in enumerate(LACKING)]
    return Hospitals(tables, known, held_out)


@dataclass(frozen=True)
class Split:
    """Sources `(n, 1, p)` without the fifth that is kept for choosing, and a criterion on that."""

    training: list[Tensor]
    validation: ValidationCriterion

    @property
    def size(self) -> int:
        """Training rows of all sources."""
        return sum(len(rows) for rows in self.training)

    @classmethod
    def of(cls, sources: list[Tensor]) -> Self:
        """Keep the first fifth of each source; the rows are in random order."""
        kept = torch.cat([rows[: len(rows) // 5] for rows in sources])
        training = [rows[len(rows) // 5 :] for rows in sources]
        return cls(training, ValidationCriterion(negative_log_likelihood(kept)))


def merge_hospitals(
    config: HospitalsConfig, sources: list[Tensor], *, generator: Generator
) -> tuple[DBNLearner, Distillation]:
    """Distil the sources `(n, 1, p)`; step size and ridge are chosen on a fifth kept for it."""
    split = Split.of(sources)
    start = initial_rows(split.training, config.rows_per_hospital, generator=generator)

    def descend(settings: tuple[float, float]) -> Distillation:
        step_size, ridge = settings
        learner = DBNLearner(ridge, effective_size=split.size)
        return distill(
            merging_problem(split.training, start, learner=learner, noise_std=0.0),
            FirstOrder(partial(Adam, lr=step_size)),
            num_steps=config.num_steps,
            generator=generator,
            validation=split.validation,
            every=spacing(config.num_steps, config.num_looks),
        )

    settings = [*product(config.step_sizes, config.ridges)]
    (_, ridge), run = best_on_validation(settings, descend)
    return DBNLearner(ridge, effective_size=split.size), run


def fit_hospitals(
    config: HospitalsConfig, sources: list[Tensor], num_rows: int, *, generator: Generator
) -> tuple[DBNLearner, Tensor]:
    """Return exact rows of EM's network, its prior chosen on the same fifth, and their learner."""
    split = Split.of(sources)
    fits = [fit_em(split.training, noise_std=0.0, ridge=ridge).network for ridge in config.ridges]
    best = min(fits, key=lambda network: split.validation(network).item())
    learner = DBNLearner(effective_size=split.size)
    return learner, learner.rows_for(best, num_rows, 1, generator=generator)


def hospitals(config: HospitalsConfig) -> pd.DataFrame:
    """Merge three hospitals' real tables with intersecting columns; score complete patients."""
    generator = stream(config.seed, "hospitals")
    data = load_hospitals(config.seed)
    union = Columns.of(data.tables)
    sources = [union.to_rows(table) for table in data.tables]
    learner, run = merge_hospitals(config, sources, generator=generator)
    em_learner, em_rows = fit_hospitals(config, sources, len(run.rows), generator=generator)

    test = TestCriterion(negative_log_likelihood(union.to_rows(data.held_out)))
    complete = union.to_rows(data.known)
    subset = complete[torch.randperm(len(complete), generator=generator)[: len(run.rows)]]
    own = DBNLearner(learner.ridge)
    networks = {
        "start of the distillation": (len(run.rows), learner(run.snapshots[0].rows)),
        "merged table": (len(run.rows), learner(run.rows)),
        "EM, exact rows": (len(em_rows), em_learner(em_rows)),
        **{
            name: (len(complete), baseline(sources, learner.ridge))
            for name, baseline in BASELINES.items()
            if baseline is not fill_zero  # the columns are standardised: the same as the mean
        },
        "complete subset": (len(subset), own(subset)),
        "all patients, had they been complete": (len(complete), own(complete)),
    }
    return pd.DataFrame(
        [
            {"method": name, "rows": rows, "log_likelihood": -test(network).item()}
            for name, (rows, network) in networks.items()
        ]
    )


HOSPITALS = Experiment(
    name="hospitals",
    config=HospitalsConfig,
    run=hospitals,
    version=2,
    columns={
        "method": Column("how the set was made, or reference"),
        "rows": Column("rows of the set", "rows"),
        "log_likelihood": Column("log-likelihood of held-out patients", "nats a patient", 1e-6),
    },
    seconds=lambda c: 0.04 * c.num_steps,
)
