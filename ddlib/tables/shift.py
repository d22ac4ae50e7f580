"""Columns in which the tables differ by more than chance: their people are not of one kind."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations

import numpy as np
import pandas as pd

from ddlib.tables.columns import Column
from ddlib.tables.faults import ON_COMMAND_LINE, Findings, warning
from ddlib.tables.schema import Schema

FEWEST = 20  # rows of a table that show a column, for it to be compared
LARGEST = 4.0  # difference of two means, in standard errors, that chance may make
SHOWN = 5  # columns that the line lists


def warn_of_shift(tables: Mapping[str, pd.DataFrame], schema: Schema, found: Findings) -> None:
    """Warn of columns whose mean, or share of a level, differs between tables.

    A column that another warning is about is left to that one.

    Args:
        tables: label -> its rows, as they are merged.
        schema: of their columns.
        found: gets the warning.
    """
    schema = schema.without_keys()
    told = {name for entry in found.notes if entry.level == "warning" for name in entry.columns}
    codes = {label: schema.encode(table) for label, table in tables.items()}
    shifted = [
        column.name
        for place, column in enumerate(schema.columns)
        if column.name not in told and _differs(column, [own[:, place] for own in codes.values()])
    ]
    if not shifted:
        return
    more = f" and {len(shifted) - SHOWN} more" if len(shifted) > SHOWN else ""
    line = (
        f"tables differ by more than chance in {', '.join(shifted[:SHOWN])}{more}, and are merged "
        "as samples of one population: if their people differ, set source_column: site"
        f"{ON_COMMAND_LINE}, and the model knows their site"
    )
    found.notes.append(warning(line, shifted, list(tables)))


def _differs(column: Column, parts: list[np.ndarray]) -> bool:
    """Return whether two tables differ in a column by more than chance."""
    values = [_values(column, part[~np.isnan(part)]) for part in parts]
    values = [own for own in values if len(own) >= FEWEST]
    return any(_distance(first, second) > LARGEST for first, second in combinations(values, 2))


def _values(column: Column, codes: np.ndarray) -> np.ndarray:
    """Return what is averaged, `(n, k)`: an indicator of each level of a category, or the code."""
    if column.kind == "category":
        return (codes[:, None] == np.arange(len(column.levels))).astype(np.float64)
    return codes[:, None]


def _distance(first: np.ndarray, second: np.ndarray) -> float:
    """Return the largest difference of means of two samples, in standard errors (Welch)."""
    variance = first.var(0, ddof=1) / len(first) + second.var(0, ddof=1) / len(second)
    apart = np.abs(first.mean(0) - second.mean(0))
    # Two constants that differ do so beyond all chance.
    sizes = np.where(variance > 0, apart / np.sqrt(np.where(variance > 0, variance, 1)), np.inf)
    return float(np.where(apart > 0, sizes, 0.0).max())
