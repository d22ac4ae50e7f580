"""How one column is coded: numbers are standardised, levels are one-hot."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ddlib.tasks.columns import cell_faults, level_faults, levels_of, numbers

TOLERANCE = 1e-6  # by which a share of a level may differ from 0 or 1, for rounding


@dataclass(frozen=True)
class Number:
    r"""A column of numbers $x$, coded $(x-\mu)/\sigma$.

    Attributes:
        name: of the column.
        mean: $\mu$ of the training rows, in the units of the column.
        std: $\sigma$ of these; 1 where they are all equal.
        dtype: of the numbers that come back: that of a column of floats, else float64.
    """

    name: Any
    mean: float
    std: float
    dtype: np.dtype[Any] = np.dtype(np.float64)

    width = 1

    @classmethod
    def of(cls, column: pd.Series) -> Number:
        """Return the coding that gives a column mean 0 and deviation 1.

        Args:
            column: cells of the training rows.
        """
        cells = numbers(column)
        std = float(cells.std())
        # Equal cells may have a deviation of rounding.
        constant = std <= 1e-12 * float(np.abs(cells).max(initial=0.0))
        own = column.dtype
        is_float = isinstance(own, np.dtype) and own.kind == "f"
        dtype = np.dtype(own.name) if is_float else np.dtype(np.float64)
        return cls(column.name, float(cells.mean()), 1.0 if constant else std, dtype)

    def faults(self, column: pd.Series) -> list[str]:
        """Return why cells cannot be coded.

        Args:
            column: of another table.
        """
        return cell_faults(column, text="must be numbers")

    def encode(self, column: pd.Series) -> NDArray[np.float64]:
        """Return codes `(n, 1)`.

        Args:
            column: cells, all numbers.
        """
        return (numbers(column)[:, None] - self.mean) / self.std

    def decode(self, codes: NDArray[np.float64]) -> dict[Any, Any]:
        """Return the one column that codes stand for, by name.

        Args:
            codes: `(m, 1)`.
        """
        return {self.name: (self.mean + self.std * codes[:, 0]).astype(self.dtype)}


@dataclass(frozen=True)
class Levels:
    """A column of levels, coded one-hot.

    Attributes:
        name: of the column.
        levels: of which each cell is one, `(k,)`, of the column's own kind.
        categories: of a categorical column, those without a row and their order too; else None.
    """

    name: Any
    levels: pd.Index
    categories: pd.CategoricalDtype | None = None

    @classmethod
    def of(cls, column: pd.Series) -> Levels:
        """Return the coding of a column by the levels that it has.

        Args:
            column: cells of all rows.
        """
        kind = column.dtype
        return cls(
            column.name, levels_of(column), kind if isinstance(kind, pd.CategoricalDtype) else None
        )

    @property
    def width(self) -> int:
        """The number of levels k."""
        return len(self.levels)

    def faults(self, column: pd.Series) -> list[str]:
        """Return why cells cannot be coded.

        Args:
            column: of another table.
        """
        return level_faults(column, self.levels)

    def encode(self, column: pd.Series) -> NDArray[np.float64]:
        """Return codes `(n, k)`.

        Args:
            column: cells, all of them levels.
        """
        return np.eye(self.width)[self.levels.get_indexer(pd.Index(column))]

    def decode(self, codes: NDArray[np.float64]) -> dict[Any, Any]:
        """Return the columns that codes stand for, by name.

        That is the column itself where each row has one level; else one column of shares a level,
        named `column=level`, as a learner that saw levels alone would not be the same.

        Args:
            codes: `(m, k)`.
        """
        likeliest = codes.argmax(1)
        if np.abs(codes - np.eye(self.width)[likeliest]).max(initial=0.0) <= TOLERANCE:
            cells = self.levels.take(likeliest)
            categories = self.categories
            return {self.name: cells if categories is None else cells.astype(categories)}
        return dict(zip(self.share_names, codes.T, strict=True))

    @property
    def share_names(self) -> list[str]:
        """Names of the columns of shares, one a level."""
        return [f"{self.name}={level}" for level in self.levels]
