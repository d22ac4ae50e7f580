"""One climb of expectation–maximisation: E- and M-steps from a start until they converge.

The objective is the log-likelihood of what was seen, plus that of the prior, less the BIC penalty
where the structure is free; `em` says why it rises with every step.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from ddlib.dbn.network import LinearGaussianDBN
from ddlib.dbn.posterior import Expectation, expect
from ddlib.dbn.regressions import Regression, Structure, bic, fit, penalty, regressions, search
from ddlib.dbn.search_state import VARIANCE_FLOOR
from ddlib.dbn.statistics import SufficientStatistics

ROUNDING = 1e-8  # how far the objective may fall by rounding, relative to its size
SEARCH_EVERY = 10  # iterations between two searches for a structure
NEARLY = 100  # a search may come once an iteration gains less than so many tolerances


class State(NamedTuple):
    """Parameters between two steps.

    Attributes:
        network: with the structure of the last M-step.
        noise: variances of the measurement, `(T·p,)`.
        structure: arcs of the next M-step.
    """

    network: LinearGaussianDBN
    noise: Tensor
    structure: Structure


class Climb(NamedTuple):
    """Where a climb ended, and its way.

    Attributes:
        state: at the end.
        likelihoods: of the rows seen, in nats per row, at the start and after each iteration.
        scores: objectives, likewise.
        converged: whether the last iteration gained less than the tolerance.
    """

    state: State
    likelihoods: list[float]
    scores: list[float]
    converged: bool


@dataclass(frozen=True, eq=False)
class EMObjective:
    """What stays the same over all iterations.

    Attributes:
        statistics: of the rows seen.
        prior: one complete pattern, of which `ridge` rows are added.
        ridge: pseudo-rows of the prior.
        known_structure: whether the structure is kept.
        known_noise: whether the noise is kept.
    """

    statistics: SufficientStatistics
    prior: SufficientStatistics
    ridge: float
    known_structure: bool
    known_noise: bool

    @property
    def size(self) -> float:
        """The number of rows, those of the prior included."""
        return self.statistics.num_rows + self.ridge

    def regressions(self, mean: Tensor, covariance: Tensor) -> list[Regression]:
        """Return the regressions from the moments of complete rows, pooled with the prior's.

        Args:
            mean: `(T·p,)`.
            covariance: `(T·p, T·p)`.
        """
        (prior,) = self.prior.patterns
        weight = self.ridge / self.size
        delta = prior.mean - mean
        pooled = covariance + weight * (
            prior.covariance - covariance + (1 - weight) * torch.outer(delta, delta)
        )
        n, p = self.statistics.num_rows, self.statistics.num_variables
        # The prior has full rank, so that with it a node may have more parents than there are rows.
        enough = n + 2 * p + 2 if self.ridge else n
        shape = (self.statistics.num_slices, p)
        return regressions(mean + weight * delta, pooled, shape, enough, self.size)

    def score(self, state: State, log_likelihood: float) -> float:
        """Return the objective, in nats per row.

        Args:
            state: the parameters.
            log_likelihood: of the rows seen under these, in nats per row.
        """
        n, value = self.statistics.num_rows, log_likelihood
        if self.ridge:
            value += self.ridge / n * state.network.mean_log_likelihood(self.prior).item()
        if self.known_structure:
            return value
        return value - penalty(state.structure, self.size, self.statistics.num_slices) / n


def first_state(
    objective: EMObjective,
    mean: Tensor,
    covariance: Tensor,
    structure: Structure,
    noise_std: float | Tensor | None,
    first_noise: float,
) -> State:
    """Return the fit of a structure to moments.

    Args:
        objective: what to climb.
        mean: `(T·p,)` of clean rows.
        covariance: `(T·p, T·p)` of clean rows.
        structure: arcs to begin with.
        noise_std: of the measurement; None starts from `first_noise`.
        first_noise: variance of the noise to start from, in mean variances of an entry.
    """
    network = fit(objective.regressions(mean, covariance), structure)
    if noise_std is None:
        noise_std = (first_noise * covariance.diagonal().mean()).sqrt().item()
    noise = network.noise_variances(noise_std, objective.statistics.num_slices)
    return State(network, noise, structure)


def climb(objective: EMObjective, state: State, max_iterations: int, tolerance: float) -> Climb:
    """Return a climb by E- and M-steps, which searches for a structure when they nearly converge.

    Args:
        objective: what to climb.
        state: where to begin.
        max_iterations: M-steps at most.
        tolerance: gain in nats per row below which the climb has converged.

    Raises:
        ArithmeticError: should the objective fall.
    """
    likelihoods: list[float] = []
    scores: list[float] = []
    settled, searched, converged = objective.known_structure, 0, False
    previous = state
    for iteration in range(max_iterations + 1):
        moments = state.network.moments(objective.statistics.num_slices)
        expected = expect(objective.statistics, *moments, state.noise)
        likelihoods.append(expected.log_likelihood)
        scores.append(objective.score(state, expected.log_likelihood))
        gain = scores[-1] - scores[-2] if iteration else math.inf
        if gain < -ROUNDING * (1 + abs(scores[-1])):
            _require_floor(state.network, moments[1], scores)
            return Climb(previous, likelihoods[:-1], scores[:-1], converged=False)
        converged = settled and gain < tolerance
        if converged or iteration == max_iterations:
            break
        settled = objective.known_structure
        if not settled and _is_due(gain, tolerance, iteration - searched):
            arcs = _better_structure(objective, expected, state.structure)
            settled = gain < tolerance and _same(arcs, state.structure)
            state, searched = state._replace(structure=arcs), iteration
        previous, state = state, _step(objective, state, expected)
    return Climb(state, likelihoods, scores, converged)


def _require_floor(network: LinearGaussianDBN, covariance: Tensor, scores: list[float]) -> None:
    """Raise ArithmeticError unless a residual variance is held at its floor.

    There the M-step is no maximum any more. Copied columns measured without noise bring it there:
    their likelihood has no bound.
    """
    p = network.num_variables
    marginal = covariance.diagonal()
    floor = 2 * VARIANCE_FLOOR * torch.cat([marginal[:p], marginal[-p:]])
    residual = torch.cat([network.initial.variances, network.transition.variances])
    if not (residual < floor).any():
        before, after = scores[-2:]
        raise ArithmeticError(
            f"objective: fell by {before - after} nats per row, from {before}; must not fall"
        )


def _is_due(gain: float, tolerance: float, since_search: int) -> bool:
    """Whether to search: far from convergence that would rest on moments that still move."""
    return gain < tolerance or (gain < NEARLY * tolerance and since_search >= SEARCH_EVERY)


def _step(objective: EMObjective, state: State, expected: Expectation) -> State:
    """M-step: maximum likelihood from the expected moments, with the structure as it is."""
    moments = objective.regressions(expected.mean, expected.covariance)
    noise = state.noise
    if not objective.known_noise:
        noise = torch.full_like(noise, expected.noise_variance)
    return State(fit(moments, state.structure), noise, state.structure)


def _better_structure(
    objective: EMObjective, expected: Expectation, current: Structure
) -> Structure:
    """Return the best of `current` and what is found from an order and from `current`."""
    moments = objective.regressions(expected.mean, expected.covariance)
    found = [search(moments), search(moments, start=current)]
    return max([current, *found], key=lambda arcs: bic(moments, arcs))


def _same(first: Structure, second: Structure) -> bool:
    return all(torch.equal(a, b) for a, b in zip(first, second, strict=True))
