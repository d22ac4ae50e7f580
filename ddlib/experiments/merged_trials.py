"""Real trials: rows merged for a task, and what else it is learnt from, on patients kept aside.

A trial is cut into hospitals (`ddlib.experiments.trials`). Each set of rows below is made of the
hospitals' tables alone, all learners are trained in the same way, and all are scored on the same
patients, who are in no hospital and have all columns. What they miss is filled by the mean of
the hospitals.

Rows are made for each task, too, and every task is learnt from the rows made for every other.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import Annotated, Literal

import numpy as np
import pandas as pd
from pydantic import Field

from ddlib.config import Config, Count, Seed
from ddlib.experiments.base import Column, Experiment
from ddlib.experiments.forest import forest_score
from ddlib.experiments.trials import Cut, cut
from ddlib.merge.design import Design
from ddlib.merge.equations import fit, scores
from ddlib.merge.formula import TableTask, parse_tasks
from ddlib.merge.merged import Merged, made_for
from ddlib.merge.model import Model, numpy_seed
from ddlib.merge.rivals import MEAN_FILLING, Rows, equal_weights, fill, impute
from ddlib.merge.scoring import prediction
from ddlib.tables import Schema, Settings, read_sources

FOREST_SETS = ("multiple imputation", "mean filling", "complete patients")
IMPUTATIONS = 5  # by `IterativeImputer`, which takes a second for each


class MergedTrialsConfig(Config):
    """One random split of a trial's patients.

    Attributes:
        seed: of the split.
        trial: name of the trial.
        tasks: what rows are made for and learnt.
        num_rows: to make for a regression.
        forest_rows: to make for a forest.
        num_draws: of what is missing.
        min_count: patients whom a level, and each value of a number's margin, stands for, at least.
    """

    seed: Seed
    trial: Literal["pbc", "indo_rct"] = "pbc"
    tasks: Annotated[tuple[str, ...], Field(min_length=1)] = ("died ~ .", "albumin ~ .", "density")
    num_rows: Count = 100
    forest_rows: Count = 200
    num_draws: Annotated[int, Field(strict=True, ge=2)] = 10
    min_count: Count = 5


@dataclass(frozen=True, eq=False)
class _Trial:
    """A trial that is cut and modelled.

    Attributes:
        config: of the split.
        parts: the hospitals' tables, and the patients kept aside.
        model: of the hospitals' tables.
        source: index of each row's hospital, `(n,)`.
    """

    config: MergedTrialsConfig
    parts: Cut
    model: Model
    source: np.ndarray

    @classmethod
    def of(cls, config: MergedTrialsConfig) -> _Trial:
        """Return the trial of a config."""
        parts = cut(config.trial, config.seed)
        sources = read_sources(parts.tables, Settings(min_count=config.min_count))
        draws, seed = config.num_draws, config.seed
        model = Model.of(sources, num_draws=draws, seed=seed, min_count=config.min_count)
        return cls(config, parts, model, sources.codes()[1])

    @cached_property
    def tasks(self) -> tuple[TableTask, ...]:
        """What is learnt."""
        return parse_tasks(self.config.tasks, self.model.schema)

    @cached_property
    def test(self) -> np.ndarray:
        """The codes of the patients kept aside."""
        return known_codes(self.model.schema, self.parts.held_out)

    @cached_property
    def complete(self) -> np.ndarray:
        """The codes of the hospitals' patients with all columns, holes filled by the mean."""
        codes = known_codes(self.model.schema, self.parts.whole)
        return fill(codes, codes, self.model.schema)

    @cached_property
    def imputed(self) -> list[Rows]:
        """The rows as `IterativeImputer` fills them, several times."""
        seeds = [numpy_seed(self.config.seed, f"imputer {k}") for k in range(IMPUTATIONS)]
        return [equal_weights(impute(replace(self.model, seed=seed))) for seed in seeds]

    def made(self, num_rows: int) -> dict[str, Merged]:
        """Return rows made for each task alone."""
        return {t.text: made_for(self.model, [t], num_rows=num_rows) for t in self.tasks}

    def others(self, task: TableTask) -> Iterator[tuple[str, list[Rows]]]:
        """Yield what else a task is learnt from, with its name."""
        codes, schema = self.model.codes, self.model.schema
        yield "multiple imputation", [equal_weights(draw) for draw in self.model.draws]
        yield MEAN_FILLING, [equal_weights(fill(codes, codes, schema))]
        yield "IterativeImputer", self.imputed[:1]
        yield f"IterativeImputer, {IMPUTATIONS} draws", self.imputed
        yield "complete patients", [equal_weights(self.complete)]
        target = schema.names.index(task.target)
        for index, label in enumerate(self.parts.tables):
            own = codes[self.source == index]
            own = own[~np.isnan(own[:, target])]
            if len(np.unique(own[:, target])) > 1:
                yield f"{label} alone", [equal_weights(fill(own, own, schema))]


def merged_trials(config: MergedTrialsConfig) -> pd.DataFrame:
    """Merge a trial's hospitals for each task; learn all tasks from it, and from all else.

    Args:
        config: the split.

    Returns:
        A row per task, learner and set of rows, with the columns of `MERGED_TRIALS`.
    """
    trial = _Trial.of(config)
    made, large = trial.made(config.num_rows), trial.made(config.forest_rows)
    plain = equal_weights(trial.model.sample(config.num_rows, "plain rows"))
    found: list[dict[str, object]] = []
    for task in trial.tasks:
        if task.learned == "density":
            continue
        design = Design.of(task, trial.model.schema, trial.model.draws)
        own = {f"made for {text}": [(m.codes, m.weights)] for text, m in made.items()}
        sets = own | {"drawn, without weights": [plain]} | dict(trial.others(task))
        checks = {
            name: _checked(design, m, task) for name, m in zip(own, made.values(), strict=True)
        }
        found += _scored(trial, design, "regression", sets, checks)
        forests = {f"made for {text}": [(m.codes, m.weights)] for text, m in large.items()}
        forests |= {name: sets[name] for name in FOREST_SETS}
        found += _scored(trial, design, "forest", forests, {})
    return pd.DataFrame(found, columns=[*MERGED_TRIALS.columns])


def known_codes(schema: Schema, table: pd.DataFrame) -> np.ndarray:
    """Return the codes of a table of other patients, `(n, p)`; levels that are unknown are missing.

    Args:
        schema: columns of the hospitals' tables.
        table: n rows.
    """
    levels = {column.name: column.levels for column in schema.columns if column.levels}
    known = {name: table[name].where(table[name].isin(own)) for name, own in levels.items()}
    return schema.encode(table.assign(**known))


def _scored(
    trial: _Trial,
    design: Design,
    learner: str,
    sets: Mapping[str, list[Rows]],
    checks: Mapping[str, Mapping[str, float]],
) -> list[dict[str, object]]:
    """Return what a learner trained on each set predicts of the patients kept aside."""
    test = trial.test[~np.isnan(trial.test[:, design.target])]
    filled = fill(test, trial.model.codes, trial.model.schema)
    forest = partial(forest_score, seed=trial.config.seed)
    score = prediction if learner == "regression" else forest
    return [
        {
            "task": design.task.text,
            "learner": learner,
            "set": name,
            "rows": len(tables[0][0]),
            "score": score(design, tables, test, filled),
            **checks.get(name, {}),
        }
        for name, tables in sets.items()
    ]


def _checked(design: Design, merged: Merged, task: TableTask) -> dict[str, float]:
    """Return what merged rows keep of their columns and, if made for the task, of its equations."""
    names = merged.schema.names
    checks = {"faults": float(len(merged.schema.faults(merged.rows[[*names]])))}
    if task not in merged.tasks:
        return checks
    theta, weights = merged.pooled[task.text].theta, merged.weights
    x, y = design.matrix(merged.codes), design.response(merged.codes)
    residual = weights @ scores(merged.pooled[task.text].learner, theta, x, y) / weights.sum()
    refitted = fit(merged.pooled[task.text].learner, x, y, weights, penalty=0.0)
    return checks | {
        "residual": float(np.abs(residual).max()),
        "refit": float(np.abs(refitted - theta).max()),
        "heaviest": float(weights.max()),
    }


MERGED_TRIALS = Experiment(
    name="merged_trials",
    config=MergedTrialsConfig,
    run=merged_trials,
    version=1,
    columns={
        "task": Column("what is learnt"),
        "learner": Column("logistic or linear regression, or forest"),
        "set": Column("what it is learnt from"),
        "rows": Column("of the set, of one draw of it", "rows"),
        "score": Column("AUC or R² on the patients kept aside", "", 1e-9),
        "faults": Column("columns of merged rows whose type, range or levels are not the sources'"),
        "residual": Column("largest sum of the equations that merged rows leave", "per row", 1e-8),
        "refit": Column("largest distance of refitted coefficients from the pooled", "", 1e-6),
        "heaviest": Column("largest weight of a merged row", "of the mean", 1e-6),
    },
    seconds=lambda c: 4.0 * len(c.tasks) + c.num_draws,
)
