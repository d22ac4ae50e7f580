"""What a site states of its columns before it looks at its rows: bounds, levels, kinds.

A private summary reads nothing of the columns off the rows, so they stand in a file of YAML:

    age: {from: 0, to: 120, decimals: 0}
    bili: {from: 0.1, to: 50}
    visits: {from: 0, to: 40, kind: count}
    seen: {from: 2010-01-01, to: 2026-12-31}
    died: [0, 1]
    stage: {levels: [1, 2, 3, 4], kind: ordered}
    ward: [east, north, west]

Two levels are binary; more are a category unless they are called ordered. What is no such value is
missing, a number beyond the bounds counts as the nearer one, and other columns are not told. Each
cell is read by itself, whatever the others are: numbers with a point, days as in ISO 8601.
"""

# YAML may hold anything before it is checked.
# pyright: reportUnknownArgumentType=false, reportUnknownVariableType=false
# pyright: reportUnknownMemberType=false

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from numbers import Integral, Real
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ddlib.arguments import is_finite
from ddlib.near import meant
from ddlib.settings import SettingsError, mapping, parse_file, value_of
from ddlib.tables import Column, Kind, Schema, TablesError
from ddlib.tables.columns import WITH_LEVELS, days, value_text
from ddlib.tables.describe import dtype_of
from ddlib.tables.faults import Note, note

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NUMBER = re.compile(r"\s*[+-]?((\d+\.?\d*|\.\d+)([eE][+-]?\d+)?|inf)\s*", re.ASCII)
_EXAMPLE = "must be {from: 0, to: 120} or a list of levels"


def read_stated(path: Path) -> Schema:
    """Return the columns that a file states.

    Args:
        path: YAML, column -> what it is.

    Raises:
        TablesError: for a file that cannot be read, and columns of another form, with their lines.
    """
    try:
        entries = mapping(path, parse_file(path), "columns")
        values = {name: (key, value_of(path, node)) for name, (key, node) in entries.items()}
    except SettingsError as error:
        raise TablesError([str(error)]) from None
    columns: list[Column] = []
    faults: list[str] = []
    for name, (key, value) in values.items():
        try:
            columns.append(_column(name, value))
        except ValueError as error:
            faults.append(f"{path}:{key.start_mark.line + 1}: {name}: {error}")
    if faults:
        raise TablesError(faults)
    return Schema(tuple(columns))


def stated_codes(stated: Schema, table: pd.DataFrame, label: str) -> tuple[np.ndarray, list[Note]]:
    """Return the codes of a table over the stated columns, and notes that stay at the site.

    Args:
        stated: the columns.
        table: n rows, of any types, with at least these columns.
        label: of the table.

    Returns:
        `(n, p)` within the bounds, NaN where missing or no such value.

    Raises:
        TablesError: for columns that lack.
    """
    if faults := [
        f"{label}: lacks column {name!r}, which the bounds state; must have it, or the bounds must "
        "leave it out"
        for name in stated.names
        if name not in table.columns
    ]:
        raise TablesError(faults)
    codes = np.column_stack([_codes(column, table[column.name]) for column in stated])
    notes: list[Note] = []
    for column, own in zip(stated, codes.T, strict=True):
        if lost := int(np.isnan(own).sum() - table[column.name].isna().sum()):
            line = f"column {column.name!r}: {lost} cells are nothing that is stated: missing"
            notes.append(note(line, [column.name], [label]))
    return codes, notes


def _column(name: str, value: Any) -> Column:
    """Return a column, or raise `ValueError` for what is none."""
    if isinstance(value, list):
        value = {"levels": value}
    if not isinstance(value, Mapping) or not ({*value} & {"levels", "from", "to"}):
        raise ValueError(_EXAMPLE)
    known = {"kind", "levels"} if "levels" in value else {"kind", "from", "to", "decimals"}
    if unknown := [str(key) for key in value if key not in known]:
        raise ValueError(f"{unknown[0]}: unknown; {meant(unknown[0], sorted(known))}")
    if "levels" in value:
        return _with_levels(name, value["levels"], value.get("kind"))
    return _with_bounds(name, value)


def _with_levels(name: str, levels: Any, kind: Any) -> Column:
    """Return a column of levels."""
    plain = isinstance(levels, list) and all(isinstance(v, str | int | float) for v in levels)
    if not plain or len(levels) < 2 or len({*map(value_text, levels)}) < len(levels):
        raise ValueError("levels: must list at least two levels, each once")
    inferred: Kind = "binary" if len(levels) == 2 else "category"
    allowed: dict[Any, Kind] = {None: inferred, inferred: inferred}
    allowed |= {"ordered": "ordered", "category": "category"}
    if kind not in allowed:
        raise ValueError(f"kind = {kind!r}: must be one of binary (of two), ordered, category")
    dtype = dtype_of(levels)
    own = tuple(map(value_text, levels)) if dtype == "str" else tuple(levels)
    return Column(name, allowed[kind], own, dtype=dtype)


def _with_bounds(name: str, value: Mapping[str, Any]) -> Column:
    """Return a column of numbers."""
    low, high = value.get("from"), value.get("to")
    if isinstance(low, str) and isinstance(high, str):
        return _with_dates(name, low, high, value)
    if not (is_finite(low) and is_finite(high) and low < high):
        raise ValueError(f"from = {low!r}, to = {high!r}: must be two numbers, from below to")
    kind: Any = value.get("kind", "number")
    if kind not in ("number", "count"):
        raise ValueError(f"kind = {kind!r}: must be number or count")
    decimals = value.get("decimals", 0 if kind == "count" else None)
    if decimals is not None and not (type(decimals) is int and 0 <= decimals <= 15):
        raise ValueError(f"decimals = {decimals!r}: must be a whole number from 0 to 15")
    if kind == "count" and (low % 1 or high % 1 or low < 0 or decimals):
        raise ValueError("a count: must have whole bounds of at least 0, and no decimals")
    dtype = "int64" if decimals == 0 else "float64"
    return Column(name, kind, (), float(low), float(high), decimals, dtype)


def _with_dates(name: str, low: str, high: str, value: Mapping[str, Any]) -> Column:
    """Return a column of days."""
    ends = pd.to_datetime(pd.Series([low, high]), format="%Y-%m-%d", errors="coerce")
    if ends.isna().any() or ends[0] >= ends[1] or value.get("kind", "date") != "date":
        raise ValueError(f"from = {low!r}, to = {high!r}: must be two days such as 2026-01-31")
    first, last = days(ends).tolist()
    return Column(name, "date", (), first, last, 0, "datetime64[us]")


def _codes(column: Column, values: pd.Series) -> np.ndarray:
    """Return the codes of values, NaN where they are nothing that is stated.

    Each cell is read by itself, as the type or the format that pandas infers is of all of them:
    one row would then decide how the others are read, and noise does not cover that.
    """
    if column.kind in WITH_LEVELS:
        read = _level_reader(column)
    elif column.kind == "date":
        if isinstance(values.dtype, np.dtype) and values.dtype.kind == "M":
            return np.clip(days(values), column.low, column.high)
        read = _day
    else:
        read = _number
    if isinstance(values.dtype, pd.StringDtype):
        places, distinct = pd.factorize(values)
        codes = np.array([*map(read, distinct), np.nan])[places]  # what is missing has place -1
    else:
        codes = np.array([np.nan if _is_missing(cell) else read(cell) for cell in values])
    return codes if column.kind in WITH_LEVELS else np.clip(codes, column.low, column.high)


def _is_missing(cell: object) -> bool:
    """Whether a cell holds nothing."""
    return (
        cell is None
        or cell is pd.NA
        or cell is pd.NaT
        or (isinstance(cell, float) and cell != cell)
    )


def _level_reader(column: Column) -> Callable[[Any], float]:
    """Return what reads a cell as the place of its level, NaN where it is none."""
    key: Callable[[Any], float | str] = value_text
    if column.dtype in ("int64", "float64"):
        key = _number
    elif column.dtype == "bool":  # TRUE, True and true are one
        key = lambda cell: value_text(cell).casefold()  # noqa: E731
    index = {key(level): float(place) for place, level in enumerate(column.levels)}
    return lambda cell: index.get(key(cell), np.nan)


def _number(cell: object) -> float:
    """Return a cell as a number, NaN where it is none."""
    if isinstance(cell, str) and not _NUMBER.fullmatch(cell):
        return np.nan
    if not isinstance(cell, str | Real | Decimal | np.bool):
        return np.nan
    try:
        return float(cell)
    except OverflowError:  # of a whole number beyond 1.8e308
        return np.inf if isinstance(cell, Integral) and int(cell) > 0 else -np.inf


def _day(cell: object) -> float:
    """Return a cell as days since 1970-01-01, NaN where it is no day in ISO 8601."""
    try:
        moment = datetime.fromisoformat(cell) if isinstance(cell, str) else cell
    except ValueError:
        return np.nan
    if not isinstance(moment, datetime):
        return float((moment - _EPOCH.date()).days) if isinstance(moment, date) else np.nan
    zone = moment.tzinfo or UTC
    return (moment.replace(tzinfo=zone) - _EPOCH) / timedelta(days=1)
