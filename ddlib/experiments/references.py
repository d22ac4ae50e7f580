"""Case study 1 without descent: references, what one would do instead, EM, and its exact rows.

One config is one random network. The rows returned are a method, the number of rows that it learns
from, and the log-likelihood of clean test rows under its network.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, ClassVar

import pandas as pd
import torch
from pydantic import Field
from torch import Generator

from ddlib.config import Count, NonNegative, Positive
from ddlib.dbn import (
    DBNLearner,
    EMFit,
    LinearGaussianDBN,
    SufficientStatistics,
    fit_em,
    negative_log_likelihood,
)
from ddlib.distillers.exact import Exact
from ddlib.experiments.base import Column, Experiment
from ddlib.experiments.sources import SourcesConfig, SourcesData, draw_data
from ddlib.merge.baselines import BASELINES, source_alone
from ddlib.merge.coverage import coverage
from ddlib.problem import (
    DistillationProblem,
    TestCriterion,
    TrainingCriterion,
    distill,
)
from ddlib.streams import stream

SUBSET, CLEAN, LAW = "clean subset", "all clean data", "the law"
ALONE, EM, EXACT = "each source alone", "EM, no distillation", "EM, exact rows"
FORGOTTEN, ESTIMATED = "EM, noise forgotten", "EM, noise estimated"


class ReferencesConfig(SourcesConfig):
    """One random network, its sources, and the budgets of the sets that have one.

    Attributes:
        rows_per_source: budgets, in rows a source.
        num_starts: of EM.
        em_ridges: strengths of EM's prior to choose from on validation rows, in pseudo-rows.
        em_tolerance: gain an iteration at which EM ends, in nats a trajectory.
    """

    added: ClassVar[Mapping[str, Any]] = {"em_ridges": (0.0, 1.0), "em_tolerance": 1e-5}

    rows_per_source: Annotated[tuple[Count, ...], Field(min_length=1)] = (10, 20, 50, 100)
    num_starts: Count = 1
    em_ridges: Annotated[tuple[NonNegative, ...], Field(min_length=1)] = (0.0, 1.0)
    em_tolerance: Positive = 1e-5


def references(config: ReferencesConfig) -> pd.DataFrame:
    """Score what needs no descent: clean sets, baselines, EM, and exact rows made from EM.

    Args:
        config: the network, the sources and the budgets.

    Returns:
        A row per method and size, with the columns of `REFERENCES`.
    """
    data = draw_data(config, generator=stream(config.seed, "sources"))
    test = TestCriterion(negative_log_likelihood(data.test))
    size, generator = len(data.clean), stream(config.seed, "small sets")
    fitted = {
        EM: _fit(config, data, config.noise_std, generator=generator),
        FORGOTTEN: _fit(config, data, 0.0, generator=generator),
        ESTIMATED: _fit(config, data, None, generator=generator),
    }
    networks = [
        (LAW, 0, data.law),
        (CLEAN, size, DBNLearner(config.ridge)(data.clean)),
        *_other_ways(config, data),
        *((name, size, fit.network) for name, fit in fitted.items()),
        *_small_sets(config, data, fitted[EM].network, generator=generator),
    ]
    table = pd.DataFrame(
        [
            {"method": name, "rows": rows, "log_likelihood": -test(network).item()}
            for name, rows, network in networks
        ]
    )
    # One value a method and size: the sources alone are averaged.
    table = table.groupby(["method", "rows"], sort=False, as_index=False).mean()
    noise = table["method"].map({name: fit.noise_std for name, fit in fitted.items()})
    unseen = len(coverage(data.training).unseen_pairs)
    return table.assign(unseen_pairs=unseen, noise=noise)[list(REFERENCES.columns)]


def _other_ways(
    config: ReferencesConfig, data: SourcesData
) -> Iterator[tuple[str, int, LinearGaussianDBN]]:
    """Yield what one would do instead: name, rows behind the network, network."""
    for which, source in enumerate(data.training):
        alone = source_alone(data.training, config.ridge, which=which)
        yield ALONE, len(source), alone
    for name, baseline in BASELINES.items():
        yield name, len(data.clean), baseline(data.training, config.ridge)


def _small_sets(
    config: ReferencesConfig, data: SourcesData, fitted: LinearGaussianDBN, *, generator: Generator
) -> Iterator[tuple[str, int, LinearGaussianDBN]]:
    """Yield, per budget, the networks of a clean subset and of exact rows from EM."""
    order = torch.randperm(len(data.clean), generator=generator)
    learner = DBNLearner(config.ridge, effective_size=len(data.clean), num_slices=config.num_slices)
    criterion = negative_log_likelihood(torch.cat(data.training), noise_std=config.noise_std)
    fewest = config.num_variables * min(config.num_slices, 2) + 1
    for budget in (fewest, *(config.num_sources * rows for rows in config.rows_per_source)):
        subset = data.clean[order[:budget]]
        yield SUBSET, budget, DBNLearner(config.ridge)(subset)
        problem = DistillationProblem(learner, TrainingCriterion(criterion), subset)
        exact = distill(problem, Exact(fitted), num_steps=1, generator=generator)
        yield EXACT, budget, learner(exact.rows)


def _fit(
    config: ReferencesConfig, data: SourcesData, noise_std: float | None, *, generator: Generator
) -> EMFit:
    """Return EM's fit with the prior that validation rows of the sources like best."""
    training = SufficientStatistics.from_batches(data.training)
    kept = SufficientStatistics.from_batches(data.validation)

    def validation(fit: EMFit) -> float:
        return fit.network.mean_log_likelihood(kept, noise_std=fit.noise_std).item()

    fits = [
        fit_em(
            training,
            noise_std=noise_std,
            ridge=ridge,
            num_starts=config.num_starts,
            tolerance=config.em_tolerance,
            generator=generator,
        )
        for ridge in config.em_ridges
    ]
    return max(fits, key=validation)


REFERENCES = Experiment(
    name="references",
    config=ReferencesConfig,
    run=references,
    version=1,
    columns={
        "method": Column("reference, baseline, or method without descent"),
        "rows": Column("rows that the network is learnt from; 0 for the law", "rows"),
        "unseen_pairs": Column("pairs of variables that no source sees together", "pairs"),
        "noise": Column("measurement noise that EM took or estimated", "standard deviations", 1e-6),
        "log_likelihood": Column("log-likelihood of clean test rows", "nats a trajectory", 1e-6),
    },
    seconds=lambda c: 0.6 * c.num_slices * c.num_starts + 1,
)
