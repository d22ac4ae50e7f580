"""Structures to climb from: an order of the nodes, then the parents of each among those before it.

The precision matrix Ω of a set of columns shows by partial correlations which arcs a network over
them must have, whatever its order: at most one per pair with

    r_ij² = Ω_ij² / (Ω_ii Ω_jj)   above   τ = 1 − n^(−1/n),

where an arc pays for its BIC penalty. The last node of an order has all its neighbours in Ω as
parents; the others are left with Ω_il − Ω_ij Ω_jl / Ω_jj, where new arcs may have filled in. So the
order is drawn up from its end, each time with the node j for which the arcs into j and those left
to others, Σ min(r²/τ, 1), are fewest: elimination by minimum fill (Rose 1972) as a greedy search
for the sparsest order (Raskutti and Uhler 2018). Arcs into j weigh 1.25 times as much.

Under an order the nodes choose their parents independently (Teyssier and Koller 2005): forward
selection adds the best parent of every node at once, until none raises its BIC. A new parent k,
with partial covariances C_k· and variance C_kk given the parents before, adds a row
C_k· / √C_kk to the Cholesky factor that gives the next ones.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from ddlib.dbn.search_state import COLLINEARITY, GAIN_TOLERANCE, VARIANCE_FLOOR

# Added to the unit diagonal of a correlation matrix, so that its inverse exists.
RIDGE = 1e-8
# Arcs into the last node stay, but a pair left may only marry two parents and fall away in time.
# Of 1 to 2, measured on networks of 4 to 20 nodes, the values from 1.2 to 1.5 score best.
WEIGHT_OF_CERTAIN_ARCS = 1.25
# Counts of arcs closer than this are ties.
TIE = 1e-9


def sparse_orders(
    correlation: np.ndarray, size: float, allowed: np.ndarray, num_orders: int
) -> np.ndarray:
    """Return places of the targets, `(n num_orders, m)`, in orders under which few arcs are needed.

    The last node of order k has the k-th fewest arcs; ties go to the first target. A pair of which
    no arc is allowed counts by r²/τ in full. It takes O(n num_orders m³ d) time and
    O(n num_orders m² d) memory.

    Args:
        correlation: `(n, d, d)`.
        size: rows that each stands for.
        allowed: bool `(m, d)` with [j, i] for the arc i → j into target j, one of the first m
            columns.
        num_orders: of each correlation, at most m.
    """
    m = len(allowed)
    targets, members = np.arange(m), np.arange(len(correlation) * num_orders)
    weights, most = _count_weights(allowed, size)
    partial = np.repeat(_partial_correlations(correlation, m), num_orders, axis=0)
    places = np.zeros((len(members), m), dtype=np.int64)
    waiting = np.ones((len(members), m), dtype=bool)
    for place in range(m - 1, 0, -1):
        left = _with_each_last(partial)
        totals = _count_arcs(left, weights, most)
        totals[~waiting] = np.inf
        if place == m - 1:
            ranked = np.round(totals[::num_orders] / TIE).argsort(axis=1, kind="stable")
            chosen = ranked[:, :num_orders].ravel()
        else:
            fewest = totals.min(axis=1, keepdims=True)
            chosen = (totals <= fewest + TIE).argmax(axis=1)
        places[members, chosen] = place
        waiting[members, chosen] = False
        partial = np.clip(left[members, chosen], -1.0, 1.0)
        partial[members, chosen], partial[members, :, chosen] = 0.0, 0.0
        partial[:, targets, targets] = 1.0
    return places


def select_parents(
    correlation: np.ndarray,
    size: float,
    allowed: np.ndarray,
    max_parents: int,
    places: np.ndarray,
) -> np.ndarray:
    """Return arcs, bool `(n, m, d)` with [j, i] for i → j, by forward selection along an order.

    Parents are at earlier places, none collinear with the others. Memory is O(n m d²).

    Args:
        correlation: as in `sparse_orders`.
        size: as there.
        allowed: as there.
        max_parents: most parents of a target.
        places: `(n, m)`, the result of `sparse_orders`.
    """
    (n, m), d = places.shape, correlation.shape[1]
    nodes = np.arange(n * m)  # target j of structure s is node s m + j
    first_row = nodes // m * d  # of the structure's correlations in `rows`
    rows = correlation.reshape(n * d, d)
    selection = _Selection(
        covariances=rows[first_row + nodes % m],
        variances=np.ones(n * m),
        pivots=np.where(_earlier(allowed, places).reshape(n * m, d), 1.0, np.inf),
        factors=np.empty((min(max_parents, d), n * m, d)),
    )
    arcs = np.zeros((n * m, d), dtype=bool)
    shrinkage = math.exp(-math.log(size) / size - 2 * GAIN_TOLERANCE)
    for step in range(len(selection.factors)):
        parents, chosen = selection.choose(shrinkage)
        if not chosen.any():
            break
        arcs[nodes[chosen], parents[chosen]] = True
        selection.add(step, parents, rows[first_row + parents])
    return arcs.reshape(n, m, d)


class _Selection(NamedTuple):
    """What k nodes know of the d columns, given the parents that they have chosen."""

    covariances: np.ndarray  # of each node with the columns, (k, d)
    variances: np.ndarray  # of the nodes, (k,)
    pivots: np.ndarray  # variances of the columns, inf where not to be chosen, (k, d)
    factors: np.ndarray  # rows of the Cholesky factor, one per step, (steps, k, d)

    def choose(self, shrinkage: float) -> tuple[np.ndarray, np.ndarray]:
        """Return each node's best parent, and whether it takes it; none goes on after a refusal."""
        nodes = np.arange(len(self.variances))
        explained = self.covariances * self.covariances / self.pivots
        parents = explained.argmax(axis=1)
        after = np.maximum(self.variances - explained[nodes, parents], VARIANCE_FLOOR)
        chosen = after < self.variances * shrinkage
        np.copyto(self.variances, after, where=chosen)
        self.pivots[~chosen] = np.inf  # their rows of the factor are zero, and change no more
        return parents, chosen

    def add(self, step: int, parents: np.ndarray, correlations: np.ndarray) -> None:
        """Take one new parent a node, with its `correlations` (k, d), as given from now on."""
        nodes = np.arange(len(self.variances))
        scale = np.sqrt(self.pivots[nodes, parents])
        before = self.factors[:step]
        known = np.einsum("sk,skd->kd", before[:, nodes, parents], before)
        factor = self.factors[step]
        np.divide(correlations - known, scale[:, None], out=factor)
        weights = self.covariances[nodes, parents] / scale
        np.subtract(self.covariances, factor * weights[:, None], out=self.covariances)
        np.subtract(self.pivots, factor * factor, out=self.pivots)
        self.pivots[nodes, parents] = np.inf
        self.pivots[self.pivots < COLLINEARITY] = np.inf


def _earlier(allowed: np.ndarray, places: np.ndarray) -> np.ndarray:
    """Return the allowed arcs, (n, m, d), but for those that run against the places."""
    n, m = places.shape
    earlier = np.repeat(allowed[None], n, axis=0)
    earlier[:, :, :m] &= places[:, None, :] < places[:, :, None]
    return earlier


def _count_arcs(left: np.ndarray, weights: np.ndarray, most: np.ndarray) -> np.ndarray:
    """Arcs needed with each target put last, (n, m), from what is then left, (n, m, m, d)."""
    n, m, _, d = left.shape
    counts = left * left
    counts *= weights
    np.minimum(counts, most, out=counts)
    return np.add.reduce(counts.reshape(n, m, m * d), axis=2)


def _count_weights(allowed: np.ndarray, size: float) -> tuple[np.ndarray, np.ndarray]:
    """Weights of r² and most that it counts, both (m, m, d), with target j put last, for [j, i, l].

    Row i = j is of the arcs into j, the others of pairs left, which come twice among targets.
    """
    m, d = allowed.shape
    targets = np.arange(m)
    either_way = allowed.copy()
    either_way[:, :m] |= allowed[:, :m].T
    share = np.ones((m, d))
    share[:, :m] = 0.5
    shares = np.repeat(share[None], m, axis=0)
    shares[targets, targets] = WEIGHT_OF_CERTAIN_ARCS
    shares[:, targets, targets] = 0.0
    free = np.repeat(either_way[None], m, axis=0)
    free[targets, targets] = allowed
    threshold = max(-math.expm1(-math.log(size) / size), VARIANCE_FLOOR)
    return shares / threshold, np.where(free, shares, np.inf)


def _with_each_last(partial: np.ndarray) -> np.ndarray:
    """Partial correlations with target j put last, (n, m, m, d), from those of all, (n, m, d).

    [·, j, i, l] is what is left between i and l without j; row i = j keeps those of j.
    """
    m = partial.shape[1]
    left = partial[:, None] - partial[:, :, :m, None] * partial[:, :, None]
    scale = np.sqrt(np.maximum(1.0 - partial * partial, VARIANCE_FLOOR))
    left /= scale[:, :, :m, None]
    left /= scale[:, :, None]
    left[:, np.arange(m), np.arange(m)] = partial
    return left


def _partial_correlations(correlation: np.ndarray, num_targets: int) -> np.ndarray:
    """Partial correlations, but for their sign, of targets with all columns: (n, m, d)."""
    precision = np.linalg.inv(correlation + RIDGE * np.eye(correlation.shape[1]))
    scale = np.sqrt(np.maximum(precision.diagonal(axis1=1, axis2=2), VARIANCE_FLOOR))
    partial = precision[:, :num_targets] / (scale[:, :num_targets, None] * scale[:, None])
    return np.clip(partial, -1.0, 1.0)  # beyond only by rounding, or if not positive definite
