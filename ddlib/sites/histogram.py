"""Margins of a private summary: counts over bins that do not depend on the data, and their laws.

Each row counts in one bin of each column, or in that of its missing cells. So one person moves the
counts of p columns, and the number of rows, by √(p + 1) in L2.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from ddlib.sites.quantiles import Quantiles
from ddlib.tables import Column
from ddlib.tables.columns import WITH_LEVELS

BINS = 32
"""Bins of a column of numbers."""
_WIDE = 20.0  # bounds with such a ratio, or a greater one, have bins of equal ratio


def bins_of(column: Column) -> np.ndarray:
    """Return the bins of a column of numbers: the values of each edge, or each value that it has.

    Whole numbers of at most `BINS` values have a bin each. Others have bins of equal width, or of
    equal ratio where the bounds are positive and far apart, as of a laboratory value.

    Args:
        column: with stated bounds.

    Returns:
        Edges `(BINS + 1,)`, or of whole numbers the values `(k,)`.
    """
    low, high = float(column.low or 0.0), float(column.high or 0.0)
    if is_counted(column):
        return np.arange(low, high + 1)
    if low > 0 and high / low >= _WIDE:
        return np.geomspace(low, high, BINS + 1)
    return np.linspace(low, high, BINS + 1)


def is_counted(column: Column) -> bool:
    """Whether a column of numbers has few whole values, each with a bin of its own.

    Args:
        column: with stated bounds.
    """
    return column.kind == "count" and (column.high or 0.0) - (column.low or 0.0) < BINS


def bin_counts(column: Column, codes: np.ndarray) -> np.ndarray:
    """Return the rows of each level or bin, and last of those that are missing, `(k + 1,)`.

    Args:
        column: with stated bounds or levels.
        codes: `(n,)` within them, NaN where missing.
    """
    missing = np.isnan(codes)
    shown = codes[~missing]
    if column.kind in WITH_LEVELS:
        size, place = len(column.levels), shown
    elif is_counted(column):
        size, place = len(bins_of(column)), shown - (column.low or 0.0)
    else:
        edges = bins_of(column)
        size = len(edges) - 1
        place = np.clip(np.searchsorted(edges, shown, "right") - 1, 0, size - 1)
    counts = np.bincount(place.astype(np.int64), minlength=size)
    return np.append(counts, missing.sum()).astype(np.int64)


def sensitivity_of(num_columns: int) -> float:
    """Return the most that one person moves the counts of all columns and the number of rows.

    Args:
        num_columns: p.
    """
    return math.sqrt(num_columns + 1)


def rows_of(rows: float, counts: list[np.ndarray]) -> float:
    """Return the number of rows of least variance: those of each column sum to it, too.

    Args:
        rows: the number itself, with noise, all of which has one variance.
        counts: of each column, with noise.
    """
    sums = np.array([rows, *(own.sum() for own in counts)])
    weights = 1 / np.array([1, *(len(own) for own in counts)])
    return max(1.0, float(weights @ sums / weights.sum()))


def to_simplex(counts: ArrayLike, total: float) -> np.ndarray:
    """Return the nearest counts of at least 0 with a sum, `(k,)` (Duchi et al. 2008).

    Args:
        counts: with noise, `(k,)`.
        total: what they must sum to, above 0.
    """
    ordered = np.sort(counts)[::-1]
    excess = (np.cumsum(ordered) - total) / np.arange(1, len(ordered) + 1)
    last = int(np.nonzero(ordered > excess)[0][-1])
    return np.maximum(np.asarray(counts) - excess[last], 0.0)


def shrunk(counts: np.ndarray, noise: float) -> np.ndarray:
    """Return counts nearer to their mean, by the share of their variance that noise explains.

    Under heavy noise a column is then spread evenly over its bounds, not heaped by chance.

    Args:
        counts: of the bins or levels, with noise, `(k,)`.
        noise: its standard deviation.
    """
    mean, spread = counts.mean(), counts.var(ddof=1)
    return mean + (counts - mean) * max(0.0, 1 - noise**2 / max(spread, 1e-300))


def law_of(column: Column, counts: np.ndarray) -> Quantiles:
    """Return the law of a column of numbers: a line over each bin, a step at each whole value.

    Args:
        column: with stated bounds.
        counts: of the bins, at least 0, not all 0, `(k,)`.
    """
    bins = bins_of(column)
    low, high = (bins, bins) if is_counted(column) else (bins[:-1], bins[1:])
    kept = counts > 1e-9 * counts.sum()  # a law has no empty pieces
    edges = np.concatenate([[0.0], np.cumsum(counts[kept]) / counts[kept].sum()])
    edges[-1] = 1.0
    return Quantiles(edges, low[kept], high[kept])
