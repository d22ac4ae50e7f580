"""The columns of tables that are merged: a check of tables against them, codes and back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ddlib.tables.columns import WITH_LEVELS, Column, days, decimals_of
from ddlib.tables.faults import TablesError, some


@dataclass(frozen=True)
class Schema:
    """The columns of tables, in order of appearance.

    Attributes:
        columns: over all tables, keys included.
    """

    columns: tuple[Column, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the columns."""
        return tuple(column.name for column in self.columns)

    def __getitem__(self, name: str) -> Column:
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(name)

    def __contains__(self, name: object) -> bool:
        return name in self.names

    def __iter__(self) -> Iterator[Column]:
        return iter(self.columns)

    def __len__(self) -> int:
        return len(self.columns)

    def without_keys(self) -> Schema:
        """Return the columns that have codes."""
        return Schema(tuple(column for column in self.columns if column.kind != "key"))

    def encode(self, table: pd.DataFrame) -> np.ndarray:
        """Return the codes of a table over the columns that are no keys, `(n, p)`.

        Args:
            table: n rows, whose columns have their own types; any column may lack.

        Returns:
            Float64, NaN where an entry is missing or the column lacks; see `Column`.

        Raises:
            TablesError: for a column of another type and an unknown level, a line each.
        """
        columns = self.without_keys().columns
        codes = np.full((len(table), len(columns)), np.nan)
        faults: list[str] = []
        for index, column in enumerate(columns):
            if column.name in table.columns:
                try:
                    codes[:, index] = column.encode(table[column.name])
                except (ValueError, TypeError) as error:
                    faults.append(str(error))
        if faults:
            raise TablesError(faults)
        return codes

    def decode(self, codes: np.ndarray) -> pd.DataFrame:
        """Return codes as a table whose columns have their own types, ranges and levels.

        Args:
            codes: `(n, p)` over the columns that are no keys, NaN where missing.

        Raises:
            ValueError: for another number of columns.
        """
        columns = self.without_keys().columns
        if codes.ndim != 2 or codes.shape[1] != len(columns):
            raise ValueError(f"codes: shape {codes.shape}; must be (n, {len(columns)})")
        values = {c.name: c.decode(codes[:, i]) for i, c in enumerate(columns)}
        return pd.DataFrame(values, index=range(len(codes)), columns=[c.name for c in columns])

    def faults(self, table: pd.DataFrame) -> list[str]:
        """Return what in a table is not of this schema, a line each; none where it passes.

        Args:
            table: with all columns that are no keys, each of its own type; cells may be missing.
        """
        found: list[str] = []
        for name in table.columns:
            if name not in self.names:
                found.append(f"column {name!r}: unknown; must be one of {', '.join(self.names)}")
        for column in self.without_keys():
            if column.name not in table.columns:
                found.append(f"column {column.name!r}: lacks; must be there")
            else:
                found += _column_faults(column, table[column.name].dropna())
        return found


def _column_faults(column: Column, values: pd.Series) -> list[str]:
    """Return what is wrong with the values of a column, none of them missing."""
    where = f"column {column.name!r}"
    if not _is_of(column.dtype, values):
        return [f"{where}: is {values.dtype}; must be {column.dtype}"]
    if column.kind in WITH_LEVELS:
        unknown = sorted(set(values.tolist()) - set(column.levels), key=str)
        known = ", ".join(repr(level) for level in column.levels)
        return [f"{where}: has {some(unknown)}; must be one of {known}"] if unknown else []
    codes = days(values) if column.kind == "date" else values.to_numpy(dtype=float)
    faults: list[str] = []
    if len(codes) and not ((codes >= column.low).all() and (codes <= column.high).all()):
        low, high = column.low, column.high
        if column.kind == "date":
            low, high = (str(np.datetime64(int(end), "D")) for end in (low or 0, high or 0))
        faults.append(f"{where}: leaves its range; must be from {low} to {high}")
    decimals = decimals_of(codes)
    if column.decimals is not None and (decimals is None or decimals > column.decimals):
        faults.append(f"{where}: must have at most {column.decimals} decimals")
    return faults


def _is_of(dtype: str, values: pd.Series) -> bool:
    """Whether values, none of them missing, are of a dtype or of its nullable twin."""
    types = pd.api.types
    found = values.dtype
    if types.is_bool_dtype(found) or dtype == "bool":
        return types.is_bool_dtype(found) and dtype == "bool"
    if dtype == "int64":  # a float where the column has missing cells
        whole = types.is_float_dtype(found) and bool((values % 1 == 0).all())
        return types.is_integer_dtype(found) or whole
    if dtype == "float64":
        return types.is_numeric_dtype(found)
    if dtype == "str":
        return types.is_string_dtype(found) and not types.is_numeric_dtype(found)
    return types.is_datetime64_dtype(found)
