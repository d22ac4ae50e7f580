r"""The problem of Fig. 1(b): sources with intersecting columns, one synthetic set.

A source is a tensor of trajectories `(n, T, p)` in which NaN marks what it hides. All sources
have the same variables in the same order and units.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import torch
from torch import Generator, Tensor

from ddlib.arguments import fault, raise_faults, size_faults
from ddlib.dbn import SufficientStatistics, draw
from ddlib.dbn.available import available_moments, independent_row
from ddlib.dbn.checks import range_faults
from ddlib.dbn.likelihood import negative_log_likelihood
from ddlib.dbn.sources import check_noise, labelled
from ddlib.merge.sources import check_sources
from ddlib.problem import DistillationProblem, Learner, Part, TrainingCriterion
from ddlib.streams import check_generator

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
    hidden entry is drawn from the normal marginal of its column in the sources that see it.

    Args:
        sources: rows `(n, T, p)` of each of K sources, NaN where hidden.
        rows_per_source: rows of a block.
        generator: draws rows and entries.
        noise_std: of the measurement, in the units of the data. Where it is given, block i is drawn
            from the law of the clean, complete rows given those of source i, under the
            available-case moments of all sources less the noise.

    Raises:
        ValueError: as `check_sources` does, for too few rows and a wrong noise.
        TypeError: for no generator.
    """
    check_generator("generator", generator)
    if noise_std is not None:
        check_noise(noise_std, 1)
    sources, _ = check_sources(sources)
    _check_budget(sources, rows_per_source)
    statistics = SufficientStatistics.from_batches(sources)
    mean, covariance = available_moments(statistics, noise_std=noise_std or 0.0)
    orders = [torch.randperm(len(source), generator=generator) for source in sources]
    chosen = torch.cat([s[o[:rows_per_source]] for s, o in zip(sources, orders, strict=True)])
    if noise_std is None:
        independent = torch.diag(covariance.diagonal())
        return draw(chosen, mean, independent, torch.zeros_like(mean), generator=generator)
    noise = torch.full_like(mean, float(noise_std) ** 2)
    return draw(chosen, mean, covariance, noise, generator=generator)


def merging_problem(
    sources: Sources, initial: Tensor, *, learner: Learner, noise_std: float, ridge: float = 0.0
) -> DistillationProblem:
    r"""Return the problem of Fig. 1(b): part j of `initial` is judged on the sources i ≠ j.

    Reconstructed: the score is the log-likelihood of the retrieved training data. Under noise it
    may be highest where the variance of a node is 0, which clean rows find impossible; pseudo-rows
    of all sources' means and variances rule that out.

    Args:
        sources: rows `(n, T, p)` of each of K sources, NaN where hidden.
        initial: complete rows `(m, T, p)`, equally many a source, in order.
        learner: what the set is for.
        noise_std: what the criterion takes for the measurement noise, in the units of the data; 0
            forgets it.
        ridge: pseudo-rows that are added to those of each criterion.

    Raises:
        ValueError: as `check_sources` does, for a single source, a wrong `ridge`, and an `initial`
            of other slices, variables or type than the sources, or of which they have no equal
            shares.
    """
    raise_faults(size_faults("ridge", ridge, "finite and at least 0 pseudo-rows"))
    count = len(labelled(sources))
    if count < 2:
        raise ValueError(f"sources: {count} given; must be at least two")
    sources, _ = check_sources(sources, noise_std=noise_std)
    _check_initial(initial, sources)
    share = len(initial) // len(sources)
    score = _score(sources, noise_std, float(ridge))
    parts = []
    for j in range(len(sources)):
        others = torch.cat([source for i, source in enumerate(sources) if i != j])
        parts.append(Part(slice(j * share, (j + 1) * share), score(others)))
    return DistillationProblem(learner, score(torch.cat(list(sources))), initial, tuple(parts))


def _score(
    sources: Sequence[Tensor], noise_std: float, ridge: float
) -> Callable[[Tensor], TrainingCriterion]:
    """Return the map from rows to the criterion that scores a network on them and on the prior."""
    likelihood = partial(negative_log_likelihood, noise_std=noise_std)
    if ridge == 0:
        return lambda rows: TrainingCriterion(likelihood(rows))
    statistics = SufficientStatistics.from_batches(sources)
    prior = independent_row(statistics, *available_moments(statistics, noise_std=noise_std))

    def score(rows: Tensor) -> TrainingCriterion:
        own, weight = likelihood(rows), ridge / len(rows)
        return TrainingCriterion(
            lambda model: own(model) - weight * model.mean_log_likelihood(prior)
        )

    return score


def _check_budget(sources: Sources, rows_per_source: int) -> None:
    """Raise `ValueError` unless every source has `rows_per_source` rows to start from."""
    for i, source in enumerate(sources):
        wanted = f"a whole number from 1 to the {len(source)} rows of source {i}"
        raise_faults(range_faults("rows_per_source", rows_per_source, 1, len(source), wanted))


def _check_initial(initial: object, sources: Sources) -> None:
    """Raise `ValueError` unless `initial` has as many rows for each source, such as its own."""
    _, num_slices, p = sources[0].shape
    if not isinstance(initial, Tensor):
        raise ValueError(fault("initial", initial, f"a tensor (m, {num_slices}, {p})"))
    shape = tuple(initial.shape)
    if len(shape) != 3 or shape[1:] != (num_slices, p):
        raise ValueError(f"initial: shape {shape}; must be (m, {num_slices}, {p}), as the sources")
    if initial.dtype != torch.float64:
        raise ValueError(f"initial: {initial.dtype}; must be torch.float64")
    if not len(initial) or len(initial) % len(sources):
        raise ValueError(
            f"initial: {len(initial)} rows; must be equally many for each of {len(sources)} sources"
        )
