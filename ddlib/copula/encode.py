"""From the codes of a column to what the sampler sees: fixed raw scores, intervals, and the margin.

A number that few rows share has the normal score of its rank, the middle of its share: it is fixed.
A level, or a number that many rows share, is an interval, in which the score is drawn. Of a
category, the intervals of its scores, the utilities of levels, follow from one another.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri

from ddlib.copula.margins import Margin, number_pieces

HEAVY = 0.05  # share of a column's seen entries from which a number is a step


@dataclass(frozen=True, eq=False)
class Encoded:
    """A column as the sampler sees it, with m latent scores (one, or L − 1 of a category).

    Attributes:
        low: least raw score of each entry, `(n, m)`, −∞ where it is open; equal to `high` where the
            score is fixed.
        high: greatest raw score, `(n, m)`.
        seen: bool `(n, m)`, whether the entry tells anything of the score; that of a
            constant column does not.
        pivots: where the only cut of each score is, `(m,)`; NaN where there are more cuts or fixed
            scores, so that the scores have a scale of their own; ∞ where there is none.
        start: mean of the raw scores to start from, `(m,)`.
        winners: of a category, the number of the score that is the greatest and above 0, 1 to m, or
            0 where all are below 0, `(n,)`; −1 where it is missing; None of another column.
        margin: with the standard scores equal to the raw ones.
    """

    low: np.ndarray
    high: np.ndarray
    seen: np.ndarray
    pivots: np.ndarray
    start: np.ndarray
    winners: np.ndarray | None
    margin: Margin


def encode(codes: np.ndarray, kind: str, group: int) -> Encoded:
    """Return a column as the sampler sees it.

    Args:
        codes: `(n,)`, NaN where missing, at least one is not.
        kind: of the column.
        group: rows that a mean of the margin is over, at least.
    """
    if kind == "category":
        return _encode_category(codes)
    seen = ~np.isnan(codes)
    values, places, counts = np.unique(codes[seen], return_inverse=True, return_counts=True)
    upto = np.cumsum(counts)
    total = len(places)
    if kind in {"binary", "ordered"}:
        heavy = np.ones(len(values), dtype=bool)
    else:
        heavy = counts >= max(group, 2, HEAVY * total)
    low, high = ndtri((upto - counts) / total), ndtri(upto / total)
    middle = ndtri((upto - counts / 2) / total)
    low, high = np.where(heavy, low, middle), np.where(heavy, high, middle)
    bounds = np.full((2, len(codes)), [[-np.inf], [np.inf]])
    bounds[:, seen] = low[places], high[places]
    whole = kind in {"count", "date"} and bool((values == np.rint(values)).all())
    edges, lowest, highest = number_pieces(values, counts, heavy, group)
    margin = Margin(kind, edges, lowest, highest, np.zeros(1), np.ones(1), whole)
    pivot = _pivot(low, high)
    tells = seen & np.isfinite(bounds).any(0)
    lower, upper = bounds[:, :, None]
    return Encoded(lower, upper, tells[:, None], np.array([pivot]), np.zeros(1), None, margin)


def _pivot(low: np.ndarray, high: np.ndarray) -> float:
    """Return the only cut, NaN if there are more, ∞ if there is none."""
    cuts = np.unique(np.concatenate([low, high]))
    cuts = cuts[np.isfinite(cuts)]
    if len(cuts) > 1:
        return np.nan
    return float(cuts[0]) if len(cuts) else np.inf


def _encode_category(codes: np.ndarray) -> Encoded:
    """Return a category, whose most common level has the utility 0."""
    levels, counts = np.unique(codes[~np.isnan(codes)], return_counts=True)
    order = np.argsort(-counts, kind="stable")
    levels, counts = levels[order], counts[order]
    m = max(len(levels) - 1, 1)
    winners = (codes[:, None] == levels).argmax(1)
    winners[np.isnan(codes)] = -1
    wins, seen = winners[:, None] == np.arange(1, m + 1), winners[:, None] >= 0
    tells = np.repeat(seen & (len(levels) > 1), m, axis=1)
    low, high = np.where(wins, 0.0, -np.inf), np.where(tells & ~wins, 0.0, np.inf)
    none = np.zeros(0)
    margin = Margin("category", none, levels, levels, np.zeros(m), np.ones(m), False)
    if len(levels) == 1:
        return Encoded(low, high, tells, np.array([np.inf]), np.zeros(1), None, margin)
    start = ndtri(counts[1:] / (counts[0] + counts[1:]))
    return Encoded(low, high, tells, np.zeros(m), start, winners, margin)
