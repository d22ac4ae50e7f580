"""From the columns of a table to rows of numbers, and back.

A number is standardised by the mean and the deviation of the training rows; a column of levels is
one-hot. Rows that come back are in the units, and with the levels, that the table came with.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from torch import Tensor

from ddlib.problem.rows import Layout
from ddlib.tasks.columns import (
    Reader,
    cell_faults,
    is_numeric,
    level_faults,
    levels_of,
    numbers,
    refuse,
)

TOLERANCE = 1e-6  # by which a share of a level may differ from 0 or 1, for rounding


@dataclass(frozen=True)
class Number:
    r"""A column of numbers $x$, coded $(x-\mu)/\sigma$.

    Attributes:
        name: of the column.
        mean: $\mu$ of the training rows, in the units of the column.
        std: $\sigma$ of these; 1 where they are all equal.
    """

    name: Any
    mean: float
    std: float

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
        return cls(column.name, float(cells.mean()), 1.0 if constant else std)

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
        return {self.name: self.mean + self.std * codes[:, 0]}


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
        return {f"{self.name}={level}": codes[:, place] for place, level in enumerate(self.levels)}


@dataclass(frozen=True)
class Encoding:
    """How the rows of a table are coded: inputs, then the target.

    Attributes:
        inputs: coding of each input, in the order of the table.
        target: coding of the target.
        dtype: of the rows.
    """

    inputs: tuple[Number | Levels, ...]
    target: Number | Levels
    dtype: torch.dtype

    @classmethod
    def of(cls, table: pd.DataFrame, reader: Reader, training: Sequence[int]) -> Encoding:
        """Return the coding of a table whose columns were checked.

        Args:
            table: rows of all splits.
            reader: says what the target is.
            training: positions of the rows that say what mean and deviation are.
        """
        known = table.iloc[list(training)]

        def coding(name: Any) -> Number | Levels:
            if is_numeric(table[name]) and not (name == reader.target and reader.classes):
                return Number.of(known[name])
            return Levels.of(table[name])

        inputs = tuple(coding(name) for name in table.columns if name != reader.target)
        return cls(inputs, coding(reader.target), reader.dtype)

    @property
    def layout(self) -> Layout:
        """What the columns of a row are."""
        return Layout(self.target.width, categorical=isinstance(self.target, Levels))

    @property
    def unit(self) -> float:
        """The unit of the target's codes, in that of its column: 1 for classes."""
        return self.target.std if isinstance(self.target, Number) else 1.0

    @property
    def columns(self) -> tuple[Number | Levels, ...]:
        """All columns, the target last."""
        return (*self.inputs, self.target)

    def encode(self, table: pd.DataFrame) -> Tensor:
        """Return rows `(n, d + k)`.

        Args:
            table: with the columns that there were; others are not looked at.

        Raises:
            FrameError: for columns that lack, cells that are missing, text in place of numbers
                and levels that there were not, all of them.
        """
        lacking = [c.name for c in self.columns if c.name not in table.columns]
        faults = [f"column {name!r}: is lacking" for name in lacking]
        for column in self.columns:
            if column.name in table.columns:
                faults += column.faults(table[column.name])
        refuse(faults)
        codes = np.hstack([column.encode(table[column.name]) for column in self.columns])
        return torch.from_numpy(codes).to(self.dtype)

    def decode(self, rows: Tensor) -> pd.DataFrame:
        """Return the table that rows stand for, in the units and with the levels of the table.

        Args:
            rows: `(m, d + k)`.

        Raises:
            ValueError: for rows of another width.
        """
        widths = [column.width for column in self.columns]
        if rows.ndim != 2 or rows.shape[1] != sum(widths):
            shape = tuple(rows.shape)
            raise ValueError(f"rows: shape {shape}; must be (m, {sum(widths)})")
        codes = rows.detach().cpu().double().numpy()
        blocks = np.split(codes, np.cumsum(widths)[:-1], axis=1)
        parts = [c.decode(block) for c, block in zip(self.columns, blocks, strict=True)]
        return pd.DataFrame({name: cells for part in parts for name, cells in part.items()})
