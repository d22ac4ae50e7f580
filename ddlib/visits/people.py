"""What is counted by people: static columns, and the protection of small cells."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from ddlib.near import SHORT, meant
from ddlib.tables import Column, Schema
from ddlib.tables.faults import Findings, note, number_of, some, warning
from ddlib.tables.protect import check_rows, protect
from ddlib.visits.joining import Rows, value_of

FEW = 0.05  # of the people with two values or more: fewer who change look like slips


def protected(
    rows: Rows,
    schema: Schema,
    tables: Mapping[str, int],
    min_count: int,
    found: Findings,
    *,
    bins: float | None = None,
) -> tuple[Schema, np.ndarray]:
    """Return the columns without levels of few people, and their codes `(n, p)`.

    Columns in which rows do not differ are left out.

    Args:
        rows: in the order of people.
        schema: of their codes.
        tables: label -> people of the table.
        min_count: people that a level, a column and a table must have.
        found: gets faults and notes.
        bins: width of the bins that rows stand for; None for rows as they came.
    """
    columns: list[Column] = []
    codes: list[np.ndarray] = []
    told = Findings()
    for column, own in zip(schema.columns, rows.codes.T, strict=True):
        kept = _shown(column, own, told)
        if kept is not None and column.levels:
            kept = _pooled(*kept, rows.person, min_count, told)
        if kept is not None:
            columns.append(kept[0])
            codes.append(kept[1])
    shown = {
        column.name: len(np.unique(rows.person[~np.isnan(own)]))
        for column, own in zip(columns, codes, strict=True)
    }
    check_rows(tables, shown, min_count, told, of="person")
    found.notes += told.notes
    where = "" if bins is None else f" (of the visits that bins of {bins:g} leave)"
    found.faults += [f"{line}{where}" for line in told.faults]
    whole = np.column_stack(codes) if codes else np.empty((len(rows.codes), 0))
    return Schema(tuple(columns)), whole


def _shown(column: Column, codes: np.ndarray, found: Findings) -> tuple[Column, np.ndarray] | None:
    """Return a column with the levels that rows show, and its codes; None where they are alike."""
    seen = np.unique(codes[~np.isnan(codes)])
    if len(seen) < 2:
        value = f"is {value_of(column, seen[0])}" if len(seen) else "is empty"
        line = f"column {column.name!r}: {value} wherever it is seen: left out"
        found.notes.append(warning(line, [column.name]))
        return None
    if len(seen) >= len(column.levels):
        return column, codes
    levels = tuple(column.levels[int(code)] for code in seen)
    places = np.where(np.isnan(codes), np.nan, np.searchsorted(seen, codes))
    return replace(column, levels=levels), places


def _pooled(
    column: Column, codes: np.ndarray, person: np.ndarray, min_count: int, found: Findings
) -> tuple[Column, np.ndarray] | None:
    """Return a column whose levels enough people have, and its codes; None for no such levels."""
    seen = ~np.isnan(codes)
    pairs = np.unique(np.column_stack([person, codes])[seen], axis=0)
    levels = pd.Series([column.levels[int(code)] for code in pairs[:, 1]], dtype=object)
    kept = protect(column, {"": levels}, min_count, found, of="person")
    if kept is None or not kept[1]:
        return None if kept is None else (column, codes)
    new, into = kept
    places = {level: float(place) for place, level in enumerate(new.levels)}
    goes = [places.get(into.get(level, level), np.nan) for level in column.levels]
    return new, np.array([*goes, np.nan])[np.where(seen, codes, len(goes)).astype(int)]


def first_values(rows: Rows, schema: Schema, said: Sequence[str], found: Findings) -> Rows:
    """Return rows in which the first value of each person counts in some columns.

    Args:
        rows: in the order of people and time.
        schema: of their codes.
        said: names of the columns.
        found: gets faults and notes.
    """
    found.faults += static_faults(said, schema.names)
    starts, counts = _spans(rows)
    codes = rows.codes.copy()
    for name in dict.fromkeys(name for name in said if name in schema):
        j = schema.names.index(name)
        differ = _differ(rows.codes[:, j], starts)
        codes[:, j] = np.repeat(_first(rows.codes[:, j], starts, counts), counts)
        if differ.any():
            line = f"column {name!r}: the first value of {number_of(int(differ.sum()), 'person')} "
            found.notes.append(note(f"{line}who have others later counts, as it is static", [name]))
    return replace(rows, codes=codes)


def static_faults(said: Sequence[str], names: Sequence[str]) -> list[str]:
    """Return a line on each column that is said to be static and is none.

    Args:
        said: names of the columns.
        names: of those that there are.
    """
    return [
        f"static = {name!r}: is no column; {meant(name, names, quoted=True, most=SHORT)}"
        for name in said
        if name not in names
    ]


def static_columns(
    rows: Rows, schema: Schema, found: Findings
) -> tuple[tuple[str, ...], np.ndarray]:
    """Return the names of the columns that change, and codes whose static ones fill each person.

    Args:
        rows: in the order of people and time.
        schema: of their codes.
        found: gets warnings.
    """
    starts, counts = _spans(rows)
    changing: list[str] = []
    codes = rows.codes.copy()
    for j, name in enumerate(schema.names):
        own = rows.codes[:, j]
        differ = _differ(own, starts)
        if differ.any():
            changing.append(name)
            _warn_of_slips(name, own, starts, differ, found)
        else:
            codes[:, j] = np.repeat(_first(own, starts, counts), counts)
    return tuple(changing), codes


def warn_of_lacking(
    schema: Schema, codes: np.ndarray, rows: Rows, labels: Sequence[str], found: Findings
) -> None:
    """Warn of columns that no visit of a table shows.

    Args:
        schema: of the codes.
        codes: of the visits, `(n, p)`.
        rows: which table they are of.
        labels: of the tables.
        found: gets the warning.
    """
    bare: dict[str, list[str]] = {}
    for site, label in enumerate(labels):
        shown = (~np.isnan(codes[rows.site == site])).sum(axis=0).tolist()
        if 0 in shown:
            pairs = zip(schema.names, shown, strict=True)
            bare[label] = [name for name, count in pairs if not count]
    if bare:
        told = "; ".join(f"{label} has no value of {some(own, 5)}" for label, own in bare.items())
        names = dict.fromkeys(name for own in bare.values() for name in own)
        line = f"{told}: drawn there by what the other tables tell"
        found.notes.append(warning(line, [*names], [*bare]))


def _spans(rows: Rows) -> tuple[np.ndarray, np.ndarray]:
    """Return the first row of each person, and the number of rows."""
    starts = np.nonzero(np.append(True, np.diff(rows.person) != 0))[0]
    return starts, np.diff(np.append(starts, len(rows.person)))


def _differ(codes: np.ndarray, starts: np.ndarray) -> np.ndarray:
    """Return which people have two values or more, bool `(P,)`."""
    return np.fmin.reduceat(codes, starts) < np.fmax.reduceat(codes, starts)


def _first(codes: np.ndarray, starts: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Return the first code that is seen of each person, NaN where none is."""
    place = np.where(np.isnan(codes), len(codes), np.arange(len(codes)))
    earliest = np.minimum.reduceat(place, starts)
    return np.append(codes, np.nan)[np.where(earliest < starts + counts, earliest, len(codes))]


def _warn_of_slips(
    name: str, codes: np.ndarray, starts: np.ndarray, differ: np.ndarray, found: Findings
) -> None:
    """Warn of a column that changes in so few people that it may be static."""
    twice = np.add.reduceat((~np.isnan(codes)).astype(int), starts) > 1
    if differ.sum() < FEW * twice.sum():
        line = f"column {name!r}: changes in {differ.sum()} of {twice.sum()} people: taken as "
        line += f"changing; --static {name} has the first value count throughout"
        found.notes.append(warning(line, [name]))
