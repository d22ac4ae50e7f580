"""Greedy hill climbing for the structure of a linear-Gaussian network, on its covariance alone.

A node j with parents P and residual variance v = C_jj − C_jP C_PP⁻¹ C_Pj scores, for n rows,

    BIC_j = −n/2 [log(2π v) + 1] − (|P| + 2)/2 log n.

Moves add, delete or reverse one arc. Sweeping C on P (Goodnight 1979) leaves S_jj = v; for i ∉ P
the partial covariance S_ij and partial variance S_ii; for i ∈ P the weight S_ij and
S_ii = −[C_PP⁻¹]_ii. So one formula gives the variance after i joins *or* leaves the parents,

    v' = S_jj − S_ij² / S_ii,

and one rank-one sweep brings a node up to date when a parent joins. When one leaves, C is swept
anew on the others: undoing a sweep would cancel large numbers where parents are nearly collinear.
"""

import math
from collections.abc import Sequence
from functools import reduce

import numpy as np

# Residual variances are not trusted below this share of the marginal variance: a copied column
# would else win any score.
VARIANCE_FLOOR = 1e-9
# A candidate whose partial variance is below this share of its marginal adds nothing but rounding.
COLLINEARITY = 1e-10
# Gains, in nats a row, that may be rounding: not improvements, and ties among themselves.
GAIN_TOLERANCE = 1e-10


def hill_climb(
    covariance: np.ndarray,
    size: float,
    *,
    targets: Sequence[int] | None = None,
    forbidden: np.ndarray | None = None,
    max_parents: int | None = None,
) -> np.ndarray:
    """Return the acyclic structure, bool (d, d) with [i, j] for i → j, where no move raises BIC.

    `covariance` is (d, d), `size` the rows that it stands for. Only `targets` (default all d) may
    have parents, at most `max_parents` each; `forbidden` (d, d) marks arcs never to be drawn.
    Ties go to toggled arcs before reversed ones, then by parent, then by child, in the order of
    `targets` and then of the other columns. Memory is O(len(targets) d²). Raises ValueError for a
    covariance that is not square, finite and positive on its diagonal, for `size` below 1, or for
    negative `max_parents`.
    """
    covariance = _checked_covariance(covariance, size)
    d = len(covariance)
    if max_parents is not None and max_parents < 0:
        raise ValueError(f"max_parents must be at least 0, got {max_parents}")
    allowed = np.ones((d, d), dtype=bool) if forbidden is None else ~np.asarray(forbidden, bool)
    # Targets go first, so that column a is also target a.
    targets = np.arange(d) if targets is None else np.asarray(targets)
    order = np.concatenate([targets, np.delete(np.arange(d), targets)])
    scale = np.sqrt(covariance.diagonal())
    correlation = (covariance / np.outer(scale, scale))[np.ix_(order, order)]
    allowed = (allowed & ~np.eye(d, dtype=bool))[np.ix_(order, targets)]
    graph = np.zeros((d, d), dtype=bool)
    graph[np.ix_(order, targets)] = _climb(
        correlation, size, allowed, d if max_parents is None else max_parents
    )
    return graph


def bic_score(covariance: np.ndarray, size: float, graph: np.ndarray) -> np.ndarray:
    """Return the BIC of each node, (d,) in nats, given `covariance` (d, d) of `size` rows.

    `graph` is bool (d, d) with [i, j] for i → j. Raises ValueError as `hill_climb` does.
    """
    covariance = _checked_covariance(covariance, size)
    scores = np.empty(len(covariance))
    for j, marginal in enumerate(covariance.diagonal()):
        parents = np.flatnonzero(graph[:, j])
        shared = covariance[parents, j]
        explained = shared @ np.linalg.solve(covariance[np.ix_(parents, parents)], shared)
        residual = max(marginal - explained, VARIANCE_FLOOR * marginal)
        likelihood = -0.5 * size * (np.log(2 * np.pi * residual) + 1)
        scores[j] = likelihood - 0.5 * (len(parents) + 2) * np.log(size)
    return scores


def is_acyclic(graph: np.ndarray) -> bool:
    """Whether the bool (d, d) `graph`, [i, j] for i → j, has a topological order (Kahn 1962)."""
    remaining, num_removed = np.ones(len(graph), dtype=bool), 1
    while num_removed:
        has_parent = remaining & graph[remaining].any(axis=0)
        num_removed = remaining.sum() - has_parent.sum()
        remaining = has_parent
    return not remaining.any()


def _climb(correlation: np.ndarray, size: float, allowed: np.ndarray, limit: int) -> np.ndarray:
    """Arcs (d, m) into the first m columns, from none, by the best legal move until none gains."""
    d, m = allowed.shape
    arcs = np.zeros((d, m), dtype=bool)
    swept = [correlation] * m  # one matrix a target, swept on its parents
    joined: list[list[int]] = [
        [] for _ in range(m)
    ]  # the parents in the order that keeps every pivot large
    gains = np.full((d, m), -np.inf)
    changed, visited = range(m), set()
    # The score rises with each move, so only rounding can lead back to a structure.
    while arcs.tobytes() not in visited:
        visited.add(arcs.tobytes())
        for a in changed:
            usable = allowed[:, a] if arcs[:, a].sum() < limit else arcs[:, a]
            gains[:, a] = _toggle_gains(swept[a], a, arcs[:, a], usable, size)
        moves = _legal_moves(gains, arcs)
        best = moves.max(initial=0.0)
        if best <= GAIN_TOLERANCE * size:
            break
        row, a = divmod(int((moves >= best - GAIN_TOLERANCE * size).argmax()), m)
        # Rows below d toggle the arc row → a; the rest reverse the arc row − d → a.
        toggled = [(row, a)] if row < d else [(row - d, a), (a, row - d)]
        for i, j in toggled:
            arcs[i, j] = not arcs[i, j]
            if arcs[i, j]:
                joined[j].append(i)
                swept[j] = _sweep(swept[j], i)
            else:
                joined[j].remove(i)
                swept[j] = reduce(_sweep, joined[j], correlation)
        changed = [j for _, j in toggled]
    return arcs


def _toggle_gains(
    swept: np.ndarray, a: int, parents: np.ndarray, usable: np.ndarray, size: float
) -> np.ndarray:
    """Gain in BIC, (d,), of adding or deleting each column as a parent of a; −inf if unusable."""
    pivot = swept.diagonal()
    usable = usable & (parents | (pivot > COLLINEARITY))
    before = max(float(swept[a, a]), VARIANCE_FLOOR)
    after = np.maximum(swept[a, a] - swept[a] ** 2 / np.where(usable, pivot, 1.0), VARIANCE_FLOOR)
    gain = (parents - 0.5) * math.log(size) - 0.5 * size * np.log(after / before)
    gain[~usable] = -np.inf
    return gain


def _legal_moves(gains: np.ndarray, arcs: np.ndarray) -> np.ndarray:
    """Gain of each move, (d + m, m), −inf where illegal: d rows of toggles, m rows of reversals."""
    m = arcs.shape[1]
    within, among = arcs[:m], gains[:m]
    reach = _reachable(within)
    toggle = gains.copy()
    toggle[:m][reach.T] = -np.inf  # i → a closes a cycle if a reaches i
    detour = within @ reach  # i → a may turn round unless i reaches a in another way too
    reverse = np.where(within & ~detour, among + among.T, -np.inf)
    return np.concatenate([toggle, reverse])


def _sweep(matrix: np.ndarray, k: int) -> np.ndarray:
    """Sweep on column k: S_ij − S_ik S_kj / S_kk off the pivot, S_ik / S_kk beside it."""
    scaled = matrix[k] / matrix[k, k]
    swept = matrix - matrix[:, k, None] * scaled
    swept[:, k] = swept[k] = scaled
    swept[k, k] = -1.0 / matrix[k, k]
    return swept


def _reachable(graph: np.ndarray) -> np.ndarray:
    """[i, j] True where a path of at least one arc leads from i to j, by repeated squaring."""
    reach = graph
    for _ in range((len(graph) - 1).bit_length()):
        reach = reach | (reach @ reach)
    return reach


def _checked_covariance(covariance: np.ndarray, size: float) -> np.ndarray:
    covariance = np.asarray(covariance, dtype=np.float64)
    if covariance.ndim != 2 or covariance.shape[0] != covariance.shape[1]:
        raise ValueError(f"covariance must be square, got shape {covariance.shape}")
    if not np.isfinite(covariance).all() or (covariance.diagonal() <= 0).any():
        raise ValueError("covariance must be finite with a positive diagonal")
    if not (np.isfinite(size) and size >= 1):
        raise ValueError(f"size must be finite and at least 1 row, got {size}")
    return covariance
