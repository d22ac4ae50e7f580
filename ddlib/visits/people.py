"""What is counted by people: static columns, and the protection of small cells."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from ddlib.tables import Column, Schema
from ddlib.tables.faults import Findings, note, number_of, warning
from ddlib.tables.protect import check_rows, protect
from ddlib.visits.joining import Rows

FEW = 0.05  # of the people with two values or more: fewer who change look like slips


def protected(
    rows: Rows, schema: Schema, tables: Mapping[str, int], min_count: int, found: Findings
) -> tuple[Schema, np.ndarray]:
    """Return the columns without levels of few people, and their codes `(n, p)`.

    Args:
        rows: in the order of people.
        schema: of their codes.
        tables: label -> people of the table.
        min_count: people that a level, a column and a table must have.
        found: gets faults and notes.
    """
    columns: list[Column] = []
    codes: list[np.ndarray] = []
    for column, own in zip(schema.columns, rows.codes.T, strict=True):
        kept = _pooled(column, own, rows.person, min_count, found) if column.levels else None
        if kept is not None or not column.levels:
            new, values = kept or (column, own)
            columns.append(new)
            codes.append(values)
    shown = {
        column.name: len(np.unique(rows.person[~np.isnan(own)]))
        for column, own in zip(columns, codes, strict=True)
    }
    told = Findings()  # that the protection is off or low was noted of the rows
    check_rows(tables, shown, min_count, told, of="person")
    found.faults += told.faults
    whole = np.column_stack(codes) if codes else np.empty((len(rows.codes), 0))
    return Schema(tuple(columns)), whole


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


def static_columns(
    rows: Rows, schema: Schema, said: Sequence[str], found: Findings
) -> tuple[tuple[str, ...], np.ndarray]:
    """Return the names of the columns that change, and codes whose static ones fill each person.

    Args:
        rows: in the order of people and time.
        schema: of their codes.
        said: columns of which a person's first value counts.
        found: gets faults and notes.
    """
    known = ", ".join(schema.names)
    unknown = [name for name in said if name not in schema]
    found.faults += [f"static = {name!r}: is no column; must be one of {known}" for name in unknown]
    starts = np.nonzero(np.append(True, np.diff(rows.person) != 0))[0]
    counts = np.diff(np.append(starts, len(rows.person)))
    changing: list[str] = []
    codes = rows.codes.copy()
    for j, name in enumerate(schema.names):
        own = rows.codes[:, j]
        differ = np.fmin.reduceat(own, starts) < np.fmax.reduceat(own, starts)
        if differ.any() and name not in said:
            changing.append(name)
            _warn_of_slips(name, own, starts, differ, found)
            continue
        codes[:, j] = np.repeat(_first(own, starts, counts), counts)
        if differ.any():
            line = f"column {name!r}: the first value of {number_of(int(differ.sum()), 'person')} "
            found.notes.append(note(f"{line}who have others later counts, as it is static", [name]))
    return tuple(changing), codes


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
