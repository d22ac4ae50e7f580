"""A column of a kind, from the cells of all tables: its levels, or range and decimals."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from ddlib.tables.cells import Cells
from ddlib.tables.columns import EXACT, Column, Kind, days, decimals_of, value_text
from ddlib.tables.faults import Findings, and_more, some

MOST_WHOLE = 2.0**63  # in size, of what an int64 holds


def describe(cells: Cells, kind: Kind, given: Sequence[Any], found: Findings) -> Column | None:
    """Return the column that cells make, None where they are not of its kind.

    Args:
        cells: of the column, at least two of them different.
        kind: what they are.
        given: the levels of an ordered column in order, none where they sort themselves.
        found: gets the faults.
    """
    pooled, name = cells.pooled, cells.name
    if kind == "key":
        return Column(name, kind, dtype=key_dtype(cells))
    if kind in ("number", "count"):
        return _number(cells, kind, found)
    if kind == "date":
        codes = days(pooled)
        whole = 0 if bool((codes % 1 == 0).all()) else None
        low, high = float(codes.min()), float(codes.max())
        return Column(name, kind, (), low, high, whole, "datetime64[us]")
    levels = _levels(cells, kind, given, found)
    return None if levels is None else Column(name, kind, levels, dtype=dtype_of(levels))


def dtype_of(levels: Sequence[Any]) -> str:
    """Return the dtype of a column with some levels.

    Args:
        levels: all numbers, all truth values or all texts.
    """
    for kind, dtype in ((bool, "bool"), (int, "int64"), (float, "float64")):
        if all(type(level) is kind for level in levels):
            return dtype
    return "str"


def as_levels(values: pd.Series) -> pd.Series:
    """Return values as the levels that they are, numbers as Python's, None where missing.

    Args:
        values: numbers, truth values or texts, of one form.
    """
    seen = values.dropna()
    types = pd.api.types
    if types.is_bool_dtype(values.dtype):
        convert: type = bool
    elif types.is_numeric_dtype(values.dtype):
        whole = bool((seen % 1 == 0).all()) and bool((seen.abs() < EXACT).all())
        convert = int if whole else float
    else:
        convert = str
    places, distinct = pd.factorize(values)
    levels = pd.Series([*(convert(level) for level in distinct.tolist()), None], dtype=object)
    return levels.take(places).set_axis(values.index)


def natural(level: Any) -> tuple[Any, ...]:
    """Return the key that sorts levels: numbers by size, texts with numbers in them too.

    Args:
        level: a value.
    """
    if not isinstance(level, str):
        return (0, level)
    parts = re.split(r"([0-9]+)", level)
    return (1, [(0, int(p), "") if i % 2 else (1, 0, p) for i, p in enumerate(parts)], level)


def _levels(
    cells: Cells, kind: Kind, given: Sequence[Any], found: Findings
) -> tuple[Any, ...] | None:
    """Return the levels of a column in order, None where they are not what was set."""
    pooled = as_levels(cells.pooled)
    # Those of one table may be whole, and those of all not.
    seen = sorted(set(pooled.tolist()), key=natural)
    if kind == "binary" and len(seen) != 2:
        line = f"column {cells.name!r}: has {len(seen)} values ({some(seen)}); must have 2"
        found.faults.append(line + ", as kinds calls it binary")
        return None
    if not given:
        return tuple(seen)
    places = {value_text(level): place for place, level in enumerate(given)}
    unknown = [level for level in seen if value_text(level) not in places]
    if unknown:
        label, row = _place(cells, unknown[0])
        found.faults.append(
            f"{label}: column {cells.name!r}, row {row}: {unknown[0]!r}; must be one of "
            f"{', '.join(map(str, given))}, the levels that kinds lists"
        )
        return None
    return tuple(sorted(seen, key=lambda level: places[value_text(level)]))


def _place(cells: Cells, level: Any) -> tuple[str, Any]:
    """Return the label and the row of the first cell that has a level."""
    return next(
        (label, row)
        for label, values in cells.values.items()
        for row in values.index[(values == level).fillna(False).to_numpy(dtype=bool)]
    )


def key_dtype(cells: Cells) -> str:
    """Return the dtype of a key: whole numbers where all values are, and are in their range.

    Args:
        cells: of the key.
    """
    if cells.form == "number":
        whole = bool((cells.pooled % 1 == 0).all() and (cells.pooled.abs() < MOST_WHOLE).all())
        return "int64" if whole else "float64"
    return {"bool": "bool", "date": "datetime64[us]"}.get(cells.form, "str")


def _number(cells: Cells, kind: Kind, found: Findings) -> Column | None:
    """Return a column of numbers or counts."""
    values = cells.pooled.to_numpy(dtype=float)
    decimals = decimals_of(values)
    if kind == "count" and (decimals != 0 or values.min() < 0):
        for label, part in cells.values.items():
            odd = part[(part < 0) | (part % 1 != 0) & part.notna()]
            if len(odd):
                more = and_more(len(odd) - 1)
                found.faults.append(
                    f"{label}: column {cells.name!r}, row {odd.index[0]}: "
                    f"{value_text(odd.iloc[0])}; must be a whole number, at least 0, as kinds "
                    f"calls it a count{more}"
                )
        return None
    # Whole numbers of a float come from a missing cell beside them, or are the user's own floats.
    floats = cells.came == {"float"} and not cells.has_missing
    whole = decimals == 0 and not floats and bool(np.abs(values).max() < EXACT)
    low, high = float(values.min()), float(values.max())
    if decimals is not None:
        low, high = (float(np.round(end, decimals)) for end in (low, high))
    dtype = "int64" if whole else "float64"
    return Column(cells.name, kind, (), low, high, decimals, dtype)
