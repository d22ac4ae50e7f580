r"""Quantile functions in pieces that add up over sites, and the normal scores that they give.

A column of numbers is told by pieces, each a share of the rows: a step, one value that many rows
share, or a line between the means of groups of rows (`ddlib.copula.margins`). Laws of several
parts mix piece by piece. A value has the normal score of the share of rows up to it; a step has the
mean score of its rows,

    E[Z | a < Φ(Z) ≤ b] = (φ(Φ⁻¹(a)) − φ(Φ⁻¹(b))) / (b − a).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.special import ndtri

from ddlib.copula.encode import HEAVY
from ddlib.copula.margins import number_pieces

LARGEST_SCORE = 4.0
"""The size to which scores are cut, so that one row changes moments by a bounded amount."""
PIECES = 200  # lines that a quantile function has, about
_SMALLEST = 1e-12  # share of the rows below which there is no piece


@dataclass(frozen=True, eq=False)
class Quantiles:
    """The law of a column of numbers, in k pieces.

    Attributes:
        edges: of the pieces, as shares of the rows from 0 to 1, `(k + 1,)`.
        low: value at each piece's lower edge, `(k,)`, ascending.
        high: value at each piece's upper edge, `(k,)`, the same as `low` for a step.
    """

    edges: np.ndarray
    low: np.ndarray
    high: np.ndarray

    @classmethod
    def of(cls, values: np.ndarray, *, group: int, pieces: int = PIECES) -> Quantiles:
        """Return the law of values.

        Args:
            values: finite, at least `group` of them.
            group: rows that each number told is the mean of, at least.
            pieces: lines that are told, about.
        """
        distinct, counts = np.unique(values, return_counts=True)
        total = len(values)
        heavy = counts >= max(group, 2, HEAVY * total)
        width = max(group, -(-total // pieces))
        return cls(*number_pieces(distinct, counts, heavy, width))

    @classmethod
    def mixed(
        cls, parts: Sequence[Quantiles], rows: Sequence[float], *, pieces: int = PIECES
    ) -> Quantiles:
        """Return the law of all rows of several parts.

        Args:
            parts: at least one.
            rows: of each part.
            pieces: lines that are told, about; steps come on top.
        """
        shares = np.asarray(rows, dtype=np.float64) / np.sum(rows)
        points = np.unique(np.concatenate([[*part.low, *part.high] for part in parts]))
        pairs = [*zip(shares, parts, strict=True)]
        below = np.sum([share * part._below(points) for share, part in pairs], axis=0)
        upto = np.sum([share * part.upto(points) for share, part in pairs], axis=0)
        masses = np.zeros(2 * len(points) - 1)
        masses[::2], masses[1::2] = upto - below, below[1:] - upto[:-1]
        low = np.repeat(points, 2)[:-1]
        high = np.repeat(points, 2)[1:].copy()
        high[::2] = low[::2]  # each point, then the line to the next one
        return _coarse(masses, low, high, pieces)

    def is_same(self, other: Quantiles) -> bool:
        """Whether another law is the same, to the last bit.

        Args:
            other: of the same column.
        """
        pairs = ((self.edges, other.edges), (self.low, other.low), (self.high, other.high))
        return all(np.array_equal(one, two) for one, two in pairs)

    @property
    def is_step(self) -> np.ndarray:
        """Which pieces are steps, `(k,)`."""
        return self.low == self.high

    @property
    def step_scores(self) -> np.ndarray:
        """The mean normal score of each piece's rows, `(k,)`."""
        density = np.exp(-np.square(ndtri(self.edges)) / 2) / np.sqrt(2 * np.pi)
        return -np.diff(density) / np.diff(self.edges)

    def values(self, shares: np.ndarray) -> np.ndarray:
        """Return the value up to which a share of the rows lies.

        Args:
            shares: from 0 to 1, of any shape.
        """
        piece = np.clip(np.searchsorted(self.edges, shares, "right") - 1, 0, len(self.low) - 1)
        within = (shares - self.edges[piece]) / np.diff(self.edges)[piece]
        return self.low[piece] + within * (self.high - self.low)[piece]

    def upto(self, values: np.ndarray) -> np.ndarray:
        """Return the share of rows up to each value, NaN for NaN.

        Args:
            values: of any shape.
        """
        return self._share(values, "right")

    def _below(self, values: np.ndarray) -> np.ndarray:
        """Return the share of rows below each value."""
        return self._share(values, "left")

    def _share(self, values: np.ndarray, side: Literal["left", "right"]) -> np.ndarray:
        """Return the share of rows up to values, with rows at them or without."""
        steps, shares = self.is_step, np.diff(self.edges)
        # A step has all of its rows at its lower edge; below the first piece there are none.
        base = np.concatenate([[0.0], self.edges[:-1] + np.where(steps, shares, 0.0)])
        rates = np.where(steps, 0.0, shares / np.where(steps, 1.0, self.high - self.low))
        rates = np.concatenate([[0.0], rates])
        starts = np.concatenate([self.low[:1], self.low])
        piece = np.searchsorted(self.low, values, side)
        share = base[piece] + (values - starts[piece]) * rates[piece]
        return np.minimum(share, self.edges[piece])  # NaN stays NaN

    def scores(self, values: np.ndarray) -> np.ndarray:
        """Return the normal score of each value, within ±`LARGEST_SCORE`, NaN for NaN.

        Args:
            values: of any shape.
        """
        scores = ndtri(self.upto(values))
        steps = self.is_step
        if steps.any():
            at = self.low[steps]
            place = np.minimum(np.searchsorted(at, values), len(at) - 1)
            scores = np.where(values == at[place], self.step_scores[steps][place], scores)
        return np.clip(scores, -LARGEST_SCORE, LARGEST_SCORE)


def _coarse(masses: np.ndarray, low: np.ndarray, high: np.ndarray, pieces: int) -> Quantiles:
    """Return pieces of at least one share in `pieces`, but for steps and what lies before one."""
    found: list[list[float]] = []  # mass, low, high of each piece
    is_open = False  # whether the last piece is a line that may grow
    for mass, start, end in zip(masses, low, high, strict=True):
        if mass <= _SMALLEST:
            continue
        step = start == end
        if step or not is_open:
            found.append([mass, start, end])
        else:
            found[-1] = [found[-1][0] + mass, found[-1][1], end]
        is_open = not step and found[-1][0] < 1 / pieces
    table = np.array(found)
    edges = np.concatenate([[0.0], table[:, 0].cumsum() / table[:, 0].sum()])
    edges[-1] = 1.0
    return Quantiles(edges, table[:, 1], table[:, 2])
