r"""The problem of Fig. 1(b): sources with intersecting columns, one synthetic set.

A source is a tensor of trajectories `(n, T, p)` in which NaN marks what it hides. All sources
have the same variables in the same order and units.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Generator, Tensor

from ddlib.dbn import SufficientStatistics, draw
from ddlib.dbn.available import available_moments
from ddlib.dbn.likelihood import negative_log_likelihood
from ddlib.merge.sources import check_sources
from ddlib.problem import DistillationProblem, Learner, Part, TrainingCriterion

Sources = Sequence[Tensor]
"""Trajectories `(n, T, p)` of each source, NaN where hidden."""


def initial_rows(
    sources: Sources,
    rows_per_source: int,
    *,
    generator: Generator,
    noise_std: float | None = None,
) -> Tensor:
    """Return complete rows `(K rows_per_source, T, p)` to start from, in order of the sources.

    Block i is made from random rows of source i, as the caption of Fig. 1(b) asks. Reconstructed: a
    hidden entry is drawn from the normal marginal of its variable and slice in the sources that
    see it.

    Args:
        sources: rows `(n, T, p)` of each of K sources, NaN where hidden.
        rows_per_source: rows of a block.
        generator: draws rows and entries.
        noise_std: of the measurement, in the units of the data. Where it is given, block i is drawn
            from the law of the clean, complete rows given those of source i, under the
            available-case moments of all sources less the noise.

    Raises:
        ValueError: as `check_sources` does, and for a source with too few rows.
    """
    sources, _ = check_sources(sources)
    _check_budget(sources, rows_per_source)
    statistics = SufficientStatistics.from_batches(sources)
    mean, covariance = available_moments(statistics, noise_std=noise_std or 0.0)
    chosen = torch.cat(
        [
            source[torch.randperm(len(source), generator=generator)[:rows_per_source]]
            for source in sources
        ]
    )
    if noise_std is None:
        independent = torch.diag(covariance.diagonal())
        return draw(chosen, mean, independent, torch.zeros_like(mean), generator=generator)
    noise = torch.full_like(mean, noise_std**2)
    return draw(chosen, mean, covariance, noise, generator=generator)


def merging_problem(
    sources: Sources, initial: Tensor, *, learner: Learner, noise_std: float
) -> DistillationProblem:
    r"""Return the problem of Fig. 1(b): part j of `initial` is judged on the sources i ≠ j.

    Reconstructed: the score is the log-likelihood of the retrieved training data.

    Args:
        sources: rows `(n, T, p)` of each of K sources, NaN where hidden.
        initial: complete rows `(m, T, p)`, equally many a source, in order.
        learner: what the set is for.
        noise_std: what the criterion takes for the measurement noise, in the units of the data; 0
            forgets it.

    Raises:
        ValueError: as `check_sources` does, for a single source, and unless the sources have equal
            shares of `initial`.
    """
    if len(sources) < 2:
        raise ValueError(f"sources: {len(sources)} given; must be at least two")
    sources, _ = check_sources(sources, noise_std=noise_std)
    if len(initial) % len(sources):
        raise ValueError(
            f"initial: {len(initial)} rows; must be equally many for each of {len(sources)} sources"
        )
    share = len(initial) // len(sources)
    parts = []
    for j in range(len(sources)):
        others = torch.cat([source for i, source in enumerate(sources) if i != j])
        criterion = TrainingCriterion(negative_log_likelihood(others, noise_std=noise_std))
        parts.append(Part(slice(j * share, (j + 1) * share), criterion))
    everything = negative_log_likelihood(torch.cat(list(sources)), noise_std=noise_std)
    return DistillationProblem(learner, TrainingCriterion(everything), initial, tuple(parts))


def _check_budget(sources: Sources, rows_per_source: int) -> None:
    """Raise `ValueError` unless every source has `rows_per_source` rows to start from."""
    for i, source in enumerate(sources):
        if not 1 <= rows_per_source <= len(source):
            raise ValueError(
                f"rows_per_source = {rows_per_source}: must be from 1 to the {len(source)} rows "
                f"of source {i}"
            )
