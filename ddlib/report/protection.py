"""Small counts are not shown: a report must not tell what a few people are like."""

from __future__ import annotations

import numpy as np


def protected_counts(counts: np.ndarray, least: int) -> np.ndarray:
    """Return counts of levels of which none is between 0 and `least`.

    A smaller one is raised to `least`, at the expense of the largest, so that their sum does not
    tell it either. Where all are too few for that, all are 0.

    Args:
        counts: of each level, `(L,)`.
        least: rows that a level must have to be told as it is.
    """
    small = (counts > 0) & (counts < least)
    shown = np.where(small, least, counts).astype(float)
    excess = shown.sum() - counts.sum()
    largest = int(np.argmax(counts)) if len(counts) else 0
    if excess and shown[largest] - excess < least:
        return np.zeros(len(counts))
    if excess:
        shown[largest] -= excess
    return shown


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
