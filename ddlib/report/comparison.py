"""The real rows of each table and the merged rows, as codes of the same columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ddlib.tables import Column

Pair = tuple[int, int]
"""The places of two columns."""

ABSENT, HIDDEN = "–", "∗"
"""What stands in a cell where a table lacks a column, and where it has too few rows to tell."""


@dataclass(frozen=True, eq=False)
class Comparison:
    """What a report compares.

    Attributes:
        columns: the p columns that are merged, keys left out.
        sites: label of a table -> its codes `(n, p)`, NaN where missing.
        draws: the real rows with what is missing drawn, complete codes `(n, p)` each.
        merged: codes of the merged rows, `(m, p)`.
        weights: of the merged rows, `(m,)`; all equal where they have none.
        least: rows that a figure may tell of, at least.
        seed: of the samples that say what chance does.
    """

    columns: tuple[Column, ...]
    sites: Mapping[str, np.ndarray]
    draws: Sequence[np.ndarray]
    merged: np.ndarray
    weights: np.ndarray
    least: int
    seed: int = 0

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

    def without(self, column: int) -> tuple[list[str], list[str]]:
        """Return the tables that lack a column, and those with fewer rows of it than `least`.

        Args:
            column: its place.
        """
        rows = {site: (~np.isnan(codes[:, column])).sum() for site, codes in self.sites.items()}
        lacking = [site for site, count in rows.items() if count == 0]
        return lacking, [site for site, count in rows.items() if 0 < count < self.least]

    def drawn(self, column: int) -> tuple[np.ndarray, np.ndarray]:
        """Return the codes of a column in all draws, and their weights, which sum to n.

        Args:
            column: its place.
        """
        codes = np.concatenate([draw[:, column] for draw in self.draws])
        return codes, np.full(len(codes), 1 / len(self.draws))


def scarcest_pair(together: np.ndarray) -> tuple[Pair, int] | None:
    """Return the pair of columns that the fewest rows show together, and how many do.

    Args:
        together: rows that show each pair of columns, `(p, p)`.

    Returns:
        The first such pair; None where no row shows any pair.
    """
    pairs = np.argwhere(np.triu(together > 0, k=1))
    if not len(pairs):
        return None
    i, j = min(pairs.tolist(), key=lambda pair: together[pair[0], pair[1]])
    return (i, j), int(together[i, j])
