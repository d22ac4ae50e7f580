"""Hill climbing for the structure of a linear-Gaussian network, on its covariance alone.

A node j with parents P and residual variance v = C_jj − C_jP C_PP⁻¹ C_Pj scores, for n rows,

    BIC_j = −n/2 [log(2π v) + 1] − (|P| + 2)/2 log n.

A climb starts from the parents that nodes choose along an order which needs few arcs. Its moves
add, delete or reverse one arc; `tabu_search` says which is taken.
"""

from __future__ import annotations

from collections.abc import Sequence
from types import EllipsisType
from typing import NamedTuple

import numpy as np

from ddlib.arguments import count_faults, raise_faults, size_faults
from ddlib.dbn.graph import is_acyclic
from ddlib.dbn.search_state import VARIANCE_FLOOR
from ddlib.dbn.tabu_search import climb_from, climb_from_orders


def hill_climb(
    covariance: np.ndarray,
    size: float,
    *,
    targets: Sequence[int] | np.ndarray | None = None,
    forbidden: np.ndarray | None = None,
    max_parents: int | None = None,
    start: np.ndarray | None = None,
    patience: int = 0,
    orders: int = 1,
) -> np.ndarray:
    """Return acyclic structures of high BIC, bool (d, d) or (B, d, d) with [i, j] for i → j.

    BIC never falls with more patience or more orders. Ties go to toggled arcs before reversed ones,
    then by parent, then by child, in the order of `targets` and then of the other columns. Memory
    is O(B orders len(targets) d²).

    Args:
        covariance: `(d, d)` or `(B, d, d)`, in any units.
        size: rows that each covariance stands for.
        targets: columns that may have parents; all unless told.
        forbidden: bool `(d, d)`, arcs never to be drawn.
        max_parents: most parents of a node; no bound unless told.
        start: structure to climb from in place of orders, of the result's shape or shared (zeros
            for no arcs); its arcs from collinear parents are left out.
        patience: moves in a row that a climb takes when none raises BIC, to reach a new best.
        orders: climbs, from orders of the targets that differ in their last; as many as targets
            at most.

    Raises:
        ValueError: for a covariance that is not square, finite and positive on its diagonal, a
            size below 1, targets repeated or unknown, a misshapen `forbidden`, a start that is
            misshapen, cyclic or breaks these limits, and a count that is negative or not whole.
    """
    covariance, size = _checked_covariance(covariance, size), float(size)
    _check_counts(max_parents, patience, orders)
    limits = _limits(targets, forbidden, max_parents, covariance.shape[-1])
    first = _checked_start(start, covariance.shape, limits)
    arcs = _climbed(_targets_first(covariance, size, limits), first, patience, orders)
    return _with_arcs(covariance.shape, limits, arcs)


def bic_score(covariance: np.ndarray, size: float, graph: np.ndarray) -> np.ndarray:
    """Return the BIC of each node, `(d,)` or `(B, d)` in nats.

    Args:
        covariance: `(d, d)` or `(B, d, d)`.
        size: rows that each stands for.
        graph: bool `(d, d)` or `(B, d, d)` with [i, j] for i → j; it broadcasts with `covariance`.

    Raises:
        ValueError: for a covariance or size as in `hill_climb`, and a graph of another shape.
    """
    covariance, size = _checked_covariance(covariance, size), float(size)
    graph = np.asarray(graph, dtype=bool)
    d = covariance.shape[-1]
    if graph.ndim not in (2, 3) or graph.shape[-2:] != (d, d):
        raise ValueError(f"graph: shape {graph.shape}; must be ({d}, {d}) or (B, {d}, {d})")
    correlation = _correlation(covariance)
    parents = graph.swapaxes(-1, -2)
    # Columns that are no parents get an identity block and a zero right-hand side.
    both = parents[..., :, None] & parents[..., None, :]
    gram = np.where(both, correlation[..., None, :, :], np.eye(d))
    shared = np.where(parents, correlation, 0.0)
    weights = np.linalg.solve(gram, shared[..., None])[..., 0]
    explained = (weights * shared).sum(axis=-1)
    marginal = covariance.diagonal(axis1=-2, axis2=-1)
    residual = np.maximum(1.0 - explained, VARIANCE_FLOOR) * marginal
    likelihood = -0.5 * size * (np.log(2 * np.pi * residual) + 1)
    num_parameters = parents.sum(axis=-1) + 2
    return likelihood - 0.5 * num_parameters * np.log(size)


class _Limits(NamedTuple):
    """Which arcs may be drawn."""

    columns: np.ndarray  # (d,), the targets first
    num_targets: int
    allowed: np.ndarray  # bool (d, d)
    max_parents: int

    @property
    def into_targets(self) -> tuple[EllipsisType, np.ndarray, np.ndarray]:
        """Index of the arcs into targets, (…, m, d): by child, then by parent, targets first."""
        targets = self.columns[: self.num_targets]
        return (..., self.columns, targets[:, None])


class _Problem(NamedTuple):
    """What a climb takes, its first m columns being the targets."""

    correlation: np.ndarray  # (n, d, d)
    size: float
    allowed: np.ndarray  # bool (m, d)
    max_parents: int


def _targets_first(covariance: np.ndarray, size: float, limits: _Limits) -> _Problem:
    """Return the problem with its columns in order."""
    columns = limits.columns
    ordered = _correlation(covariance)[..., columns[:, None], columns]
    batched = ordered if ordered.ndim == 3 else ordered[None]
    return _Problem(batched, size, limits.allowed[limits.into_targets], limits.max_parents)


def _climbed(problem: _Problem, start: np.ndarray | None, patience: int, orders: int) -> np.ndarray:
    """Return the best arcs, (n, m, d), that climbs lead to: from `start`, else from orders."""
    shape = len(problem.correlation), *problem.allowed.shape
    if 0 in shape:
        return np.zeros(shape, dtype=bool)
    if start is None:
        return climb_from_orders(*problem, patience, min(orders, len(problem.allowed)))
    return climb_from(start.reshape(shape), *problem, patience)


def _with_arcs(shape: tuple[int, ...], limits: _Limits, arcs: np.ndarray) -> np.ndarray:
    """Return the structures of `shape` whose arcs into targets are `arcs`, (n, m, d)."""
    graph = np.zeros(shape, dtype=bool)
    graph[limits.into_targets] = arcs.reshape(*shape[:-2], *arcs.shape[-2:])
    return graph


def _correlation(covariance: np.ndarray) -> np.ndarray:
    scale = np.sqrt(covariance.diagonal(axis1=-2, axis2=-1))
    return covariance / (scale[..., :, None] * scale[..., None, :])


def _limits(
    targets: Sequence[int] | np.ndarray | None,
    forbidden: np.ndarray | None,
    max_parents: int | None,
    d: int,
) -> _Limits:
    """Put the targets first; ValueError if they repeat or are unknown or `forbidden` misshapen."""
    columns = np.arange(d)
    chosen = columns if targets is None else np.asarray(targets, dtype=int)
    if len(set(chosen.tolist()) & set(range(d))) < len(chosen):
        raise ValueError(f"targets = {chosen.tolist()}: must be different columns of 0 to {d - 1}")
    allowed = np.zeros((d, d), dtype=bool)
    allowed[:, chosen] = True
    allowed &= ~np.eye(d, dtype=bool)
    if forbidden is not None:
        forbidden = np.asarray(forbidden, dtype=bool)
        if forbidden.shape != (d, d):
            raise ValueError(f"forbidden: shape {forbidden.shape}; must be ({d}, {d})")
        allowed &= ~forbidden
    columns = np.concatenate([chosen, np.delete(columns, chosen)])
    return _Limits(columns, len(chosen), allowed, d if max_parents is None else max_parents)


def _checked_start(
    start: np.ndarray | None, shape: tuple[int, ...], limits: _Limits
) -> np.ndarray | None:
    """Arcs of `start` into targets, (…, m, d); ValueError if it is misshapen or not legal."""
    if start is None:
        return None
    start = np.asarray(start, dtype=bool)
    shapes = dict.fromkeys((shape, shape[-2:]))
    if start.shape not in shapes:
        raise ValueError(f"start: shape {start.shape}; must be {' or '.join(map(str, shapes))}")
    if (start & ~limits.allowed).any():
        i, j = np.argwhere(start & ~limits.allowed)[0, -2:]
        raise ValueError(f"start: has {i} → {j}; must be of arcs into targets, none forbidden")
    if not is_acyclic(start).all():
        raise ValueError("start: its arcs close a cycle; must be acyclic")
    most = start.sum(axis=-2).max(initial=0)
    if most > limits.max_parents:
        raise ValueError(f"start: a node has {most} parents; must be {limits.max_parents} at most")
    return np.broadcast_to(start, shape)[limits.into_targets]


def _check_counts(max_parents: int | None, patience: int, orders: int) -> None:
    """Raise one ValueError for all counts that are out of their range."""
    faults = [] if max_parents is None else count_faults("max_parents", max_parents, 0)
    faults += count_faults("patience", patience, 0)
    raise_faults(faults + count_faults("orders", orders, 1))


def _checked_covariance(covariance: np.ndarray, size: float) -> np.ndarray:
    """`covariance` as float64; ValueError unless it and `size` may be those of rows."""
    if np.iscomplexobj(covariance):
        raise ValueError("covariance: complex numbers; must be real")
    covariance = np.asarray(covariance, dtype=np.float64)
    if covariance.ndim not in (2, 3) or covariance.shape[-2] != covariance.shape[-1]:
        raise ValueError(f"covariance: shape {covariance.shape}; must be (d, d) or (B, d, d)")
    _require(np.isfinite(covariance), covariance, "must be finite")
    is_variance = np.eye(covariance.shape[-1], dtype=bool)
    _require(~is_variance | (covariance > 0), covariance, "must be above 0, being a variance")
    raise_faults(size_faults("size", size, "finite and at least 1 row", least=1))
    return covariance


def _require(holds: np.ndarray, covariance: np.ndarray, rule: str) -> None:
    """Raise ValueError naming the first entry of `covariance` where `holds` is False."""
    if not holds.all():
        index = tuple(np.argwhere(~holds)[0].tolist())
        raise ValueError(f"covariance{list(index)} = {covariance[index]}: {rule}")
