"""What a user says of the tables: kinds, codes for missing, names, units, levels; from YAML too."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from types import MappingProxyType
from typing import Any

from ddlib.near import meant
from ddlib.settings import SettingsError, mapping, parse_file, value_of
from ddlib.tables.faults import TablesError
from ddlib.tables.said import settings_faults

_EMPTY: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True)
class Settings:
    """What is said of the tables, in place of what would be inferred.

    A source is called by its label: a file's name, or the key of a mapping of tables.

    Attributes:
        kinds: column -> its kind, or the levels of an ordered column in order.
        missing: what stands for a missing cell besides an empty one and NA: `[-999, unknown]`, or
            column -> such a list.
        leave_out: columns that are left out.
        rename: name -> the name to use, in all sources; or source -> such a mapping.
        units: source -> column -> what makes its values comparable: a factor, or `{factor: 0.5556,
            offset: -17.78}`, for value × factor + offset.
        levels: column -> level -> the level to use; or source -> such a mapping.
        decimal: the sign of decimals in text files, "." or ","; or source -> such a sign.
        min_count: rows that a level, a column and a table must have, so that none of them shows
            single people; 1 switches the protection off.
        source_column: name of a new column, a category that says which source a row is of, by its
            label (`levels` may write it differently); None for no such column.

    Raises:
        TablesError: for values of another form, a line each.
    """

    kinds: Mapping[str, Any] = field(default_factory=dict)
    missing: tuple[Any, ...] | Mapping[str, tuple[Any, ...]] = ()
    leave_out: tuple[str, ...] = ()
    rename: Mapping[str, Any] = field(default_factory=dict)
    units: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    levels: Mapping[str, Mapping[Any, Any]] = field(default_factory=dict)
    decimal: str | Mapping[str, str] = "."
    min_count: int = 10
    source_column: str | None = None

    def __post_init__(self) -> None:
        """Check the fields."""
        faults = [line for lines in settings_faults(vars(self)).values() for line in lines]
        if faults:
            raise TablesError(faults)
        object.__setattr__(self, "missing", _tuples(self.missing))
        object.__setattr__(self, "leave_out", tuple(self.leave_out))
        for name in ("kinds", "missing", "rename", "units", "levels", "decimal"):
            value = getattr(self, name)
            if isinstance(value, Mapping):  # a column called 2019 is a number in YAML
                object.__setattr__(self, name, {str(key): given for key, given in value.items()})

    def kind_of(self, column: str) -> tuple[str | None, tuple[Any, ...]]:
        """Return the kind that is set for a column, None where none is, and its ordered levels.

        Args:
            column: its name.
        """
        given = self.kinds.get(column)
        if isinstance(given, list | tuple):
            return "ordered", tuple(given)
        return given, ()

    def missing_in(self, column: str) -> tuple[Any, ...]:
        """Return what stands for a missing cell of a column.

        Args:
            column: its name.
        """
        if isinstance(self.missing, Mapping):
            return self.missing.get(column, ())
        return self.missing

    def renamed(self, source: str) -> dict[str, str]:
        """Return name -> name to use, of a source's columns.

        Args:
            source: its label.
        """
        own = {k: v for k, v in self.rename.items() if not isinstance(v, Mapping)}
        told = self.rename.get(source)
        return {**own, **told} if isinstance(told, Mapping) else own

    def levels_in(self, source: str, column: str) -> dict[Any, Any]:
        """Return level -> level to use, of a column of a source.

        Args:
            source: its label.
            column: its name.
        """
        found: dict[Any, Any] = {}
        if column in self.levels and not _is_nested(self.levels[column]):
            found |= self.levels[column]
        if source in self.levels and _is_nested(self.levels[source]):
            found |= self.levels[source].get(column, {})
        return found

    def unit_in(self, source: str, column: str) -> tuple[float, float]:
        """Return factor and offset of a column of a source.

        Args:
            source: its label.
            column: its name.
        """
        unit = self.units.get(source, _EMPTY).get(column, 1.0)
        if isinstance(unit, Mapping):
            return float(unit.get("factor", 1.0)), float(unit.get("offset", 0.0))
        return float(unit), 0.0

    def decimal_in(self, source: str) -> str:
        """Return the sign of decimals of a source.

        Args:
            source: its label.
        """
        return self.decimal if isinstance(self.decimal, str) else self.decimal.get(source, ".")


def read_settings(path: str | os.PathLike[str]) -> Settings:
    """Return the settings of a file.

    Args:
        path: YAML, a mapping with the fields of `Settings`.

    Raises:
        TablesError: for a file that cannot be read, unknown names and values of another form, each
            with its line in the file.
    """
    where = Path(path)
    known = [f.name for f in fields(Settings)]
    try:
        entries = mapping(where, parse_file(where), "settings")
        values = {name: value_of(where, node) for name, (_, node) in entries.items()}
    except SettingsError as error:
        raise TablesError([str(error)]) from None
    lines = {name: key.start_mark.line + 1 for name, (key, _) in entries.items()}
    faults = [
        f"{where}:{lines[name]}: {name}: unknown; {meant(name, known)}"
        for name in values
        if name not in known
    ]
    given = {name: value for name, value in values.items() if name in known and value is not None}
    for name, found in settings_faults(given).items():
        faults += [f"{where}:{lines[name]}: {line}" for line in found]
    if faults:
        raise TablesError(faults)
    return Settings(**given)


def _tuples(missing: Any) -> Any:
    """Return codes for missing as tuples."""
    if isinstance(missing, Mapping):
        return {column: tuple(codes) for column, codes in missing.items()}
    return tuple(missing)


def _is_nested(levels: Mapping[Any, Any]) -> bool:
    """Whether an entry of `levels` is a source's, with columns in it."""
    return any(isinstance(value, Mapping) for value in levels.values())
