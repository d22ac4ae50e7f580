"""Case study 1 without descent: references, what one would do instead, EM, and its exact rows.

One config is one random network. The rows returned are a method, the number of rows that it learns
from, and what its network is worth: the log-likelihood of clean test rows, its arcs, and the
effects of interventions.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Self

import pandas as pd
import torch
from pydantic import Field, model_validator
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
from ddlib.experiments.sources import SourcesConfig, SourcesData, draw_data, worth
from ddlib.merge.baselines import BASELINES, fill_drawn, pairwise, source_alone, unstructured
from ddlib.merge.coverage import coverage
from ddlib.problem import DistillationProblem, TrainingCriterion, distill
from ddlib.streams import stream

SUBSET, CLEAN, LAW = "clean subset", "all clean data", "the law"
ALONE, EM, EXACT = "each source alone", "EM, no distillation", "EM, exact rows"
FORGOTTEN, ESTIMATED = "EM, noise forgotten", "EM, noise estimated"
DRAWN, MULTIPLE = "IterativeImputer, drawn", "multiple imputation"
PAIRWISE, UNSTRUCTURED = "pairwise moments", "EM, every arc"
# A set speaks for itself or for all training rows; the subset's prior may be chosen as EM's is.
SUBSET_CHOSEN, SUBSET_FOR_ALL = "clean subset, prior chosen", "clean subset, for all rows"
EXACT_ALONE = "EM, exact rows, for themselves"


class ReferencesConfig(SourcesConfig):
    """One random network, its sources, and the budgets of the sets that have one.

    Attributes:
        rows_per_source: budgets, in rows per source.
        num_starts: of EM.
        em_ridges: strengths of EM's prior to choose from on validation rows, in pseudo-rows. With
            0, the likelihood of noisy rows may be highest where a variance is 0.
        estimated_ridge: strength of the prior where the noise is estimated too.
        em_tolerance: gain per iteration at which EM ends, in nats per trajectory.
        first_noises: variances that an unknown noise starts from, in variances of a variable.
        subset_ridges: priors of the clean subset to choose from on validation rows, likewise.
        num_fills: fills of multiple imputation; with 0, holes are not filled by draws at all.
    """

    rows_per_source: Annotated[tuple[Count, ...], Field(min_length=1)] = (10, 20, 50, 100)
    num_starts: Count = 1
    em_ridges: Annotated[tuple[NonNegative, ...], Field(min_length=1)] = (0.3, 1.0, 3.0)
    estimated_ridge: NonNegative = 0.3
    em_tolerance: Positive = 1e-5
    first_noises: Annotated[tuple[Positive, ...], Field(min_length=1)] = (0.03, 0.3)
    subset_ridges: Annotated[tuple[NonNegative, ...], Field(min_length=1)] = (
        0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0,
    )  # fmt: skip
    num_fills: Annotated[int, Field(strict=True, ge=0)] = 0

    @model_validator(mode="after")
    def _rows_suffice(self) -> Self:
        """Check that there are clean rows for each subset."""
        self.require_rows(*self.rows_per_source)
        return self


def references(config: ReferencesConfig) -> pd.DataFrame:
    """Score what needs no descent: clean sets, baselines, EM, and exact rows made from EM.

    Args:
        config: the network, the sources and the budgets.

    Returns:
        A row per method and size, with the columns of `REFERENCES`.
    """
    data = draw_data(config, generator=stream(config.seed, "sources"))
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
        {"method": name, "rows": rows, **worth(network, data)} for name, rows, network in networks
    )
    # One value per method and size: the sources alone are averaged.
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
    size, known = len(data.clean), {"noise_std": config.noise_std}
    for name, baseline in BASELINES.items():
        yield name, size, baseline(data.training, config.ridge)
    yield PAIRWISE, size, pairwise(data.training, config.ridge, **known)
    yield UNSTRUCTURED, size, unstructured(data.training, config.ridge, **known)
    if config.num_fills == 0:
        return
    fills = stream(config.seed, "fills")
    for name, count in {DRAWN: 1, MULTIPLE: config.num_fills}.items():
        yield name, size, fill_drawn(data.training, config.ridge, num_fills=count, generator=fills)


def _small_sets(
    config: ReferencesConfig, data: SourcesData, fitted: LinearGaussianDBN, *, generator: Generator
) -> Iterator[tuple[str, int, LinearGaussianDBN]]:
    """Yield, per budget, the networks of a clean subset and of exact rows from EM, each way."""
    order = torch.randperm(len(data.clean), generator=generator)
    learner = DBNLearner(config.ridge, effective_size=len(data.clean), num_slices=config.num_slices)
    alone = DBNLearner(config.ridge)
    criterion = negative_log_likelihood(torch.cat(data.training), noise_std=config.noise_std)
    validation = negative_log_likelihood(torch.cat(data.validation), noise_std=config.noise_std)
    fewest = config.num_variables * min(config.num_slices, 2) + 1
    for budget in (fewest, *(config.num_sources * rows for rows in config.rows_per_source)):
        subset = data.clean[order[:budget]]
        yield SUBSET, budget, alone(subset)
        yield SUBSET_FOR_ALL, budget, learner(subset)
        priors = [DBNLearner(ridge)(subset) for ridge in config.subset_ridges]
        yield SUBSET_CHOSEN, budget, min(priors, key=lambda network: validation(network).item())
        problem = DistillationProblem(learner, TrainingCriterion(criterion), subset)
        exact = distill(problem, Exact(fitted), num_steps=1, generator=generator)
        yield EXACT, budget, learner(exact.rows)
        yield EXACT_ALONE, budget, alone(exact.rows)


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
            first_noises=config.first_noises,
            tolerance=config.em_tolerance,
            generator=generator,
        )
        for ridge in (config.em_ridges if noise_std is not None else (config.estimated_ridge,))
    ]
    return max(fits, key=validation)


REFERENCES = Experiment(
    name="references",
    config=ReferencesConfig,
    run=references,
    version=2,
    columns={
        "method": Column("reference, baseline, or method without descent"),
        "rows": Column("rows that the network is learnt from; 0 for the law", "rows"),
        "unseen_pairs": Column("pairs of variables that no source sees together", "pairs"),
        "noise": Column("measurement noise that EM took or estimated", "standard deviations", 1e-6),
        "log_likelihood": Column("log-likelihood of clean test rows", "nats per trajectory", 1e-6),
        "shd": Column("structural Hamming distance from the law", "edges"),
        "intervention": Column(
            "error of the effects of interventions", "standard deviations of a variable", 1e-6
        ),
    },
    seconds=lambda c: c.num_slices * (1.5 * c.num_starts + c.num_fills) + 1,
)
