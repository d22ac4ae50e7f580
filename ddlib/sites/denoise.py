r"""From noisy sums of products to a correlation matrix, and to how many rows it is worth.

The variance of the noise is known, so that the variance v of the true correlations is, too: each
is shrunk by v / (v + τ²), its linear estimate of least error. What is then no correlation matrix
is cut to the nearest that is positive semi-definite. None of this costs privacy.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ddlib.sites.clipped import Frame

_LEAST = 1e-3  # eigenvalue of a correlation matrix
_USUAL = 0.04  # variance of correlations between columns of a table, about 0.2 in size
_MOST_LOST = 2.0  # that the bound on norms is believed to have taken away


@dataclass(frozen=True, eq=False)
class NoisySums:
    """What is told of pairs, with noise.

    Attributes:
        rows: of the site.
        seen: rows that show each column, `(p,)`.
        together: rows that show each pair of columns, `(p (p − 1) / 2,)`.
        products: sums over rows of bounded norm, of each pair of features, `(k,)`.
        size: sum of their squared norms.
        noise: standard deviation of the noise in `products`.
    """

    rows: float
    seen: np.ndarray
    together: np.ndarray
    products: np.ndarray
    size: float
    noise: float


def denoised(frame: Frame, sums: NoisySums) -> tuple[np.ndarray, float]:
    """Return a correlation matrix `(d, d)` of rows, and how many rows it is worth.

    It is the identity within columns. A correlation of n rows has the variance 1/n around the
    truth, and after shrinking that of the noise is v τ² / (v + τ²): both as of 1 / (1/n + v τ² /
    (v + τ²)) rows. There, v is at least 0.04: that noise hides correlations does not mean that
    there are none.

    Args:
        frame: of the features.
        sums: with noise.
    """
    first, second = frame.pairs
    if not len(first):
        return np.eye(len(frame.owners)), sums.rows
    lost = float(sums.seen[frame.owners].sum() / max(sums.size, 1.0))
    count = _together(frame, sums)[frame.owners[first], frame.owners[second]]
    factor = np.clip(lost, 1.0, _MOST_LOST) / count
    value, variance = factor * sums.products, np.square(factor * sums.noise)
    kept = _signal(value, variance)
    matrix = np.eye(len(frame.owners))
    matrix[first, second] = matrix[second, first] = value * kept / (kept + variance)
    usual = max(kept, _USUAL)
    worth = 1 / (1 / count + usual * variance / (usual + variance))
    return _positive(matrix, frame), float(np.clip(np.median(worth), 1.0, sums.rows))


def _together(frame: Frame, sums: NoisySums) -> np.ndarray:
    """Return the rows that show each pair of columns, within what those of each allow, `(p, p)`."""
    first, second = frame.column_pairs
    least = np.maximum(sums.seen[first] + sums.seen[second] - sums.rows, 1.0)
    most = np.maximum(np.minimum(sums.seen[first], sums.seen[second]), least)
    together = np.diag(sums.seen)
    together[first, second] = together[second, first] = np.clip(sums.together, least, most)
    return together


def _signal(value: np.ndarray, variance: np.ndarray) -> float:
    """Return the variance of true correlations around 0, a little above 0 where none is seen."""
    weights = 1 / np.square(variance + 1e-6)
    found = weights @ (np.square(value) - variance) / weights.sum()
    return max(float(found), 1e-6)


def _positive(matrix: np.ndarray, frame: Frame) -> np.ndarray:
    """Return a matrix with its eigenvalues cut and its columns' own blocks the identity again."""
    sizes, vectors = np.linalg.eigh(matrix)
    if sizes[0] >= _LEAST:
        return matrix
    cut = (vectors * np.maximum(sizes, _LEAST)) @ vectors.T
    own = frame.owners[:, None] == frame.owners
    sizes, vectors = np.linalg.eigh(np.where(own, cut, 0.0))
    root = np.where(own, (vectors / np.sqrt(sizes)) @ vectors.T, 0.0)
    matrix = root @ cut @ root
    return (matrix + matrix.T) / 2
