"""How far merged rows are from the real ones in a column, and how far plain real rows would be.

The distance is the largest difference of shares: of the rows up to a value (Kolmogorov and Smirnov)
or, where levels have no order, of the rows of a level.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ddlib.html.samples import Sample
from ddlib.tables import Column

SAMPLES = 400  # of plain rows
BOUND = 0.95  # share of them that lie no farther
MOST_BINS = 500  # that values are sorted into


@dataclass(frozen=True)
class Apart:
    """How far rows are from others in a column.

    Attributes:
        found: distance, from 0 to 1.
        chance: distance that 95 % of the samples of as many plain rows of the others stay within.
    """

    found: float
    chance: float

    @property
    def beyond(self) -> bool:
        """Whether rows are farther from the others than chance would put them."""
        return self.found > self.chance


def apart(
    column: Column, rows: Sample, others: Sample, *, seed: int, size: int | None = None
) -> Apart:
    """Return how far rows are from others, and how far plain rows of these would be.

    Args:
        column: of the codes.
        rows: m of them, with their weights.
        others: with weights that are all equal.
        seed: of the samples of m rows of the others.
        size: rows of each sample in place of m, where rows depend on one another.
    """
    edges = np.unique(others.values)
    if len(edges) > MOST_BINS:
        edges = np.unique(np.quantile(edges, np.linspace(0, 1, MOST_BINS), method="nearest"))
    wanted, own = _shares(others, edges), _shares(rows, edges)
    size = len(rows.values) if size is None else size
    counts = np.random.default_rng(seed).multinomial(size, wanted, SAMPLES)
    found, *drawn = _distances(column, np.vstack([own, counts / size]), wanted)
    return Apart(float(found), float(np.quantile(drawn, BOUND, method="higher")))


def _shares(rows: Sample, edges: np.ndarray) -> np.ndarray:
    """Return the share of rows in each bin, which reaches up to its edge."""
    places = np.searchsorted(edges, rows.values).clip(max=len(edges) - 1)
    return np.bincount(places, rows.weights, len(edges)) / rows.weights.sum()


def _distances(column: Column, shares: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Return the distance of each of several shares `(k, B)` from others `(B,)`."""
    off = shares - wanted
    if column.kind != "category":
        off = off.cumsum(axis=1)
    return np.abs(off).max(axis=1)
