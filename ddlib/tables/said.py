"""What is wrong with what a user says of the tables, a check for each field of the settings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ddlib.arguments import count_faults, fault, is_finite
from ddlib.tables.columns import KINDS

_KINDS = f"one of {', '.join(KINDS)}, or the list of levels of an ordered column"


def settings_faults(values: Mapping[str, Any]) -> dict[str, list[str]]:
    """Return field -> what is wrong with its value, of the fields of `Settings`.

    Args:
        values: field -> value.
    """
    checks = {
        "kinds": _kind_faults,
        "missing": _missing_faults,
        "leave_out": _leave_out_faults,
        "rename": _rename_faults,
        "units": _unit_faults,
        "levels": _level_faults,
        "decimal": _decimal_faults,
        "min_count": lambda value: count_faults("min_count", value, 1),
        "source_column": lambda value: _source_faults(value, values.get("kinds")),
    }
    return {name: check(values[name]) for name, check in checks.items() if name in values}


def _kind_faults(value: Any) -> list[str]:
    """Return what is wrong with `kinds`."""
    if not isinstance(value, Mapping):
        return ["kinds: must be a mapping of columns to kinds"]
    faults: list[str] = []
    for column, kind in value.items():
        levels = isinstance(kind, list | tuple)
        if levels and (len(kind) < 2 or len({str(level) for level in kind}) < len(kind)):
            faults.append(f"kinds.{column}: must list at least two levels, each once")
        elif not levels and kind not in KINDS:
            faults.append(f"kinds.{column} = {kind!r}: must be {_KINDS}")
    return faults


def _missing_faults(value: Any) -> list[str]:
    """Return what is wrong with `missing`."""
    return [
        f"{name}: must be a list, such as [-999, unknown]"
        for name, codes in _entries("missing", value)
        if not isinstance(codes, list | tuple) or any(isinstance(c, list | dict) for c in codes)
    ]


def _leave_out_faults(value: Any) -> list[str]:
    """Return what is wrong with `leave_out`."""
    named = isinstance(value, list | tuple) and all(isinstance(name, str) for name in value)
    return [] if named else ["leave_out: must be a list of columns, such as [comment, doctor]"]


def _rename_faults(value: Any) -> list[str]:
    """Return what is wrong with `rename`."""
    if not isinstance(value, Mapping):
        return ["rename: must be a mapping of names to names"]
    faults: list[str] = []
    for name, new in value.items():
        inner = new.items() if isinstance(new, Mapping) else [(name, new)]
        faults += [
            f"rename.{old} = {n!r}: must be a name"
            for old, n in inner
            if not (isinstance(n, str) and n.strip())
        ]
    return faults


def _unit_faults(value: Any) -> list[str]:
    """Return what is wrong with `units`."""
    form = "must map a source to its columns, such as {b.csv: {glucose: 18.02}}"
    if not isinstance(value, Mapping):
        return [f"units: {form}"]
    faults: list[str] = []
    for source, columns in value.items():
        if not isinstance(columns, Mapping):
            faults.append(f"units.{source}: {form}")
            continue
        for column, unit in columns.items():
            parts = unit if isinstance(unit, Mapping) else {"factor": unit}
            known = set(parts) <= {"factor", "offset"} and all(map(is_finite, parts.values()))
            if not known or parts.get("factor", 1) == 0:
                faults.append(
                    f"units.{source}.{column}: must be a factor, or {{factor: …, offset: …}}, of "
                    "finite numbers, the factor not 0"
                )
    return faults


def _level_faults(value: Any) -> list[str]:
    """Return what is wrong with `levels`."""
    form = "must map a column's levels, such as {sex: {M: m, F: f}}"
    if not isinstance(value, Mapping):
        return [f"levels: {form}"]
    faults = [f"levels.{name}: {form}" for name, v in value.items() if not isinstance(v, Mapping)]
    for name, inner in value.items():
        if isinstance(inner, Mapping) and any(isinstance(v, Mapping) for v in inner.values()):
            faults += [
                f"levels.{name}.{column}: {form}"
                for column, v in inner.items()
                if not isinstance(v, Mapping)
            ]
    return faults


def _decimal_faults(value: Any) -> list[str]:
    """Return what is wrong with `decimal`."""
    return [
        f'{name} = {sign!r}: must be "." or ","'
        for name, sign in _entries("decimal", value)
        if sign not in (".", ",")
    ]


def _source_faults(value: Any, kinds: Any) -> list[str]:
    """Return what is wrong with `source_column`, whose kind is known."""
    if value is None:
        return []
    if not (isinstance(value, str) and value.strip()) or value.strip() == ".":
        wanted = "the name of a new column, such as site"
        taken = "" if value != "." else "; a task takes . for all other columns"
        return [fault("source_column", value, f"{wanted}{taken}")]
    if isinstance(kinds, Mapping) and value in kinds:
        return [f"kinds.{value}: is the source_column, a category; must be left out of kinds"]
    return []


def _entries(field: str, value: Any) -> list[tuple[str, Any]]:
    """Return what a field says of all, or of each column or source, with the name that it has."""
    entries = value.items() if isinstance(value, Mapping) else [("", value)]
    return [(f"{field}.{key}" if key else field, entry) for key, entry in entries]
