"""Tables with overlapping columns, in the form that the merging problem takes, and back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from ddlib.merge.sources import check_tables, entries


@dataclass(frozen=True)
class Columns:
    """The union of the tables' columns, and what makes their rows comparable.

    Attributes:
        names: of the p columns, in order of appearance.
        mean: `(p,)`, in the columns' units, over the rows of all tables.
        std: `(p,)`, in the columns' units.
    """

    names: tuple[str, ...]
    mean: np.ndarray
    std: np.ndarray

    @classmethod
    def of(cls, tables: Sequence[pd.DataFrame] | Mapping[str, pd.DataFrame]) -> Columns:
        """Return the columns of all tables, pooled over their rows.

        Args:
            tables: one per source, in the same units.

        Raises:
            ValueError: as `check_tables` does.
        """
        check_tables(tables)
        return cls.pooled(tables)

    @classmethod
    def pooled(cls, tables: Sequence[pd.DataFrame] | Mapping[str, pd.DataFrame]) -> Columns:
        """Return the columns of tables as `of` does, without a check.

        Args:
            tables: as there.
        """
        pooled = pd.concat(tables, ignore_index=True)
        mean, std = pooled.mean(), pooled.std(ddof=0)
        return cls(tuple(pooled.columns), mean.to_numpy(dtype=float), std.to_numpy(dtype=float))

    def to_rows(self, table: pd.DataFrame) -> Tensor:
        """Return the rows of a table, centred and in standard deviations.

        Args:
            table: n rows, in the units of the tables that the columns are of.

        Returns:
            `(n, 1, p)`; a column that `table` lacks is NaN throughout.

        Raises:
            ValueError: for a column that is not among these.
        """
        unknown = sorted(set(table.columns) - set(self.names))
        if unknown:
            raise ValueError(f"table: columns {unknown}; must be among {list(self.names)}")
        return self.standardised(torch.tensor(entries(table, self.names))[:, None, :])

    def standardised(self, rows: Tensor) -> Tensor:
        """Return rows, centred and in standard deviations, `(n, 1, p)`.

        Args:
            rows: `(n, 1, p)`, in the columns' own units.
        """
        return (rows - torch.tensor(self.mean)) / torch.tensor(self.std)

    def to_table(self, rows: Tensor) -> pd.DataFrame:
        """Return standardised rows as a table in the columns' own units.

        Args:
            rows: `(n, 1, p)`, in standard deviations.

        Raises:
            ValueError: for rows of another shape, such as those of several slices.
        """
        if rows.ndim != 3 or rows.shape[1:] != (1, len(self.names)):
            shape = tuple(rows.shape)
            raise ValueError(f"rows: shape {shape}; must be (n, 1, {len(self.names)})")
        values = rows[:, 0].numpy() * self.std + self.mean
        return pd.DataFrame(values, columns=list(self.names))
