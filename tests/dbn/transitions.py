"""Random transitions, and all that stand for the same conditional densities, by enumeration."""

from functools import lru_cache
from itertools import combinations, product

import numpy as np
import torch

from tests.dbn.peers import is_dag


@lru_cache
def all_dags(p):
    """Every DAG of p nodes: each pair is apart, or joined in one of two directions."""
    pairs, dags = list(combinations(range(p), 2)), []
    for states in product(range(3), repeat=len(pairs)):
        graph = np.zeros((p, p), dtype=bool)
        for (i, j), state in zip(pairs, states, strict=True):
            graph[i, j], graph[j, i] = state == 1, state == 2
        if is_dag(graph):
            dags.append(graph)
    return np.array(dags)


def random_transition(rng, p):
    """Arcs within a slice, in a random order of the variables, and lagged ones, both (p, p)."""
    order = rng.permutation(p)
    within = np.triu(rng.random((p, p)) < rng.uniform(0.3, 1), 1)[order][:, order]
    return within, rng.random((p, p)) < rng.choice([0.1, 0.3, 0.6])


def random_moments(rng, within, lagged):
    """Covariance (2p, 2p) of (x_{t−1}, x_t) for random weights: of x_{t−1} it is any."""
    p = len(within)
    mix = rng.normal(size=(p, p))
    into = np.concatenate([lagged, within]) * rng.uniform(0.5, 1.5, (2 * p, p))
    into *= rng.choice([-1, 1], into.shape)
    effects = np.linalg.inv(np.eye(p) - into[p:])
    forward = np.concatenate([np.eye(p), into[:p] @ effects], axis=1)
    noise = np.zeros((p, 2 * p))
    noise[:, p:] = effects
    return forward.T @ (mix @ mix.T + np.eye(p)) @ forward + noise.T @ noise


def log_residuals(covariance, lagged):
    """log s² of the regression of each node of x_t on its lagged parents and each set, (p, 2ᵖ)."""
    p = len(lagged)
    subsets = np.arange(2**p)[:, None] >> np.arange(p) & 1 == 1
    others = subsets & ~np.eye(p, dtype=bool)[:, None, :]
    lags = np.broadcast_to(lagged.T[:, None, :], others.shape)
    parents = np.concatenate([lags, others], axis=2)
    # Columns that are no parents get an identity block and a zero right-hand side.
    both = parents[..., :, None] & parents[..., None, :]
    shared = np.where(parents, covariance[p:, None, :], 0.0)
    weights = np.linalg.solve(np.where(both, covariance, np.eye(2 * p)), shared[..., None])
    return np.log(covariance.diagonal()[p:, None] - (weights[..., 0] * shared).sum(-1))


def equivalent_dags(rng, within, lagged):
    """All DAGs within a slice whose conditional densities are those of `within`, by definition.

    One fits the law exactly if and only if its log s² add up to log det Cov(x_t | x_{t−1}). Three
    laws are used: a DAG that fits one by the chance of its weights does not fit them all.
    """
    p = len(within)
    dags = all_dags(p)
    fits = dags.sum((1, 2)) == within.sum()  # another with more arcs may fit, and more
    parents = 2 ** np.arange(p) @ dags
    for _ in range(3):
        covariance = random_moments(rng, within, lagged)
        least = np.linalg.slogdet(covariance)[1] - np.linalg.slogdet(covariance[:p, :p])[1]
        residuals = log_residuals(covariance, lagged)[np.arange(p), parents]
        fits &= residuals.sum(1) - least < 1e-9
    return dags[fits]


def arcs_of(p, *arcs):
    """The graph of p nodes with these arcs."""
    graph = torch.zeros(p, p, dtype=torch.bool)
    for i, j in arcs:
        graph[i, j] = True
    return graph
