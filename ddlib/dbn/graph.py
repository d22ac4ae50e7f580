"""Directed graphs as bool arrays with [i, j] for i → j: whether they are acyclic, their paths."""

from __future__ import annotations

import numpy as np

# Two of so many nodes have at most 2⁶² paths between them, which int64 holds.
MAX_INT64_NODES = 64


def is_acyclic(graph: np.ndarray) -> np.ndarray:
    """Return whether each graph has a topological order, bool `(…)` (Kahn 1962).

    Args:
        graph: bool `(…, d, d)`.
    """
    graph = np.asarray(graph, dtype=bool)
    remaining = np.ones(graph.shape[:-1], dtype=bool)
    for _ in range(graph.shape[-1]):
        has_parent = remaining & (remaining[..., :, None] & graph).any(axis=-2)
        if (has_parent == remaining).all():
            break
        remaining = has_parent
    return np.asarray(~remaining.any(axis=-1))


def count_paths(graphs: np.ndarray) -> np.ndarray:
    """Return the number of paths from i to j, `(n, d, d)`, that of no arc too.

    Args:
        graphs: acyclic, bool `(n, d, d)`.

    Returns:
        Integers, of Python beyond `MAX_INT64_NODES` nodes. They are (I − A)⁻¹ of each graph A.
    """
    d = graphs.shape[-1]
    counts = graphs.astype(np.int64 if d <= MAX_INT64_NODES else object)
    unit = np.eye(d, dtype=counts.dtype)
    paths = np.broadcast_to(unit, counts.shape).copy()
    if graphs.any():
        for _ in range(d - 1):  # a path has at most d − 1 arcs
            paths = unit + counts @ paths
    return paths
