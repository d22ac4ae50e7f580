"""Small counts are not shown: a report must not tell what a few people are like."""

from __future__ import annotations

import numpy as np


def protected_counts(counts: np.ndarray, least: int) -> tuple[np.ndarray, np.ndarray]:
    """Return what may be told of counts of levels: from which to which number each one is.

    One between 0 and `least` is told as that, and so is the largest, which would tell it as the
    rest of all rows. The others are told as they are. Where the largest would be below `least`,
    nothing is told: each is from 0 to all.

    Args:
        counts: of each level, `(L,)`, with a positive sum.
        least: rows that a level must have to be told as it is.

    Returns:
        Lower and upper ends, each `(L,)`.
    """
    small = (counts > 0) & (counts < least)
    low, high = np.where(small, 0.0, counts), np.where(small, float(least), counts)
    if not small.any():
        return low, high
    largest = int(np.argmax(counts))
    others, total = np.arange(len(counts)) != largest, counts.sum()
    low[largest], high[largest] = total - high[others].sum(), total - low[others].sum()
    if low[largest] < least:
        return np.zeros(len(counts)), np.full(len(counts), float(total))
    return low, high


def pooled_bins(counts: np.ndarray, least: int) -> np.ndarray:
    """Return counts of neighbouring bins, of which none stands for fewer than `least` rows.

    Bins are pooled with those to their right until they have enough rows, and the last ones with
    those to their left; the bins of a pool share its rows. Bins between pools may be empty.

    Args:
        counts: of each bin, `(B,)`.
        least: rows that a pool has at least, unless there are fewer in all.
    """
    shown = counts.astype(float)
    pools: list[slice] = []
    start, held = 0, 0.0
    for stop, count in enumerate(shown, start=1):
        held += count
        if held == 0:  # nothing is to be hidden in an empty bin
            start = stop
        elif held >= least:
            pools.append(slice(start, stop))
            start, held = stop, 0.0
    if held:  # the rest joins the last pool
        first = pools.pop().start if pools else start
        pools.append(slice(first, len(shown)))
    for pool in pools:
        shown[pool] = shown[pool].mean()
    return shown


def protected_range(values: np.ndarray, least: int) -> tuple[float, float]:
    """Return about the lowest and the highest value, neither of which is a single row's.

    Args:
        values: `(n,)` without NaN, n at least 1.
        least: neighbouring values that each end is the mean of, or half of all where that is less.
    """
    ordered = np.sort(values)
    group = max(1, min(least, len(ordered) // 2))
    return float(ordered[:group].mean()), float(ordered[-group:].mean())
