"""Columns of any kind as numbers, for what counts rows and looks at correlations alone.

Truth values and two levels are 0 and 1, dates are days. Three or more levels are numbered too, but
the numbers have no order: they say where there is a value, and have no correlation.
"""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from ddlib.tables.columns import days


def numbered(
    tables: Mapping[str, pd.DataFrame],
) -> tuple[dict[str, pd.DataFrame], tuple[str, ...]]:
    """Return tables of numbers, and which columns are levels without an order.

    Args:
        tables: by what an error calls them, each column once in a table.

    Raises:
        ValueError: for a column of numbers or dates that is of another kind in another table.
    """
    found = {label: table.copy() for label, table in tables.items()}
    unordered: list[str] = []
    for name in dict.fromkeys(name for table in tables.values() for name in table.columns):
        parts = {label: table[name] for label, table in tables.items() if name in table.columns}
        numbers, has_order = _numbers(name, parts)
        for label, values in numbers.items():
            found[label][name] = values
        unordered += [] if has_order else [name]
    return found, tuple(unordered)


def _numbers(name: object, parts: Mapping[str, pd.Series]) -> tuple[dict[str, pd.Series], bool]:
    """Return a column as numbers, by table, and whether these have an order."""
    kinds = {label: _kind(part) for label, part in parts.items()}
    shown = {label: kind for label, kind in kinds.items() if kind != "empty"}
    if len(set(shown.values())) > 1:
        (first, kind), *others = shown.items()
        label, other = next((label, other) for label, other in others if other != kind)
        raise ValueError(f"{label}: column {name!r} is {other}; must be {kind} as in {first}")
    kind = next(iter(shown.values()), "empty")
    if kind == "dates":
        return {
            label: pd.Series(days(pd.to_datetime(part)), index=part.index)
            for label, part in parts.items()
        }, True
    if kind != "texts":
        return dict(parts), True
    texts = {label: part.astype("str").where(part.notna(), None) for label, part in parts.items()}
    levels = sorted({text for part in texts.values() for text in part.dropna()})
    places = {level: float(place) for place, level in enumerate(levels)}
    return {label: text.map(places).astype(float) for label, text in texts.items()}, len(levels) < 3


def _kind(values: pd.Series) -> str:
    """Return what a column of a table holds, in words."""
    types = pd.api.types
    if not values.notna().any():
        return "empty"
    if isinstance(values.dtype, pd.CategoricalDtype) or types.is_string_dtype(values.dtype):
        return "texts"
    if types.is_datetime64_any_dtype(values.dtype):
        return "dates"
    if types.is_object_dtype(values.dtype):
        return _kind(values.infer_objects()) if values.infer_objects().dtype != object else "texts"
    return "numbers"
