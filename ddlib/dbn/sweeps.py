"""Sweeping correlation matrices, one step of a regression each (Goodnight 1979).

Swept on the columns P, a matrix C holds at a pivot k ∈ P and other columns i, j ∉ P

    S_ij = C_ij − C_iP C_PP⁻¹ C_Pj,   S_ik = [C_iP C_PP⁻¹]_k,   S_kk = −[C_PP⁻¹]_kk.
"""

from __future__ import annotations

import numpy as np


def sweep(matrices: np.ndarray, columns: np.ndarray) -> None:
    """Sweep matrices in place, each on one column more.

    On column k: S_ij − S_ik S_kj / S_kk off the pivot, S_ik / S_kk beside it, −1 / S_kk on it. Off
    the pivot this is one rank-one update, with S_kk − 1 in place of S_kk in the column.

    Args:
        matrices: `(k, d, d)`, symmetric.
        columns: `(k,)`, of pivots above 0.
    """
    k, d, _ = matrices.shape
    rows = np.arange(k) * d + columns  # where each pivot row stands in (k d, d)
    vectors = matrices.reshape(k * d, d).take(rows, axis=0)
    pivots = vectors.reshape(-1)[rows]
    vectors.reshape(-1)[rows] = pivots - 1.0
    vectors /= np.sqrt(pivots)[:, None]
    matrices -= vectors[:, :, None] * vectors[:, None]
    matrices.reshape(-1)[rows * d + columns] = -1.0 / pivots


def undo_sweep(matrices: np.ndarray, columns: np.ndarray) -> None:
    """Undo the sweep of matrices on one column each, in place.

    On column k, with q = −S_kk: S_ij + S_ik S_kj / q off the pivot, S_ik / q beside it, 1 / q on
    it. Where 1 / q, the partial variance of k, is small, large numbers cancel.

    Args:
        matrices: `(k, d, d)`, symmetric.
        columns: `(k,)`, that they were swept on.
    """
    k, d, _ = matrices.shape
    rows = np.arange(k) * d + columns
    vectors = matrices.reshape(k * d, d).take(rows, axis=0)
    pivots = -vectors.reshape(-1)[rows]
    vectors.reshape(-1)[rows] = 1.0 - pivots
    vectors /= np.sqrt(pivots)[:, None]
    matrices += vectors[:, :, None] * vectors[:, None]
    matrices.reshape(-1)[rows * d + columns] = 1.0 / pivots


def sweep_in_turn(matrices: np.ndarray, columns: np.ndarray, counts: np.ndarray) -> None:
    """Sweep matrices in place, each on several columns, one after the other.

    Args:
        matrices: `(k, d, d)`, symmetric.
        columns: `(k, d)`, those of matrix i in `columns[i, : counts[i]]`.
        counts: `(k,)`, falling.
    """
    for step in range(counts[0]):
        left = int(np.count_nonzero(counts > step))  # they stay in front
        sweep(matrices[:left], columns[:left, step])
