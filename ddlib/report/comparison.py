"""The real rows of each table and the merged rows, as codes of the same columns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ddlib.tables import Column


@dataclass(frozen=True, eq=False)
class Comparison:
    """What a report compares.

    Attributes:
        columns: the p columns that are merged, keys left out.
        sites: label of a table -> its codes `(n, p)`, NaN where missing.
        merged: codes of the merged rows, `(m, p)`.
        weights: of the merged rows, `(m,)`; all equal where they have none.
        least: rows that a figure may tell of, at least.
    """

    columns: tuple[Column, ...]
    sites: Mapping[str, np.ndarray]
    merged: np.ndarray
    weights: np.ndarray
    least: int

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the columns."""
        return tuple(column.name for column in self.columns)

    @property
    def real(self) -> np.ndarray:
        """The codes of all tables, `(n, p)`."""
        return np.vstack(list(self.sites.values()))

    @property
    def together(self) -> np.ndarray:
        """Rows that show each pair of columns together, `(p, p)`."""
        seen = (~np.isnan(self.real)).astype(np.int64)
        return seen.T @ seen

    def seen(self, column: int) -> dict[str, np.ndarray]:
        """Return label of a table -> the codes that it shows of a column.

        A table with fewer rows of it than `least` shows none.

        Args:
            column: its place.
        """
        shown = {site: codes[:, column] for site, codes in self.sites.items()}
        shown = {site: codes[~np.isnan(codes)] for site, codes in shown.items()}
        return {
            site: codes if len(codes) >= self.least else codes[:0] for site, codes in shown.items()
        }
