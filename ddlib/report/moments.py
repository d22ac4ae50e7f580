"""Weighted means, spreads and rank correlations of tables with holes, and how they agree."""

from __future__ import annotations

import numpy as np


def mean_and_spread(values: np.ndarray, weights: np.ndarray) -> tuple[float, float]:
    """Return mean and standard deviation, NaN for a single row.

    As people expect of it, the sum of squares is divided by the number of rows less 1.

    Args:
        values: `(n,)` without NaN.
        weights: rows that each one stands for, `(n,)`, with a positive sum.
    """
    mean = np.average(values, weights=weights)
    freedom = weights.sum() - 1
    squares = float((weights * (values - mean) ** 2).sum())
    return float(mean), (squares / freedom) ** 0.5 if freedom > 0 else np.nan


def ranks(values: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return the ranks of values, from 0 to 1; those that are equal share the middle one.

    Args:
        values: `(n,)`; NaN stays NaN.
        weights: of the rows, `(n,)`.
    """
    found = np.full(len(values), np.nan)
    seen = ~np.isnan(values)
    if not seen.any():
        return found
    _, place = np.unique(values[seen], return_inverse=True)
    mass = np.bincount(place, weights=weights[seen])
    below = np.cumsum(mass) - mass
    found[seen] = ((below + mass / 2) / mass.sum())[place]
    return found


def rank_correlation(codes: np.ndarray, weights: np.ndarray, least: int = 3) -> np.ndarray:
    """Return the correlations of ranks `(p, p)` over the rows that see both of a pair.

    Each column is ranked once, over all rows that see it, so that a rank means the same in each
    pair. Without holes they are Spearman's; with holes these rank each pair anew. NaN where fewer
    than `least` rows see a pair, or one of it is constant there.

    Args:
        codes: `(n, p)`, NaN where missing.
        weights: of the rows, `(n,)`.
        least: rows that a pair must be seen in.
    """
    ranked = np.column_stack([ranks(column, weights) for column in codes.T])
    seen = (~np.isnan(ranked)).astype(float)
    values = np.nan_to_num(ranked - 0.5)
    mass = seen * weights[:, None]
    total = mass.T @ seen
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = (values * weights[:, None]).T @ seen / total
        square = (values**2 * weights[:, None]).T @ seen / total
        product = (values * weights[:, None]).T @ values / total
        variance = square - mean**2
        variance[variance < 1e-12] = np.nan
        found = (product - mean * mean.T) / np.sqrt(variance * variance.T)
    found[seen.T @ seen < least] = np.nan
    return np.clip(found, -1.0, 1.0)


def strength(found: np.ndarray, made: np.ndarray, rows: np.ndarray) -> tuple[float, float]:
    r"""Return which share of correlations others keep, and what chance alone would leave of it.

    The first is the slope of the others on the correlations, through the origin. Chance makes
    found correlations larger: of rows with the very same law the others keep about
    $1-\sum v/\sum r^2$, where $v=(1-r^2)^2/(n-1)$ is the variance of a correlation r of n rows.

    Args:
        found: correlations `(k,)`, not all of them 0.
        made: the others, of the same pairs.
        rows: that each of the found ones comes from, `(k,)`, at least 2.
    """
    size = float(found @ found)
    noise = float(((1 - found**2) ** 2 / (rows - 1)).sum())
    return float(found @ made) / size, max(1 - noise / size, 0.0)
