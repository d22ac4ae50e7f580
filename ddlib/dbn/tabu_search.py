"""Climbs to structures of high BIC, many in lock-step, each as it would be alone.

A climb takes the best move. Where none raises BIC, a tabu search (Glover 1989) goes on with the
best move that leaves alone the arcs toggled since the best structure so far, or that leads to a
new best.
"""

from __future__ import annotations

import numpy as np

from ddlib.dbn.orderings import select_parents, sparse_orders
from ddlib.dbn.search_state import GAIN_TOLERANCE, SearchState


def climb_from(
    start: np.ndarray,
    correlation: np.ndarray,
    size: float,
    allowed: np.ndarray,
    max_parents: int,
    patience: int,
) -> np.ndarray:
    """Return the best arcs, bool `(n, m, d)` with [·, j, i] for i → j, that climbs lead to.

    Args:
        start: acyclic structures to climb from, as the result.
        correlation: `(n, d, d)`, of columns the first m of which are the targets.
        size: rows that each stands for.
        allowed: bool `(m, d)` with [j, i] for arc i → j.
        max_parents: most parents of a node.
        patience: moves in a row that may bring no new best.
    """
    state = SearchState(correlation, size, allowed, max_parents, start)
    return _climb(state, patience)[0]


def climb_from_orders(
    correlation: np.ndarray,
    size: float,
    allowed: np.ndarray,
    max_parents: int,
    patience: int,
    orders: int,
) -> np.ndarray:
    """Return the best arcs, `(n, m, d)`, that climbs from sparse orders lead to.

    Args:
        correlation: as in `climb_from`.
        size: as there.
        allowed: as there.
        max_parents: as there.
        patience: as there.
        orders: climbs of each structure, at most m.
    """
    places = sparse_orders(correlation, size, allowed, orders)
    if orders > 1:
        correlation = np.repeat(correlation, orders, axis=0)
    start = select_parents(correlation, size, allowed, max_parents, places)
    state = SearchState(correlation, size, allowed, max_parents, start)
    arcs, scores = _climb(state, patience)
    scores = scores.reshape(-1, orders)
    highest = scores.max(axis=1, keepdims=True)
    first_best = (scores >= highest - GAIN_TOLERANCE * size).argmax(axis=1)
    return arcs[np.arange(len(scores)) * orders + first_best]


def _climb(state: SearchState, patience: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the best arcs, (n, m, d), on the way of each structure, and their scores, (n,)."""
    tolerance = GAIN_TOLERANCE * state.size
    best_arcs = state.arcs.copy()
    best_scores = state.scores
    members = np.arange(len(best_scores))  # structures that still climb
    idle = np.zeros_like(members)  # moves of each since its best
    while True:
        to_new_best = best_scores[members] + tolerance - state.scores
        moves = _open_moves(state, best_arcs[members], to_new_best, idle)
        gains, chosen = _best_moves(moves, tolerance)
        # Rounding may undo a gain and so take a structure beyond its patience.
        climbs = (gains > to_new_best) & (idle <= patience)
        wanders = (gains > -np.inf) & (idle < patience)
        active = climbs | wanders
        if not active.any():
            return best_arcs, best_scores
        if not active.all():
            state.keep(active)
            members, idle, chosen = members[active], idle[active], chosen[active]
        state.apply(chosen)
        scores = state.scores
        improved = scores > best_scores[members] + tolerance
        idle = np.where(improved, 0, idle + 1)
        bettered = members[improved]
        best_arcs[bettered] = state.arcs[improved]
        best_scores[bettered] = scores[improved]


def _open_moves(
    state: SearchState, best_arcs: np.ndarray, to_new_best: np.ndarray, idle: np.ndarray
) -> np.ndarray:
    """Gains of moves, (n, (d + m) m), −inf for those that are illegal or tabu."""
    moves = state.move_gains()
    if idle.any():
        falls_short = moves <= to_new_best[:, None, None]
        is_tabu = _touches_change(state.arcs, best_arcs) & falls_short
        moves[is_tabu] = -np.inf
    return moves.reshape(len(moves), -1)


def _touches_change(arcs: np.ndarray, best: np.ndarray) -> np.ndarray:
    """Mark moves, (n, d + m, m), of an arc in which `arcs` and `best` (n, m, d) differ."""
    changed = (arcs != best).swapaxes(1, 2)
    among = changed[:, : arcs.shape[1]]
    return np.concatenate([changed, among | among.swapaxes(1, 2)], axis=1)


def _best_moves(moves: np.ndarray, tolerance: float) -> tuple[np.ndarray, np.ndarray]:
    """Return each structure's highest gain, (n,), and the first move that ties with it, (n,)."""
    gains = moves.max(axis=1)
    chosen = (moves >= (gains - tolerance)[:, None]).argmax(axis=1)
    return gains, chosen
