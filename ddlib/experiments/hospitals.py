"""Real tables: breast-cancer patients in three hospitals with intersecting columns, merged.

The data come with scikit-learn. Eight columns go to three hospitals, each of which lacks two, such
that every pair of columns is together in some hospital. A third of the patients is kept aside,
complete, as the test.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from itertools import product
from typing import Annotated

import pandas as pd
import torch
from pydantic import Field
from sklearn.datasets import load_breast_cancer
from torch import Generator, Tensor
from torch.optim import Adam

from ddlib.config import Config, Count, Seed
from ddlib.distillers.first_order import FirstOrder
from ddlib.experiments.base import Column, Experiment
from ddlib.experiments.merging import Learn
from ddlib.merge import initial_rows, merging_problem, negative_log_likelihood
from ddlib.problem import (
    Distillation,
    TestCriterion,
    ValidationCriterion,
    distill,
    evaluate,
)
from ddlib.tables import Columns

COLUMNS = [
    "mean radius", "mean texture", "mean smoothness", "mean compactness",
    "mean concavity", "mean symmetry", "radius error", "worst smoothness",
]  # fmt: skip
LACKING = [
    ["mean radius", "mean symmetry"],
    ["mean texture", "mean compactness"],
    ["mean smoothness", "mean concavity"],
]
STEP_SIZES, RIDGES = (0.02, 0.1), (1.0, 15.0)  # to choose from on validation rows


class HospitalsConfig(Config):
    """One random split of the patients, and one budget."""

    seed: Seed
    rows_per_hospital: Annotated[int, Field(strict=True, ge=1, le=100)] = 20
    num_steps: Count = 120


@dataclass(frozen=True)
class Hospitals:
    """The hospitals' tables as a reader has them, and the patients kept aside."""

    tables: list[pd.DataFrame]
    known: pd.DataFrame
    held_out: pd.DataFrame


def load_hospitals(seed: int) -> Hospitals:
    """Return the tables of one random split of the patients."""
    patients = load_breast_cancer(as_frame=True).frame[COLUMNS]
    patients = patients.sample(frac=1, random_state=seed, ignore_index=True)
    held_out, known = patients.iloc[: len(patients) // 3], patients.iloc[len(patients) // 3 :]
    tables = [known.iloc[i::3].drop(columns=names) for i, names in enumerate(LACKING)]
    return Hospitals(tables, known, held_out)


def merge_hospitals(
    config: HospitalsConfig, sources: list[Tensor], *, generator: Generator
) -> tuple[Learn, Distillation]:
    """Distil the sources `(n, 1, p)`; step size and ridge are chosen on a fifth kept for it."""
    training = [rows[len(rows) // 5 :] for rows in sources]
    kept = torch.cat([rows[: len(rows) // 5] for rows in sources])
    validation = ValidationCriterion(negative_log_likelihood(kept))
    start = initial_rows(training, config.rows_per_hospital, generator=generator)
    size = sum(len(rows) for rows in training)
    runs = []
    for step_size, ridge in product(STEP_SIZES, RIDGES):
        learner = Learn(ridge, effective_size=size)
        run = distill(
            merging_problem(training, start, learner=learner, noise_std=0.0),
            FirstOrder(partial(Adam, lr=step_size)),
            num_steps=config.num_steps,
            generator=generator,
            validation=validation,
            every=10,
        )
        runs.append((learner, run))
    return min(runs, key=lambda pair: pair[1].chosen.validation)


def hospitals(config: HospitalsConfig) -> pd.DataFrame:
    """Merge three hospitals' real tables with intersecting columns; score complete patients."""
    generator = Generator().manual_seed(config.seed)
    data = load_hospitals(config.seed)
    union = Columns.of(data.tables)
    sources = [union.to_rows(table) for table in data.tables]
    learner, run = merge_hospitals(config, sources, generator=generator)

    test = TestCriterion(negative_log_likelihood(union.to_rows(data.held_out)))
    complete = union.to_rows(data.known)
    subset = complete[torch.randperm(len(complete), generator=generator)[: len(run.rows)]]
    own = Learn(learner.ridge)
    sets = {
        "start of the distillation": (learner, run.snapshots[0].rows),
        "merged table": (learner, run.rows),
        # 0 is a column's mean: the rows are standardised.
        "holes filled by the mean": (own, torch.cat(sources).nan_to_num(0.0)),
        "complete subset": (own, subset),
        "all patients, had they been complete": (own, complete),
    }
    return pd.DataFrame(
        [
            {"method": name, "rows": len(rows), "log_likelihood": -evaluate(learn, rows, test)}
            for name, (learn, rows) in sets.items()
        ]
    )


HOSPITALS = Experiment(
    name="hospitals",
    config=HospitalsConfig,
    run=hospitals,
    version=1,
    columns={
        "method": Column("how the set was made, or reference"),
        "rows": Column("rows of the set", "rows"),
        "log_likelihood": Column("log-likelihood of held-out patients", "nats a patient", 1e-6),
    },
    seconds=lambda c: 0.04 * c.num_steps,
)
