"""Rows that equal a real one: how many of the merged rows do, and of the real ones themselves."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np


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
    for number, pattern in enumerate(patterns):
        if pattern.any():
            known = Counter(map(tuple, real[place.ravel() == number][:, pattern]))
            found += np.array([known[tuple(row)] for row in rows[:, pattern]], dtype=int)
    return found
