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
    """One random split of the patients, and one budget.

    Attributes:
        seed: of the split, of the rows to start from, and of the distillation.
        rows_per_hospital: budget, in rows per hospital.
        num_steps: of each descent.
        num_looks: snapshots that are judged on validation rows.
        step_sizes: to choose from on validation rows.
        ridges: strengths of the prior to choose from on validation rows, in pseudo-rows.
    """

    added: ClassVar[Mapping[str, Any]] = {
        "num_looks": 12,
        "step_sizes": (0.02, 0.1),
        "ridges": (1.0, 15.0),
    }

    seed: Seed
    rows_per_hospital: Annotated[int, Field(strict=True, ge=3, le=100)] = 20
    num_steps: Count = 120
    num_looks: Count = 12
    step_sizes: StepSizes = (0.02, 0.1)
    ridges: Annotated[tuple[NonNegative, ...], Field(min_length=1)] = (1.0, 15.0)


@dataclass(frozen=True)
class Hospitals:
    """The hospitals' tables as a reader has them, and the patients kept aside.

    All are in the units of the data set.

    Attributes:
        tables: one per hospital, each without the columns that it lacks.
        known: the patients of all three, complete.
        held_out: a third of all patients, complete: the test.
    """

    tables: list[pd.DataFrame]
    known: pd.DataFrame
    held_out: pd.DataFrame


def load_hospitals(seed: int) -> Hospitals:
    """Return the tables of one random split of the patients.

    Args:
        seed: of the split.
    """
    measured, _ = load_breast_cancer(return_X_y=True, as_frame=True)
    patients = pd.DataFrame(measured)[COLUMNS]
    patients = patients.sample(frac=1, random_state=seed, ignore_index=True)
    held_out, known = patients.iloc[: len(patients) // 3], patients.iloc[len(patients) // 3 :]
    tables = [known.iloc[i::3].drop(columns=names) for i, names in enumerate(LACKING)]
    return Hospitals(tables, known, held_out)


@dataclass(frozen=True)
class Split:
    """Sources without the fifth of their rows that is kept for choosing.

    Attributes:
        training: of each source, `(n, 1, p)`, in standard deviations, NaN where hidden.
        validation: criterion on the fifth that is kept, in nats per patient.
    """

    training: list[Tensor]
    validation: ValidationCriterion

    @property
    def size(self) -> int:
        """The number of training rows of all sources."""
        return sum(len(rows) for rows in self.training)

    @classmethod
    def of(cls, sources: list[Tensor]) -> Self:
        """Return the split that keeps the first fifth of each source.

        Args:
            sources: `(n, 1, p)` each, their rows in random order.
        """
        kept = torch.cat([rows[: len(rows) // 5] for rows in sources])
        training = [rows[len(rows) // 5 :] for rows in sources]
        return cls(training, ValidationCriterion(negative_log_likelihood(kept)))


def merge_hospitals(
    config: HospitalsConfig, sources: list[Tensor], *, generator: Generator
) -> tuple[DBNLearner, Distillation]:
    """Return the learner and the distillation that a fifth of the sources' rows likes best.

    Args:
        config: the budget, and the step sizes and ridges to choose from.
        sources: `(n, 1, p)` each, in standard deviations, NaN where hidden.
        generator: draws the rows to start from, and is handed on to the descents.

    Raises:
        Diverged: where the descent diverges with all settings.
    """
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
    """Return a learner and exact rows of EM's network, its prior chosen on the same fifth.

    Args:
        config: the ridges to choose from.
        sources: as in `merge_hospitals`.
        num_rows: rows that are made.
        generator: draws which of the many exact sets it is.

    Returns:
        The learner that maps the rows to the network, and the rows `(num_rows, 1, p)`.
    """
    split = Split.of(sources)
    fits = [fit_em(split.training, noise_std=0.0, ridge=ridge).network for ridge in config.ridges]
    best = min(fits, key=lambda network: split.validation(network).item())
    learner = DBNLearner(effective_size=split.size)
    return learner, learner.rows_for(best, num_rows, 1, generator=generator)


def hospitals(config: HospitalsConfig) -> pd.DataFrame:
    """Merge three hospitals' real tables with intersecting columns; score complete patients.

    Args:
        config: the split and the budget.

    Returns:
        A row per way to a network, with the columns of `HOSPITALS`.
    """
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
        "log_likelihood": Column("log-likelihood of held-out patients", "nats per patient", 1e-6),
    },
    seconds=lambda c: 0.04 * c.num_steps,
)
