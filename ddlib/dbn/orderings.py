"""Structures to climb from: an order of the nodes, then the parents of each among those before it.

The precision matrix Ω of a set of columns shows by partial correlations which arcs a network over
them must have, whatever its order: at most one a pair with

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

import math

import numpy as np

from ddlib.dbn.search_state import COLLINEARITY, GAIN_TOLERANCE, VARIANCE_FLOOR

# Added to the unit diagonal of a correlation matrix, so that its inverse exists.
RIDGE = 1e-8
# Arcs into the last node stay, but a pair left may only marry two parents and fall away in time.
# Of 1 to 2, measured on networks of 4 to 20 nodes, the values from 1.2 to 1.5 score best.
CERTAIN = 1.25
# Counts of arcs closer than this are ties.
TIE = 1e-9


def sparse_orders(
    correlation: np.ndarray, size: float, allowed: np.ndarray, num_orders: int
) -> np.ndarray:
    """Return places of the targets, (n num_orders, m), in orders under which few arcs are needed.

    `correlation` is (n, d, d), `size` the rows that it stands for, and `allowed` bool (m, d) with
    [j, i] for the arc i → j into target j, one of the first m columns. A pair of which no arc is
    allowed counts by r²/τ in full; ties go to the first target. The last node of order k has the
    k-th fewest arcs. Takes O(n num_orders m³ d) time and O(n num_orders m² d) memory.
    """
    m, d = allowed.shape
    n = len(correlation) * num_orders
    among, members = np.arange(m), np.arange(n)
    weights, most = _count_weights(allowed, size)
    partial = np.repeat(_partial_correlations(correlation, m), num_orders, axis=0)
    places, waiting = np.zeros((n, m), dtype=np.int64), np.ones((n, m), dtype=bool)
    for last in range(m - 1, 0, -1):
        left = _with_each_last(partial)
        counts = left * left
        counts *= weights
        np.minimum(counts, most, out=counts)
        totals = np.add.reduce(counts.reshape(n, m, m * d), axis=2)
        totals[~waiting] = np.inf
        if last == m - 1:
            ranked = np.round(totals[::num_orders] / TIE).argsort(axis=1, kind="stable")
            j = ranked[:, :num_orders].ravel()
        else:
            j = (totals <= totals.min(axis=1, keepdims=True) + TIE).argmax(axis=1)
        places[members, j], waiting[members, j] = last, False
        partial = np.clip(left[members, j], -1.0, 1.0)
        partial[members, j], partial[members, :, j] = 0.0, 0.0
        partial[:, among, among] = 1.0
    return places


def select_parents(
    correlation: np.ndarray,
    size: float,
    allowed: np.ndarray,
    max_parents: int,
    places: np.ndarray,
) -> np.ndarray:
    """Return arcs, bool (n, m, d) with [j, i] for i → j, by forward selection along an order.

    Arguments are as in `sparse_orders`, `places` (n, m) its result. Targets have at most
    `max_parents`, all at earlier places, none collinear with the others. Memory is O(n m d²).
    """
    (n, m), d = places.shape, correlation.shape[1]
    nodes, usable = np.arange(n * m), np.repeat(allowed[None], n, axis=0)
    usable[:, :, :m] &= places[:, None, :] < places[:, :, None]
    rows, first_row = correlation.reshape(n * d, d), nodes // m * d
    covariances, variances = rows[first_row + nodes % m], np.ones(n * m)
    pivots = np.where(usable, 1.0, np.inf).reshape(n * m, d)  # inf: not to be chosen
    factors = np.empty((min(max_parents, d), n * m, d))
    arcs = np.zeros((n * m, d), dtype=bool)
    shrinkage = math.exp(-math.log(size) / size - 2 * GAIN_TOLERANCE)
    for step, factor in enumerate(factors):
        fits = covariances * covariances / pivots
        parents = fits.argmax(axis=1)
        after = np.maximum(variances - fits[nodes, parents], VARIANCE_FLOOR)
        chosen = after < variances * shrinkage
        if not np.count_nonzero(chosen):
            break
        arcs[nodes[chosen], parents[chosen]] = True
        pivots[~chosen] = np.inf  # their rows of the factor are zero, and change no more
        np.copyto(variances, after, where=chosen)
        scale = np.sqrt(pivots[nodes, parents])
        known = np.einsum("sk,skd->kd", factors[:step, nodes, parents], factors[:step])
        np.divide(rows[first_row + parents] - known, scale[:, None], out=factor)
        covariances -= factor * (covariances[nodes, parents] / scale)[:, None]
        pivots -= factor * factor
        pivots[nodes, parents] = np.inf
        pivots[pivots < COLLINEARITY] = np.inf
    return arcs.reshape(n, m, d)


def _count_weights(allowed: np.ndarray, size: float) -> tuple[np.ndarray, np.ndarray]:
    """Weights of r² and most that it counts, both (m, m, d), with target j put last, for [j, i, l].

    Row i = j is of the arcs into j, the others of pairs left, which come twice among targets.
    """
    m, d = allowed.shape
    among = np.arange(m)
    either = allowed.copy()
    either[:, :m] |= allowed[:, :m].T
    share = np.ones((m, d))
    share[:, :m] = 0.5
    shares, free = (np.repeat(a[None], m, axis=0) for a in (share, either))
    shares[among, among], free[among, among] = CERTAIN, allowed
    shares[:, among, among] = 0.0
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
