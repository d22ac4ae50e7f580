"""Tables with overlapping columns, in the form that the merging problem takes, and back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch
from torch import Tensor


@dataclass(frozen=True)
class Columns:
    """The union of the tables' columns, with the mean and standard deviation of each."""

    names: tuple[str, ...]
    mean: np.ndarray
    std: np.ndarray

    @classmethod
    def of(cls, tables: Sequence[pd.DataFrame]) -> Columns:
        """Return the columns of all `tables`, in order of appearance, pooled over their rows.

        Raises `ValueError` for no table, a repeated column, a column that is no number, not
        finite (NaN may stand for a missing entry), constant, or without an entry.
        """
        if not tables:
            raise ValueError("tables: none given; must be at least one")
        for i, table in enumerate(tables):
            if not table.columns.is_unique:
                raise ValueError(f"tables[{i}]: a column stands twice in {list(table.columns)}")
        pooled = pd.concat(tables, ignore_index=True)
        for name in pooled.columns:
            column = pooled[name]
            if not pd.api.types.is_numeric_dtype(column) or np.isinf(column).any():
                raise ValueError(f"tables: column {name!r} must hold finite numbers or NaN")
            # A constant's std may be its rounding, so its entries are counted too.
            if column.nunique() < 2 or column.std() == 0:
                raise ValueError(f"tables: column {name!r} must have two different entries")
        std = pooled.std(ddof=0).to_numpy()
        return cls(tuple(pooled.columns), pooled.mean().to_numpy(), std)

    def to_rows(self, table: pd.DataFrame) -> Tensor:
        """Return standardised rows `(n, 1, p)`; a column that `table` lacks is NaN throughout.

        Raises `ValueError` for a column that is not among these.
        """
        unknown = set(table.columns) - set(self.names)
        if unknown:
            raise ValueError(f"table: columns {sorted(unknown)} must be among {list(self.names)}")
        values = table.reindex(columns=list(self.names)).to_numpy(dtype=float)
        return torch.from_numpy((values - self.mean) / self.std)[:, None, :]

    def to_table(self, rows: Tensor) -> pd.DataFrame:
        """Return rows `(n, 1, p)` as a table in the columns' own units."""
        values = rows[:, 0].numpy() * self.std + self.mean
        return pd.DataFrame(values, columns=list(self.names))
