"""Fields of summaries and scales, checked one by one: columns, laws, numbers of rows."""

# Entries may be anything before they are checked.
# pyright: reportUnknownArgumentType=false, reportUnknownVariableType=false
# pyright: reportUnknownMemberType=false

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ddlib.arguments import is_finite
from ddlib.sites.quantiles import Quantiles
from ddlib.sites.scale import Scale
from ddlib.tables import KINDS, Column
from ddlib.tables.columns import WITH_LEVELS

_TYPES = ("float64", "int64", "bool", "str", "datetime64[us]")
_LARGEST = 1e300  # of a number, so that differences and means are finite
_DAYS = (-719_162, 2_932_897)  # since 1970, of the years 1 to 9999


class Wrong(ValueError):
    """What is wrong in a file, in one line without its name."""


def scale_of(entries: Sequence[Any], *, whole: bool = True) -> Scale:
    """Return the scale of columns.

    Args:
        entries: of the columns.
        whole: whether each number must have a law.

    Raises:
        Wrong: for the first that is no column, or stands twice.
    """
    if not entries:
        raise Wrong("columns: none; must be at least one")
    pairs = [_column(entry, place, whole) for place, entry in enumerate(entries, start=1)]
    names = [column.name for column, _ in pairs]
    for name in names:
        if names.count(name) > 1:
            raise Wrong(f"columns: {name!r} stands twice; must stand once")
    return Scale.of([column for column, _ in pairs], [law for _, law in pairs])


def law_of(entry: Mapping[str, Any], where: str) -> Quantiles | None:
    """Return the law of a column of numbers, None where there is none.

    Args:
        entry: of the column.
        where: that is, for faults.

    Raises:
        Wrong: for one that is no law.
    """
    if "shares" not in entry:
        return None
    edges, low, high = (numbers_of(entry, name, f"{where}: ") for name in ("shares", "from", "to"))
    if not len(low) or len(low) != len(high) or len(edges) != len(low) + 1:
        told = f"shares, from and to have {len(edges)}, {len(low)} and {len(high)} numbers"
        raise Wrong(f"{where}: {told}; must have as many from as to, and one share more")
    if edges[0] != 0 or edges[-1] != 1 or (np.diff(edges) <= 0).any():
        raise Wrong(f"{where}: shares: must ascend from 0 to 1")
    if (np.diff(low) < 0).any() or (low > high).any():
        raise Wrong(f"{where}: from and to: must ascend")
    least, most = _DAYS if entry.get("kind") == "date" else (-_LARGEST, _LARGEST)
    if low.min() < least or high.max() > most:
        raise Wrong(f"{where}: from and to: must be from {least:.7g} to {most:.7g}")
    return Quantiles(edges, low, high)


def list_of(entry: Mapping[str, Any], name: str, where: str = "") -> list[Any]:
    """Return a field that is a list.

    Args:
        entry: that has it.
        name: of the field.
        where: the entry is, for the fault.

    Raises:
        Wrong: for anything else.
    """
    value: Any = entry.get(name)
    if not isinstance(value, list):
        raise Wrong(f"{where}{name}: must be a list")
    return value


def count_of(entry: Mapping[str, Any], name: str, least: int, where: str = "") -> int:
    """Return a field that is a number of rows.

    Args:
        entry: that has it.
        name: of the field.
        least: that it must be.
        where: the entry is, for the fault.

    Raises:
        Wrong: for anything else.
    """
    value: Any = entry.get(name)
    if type(value) is not int or value < least:
        raise Wrong(f"{where}{name} = {value!r}: must be a whole number, at least {least}")
    return value


def numbers_of(entry: Mapping[str, Any], name: str, where: str = "") -> np.ndarray:
    """Return a field that is a list of finite numbers.

    Args:
        entry: that has it.
        name: of the field.
        where: the entry is, for the fault.

    Raises:
        Wrong: for anything else.
    """
    values = list_of(entry, name, where)
    if not all(is_finite(value) for value in values):
        raise Wrong(f"{where}{name}: must be a list of finite numbers")
    return np.array(values, dtype=np.float64)


def _column(entry: Any, place: int, whole: bool) -> tuple[Column, Quantiles | None]:
    """Return a column and its law."""
    if not isinstance(entry, dict) or not isinstance(entry.get("name"), str):
        raise Wrong(f"columns: entry {place} has no name; must have one")
    name, kind, dtype = entry["name"], entry.get("kind"), entry.get("type")
    where = f"column {name!r}"
    known = [each for each in KINDS if each != "key"]
    if kind not in known:
        raise Wrong(f"{where}: kind = {kind!r}: must be one of {', '.join(known)}")
    if dtype not in _TYPES:
        raise Wrong(f"{where}: type = {dtype!r}: must be one of {', '.join(_TYPES)}")
    if kind in WITH_LEVELS:
        return Column(name, kind, _levels(entry, where, kind == "binary"), dtype=dtype), None
    decimals: Any = entry.get("decimals")
    if decimals is not None and not (type(decimals) is int and 0 <= decimals <= 15):
        raise Wrong(f"{where}: decimals = {decimals!r}: must be from 0 to 15, or null")
    law = law_of(entry, where)
    if law is None and whole:
        raise Wrong(f"{where}: has no shares; must have shares, from and to")
    return Column(name, kind, (), None, None, decimals, dtype), law


def _levels(entry: Mapping[str, Any], where: str, two: bool) -> tuple[Any, ...]:
    """Return the levels of a column."""
    levels = list_of(entry, "levels", f"{where}: ")
    plain = all(isinstance(level, str | int | float) for level in levels)
    if not plain or len({type(level) for level in levels}) > 1 or len({*levels}) < len(levels):
        raise Wrong(f"{where}: levels: must be different texts, or different numbers")
    if len(levels) < 2 or (two and len(levels) > 2):
        wanted = "2" if two else "2 or more"
        raise Wrong(f"{where}: has {len(levels)} levels; must have {wanted}")
    return tuple(levels)
