"""From the columns of a table to rows of numbers, and back.

A number is standardised by the mean and the deviation of the training rows; a column of levels is
one-hot. Rows that come back are in the units, and with the levels, that the table came with.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from ddlib.problem.rows import Layout
from ddlib.tasks.codings import Levels, Number
from ddlib.tasks.columns import Reader, is_numeric, refuse


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

        Raises:
            FrameError: where a column has the name that shares of a level would have.
        """
        known = table.iloc[list(training)]

        def coding(name: Any) -> Number | Levels:
            if is_numeric(table[name]) and not (name == reader.target and reader.classes):
                return Number.of(known[name])
            return Levels.of(table[name])

        inputs = tuple(coding(name) for name in table.columns if name != reader.target)
        encoding = cls(inputs, coding(reader.target), reader.dtype)
        refuse(encoding._clashes())
        return encoding

    def _clashes(self) -> list[str]:
        """Return which names two columns of the table that comes back could have."""
        names = [column.name for column in self.columns]
        shares = [
            n for column in self.columns if isinstance(column, Levels) for n in column.share_names
        ]
        twice = [n for n, count in Counter([*map(str, names), *shares]).items() if count > 1]
        return [
            f"column {name!r}: would also be the name of a column of shares; must have another name"
            for name in twice
            if name in shares
        ]

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
