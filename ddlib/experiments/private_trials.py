"""What privacy costs: rows merged from private summaries of three hospitals, as a curve over ε.

A trial is cut into hospitals (`ddlib.experiments.trials`). Each sends one summary, without noise or
with that of some ε; rows are made of these for one task, a logistic regression is trained on them
and scored on the patients kept aside, whose holes are filled by the hospitals' means.

OpenDP's noise has no seed, so that stored rows could not be computed again. Here the noise is drawn
from a seed: normal, with the scale for which OpenDP proves the loss, rounded to whole numbers. It
protects nobody, and the trial is public.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

import numpy as np
import pandas as pd
from numpy.random import Generator
from pydantic import Field

from ddlib.config import Config, Count, Positive, Seed
from ddlib.experiments.base import Column, Experiment
from ddlib.experiments.trials import DATA, cut
from ddlib.merge.design import Design
from ddlib.merge.formula import parse_tasks
from ddlib.merge.merged import made_for
from ddlib.merge.model import Model, numpy_seed
from ddlib.merge.rivals import MEAN_FILLING, equal_weights, fill
from ddlib.merge.scoring import prediction
from ddlib.merge.summaries import model_of
from ddlib.sites.noise import Noise, noise_scale
from ddlib.sites.private import private_summary
from ddlib.sites.stated import read_stated, stated_codes
from ddlib.sites.summary import Summary, summarise
from ddlib.tables import Schema

SUMMARIES, PRIVATE = "summaries", "private summaries"


class PrivateTrialsConfig(Config):
    """One random split of the liver trial's patients.

    Attributes:
        seed: of the split, and of the noise.
        task: what rows are made for and learnt.
        epsilons: of each private summary.
        delta: of each private summary.
        times: how many patients there are for each real one, drawn with replacement within each
            hospital; 1 for the real ones.
        num_rows: to make.
        num_draws: of what is missing.
    """

    seed: Seed
    task: str = "died ~ ."
    epsilons: Annotated[tuple[Positive, ...], Field(min_length=1)] = (1.0, 3.0, 10.0, 30.0, 100.0)
    delta: Positive = 1e-6
    times: Count = 1
    num_rows: Count = 100
    num_draws: Annotated[int, Field(strict=True, ge=2)] = 5


@dataclass(frozen=True, eq=False)
class _Hospitals:
    """The hospitals' rows as codes within stated bounds, and the patients kept aside.

    Attributes:
        config: of the split.
        sites: hospital -> the columns that it has, and its codes.
        stated: all columns.
        held_out: codes of the patients kept aside over all columns.
    """

    config: PrivateTrialsConfig
    sites: Mapping[str, tuple[Schema, np.ndarray]]
    stated: Schema
    held_out: np.ndarray

    @classmethod
    def of(cls, config: PrivateTrialsConfig) -> _Hospitals:
        """Return the hospitals of a config."""
        stated = read_stated(DATA / "pbc_bounds.yml")
        parts = cut("pbc", config.seed)
        sites: dict[str, tuple[Schema, np.ndarray]] = {}
        for label, table in parts.tables.items():
            own = Schema(tuple(column for column in stated if column.name in table.columns))
            codes = stated_codes(own, table, label)[0]
            if config.times > 1:
                draws = np.random.default_rng(numpy_seed(config.seed, f"patients of {label}"))
                codes = codes[draws.integers(0, len(codes), config.times * len(codes))]
            sites[label] = own, codes
        return cls(config, sites, stated, stated_codes(stated, parts.held_out, "held out")[0])

    def model(self, summaries: Mapping[str, Summary]) -> Model:
        """Return the model of summaries."""
        return model_of(summaries, num_draws=self.config.num_draws, seed=self.config.seed)

    def codes(self, schema: Schema) -> tuple[np.ndarray, np.ndarray]:
        """Return the codes of all rows, and of the patients kept aside, over a schema."""
        rows: list[np.ndarray] = []
        for own, codes in self.sites.values():
            wide = np.full((len(codes), len(schema)), np.nan)
            wide[:, [schema.names.index(name) for name in own.names]] = codes
            rows.append(wide)
        order = [self.stated.names.index(name) for name in schema.names]
        return np.concatenate(rows), self.held_out[:, order]


def private_trials(config: PrivateTrialsConfig) -> pd.DataFrame:
    """Merge private summaries of a trial's hospitals for a task, and score it on other patients.

    Args:
        config: the split.

    Returns:
        A row per set to learn from, with the columns of `PRIVATE_TRIALS`.
    """
    trial = _Hospitals.of(config)
    # The trial is public, so that no cell need be left out for the protection of a person.
    plain = {label: summarise(*site, min_count=1) for label, site in trial.sites.items()}
    model = trial.model(plain)
    rows: list[dict[str, object]] = [
        {"set": MEAN_FILLING, "epsilon": np.nan, "score": _filled_score(trial, model)},
        {"set": SUMMARIES, "epsilon": np.nan, "score": _score(trial, model)},
    ]
    for epsilon in config.epsilons:
        seed = numpy_seed(config.seed, f"noise of {epsilon}")
        noise = simulated_noise(np.random.default_rng(seed))
        told = {
            label: private_summary(*site, epsilon=epsilon, delta=config.delta, noise=noise)
            for label, site in trial.sites.items()
        }
        score = _score(trial, trial.model(told))
        rows.append({"set": PRIVATE, "epsilon": epsilon, "score": score})
    return pd.DataFrame(rows, columns=[*PRIVATE_TRIALS.columns])


def simulated_noise(generator: Generator) -> Noise:
    """Return noise of the law of OpenDP's, from a seed: for simulations alone.

    Args:
        generator: of the noise.
    """

    def noise(sums: np.ndarray, sensitivity: float, rho: float) -> np.ndarray:
        drawn = generator.normal(0.0, noise_scale(sensitivity, rho), len(sums))
        return sums + np.rint(drawn).astype(np.int64)

    return noise


def _score(trial: _Hospitals, model: Model) -> float:
    """Return the score of rows of a model that are made for the task."""
    [task] = parse_tasks([trial.config.task], model.schema)
    merged = made_for(model, [task], num_rows=trial.config.num_rows)
    design = Design.of(task, model.schema, model.draws)
    codes, test = trial.codes(model.schema)
    tables = [(merged.codes, merged.weights)]
    return prediction(design, tables, test, fill(test, codes, model.schema))


def _filled_score(trial: _Hospitals, model: Model) -> float:
    """Return the score of the rows themselves, with holes filled by means."""
    [task] = parse_tasks([trial.config.task], model.schema)
    design = Design.of(task, model.schema, model.draws)
    codes, test = trial.codes(model.schema)
    tables = [equal_weights(fill(codes, codes, model.schema))]
    return prediction(design, tables, test, fill(test, codes, model.schema))


PRIVATE_TRIALS = Experiment(
    name="private_trials",
    config=PrivateTrialsConfig,
    run=private_trials,
    version=1,
    columns={
        "set": Column("what the task is learnt from"),
        "epsilon": Column("of the privacy of each hospital's summary; none without noise"),
        "score": Column("AUC or R² on the patients kept aside", "", 1e-6),
    },
    seconds=lambda c: (
        (2.0 + 0.1 * c.num_draws * min(c.times, 10)) * (2 + len(c.epsilons)) + 0.01 * c.num_rows
    ),
)
