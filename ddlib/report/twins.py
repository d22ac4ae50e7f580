"""Rows that equal a real one: how many of the merged rows do, and of the real ones themselves."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Literal

import numpy as np

FEW = 16
"""Rows of a pattern below which equal ones are searched for one by one."""
_SIDES: tuple[Literal["left"], Literal["right"]] = ("left", "right")


@dataclass(frozen=True)
class Twins:
    """Rows that equal a real row in every column that the real one shows.

    Attributes:
        merged: of the merged rows.
        num_merged: merged rows.
        real: of the real rows, with what is missing drawn, those that equal another one so. They
            show as many columns as merged rows do, so that the shares can be compared.
        num_real: real rows.
    """

    merged: int
    num_merged: int
    real: int
    num_real: int

    @classmethod
    def of(cls, merged: np.ndarray, real: np.ndarray, drawn: np.ndarray) -> Twins:
        """Count them.

        Args:
            merged: `(m, p)` codes, complete.
            real: `(n, p)` codes, NaN where missing; rows that show nothing are no one's.
            drawn: the same with what is missing drawn.
        """
        found, others = _equal(merged, real), _equal(drawn, real)
        others -= (~np.isnan(real)).any(axis=1)  # each equals itself
        return cls(int((found > 0).sum()), len(merged), int((others > 0).sum()), len(real))

    @property
    def more(self) -> bool:
        """Whether merged rows have a twin more often than real ones have."""
        return self.merged * self.num_real > self.real * self.num_merged


def _equal(rows: np.ndarray, real: np.ndarray) -> np.ndarray:
    """Return how many real rows each row equals in every column that they show, `(m,)`."""
    found = np.zeros(len(rows), dtype=int)
    patterns, place = np.unique(~np.isnan(real), axis=0, return_inverse=True)
    sizes = np.bincount(place.ravel(), minlength=len(patterns))
    ordered = _Ordered.of(rows)
    for number, pattern in enumerate(patterns):
        if not pattern.any():
            continue
        shown = real[place.ravel() == number][:, pattern]
        # Wide tables with holes have about as many patterns as rows, too many to go through all.
        if sizes[number] < FEW:
            for row in shown:
                found[ordered.equal(row, pattern)] += 1
        else:
            known = Counter(map(tuple, shown))
            found += np.array([known[tuple(row)] for row in rows[:, pattern]], dtype=int)
    return found


@dataclass(frozen=True, eq=False)
class _Ordered:
    """Rows in the order of each column, for a search.

    Attributes:
        rows: `(m, p)`, complete.
        order: places of the rows in the order of each column, `(m, p)`.
        values: of each column in its order, `(m, p)`.
        distinct: values of each column, `(p,)`.
    """

    rows: np.ndarray
    order: np.ndarray
    values: np.ndarray
    distinct: np.ndarray

    @classmethod
    def of(cls, rows: np.ndarray) -> _Ordered:
        """Return rows in their orders."""
        order = np.argsort(rows, axis=0, kind="stable")
        values = np.take_along_axis(rows, order, axis=0)
        return cls(rows, order, values, (np.diff(values, axis=0) > 0).sum(axis=0))

    def equal(self, row: np.ndarray, pattern: np.ndarray) -> np.ndarray:
        """Return the places of the rows that equal a row in the columns of a pattern."""
        shown = np.nonzero(pattern)[0]
        first = int(np.argmax(self.distinct[shown]))
        column = shown[first]
        low, high = (np.searchsorted(self.values[:, column], row[first], s) for s in _SIDES)
        near = self.order[low:high, column]
        return near[(self.rows[np.ix_(near, shown)] == row).all(axis=1)]
