"""How the other scores of each row pull at one score: deviations times a column of the precision.

The scores of a column are drawn given those of all others, column after column, so each product is
of what was drawn just before. Of many columns the products are done for a group of them at once, as
matrices, which a processor does several times as fast as vectors; what was drawn within the group
since is then added.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np

_WIDE = 100  # columns from which groups are used; the bits of fewer are those of vectors
_GROUP = 32  # columns in a group


class Pulls(Protocol):
    """The products, column after column."""

    def of(self, place: int) -> np.ndarray:
        """Return those of the column that is drawn at a place, `(n,)`."""
        ...

    def moved(self, place: int, rows: np.ndarray | slice, change: np.ndarray) -> None:
        """Take in by how much deviations of rows of that column were changed."""
        ...


def pulls(deviations: np.ndarray, precision: np.ndarray, columns: Sequence[int]) -> Pulls:
    """Return the products of rows that are about to be drawn.

    Args:
        deviations: of scores from their means, `(n, d)`; what is drawn is written to them.
        precision: of the scores, `(d, d)`.
        columns: in the order in which they are drawn.
    """
    kind = _ByGroup if len(precision) >= _WIDE else _ByColumn
    return kind(deviations, precision, columns)


class _ByColumn:
    """A product of a vector for each column."""

    def __init__(
        self, deviations: np.ndarray, precision: np.ndarray, columns: Sequence[int]
    ) -> None:
        """Keep the matrices."""
        self._deviations, self._precision, self._columns = deviations, precision, columns

    def of(self, place: int) -> np.ndarray:
        """Return the products of a column."""
        return self._deviations @ self._precision[self._columns[place]]

    def moved(self, place: int, rows: np.ndarray | slice, change: np.ndarray) -> None:
        """Do nothing, since the deviations have it."""


class _ByGroup(_ByColumn):
    """A product of a matrix for each group of columns."""

    def of(self, place: int) -> np.ndarray:
        """Return the products of a column, as a group begins those of all in it."""
        within = place % _GROUP
        if within == 0:
            self._own = self._columns[place : place + _GROUP]
            self._products = self._deviations @ self._precision[:, self._own]
            shape = len(self._deviations), len(self._own)
            self._changes = np.zeros(shape, order="F")
            return self._products[:, 0]
        weights = self._precision[self._own[:within], self._own[within]]
        return self._products[:, within] + self._changes[:, :within] @ weights

    def moved(self, place: int, rows: np.ndarray | slice, change: np.ndarray) -> None:
        """Keep the changes of a column, for those behind it in the group."""
        self._changes[:, place % _GROUP][rows] = change
