"""Files and data frames as tables with labels, and what settings say of columns that there are."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import pandas as pd

from ddlib.near import SHORT, meant
from ddlib.tables.copies import warn_of_copies
from ddlib.tables.faults import Findings, TablesError, number_of
from ddlib.tables.files import read_file
from ddlib.tables.origin import with_source
from ddlib.tables.settings import Settings
from ddlib.tables.text import check_width

Input = str | os.PathLike[str] | pd.DataFrame
"""A table as its owner has it: a file or a data frame."""


def load(
    inputs: Sequence[Input] | Mapping[str, Input], settings: Settings, found: Findings
) -> dict[str, pd.DataFrame]:
    """Return label -> table as it came, with the names that are set and without what is left out.

    Where settings ask for a column of sources, it is the first one of each table.

    Args:
        inputs: as in `read_sources`.
        settings: names and columns to leave out.
        found: gets faults, also of settings on columns that no table has, and notes.

    Raises:
        TablesError: for inputs that are no tables.
    """
    raw: dict[str, pd.DataFrame] = {}
    given = _labelled(inputs)
    for label, table in given.items():
        try:
            if isinstance(table, pd.DataFrame):
                raw[label] = _framed(table, label)
            else:
                raw[label], notes = read_file(table)
                found.notes += notes
        except TablesError as error:
            found.faults += error.faults
    if len(raw) == len(given):
        _check_settings(settings, raw, found)
    found.notes += warn_of_copies(raw)
    new = {label: _renamed(label, table, settings, found) for label, table in raw.items()}
    name = settings.source_column
    return new if name is None else with_source(new, name, found)


def _renamed(label: str, table: pd.DataFrame, settings: Settings, found: Findings) -> pd.DataFrame:
    """Return a table with the names that are set, without the columns that are left out."""
    new = settings.renamed(label)
    names = [new.get(name, name) for name in table.columns]
    for name in dict.fromkeys(name for name in names if names.count(name) > 1):
        old = " and ".join(repr(o) for o in table.columns if new.get(o, o) == name)
        found.faults.append(f"{label}: rename makes {name!r} of {old}; must make one column of one")
    table = table.set_axis(pd.Index(names, dtype=object), axis=1)
    kept = ~table.columns.duplicated() & ~table.columns.isin(settings.leave_out)
    return table.loc[:, kept]


def _labelled(inputs: Sequence[Input] | Mapping[str, Input]) -> dict[str, Input]:
    """Return label -> file or data frame."""
    if isinstance(inputs, Mapping):
        labels = [str(label) for label in inputs]
        if faults := [
            f"{label}: labels {number_of(labels.count(label), 'table')}; must label one"
            for label in dict.fromkeys(labels)
            if labels.count(label) > 1
        ]:
            raise TablesError(faults)
        given = dict(zip(labels, inputs.values(), strict=True))
    elif isinstance(inputs, str | os.PathLike | pd.DataFrame):
        given = _labels([inputs])
    else:
        given = _labels(list(inputs))
    faults = [] if given else ["inputs: no table; must be at least one"]
    faults += [
        f"{label}: a {type(table).__name__}; must be a path or a data frame"
        for label, table in given.items()
        if not isinstance(table, str | os.PathLike | pd.DataFrame)
    ]
    if faults:
        raise TablesError(faults)
    return given


def file_labels(paths: Sequence[Path]) -> tuple[dict[Path, str], list[str]]:
    """Return file -> its name, or its path where two have one name; and what stands twice.

    Args:
        paths: of files, one a source.
    """
    names = [path.name for path in paths]
    places = [path.resolve() for path in paths]
    faults = [
        f"{path}: stands twice; must stand once, or its rows would count twice"
        for index, path in enumerate(paths)
        if places[index] in places[:index]
    ]
    alone = {path: bool(path.name) and names.count(path.name) == 1 for path in paths}
    return {path: path.name if alone[path] else str(path) for path in paths}, faults


def _labels(inputs: Sequence[Input]) -> dict[str, Input]:
    """Return label -> input: that of a file, or the place of a data frame."""
    files = [Path(given) for given in inputs if isinstance(given, str | os.PathLike)]
    labels, faults = file_labels(files)
    if faults:
        raise TablesError(faults)
    return {
        labels[Path(given)] if isinstance(given, str | os.PathLike) else f"table {place}": given
        for place, given in enumerate(inputs, start=1)
    }


def _framed(table: pd.DataFrame, label: str) -> pd.DataFrame:
    """Return a data frame whose names are texts."""
    check_width(table.shape[1], label)
    if isinstance(table.columns, pd.MultiIndex):
        raise TablesError([f"{label}: its columns have several levels; must have one name each"])
    names = [str(name) for name in table.columns]
    faults = [
        f"{label}: column {name!r} stands {number_of(names.count(name), 'time')}; must stand once"
        for name in dict.fromkeys(names)
        if names.count(name) > 1
    ]
    if not names:
        faults.append(f"{label}: has no columns; must have one at least")
    elif not len(table):
        faults.append(f"{label}: has no rows; must have rows")
    if faults:
        raise TablesError(faults)
    if isinstance(table.index, pd.MultiIndex) or not table.index.is_unique:
        table = table.reset_index(drop=True)  # so that a row has one label
    return table.set_axis(pd.Index(names, dtype=object), axis=1)


def _check_settings(settings: Settings, raw: Mapping[str, pd.DataFrame], found: Findings) -> None:
    """Add a line for each column or source that settings name and no table has."""
    came = {str(name) for table in raw.values() for name in table.columns}
    names = {
        settings.renamed(label).get(name, name)
        for label, table in raw.items()
        for name in table.columns.tolist()
    }
    nested = [name for name in raw if isinstance(settings.rename.get(name), Mapping)]
    per_column = settings.missing if isinstance(settings.missing, Mapping) else ()
    per_source = () if isinstance(settings.decimal, str) else settings.decimal
    wanted: list[tuple[str, Iterable[str], Iterable[str]]] = [
        ("kinds", settings.kinds, names),
        ("missing", per_column, names),
        ("leave_out", settings.leave_out, names),
        ("rename", settings.rename, {*came, *nested}),
        ("levels", settings.levels, {*names, *raw, settings.source_column or ""}),
        ("decimal", per_source, raw),
        ("units", settings.units, raw),
        *((f"units.{label}", columns, names) for label, columns in settings.units.items()),
    ]
    for field, given, known in wanted:
        for name in given:
            if name not in known:
                allowed = meant(name, sorted(known), quoted=True, most=SHORT)
                found.faults.append(f"{field}: {name!r} is in no table; {allowed}")
