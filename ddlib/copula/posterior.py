"""What is kept of a chain: its mean, some of its states, and how well it mixed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ddlib.copula.completion import Completion
from ddlib.copula.gibbs import Chain


@dataclass(frozen=True)
class Mixing:
    """How well a chain mixed, over the correlations that rows tell of.

    Attributes:
        sweeps: after those that were thrown away.
        least: of the sweeps, how many independent draws the worst of the correlations is worth.
        median: likewise for the median one.
        apart: how many independent draws of the worst correlation lie between two kept draws; below
            1 the draws resemble one another.
    """

    sweeps: int
    least: float
    median: float
    apart: float


@dataclass(frozen=True, eq=False)
class State:
    """A state of the chain.

    Attributes:
        scores: raw, `(n, d)`.
        mean: `(d,)`.
        covariance: `(d, d)`.
        correlation: `(d, d)`.
    """

    scores: np.ndarray
    mean: np.ndarray
    covariance: np.ndarray
    correlation: np.ndarray


@dataclass(frozen=True, eq=False)
class Posterior:
    """What a chain tells of d scores.

    Attributes:
        correlation: mean of the chain's, with unknown pairs independent given the others, `(d, d)`.
        mean: mean of the chain's, of raw scores, `(d,)`.
        std: from the mean of the chain's variances, `(d,)`.
        prior_rows: mean of the chain's.
        states: those that are kept.
        mixing: of the chain.
    """

    correlation: np.ndarray
    mean: np.ndarray
    std: np.ndarray
    prior_rows: float
    states: tuple[State, ...]
    mixing: Mixing


def explore(
    chain: Chain, known: np.ndarray, *, num_states: int, burn_in: int, thin: int
) -> Posterior:
    """Return what a chain tells.

    Args:
        chain: at its start.
        known: bool `(d, d)`, pairs that are not independent given the others.
        num_states: to keep.
        burn_in: sweeps to throw away.
        thin: sweeps for each state that is kept.
    """
    for _ in range(burn_in):
        chain.sweep()
    states: list[State] = []
    correlations, means, variances, prior_rows = [], [], [], []
    for _ in range(num_states):
        for _ in range(thin):
            chain.sweep()
            correlations.append(chain.correlation)
            means.append(chain.mean)
            variances.append(chain.covariance.diagonal())
            prior_rows.append(chain.prior_rows)
        state = State(chain.scores.copy(), chain.mean, chain.covariance, correlations[-1])
        states.append(state)
    path = np.array(correlations)
    pairs = np.nonzero(np.triu(known, 1))
    return Posterior(
        Completion(known)(path.mean(0)),
        np.mean(means, 0),
        np.sqrt(np.mean(variances, 0)),
        float(np.mean(prior_rows)),
        tuple(states),
        mixing_of(path[:, *pairs], thin),
    )


def mixing_of(paths: np.ndarray, thin: int) -> Mixing:
    """Return how well paths mix.

    Args:
        paths: of correlations, `(sweeps, pairs)`.
        thin: sweeps for each draw that is kept.
    """
    sweeps = len(paths)
    worth = effective_sizes(paths) if paths.size else np.array([float(sweeps)])
    least = float(worth.min())
    return Mixing(sweeps, least, float(np.median(worth)), least * thin / sweeps)


def effective_sizes(paths: np.ndarray) -> np.ndarray:
    """Return how many independent numbers each path is worth for its mean, `(k,)`.

    By the initial positive sequence of autocorrelations of Geyer (1992), at most their number.

    Args:
        paths: `(t, k)`, each at equilibrium.
    """
    length = len(paths)
    spectrum = np.abs(np.fft.rfft(paths - paths.mean(0), 2 * length, axis=0)) ** 2
    products = np.fft.irfft(spectrum, axis=0)[:length]
    ratios = products / np.where(products[0] > 0, products[0], 1.0)
    sums = ratios[: length - length % 2].reshape(-1, 2, paths.shape[1]).sum(1)
    positive = np.logical_and.accumulate(sums > 0, axis=0)
    times = 2 * np.where(positive, sums, 0).sum(0) - 1
    return length / np.maximum(times, 1.0)
