r"""Merging sources with intersecting columns: the data of Fig. 1(a), the problem of Fig. 1(b).

A source is a tensor of trajectories `(n, T, p)` in which NaN marks what it hides. All sources
have the same variables in the same order and units.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

import torch
from torch import Generator, Tensor

from ddlib.checks import check_sources
from ddlib.dbn import LinearGaussianDBN, SufficientStatistics, draw
from ddlib.dbn.available import available_moments
from ddlib.distillers.zeroth_order import ZerothOrder
from ddlib.problem import DistillationProblem, Learner, Part, TrainingCriterion

Sources = Sequence[Tensor]


def split_sources(
    clean: Tensor, hidden: Sequence[Sequence[int]], *, noise_std: float, generator: Generator
) -> list[Tensor]:
    """Return one source per entry of `hidden`: equal shares of `clean` through its own channel.

    `clean` is `(n, T, p)`. Source i hides the variables `hidden[i]` in all its rows and slices,
    and every entry gets Gaussian noise of `noise_std`, in the units of the data (Fig. 1(a),
    caption). Raises `ValueError` for fewer rows than sources, an unknown variable, a source that
    hides all, or a negative noise.
    """
    num_variables = clean.shape[-1]
    if not hidden:
        raise ValueError("hidden: no source; must be at least one")
    if len(clean) < len(hidden):
        raise ValueError(f"clean: {len(clean)} rows; must be at least one a source, {len(hidden)}")
    if not noise_std >= 0:  # NaN too
        raise ValueError(f"noise_std = {noise_std}: must be at least 0")
    for i, names in enumerate(hidden):
        if not set(names) < set(range(num_variables)):
            raise ValueError(
                f"hidden[{i}] = {list(names)}: must leave out some of 0 to {num_variables - 1}"
            )
    sources = []
    for share, names in zip(clean.tensor_split(len(hidden)), hidden, strict=True):
        noise = torch.randn(share.shape, dtype=share.dtype, generator=generator)
        source = share + noise_std * noise
        source[..., list(names)] = torch.nan
        sources.append(source)
    return sources


def random_hidden(
    num_sources: int, num_variables: int, num_hidden: int, *, generator: Generator
) -> list[list[int]]:
    """Return, per source, `num_hidden` variables to hide, different ones as far as there are.

    They are dealt out in turn from one random order, which is gone through again as needed.
    Raises `ValueError` unless each source keeps a variable.
    """
    if not 0 <= num_hidden < num_variables:
        raise ValueError(f"num_hidden = {num_hidden}: must be from 0 to {num_variables - 1}")
    order = torch.randperm(num_variables, generator=generator).tolist()
    dealt = [order[i % num_variables] for i in range(num_sources * num_hidden)]
    return [sorted(dealt[i * num_hidden : (i + 1) * num_hidden]) for i in range(num_sources)]


def initial_rows(
    sources: Sources,
    rows_per_source: int,
    *,
    generator: Generator,
    noise_std: float | None = None,
) -> Tensor:
    """Return complete rows `(K * rows_per_source, T, p)` to start from, in order of the sources.

    Block i is made from random rows of source i, as the caption of Fig. 1(b) asks. Reconstructed: a
    hidden entry is drawn from the normal marginal of its variable and slice in the sources that
    see it. With a `noise_std` instead, block i is drawn from the law of the clean, complete rows
    given those of source i, under the available-case moments of all sources less the noise.
    Raises `ValueError` as `check_sources` does, and when a source has too few rows.
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


def negative_log_likelihood(
    rows: Tensor, *, noise_std: float = 0.0
) -> Callable[[LinearGaussianDBN], Tensor]:
    """Return the criterion model -> minus the mean log-likelihood of `rows`, nats a trajectory.

    Hidden entries (NaN) are marginalised, measurement noise of `noise_std` is modelled. The rows
    are reduced to their statistics once, so a value costs the same for any number of rows.
    """
    statistics = SufficientStatistics.from_trajectories(rows)
    return lambda model: -model.mean_log_likelihood(statistics, noise_std=noise_std)


def merging_problem(
    sources: Sources, initial: Tensor, *, learner: Learner, noise_std: float
) -> DistillationProblem:
    r"""Return the problem of Fig. 1(b): part j of `initial` is judged on the sources i ≠ j.

    `initial` holds equally many rows a source, in order. `noise_std` is what the criterion takes
    for the measurement noise; 0 forgets it. Reconstructed: the score is the log-likelihood of
    the retrieved training data. Raises `ValueError` as `check_sources` does, for a single source,
    or unless the sources have equal shares of `initial`.
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


@dataclass(frozen=True)
class LiteralCaption:
    r"""The caption of Fig. 1(b) to the letter: the part itself is scored in the two networks.

    The network learnt from $D^S_j$ maximises the likelihood of $D^S_j$, so with one structure a
    perturbation can only lower it: the retrieved training data play no part. It is here to be
    measured beside our reading.
    """

    distiller: ZerothOrder

    departs: ClassVar[tuple[str, ...]] = ("law", "criterion")
    one_shot: ClassVar[bool] = False

    def steps(self, problem: DistillationProblem, *, generator: Generator) -> Iterator[Tensor]:
        """Yield the rows after each step of `distiller`, with the criterion renewed each step."""
        rows = problem.initial
        while True:
            parts = tuple(
                replace(part, criterion=TrainingCriterion(negative_log_likelihood(rows[part.rows])))
                for part in problem.parts
            )
            renewed = replace(problem, initial=rows, parts=parts)
            rows = next(self.distiller.steps(renewed, generator=generator))
            yield rows


def _check_budget(sources: Sources, rows_per_source: int) -> None:
    """Raise `ValueError` unless every source has `rows_per_source` rows to start from."""
    for i, source in enumerate(sources):
        if not 1 <= rows_per_source <= len(source):
            raise ValueError(
                f"rows_per_source = {rows_per_source}: must be from 1 to the {len(source)} rows "
                f"of source {i}"
            )
