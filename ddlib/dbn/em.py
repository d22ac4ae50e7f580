"""Expectation–maximisation for a DBN whose rows are noisy and have holes, structure included.

    E-step   the moments of clean, complete rows that are expected under (θ, σ²)
    M-step   θ ← maximum likelihood from these moments, σ² ← the mean squared error expected

raise the log-likelihood of what was seen (Dempster, Laird and Rubin 1977). With a free structure a
search on the expected moments replaces the graph whenever the expected BIC rises, which raises the
observed BIC too (structural EM, Friedman 1998). That is a climb with many tops: it starts from no
arcs and from every arc, and the better end is kept. `ridge` uncorrelated rows with the means and
variances of what was seen are a prior; they are part of the objective, so that it still rises with
every step.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from ddlib.checks import check_sources
from ddlib.dbn.available import available_moments, perturbed
from ddlib.dbn.learn import check_structure
from ddlib.dbn.network import LinearGaussianDBN
from ddlib.dbn.posterior import Expectation, expect
from ddlib.dbn.regressions import Regression, Structure, bic, fit, penalty, regressions, search
from ddlib.dbn.statistics import PatternMoments, SufficientStatistics
from ddlib.dbn.structure import VARIANCE_FLOOR

FIRST_NOISE = 0.1  # variance that an estimate of the noise starts from, in variances of the data
ROUNDING = 1e-8  # how far the objective may fall by rounding, relative to its size
SEARCH_EVERY = 10  # iterations between two searches for a structure


@dataclass(frozen=True, eq=False)
class EMFit:
    """The network found by the best climb, and how it was found.

    `log_likelihood` and `score` hold a value at the start and after each iteration, in nats a row:
    of the rows seen, and of the objective, which adds the prior and, if the structure was free, its
    BIC penalty. `scores` holds the last objective of each climb. `noise_std` is the noise given, or
    estimated.
    """

    network: LinearGaussianDBN
    noise_std: float | Tensor
    log_likelihood: tuple[float, ...]
    score: tuple[float, ...]
    converged: bool
    scores: tuple[float, ...]

    def __str__(self) -> str:
        """Say in one line whether and how EM converged."""
        state = "converged" if self.converged else "stopped before it converged"
        return (
            f"EM {state} after {len(self.score) - 1} iterations, at {self.log_likelihood[-1]:.4f} "
            f"nats a row, the best of {len(self.scores)} climbs"
        )


class _State(NamedTuple):
    """Parameters between two steps; `noise` is in variances, (T·p,)."""

    network: LinearGaussianDBN
    noise: Tensor
    structure: Structure


@dataclass(frozen=True, eq=False)
class _Task:
    """What stays the same over all iterations."""

    statistics: SufficientStatistics
    prior: SufficientStatistics
    ridge: float
    known_structure: bool
    known_noise: bool

    @property
    def size(self) -> float:
        """Rows, those of the prior included."""
        return self.statistics.num_rows + self.ridge

    def regressions(self, mean: Tensor, covariance: Tensor) -> list[Regression]:
        """Moments of complete rows pooled with those of the prior."""
        n, (prior,) = self.statistics.num_rows, self.prior.patterns
        weight, delta = self.ridge / self.size, prior.mean - mean
        pooled = covariance + weight * (
            prior.covariance - covariance + (1 - weight) * torch.outer(delta, delta)
        )
        shape = (self.statistics.num_slices, self.statistics.num_variables)
        # The prior has full rank, so that with it a node may have more parents than there are rows.
        enough = n + 2 * shape[1] + 2 if self.ridge else n
        return regressions(mean + weight * delta, pooled, shape, enough, self.size)

    def score(self, state: _State, log_likelihood: float) -> float:
        """Return the objective, in nats a row."""
        n, value = self.statistics.num_rows, log_likelihood
        if self.ridge:
            value += self.ridge / n * state.network.mean_log_likelihood(self.prior).item()
        if self.known_structure:
            return value
        return value - penalty(state.structure, self.size, self.statistics.num_slices) / n


def fit_em(
    sources: Sequence[Tensor] | SufficientStatistics,
    *,
    noise_std: float | Tensor | None,
    structure: Structure | None = None,
    ridge: float = 0.0,
    num_starts: int = 1,
    max_iterations: int = 1000,
    tolerance: float = 1e-6,
    generator: torch.Generator | None = None,
) -> EMFit:
    """Return the DBN that EM fits to noisy sources with hidden entries.

    `sources` are tensors (n, T, p), NaN = hidden, or their statistics. `noise_std` is the
    measurement noise, a number or (p,), or None to estimate one number, which the data identify
    only where the structure is sparse enough. A known `structure` is kept, else it is searched for
    by BIC, from no arcs and from every arc. `ridge` is in pseudo-rows. Starts after the first are
    from randomly changed moments and need `generator`. A climb has converged when an iteration
    gains less than `tolerance` nats a row and the structure stays. Raises ValueError as
    `check_sources` does, for an argument out of its range, an entry that no row shows, or no more
    rows than regressors without a `ridge`; ArithmeticError should the objective fall.
    """
    if not isinstance(sources, SufficientStatistics):
        sources = SufficientStatistics.from_batches(check_sources(sources)[0])
    _check(sources, structure, ridge, num_starts, max_iterations, tolerance, generator)
    measured = 0.0 if noise_std is None else noise_std
    mean, covariance = available_moments(sources, noise_std=measured)
    everything = torch.ones(sources.num_slices, sources.num_variables, dtype=torch.bool)
    prior = PatternMoments(everything, 1, mean, torch.diag(covariance.diagonal()))
    known = structure is not None, noise_std is not None
    task = _Task(sources, SufficientStatistics((prior,)), ridge, *known)
    graphs = _first_structures(sources) if structure is None else [structure]
    fits = []
    for k in range(num_starts):
        moments = (mean, covariance) if k == 0 else perturbed(mean, covariance, generator)
        for graph in graphs:
            start = _first_state(task, *moments, graph, noise_std)
            fits.append(_climb(task, start, max_iterations, tolerance))
    best = max(fits, key=lambda found: found.score[-1])
    noise = best.noise_std if noise_std is None else noise_std
    scores = tuple(found.score[-1] for found in fits)
    return EMFit(best.network, noise, best.log_likelihood, best.score, best.converged, scores)


def _climb(task: _Task, state: _State, max_iterations: int, tolerance: float) -> EMFit:
    """Alternate E- and M-steps, and search for a structure when they have nearly converged."""
    likelihoods: list[float] = []
    scores: list[float] = []
    settled, searched, converged = task.known_structure, 0, False
    previous = state
    for iteration in range(max_iterations + 1):
        moments = state.network.moments(task.statistics.num_slices)
        expected = expect(task.statistics, *moments, state.noise)
        likelihoods.append(expected.log_likelihood)
        scores.append(task.score(state, expected.log_likelihood))
        gain = scores[-1] - scores[-2] if iteration else math.inf
        if gain < -ROUNDING * (1 + abs(scores[-1])):
            if _at_floor(state.network, moments[1]):
                state = previous
                del likelihoods[-1], scores[-1]
                break
            raise ArithmeticError(f"EM's objective fell by {-gain} nats a row, from {scores[-2]}")
        converged = settled and gain < tolerance
        if converged or iteration == max_iterations:
            break
        # Far from convergence a search would rest on moments that still move.
        due = gain < tolerance or (gain < 100 * tolerance and iteration >= searched + SEARCH_EVERY)
        settled = task.known_structure
        if due and not settled:
            arcs = _better_structure(task, expected, state.structure)
            settled = gain < tolerance and _same(arcs, state.structure)
            state, searched = state._replace(structure=arcs), iteration
        previous, state = state, _step(task, state, expected)
    noise_std = state.noise[0].sqrt().item()
    return EMFit(state.network, noise_std, *map(tuple, (likelihoods, scores)), converged, ())


def _at_floor(network: LinearGaussianDBN, covariance: Tensor) -> bool:
    """Whether a residual variance is held at its floor, where the M-step is no maximum any more.

    Copied columns measured without noise bring it there: their likelihood has no bound.
    """
    p = network.num_variables
    marginal = covariance.diagonal()
    residual = torch.cat([network.initial.variances, network.transition.variances])
    return bool((residual < 2 * VARIANCE_FLOOR * torch.cat([marginal[:p], marginal[-p:]])).any())


def _step(task: _Task, state: _State, expected: Expectation) -> _State:
    """M-step: maximum likelihood from the expected moments, with the structure as it is."""
    moments = task.regressions(expected.mean, expected.covariance)
    noise = state.noise
    if not task.known_noise:
        noise = torch.full_like(noise, expected.noise_variance)
    return _State(fit(moments, state.structure), noise, state.structure)


def _better_structure(task: _Task, expected: Expectation, current: Structure) -> Structure:
    """Return the best of `current` and what is found from an order and from `current`."""
    moments = task.regressions(expected.mean, expected.covariance)
    found = [search(moments), search(moments, start=current)]
    return max([current, *found], key=lambda arcs: bic(moments, arcs))


def _same(first: Structure, second: Structure) -> bool:
    return all(torch.equal(a, b) for a, b in zip(first, second, strict=True))


def _first_structures(statistics: SufficientStatistics) -> list[Structure]:
    """No arcs, and every arc that the order of the variables allows."""
    p, single = statistics.num_variables, statistics.num_slices == 1
    within = torch.ones(p, p, dtype=torch.bool).triu(1)
    everything = torch.cat([torch.full((p, p), not single), within])
    return [
        (torch.zeros_like(within), torch.zeros_like(everything)),
        (within, everything),
    ]


def _first_state(
    task: _Task,
    mean: Tensor,
    covariance: Tensor,
    structure: Structure,
    noise_std: float | Tensor | None,
) -> _State:
    """Fit the structure to the moments; noise to be estimated starts from a share of them."""
    network = fit(task.regressions(mean, covariance), structure)
    if noise_std is None:
        noise_std = (FIRST_NOISE * covariance.diagonal().mean()).sqrt().item()
    noise = network.noise_variances(noise_std, task.statistics.num_slices)
    return _State(network, noise, structure)


def _check(
    statistics: SufficientStatistics,
    structure: Structure | None,
    ridge: float,
    num_starts: int,
    max_iterations: int,
    tolerance: float,
    generator: torch.Generator | None,
) -> None:
    """Raise ValueError for an argument out of its range."""
    check_structure(structure, statistics.num_variables)
    if not (math.isfinite(ridge) and ridge >= 0):
        raise ValueError(f"ridge must be finite and at least 0 pseudo-rows, got {ridge}")
    if num_starts < 1 or max_iterations < 1:
        raise ValueError(
            f"num_starts and max_iterations must be at least 1, got {num_starts}, {max_iterations}"
        )
    if not tolerance > 0:
        raise ValueError(f"tolerance must be above 0 nats a row, got {tolerance}")
    if num_starts > 1 and generator is None:
        raise ValueError(f"generator must be given for num_starts = {num_starts}, above 1")
    regressors = statistics.num_variables * min(statistics.num_slices, 2)
    if ridge == 0 and structure is None and statistics.num_rows <= regressors:
        raise ValueError(
            f"sources must have more than {regressors} rows, the regressors of a node, or a ridge "
            f"above 0; got {statistics.num_rows} rows"
        )
