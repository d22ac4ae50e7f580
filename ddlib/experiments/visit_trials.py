"""A real trial's visits: the next one forecast from merged visits and from all else.

The liver trial's follow-up is cut into three hospitals that lack columns of one another, by
patient; some patients are kept aside, with all columns. Each set of visits below is made of the
hospitals' tables alone. A linear regression learns the next visit from it, and forecasts each
visit but the first of the patients kept aside, from the visit before; what they miss is filled by
the mean of the hospitals. Bilirubin is on a logarithmic scale.

Beside it stand forecasts without that learner: the last value carried forward, and a mixed model
of statsmodels, a line in time for each patient, fitted to all of a patient's visits so far.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Annotated, Any, ClassVar

import numpy as np
import pandas as pd
from pydantic import Field

from ddlib.config import Config, Count, Seed
from ddlib.experiments.base import Column, Experiment
from ddlib.experiments.growth import NORMAL, Forecast, growth_forecast
from ddlib.experiments.merged_trials import IMPUTATIONS, known_codes
from ddlib.experiments.trials import DATA
from ddlib.merge.design import Design
from ddlib.merge.equations import fit
from ddlib.merge.estimators import LEARNERS
from ddlib.merge.formula import TableTask
from ddlib.merge.model import numpy_seed
from ddlib.merge.pooling import PENALTY
from ddlib.merge.rivals import MEAN_FILLING, Rows, equal_weights, fill, impute_codes
from ddlib.tables import Settings
from ddlib.visits import Said, Visits, read_visits
from ddlib.visits.merging import MergedVisits, made_for, paired, question_of, rows_of
from ddlib.visits.model import VisitModel
from ddlib.visits.tasks import Asked, read_tasks

LACKS = {
    "hospital_a": ("chol", "alk.phos", "ascites"),
    "hospital_b": ("ast", "platelet", "spiders"),
    "hospital_c": ("albumin", "protime", "hepato"),
}
"""The columns that each hospital lacks."""
NUM_TEST = 100
"""Patients that are kept aside, unless told."""
LAST_VALUE, MIXED_MODEL = "last value carried forward", "mixed model"
SAID = Said("id", "day")


class VisitTrialsConfig(Config):
    """One random split of the trial's patients.

    Attributes:
        seed: of the split.
        tasks: what visits are made for and learnt.
        num_people: to make.
        num_draws: of what is missing.
        min_count: patients whom a level, and each value of a number's margin, stands for, at least.
        num_test: patients that are kept aside.
    """

    added: ClassVar[Mapping[str, Any]] = {"num_test": NUM_TEST}

    seed: Seed
    tasks: Annotated[tuple[str, ...], Field(min_length=1)] = (
        "next(log_bili) ~ .",
        "next(albumin) ~ .",
    )
    num_people: Count = 100
    num_draws: Annotated[int, Field(strict=True, ge=2)] = 10
    min_count: Count = 5
    num_test: Annotated[int, Field(strict=True, ge=1, le=300)] = NUM_TEST


@dataclass(frozen=True, eq=False)
class _Trial:
    """The trial, cut and modelled: what is asked of the hospitals, and of whom it is forecast."""

    config: VisitTrialsConfig
    asked: Asked
    model: VisitModel
    whole: Visits
    aside: Visits

    @classmethod
    def of(cls, config: VisitTrialsConfig) -> _Trial:
        """Return the trial of a config."""
        tables, whole, aside = cut_visits(config.seed, config.num_test)
        settings = Settings(min_count=config.min_count)
        asked = read_tasks(config.tasks, read_visits(tables, SAID, settings), config.min_count)
        model = VisitModel.of(
            asked.visits,
            num_draws=config.num_draws,
            min_count=config.min_count,
            seed=config.seed,
        )
        full, kept = (_with_all(table, asked) for table in (whole, aside))
        return cls(config, asked, model, full, kept)

    @cached_property
    def draws(self) -> list[np.ndarray]:
        """The hospitals' visits and the next ones, with what is missing drawn."""
        return self.model.draws(self.asked.later)

    def made(self) -> dict[str, MergedVisits]:
        """Return visits made for each task alone."""
        one = ((t.text, replace(self.asked, tasks=(t,))) for t in self.asked.tasks)
        return {text: made_for(own, self.model, self.config.num_people) for text, own in one}

    def others(self, task: TableTask) -> Iterator[tuple[str, list[Rows]]]:
        """Yield what else a task is learnt from, with its name."""
        rows, schema = rows_of(task, self.asked, self.model.visits), self.asked.schema
        codes = paired(self.model.visits, self.asked.later)[rows]
        yield "multiple imputation", [equal_weights(draw[rows]) for draw in self.draws]
        target = ~np.isnan(codes[:, schema.names.index(task.target)])
        yield MEAN_FILLING, [equal_weights(fill(codes[target], codes, schema))]
        seeds = (numpy_seed(self.config.seed, f"imputer {k}") for k in range(IMPUTATIONS))
        imputed = [equal_weights(impute_codes(codes, schema, seed)) for seed in seeds]
        yield f"IterativeImputer, {IMPUTATIONS} draws", imputed
        full = paired(self.whole, self.asked.later)[self.whole.has_next]
        yield "complete visits", [equal_weights(fill(full, full, schema))]
        for index, label in enumerate(self.model.visits.labels):
            own = codes[target & (self.model.visits.site[rows] == index)]
            if len(own):
                yield f"{label} alone", [equal_weights(fill(own, own, schema))]


def visit_trials(config: VisitTrialsConfig) -> pd.DataFrame:
    """Merge a trial's hospitals for forecasts of the next visit; forecast it from all else too.

    Args:
        config: the split.

    Returns:
        A row per task and set of visits, with the columns of `VISIT_TRIALS`.
    """
    trial = _Trial.of(config)
    made = trial.made()
    found: list[dict[str, object]] = []
    for task in trial.asked.tasks:
        design = question_of(task, trial.asked, trial.model, trial.draws).design
        known = paired(trial.model.visits, trial.asked.later)
        test = paired(trial.aside, trial.asked.later)[trial.aside.has_next]
        filled = fill(test, known, trial.asked.schema)
        sets = {f"merged for {text}": [each.pairs(task)] for text, each in made.items()}
        sets |= dict(trial.others(task))
        forecasts = {name: _learnt(design, rows, filled) for name, rows in sets.items()}
        values, now = test[:, design.target], trial.asked.later[_place(trial.asked, task)]
        forecasts[LAST_VALUE] = _carried(known, now, design.target, test[:, now])
        name = trial.asked.visits.schema.names[now]
        forecasts[MIXED_MODEL] = growth_forecast(trial.model.visits, trial.aside, name)
        exact = {f"merged for {task.text}": _refitted(made[task.text], task)}
        found += [
            {
                "task": task.text,
                "set": name,
                "rows": len(sets[name][0][0]) if name in sets else len(known),
                "error": forecast.error(values),
                "coverage": forecast.coverage(values),
                "width": float(2 * NORMAL * forecast.deviation.mean()),
                "refit": exact.get(name, np.nan),
            }
            for name, forecast in forecasts.items()
        ]
    return pd.DataFrame(found, columns=[*VISIT_TRIALS.columns])


def cut_visits(
    seed: int, num_test: int = NUM_TEST
) -> tuple[dict[str, pd.DataFrame], pd.DataFrame, pd.DataFrame]:
    """Return the tables of the hospitals, their visits with all columns, and those kept aside.

    Args:
        seed: of the split.
        num_test: patients that are kept aside.

    Raises:
        FileNotFoundError: where the book's tables are not at hand.
    """
    visits = pd.read_csv(DATA / "pbcseq.csv").drop(columns=["futime", "status"])
    visits = visits.assign(bili=np.log(visits.bili)).rename(columns={"bili": "log_bili"})
    people = visits.id.drop_duplicates().sample(frac=1, random_state=seed).to_numpy()
    names = [*LACKS]
    place = {key: rank - num_test for rank, key in enumerate(people.tolist())}
    hospital = visits.id.map(lambda key: names[place[key] % 3] if place[key] >= 0 else "")
    tables = {
        label: visits[hospital == label].drop(columns=[*lacks]).reset_index(drop=True)
        for label, lacks in LACKS.items()
    }
    aside = hospital == ""
    return tables, visits[~aside].reset_index(drop=True), visits[aside].reset_index(drop=True)


def _with_all(table: pd.DataFrame, asked: Asked) -> Visits:
    """Return visits with all columns, by the codes of the hospitals' schema."""
    visits = read_visits([table], SAID, Settings(min_count=1))
    schema = asked.visits.schema
    codes = known_codes(schema, visits.table())
    return replace(visits, schema=schema, changing=asked.visits.changing, codes=codes)


def _learnt(design: Design, tables: Sequence[Rows], test: np.ndarray) -> Forecast:
    """Return forecasts by a linear regression, the mean over tables, with their deviations."""
    means, squares = [], []
    x = design.matrix(test)
    for codes, weights in tables:
        own, y = design.matrix(codes), design.response(codes)
        theta = fit(LEARNERS[design.task.learned], own, y, weights, penalty=PENALTY)
        means.append((x @ theta.T)[:, 0])
        squares.append(np.average(np.square(y - own @ theta.T)[:, 0], weights=weights))
    spread = np.mean(squares) + np.var(means, axis=0)
    return Forecast(
        design.origin + design.unit * np.mean(means, axis=0), design.unit * np.sqrt(spread)
    )


def _carried(known: np.ndarray, now: int, after: int, values: np.ndarray) -> Forecast:
    """Return the last values, with the deviation that they had in the hospitals."""
    change = known[:, after] - known[:, now]
    spread = np.sqrt(np.nanmean(np.square(change)))
    return Forecast(values, np.full(len(values), spread))


def _place(asked: Asked, task: TableTask) -> int:
    """Return which of the columns of the next visit a task predicts."""
    return asked.schema.names.index(task.target) - len(asked.visits.schema.names)


def _refitted(merged: MergedVisits, task: TableTask) -> float:
    """Return how far a refit to merged visits lies from the pooled coefficients."""
    pooled, (codes, weights) = merged.pooled[task.text], merged.pairs(task)
    x, y = pooled.design.matrix(codes), pooled.design.response(codes)
    return float(np.abs(fit(pooled.learner, x, y, weights, penalty=0.0) - pooled.theta).max())


VISIT_TRIALS = Experiment(
    name="visit_trials",
    config=VisitTrialsConfig,
    run=visit_trials,
    version=2,
    columns={
        "task": Column("what is forecast"),
        "set": Column("what it is learnt from, or how it is forecast"),
        "rows": Column("of the set, of one draw of it", "visits"),
        "error": Column(
            "root mean squared error on the patients kept aside", "of the column", 1e-6
        ),
        "coverage": Column("share of their values in the 95 % intervals", "", 0.01),
        "width": Column("mean width of these intervals", "of the column", 1e-6),
        "refit": Column("largest distance of refitted coefficients from the pooled", "", 1e-6),
    },
    seconds=lambda c: 6.0 * len(c.tasks) + c.num_draws,
)
