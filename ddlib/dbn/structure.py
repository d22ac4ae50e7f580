"""Hill climbing for the structure of a linear-Gaussian network, on its covariance alone.

A node j with parents P and residual variance v = C_jj − C_jP C_PP⁻¹ C_Pj scores, for n rows,

    BIC_j = −n/2 [log(2π v) + 1] − (|P| + 2)/2 log n.

A climb starts from the parents that nodes choose along an order which needs few arcs. Its moves
add, delete or reverse one arc, and the best is taken. Where none raises BIC, a tabu search (Glover
1989) goes on with the best that leaves alone the arcs toggled since the best structure so far. Data
sets and orders are searched in lock-step, each as it would be alone.
"""

from collections.abc import Sequence

import numpy as np

from ddlib.dbn.orderings import select_parents, sparse_orders
from ddlib.dbn.search_state import GAIN_TOLERANCE, VARIANCE_FLOOR, SearchState


def hill_climb(
    covariance: np.ndarray,
    size: float,
    *,
    targets: Sequence[int] | None = None,
    forbidden: np.ndarray | None = None,
    max_parents: int | None = None,
    start: np.ndarray | None = None,
    patience: int = 0,
    orders: int = 1,
) -> np.ndarray:
    """Return acyclic structures, bool (d, d) or (B, d, d) with [i, j] for i → j, of high BIC.

    `covariance` is (d, d) or (B, d, d), `size` the rows that each stands for. Only `targets`
    (default all d) may have parents, at most `max_parents` each; `forbidden` (d, d) marks arcs
    never to be drawn. One climb is made from each of `orders` orders of the targets, at most as
    many as these, which differ in their last; or from `start` alone, of the result's shape or
    shared (zeros for no arcs; arcs from collinear parents are left out). Each takes the best move
    until none raises BIC, then up to `patience` moves in a row that bring no new best. BIC never
    falls with more patience or more orders.

    Ties go to toggled arcs before reversed ones, then by parent, then by child, in the order of
    `targets` and then of the other columns. Memory is O(B orders len(targets) d²). Raises
    ValueError for a covariance that is not square, finite and positive on its diagonal, for `size`
    below 1, for targets repeated or unknown, for a misshapen `forbidden`, for a `start` that is
    misshapen, cyclic or breaks these limits, for a negative count, or for no orders.
    """
    covariance = _checked_covariance(covariance, size)
    _require_counts(max_parents=max_parents, patience=patience)
    if orders < 1:
        raise ValueError(f"orders must be at least 1, got {orders}")
    d = covariance.shape[-1]
    columns = _targets_first(targets, d)
    m = d if targets is None else len(targets)
    allowed = _allowed_arcs(forbidden, columns[:m], d)
    limit = d if max_parents is None else max_parents
    if start is not None:
        start = _checked_start(start, covariance.shape, allowed, limit)

    # Targets go first, so that column a is also target a; arcs are by child, then by parent.
    into = (..., columns, columns[:m, None])
    graph = np.zeros(covariance.shape, dtype=bool)
    if not graph[into].size:
        return graph
    correlation = _correlation(covariance)[..., columns[:, None], columns].reshape(-1, d, d)
    starts = None if start is None else start[into].reshape(-1, m, d)
    arcs = _search(correlation, size, allowed[into], limit, starts, patience, min(orders, m))
    graph[into] = arcs.reshape(graph[into].shape)
    return graph


def bic_score(covariance: np.ndarray, size: float, graph: np.ndarray) -> np.ndarray:
    """Return the BIC of each node, (d,) or (B, d) in nats, given `covariance` of `size` rows.

    `covariance` and the bool `graph`, [i, j] for i → j, are (d, d) or (B, d, d) and broadcast.
    Raises ValueError as `hill_climb` does, and for a graph of another shape.
    """
    covariance = _checked_covariance(covariance, size)
    graph = np.asarray(graph, dtype=bool)
    d = covariance.shape[-1]
    if graph.ndim not in (2, 3) or graph.shape[-2:] != (d, d):
        raise ValueError(f"graph must be (…, {d}, {d}) as covariance is, got shape {graph.shape}")
    correlation = _correlation(covariance)
    parents = graph.swapaxes(-1, -2)
    # Columns that are no parents get an identity block and a zero right-hand side.
    both = parents[..., :, None] & parents[..., None, :]
    gram = np.where(both, correlation[..., None, :, :], np.eye(d))
    shared = np.where(parents, correlation, 0.0)
    explained = (np.linalg.solve(gram, shared[..., None])[..., 0] * shared).sum(axis=-1)
    marginal = covariance.diagonal(axis1=-2, axis2=-1)
    residual = np.maximum(1.0 - explained, VARIANCE_FLOOR) * marginal
    likelihood = -0.5 * size * (np.log(2 * np.pi * residual) + 1)
    return likelihood - 0.5 * (parents.sum(axis=-1) + 2) * np.log(size)


def is_acyclic(graph: np.ndarray) -> np.ndarray:
    """Whether each bool `graph` (…, d, d), [i, j] for i → j, has a topological order (Kahn 1962).

    Returns bool (…), a NumPy bool for one graph.
    """
    graph = np.asarray(graph, dtype=bool)
    remaining = np.ones(graph.shape[:-1], dtype=bool)
    for _ in range(graph.shape[-1]):
        has_parent = remaining & (remaining[..., :, None] & graph).any(axis=-2)
        if (has_parent == remaining).all():
            break
        remaining = has_parent
    return ~remaining.any(axis=-1)


def _correlation(covariance: np.ndarray) -> np.ndarray:
    scale = np.sqrt(covariance.diagonal(axis1=-2, axis2=-1))
    return covariance / (scale[..., :, None] * scale[..., None, :])


def _search(
    correlation: np.ndarray,
    size: float,
    allowed: np.ndarray,
    limit: int,
    start: np.ndarray | None,
    patience: int,
    orders: int,
) -> np.ndarray:
    """Return the best arcs, (n, m, d), that climbs from `start`, or else from `orders`, lead to."""
    if start is not None:
        return _climb(SearchState(correlation, size, allowed, limit, start), patience)[0]
    places = sparse_orders(correlation, size, allowed, orders)
    if orders > 1:
        correlation = np.repeat(correlation, orders, axis=0)
    start = select_parents(correlation, size, allowed, limit, places)
    arcs, scores = _climb(SearchState(correlation, size, allowed, limit, start), patience)
    scores = scores.reshape(-1, orders)
    tolerance = GAIN_TOLERANCE * size
    best = (scores >= scores.max(axis=1, keepdims=True) - tolerance).argmax(axis=1)
    return arcs[np.arange(len(best)) * orders + best]


def _climb(state: SearchState, patience: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the best arcs, (n, m, d), on the way of each structure, and their scores, (n,)."""
    n, tolerance = len(state.arcs), GAIN_TOLERANCE * state.size
    members, idle, scores = np.arange(n), np.zeros(n, dtype=int), state.scores
    best_arcs, best_scores = state.arcs.copy(), scores.copy()
    while True:
        moves, ahead = state.move_gains(), best_scores[members] + tolerance - scores
        if np.count_nonzero(idle):
            moves[_tabu(state.arcs, best_arcs[members]) & (moves <= ahead[:, None, None])] = -np.inf
        moves = moves.reshape(len(members), -1)
        gains = moves.reshape(-1)[moves.argmax(axis=1) + np.arange(len(moves)) * moves.shape[1]]
        chosen = (moves >= (gains - tolerance)[:, None]).argmax(axis=1)
        # Rounding may undo a gain and so take a structure beyond its patience.
        active = (gains > ahead) & (idle <= patience)
        if patience:
            active |= (gains > -np.inf) & (idle < patience)
        if np.count_nonzero(active) < len(active):
            if not active.any():
                return best_arcs, best_scores
            state.keep(active)
            members, idle, chosen = members[active], idle[active], chosen[active]
        state.apply(chosen)
        scores = state.scores
        better = scores > best_scores[members] + tolerance
        idle += 1
        idle[better] = 0
        rows = slice(None) if np.count_nonzero(better) == len(better) else better  # a slice is fast
        improved = members[rows]
        best_arcs[improved], best_scores[improved] = state.arcs[rows], scores[rows]


def _tabu(arcs: np.ndarray, best: np.ndarray) -> np.ndarray:
    """Mark moves, (n, d + m, m), that touch an arc where `arcs` and `best` (n, m, d) differ."""
    changed = (arcs != best).swapaxes(1, 2)
    among = changed[:, : arcs.shape[1]]
    return np.concatenate([changed, among | among.swapaxes(1, 2)], axis=1)


def _targets_first(targets: Sequence[int] | None, d: int) -> np.ndarray:
    """All columns, (d,), those of `targets` first; ValueError if these repeat or are unknown."""
    columns = np.arange(d)
    if targets is None:
        return columns
    targets = np.asarray(targets, dtype=int)
    if len(set(targets.tolist()) & set(range(d))) < len(targets):
        raise ValueError(
            f"targets must be different columns of 0 to {d - 1}, got {targets.tolist()}"
        )
    return np.concatenate([targets, np.delete(columns, targets)])


def _allowed_arcs(forbidden: np.ndarray | None, targets: np.ndarray, d: int) -> np.ndarray:
    """Arcs, bool (d, d), that may be drawn; ValueError for a misshapen `forbidden`."""
    allowed = np.zeros((d, d), dtype=bool)
    allowed[:, targets] = True
    allowed &= ~np.eye(d, dtype=bool)
    if forbidden is None:
        return allowed
    forbidden = np.asarray(forbidden, dtype=bool)
    if forbidden.shape != (d, d):
        raise ValueError(f"forbidden must have shape ({d}, {d}), got {forbidden.shape}")
    return allowed & ~forbidden


def _checked_start(
    start: np.ndarray, shape: tuple[int, ...], allowed: np.ndarray, limit: int
) -> np.ndarray:
    """`start` as bool of `shape`; ValueError if it does not fit or is no legal structure."""
    start = np.asarray(start, dtype=bool)
    if start.shape not in (shape, shape[-2:]):
        raise ValueError(f"start must have shape {shape} or {shape[-2:]}, got {start.shape}")
    if (start & ~allowed).any():
        i, j = np.argwhere(start & ~allowed)[0, -2:]
        raise ValueError(f"start must use allowed arcs only, but has {i} → {j}")
    if not is_acyclic(start).all():
        raise ValueError("start must be acyclic, but its arcs close a cycle")
    if start.sum(axis=-2).max(initial=0) > limit:
        raise ValueError(f"start must have at most {limit} parents a node, but one has more")
    return np.broadcast_to(start, shape)


def _require_counts(**counts: int | None) -> None:
    for name, count in counts.items():
        if count is not None and count < 0:
            raise ValueError(f"{name} must be at least 0, got {count}")


def _checked_covariance(covariance: np.ndarray, size: float) -> np.ndarray:
    covariance = np.asarray(covariance, dtype=np.float64)
    if covariance.ndim not in (2, 3) or covariance.shape[-2] != covariance.shape[-1]:
        raise ValueError(f"covariance must be square, got shape {covariance.shape}")
    diagonal = covariance.diagonal(axis1=-2, axis2=-1)
    if not np.isfinite(covariance).all() or (diagonal <= 0).any():
        raise ValueError("covariance must be finite with a positive diagonal")
    if not (np.isfinite(size) and size >= 1):
        raise ValueError(f"size must be finite and at least 1 row, got {size}")
    return covariance
