"""The tables of one site as codes, on its own schema or on that of a scale which sites share."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ddlib.arguments import is_number
from ddlib.sites.common import levels_clash
from ddlib.sites.scale import Scale
from ddlib.tables import Column, Kind, Note, Schema, Settings, Sources, TablesError, read_sources
from ddlib.tables.columns import WITH_LEVELS, other_of, value_text
from ddlib.tables.faults import ON_COMMAND_LINE, warning
from ddlib.tables.files import read_file


@dataclass(frozen=True, eq=False)
class SiteRows:
    """The rows of a site.

    Attributes:
        schema: of the codes, without keys.
        codes: `(n, p)`, NaN where an entry is missing or the site lacks the column.
        notes: what was found in the tables, warnings first.
    """

    schema: Schema
    codes: np.ndarray
    notes: tuple[Note, ...]


def read_site(
    paths: Sequence[str | os.PathLike[str]], settings: Settings, scale: Scale | None = None
) -> SiteRows:
    """Return the rows of a site's files.

    Args:
        paths: files with rows of one site.
        settings: what is said of them.
        scale: that sites share, if they do: it says what columns there are, and of what kinds.

    Raises:
        TablesError: for all that is wrong with files and settings, a line each.
    """
    if scale is None:
        sources = read_sources([*paths], settings, alone=True)
        told = _without_options(sources.notes)
        return SiteRows(sources.schema.without_keys(), sources.codes()[0], told)
    frames, notes = _frames(paths)
    names = {settings.renamed(label).get(c, c) for label, f in frames.items() for c in f.columns}
    keys = {name for name, kind in settings.kinds.items() if kind == "key"}
    more = sorted(names - {*scale.names} - {*settings.leave_out} - keys)
    if more:
        notes.append(warning(f"columns that the scale lacks left out: {', '.join(more)}", more))
    sources = _of_kinds(
        frames, replace(settings, leave_out=(*settings.leave_out, *more)), scale, names
    )
    codes, told = on_scale(sources, scale)
    return SiteRows(scale.schema, codes, (*_without_options(sources.notes), *notes, *told))


def _without_options(notes: Sequence[Note]) -> tuple[Note, ...]:
    """Return notes that name the file of settings where they named an option."""
    place = " in the file of settings"
    return tuple(replace(each, text=each.text.replace(ON_COMMAND_LINE, place)) for each in notes)


def _of_kinds(
    frames: dict[str, pd.DataFrame], settings: Settings, scale: Scale, names: set[str]
) -> Sources:
    """Return tables in which numbers are those of the scale, and levels the site's own.

    So rare levels are pooled, or read as missing, as they are without the scale.
    """
    known = [column for column in scale.columns if column.name in names]
    numbers = {column.name: column.kind for column in known if column.kind not in WITH_LEVELS}
    settings = replace(settings, kinds={**settings.kinds, **numbers})
    sources = read_sources(frames, settings, alone=True)
    others = {
        column.name: _said(column)
        for column in known
        if column.kind in WITH_LEVELS
        and column.name in sources.schema
        and sources.schema[column.name].kind not in WITH_LEVELS
    }
    if not others:
        return sources
    return read_sources(frames, replace(settings, kinds={**settings.kinds, **others}), alone=True)


def on_scale(sources: Sources, scale: Scale) -> tuple[np.ndarray, list[Note]]:
    """Return the codes `(n, p)` of tables over the columns of a scale, and notes.

    Args:
        sources: of one site or more.
        scale: whose columns may lack here; a level that it lacks is read as missing, where it has
            no "other" and no level that is nearest.

    Raises:
        TablesError: for columns of another type, and of which no level is one of the scale's, a
            line each.
    """
    tables = [*sources.tables.values()]
    codes = np.full((sum(map(len, tables)), len(scale.columns)), np.nan)
    faults: list[str] = []
    notes: list[Note] = []
    for place, column in enumerate(scale.columns):
        if column.name not in sources.schema:
            continue
        parts = [_values(table, column.name) for table in tables]
        own = sources.schema[column.name]
        if lacking := _lacking(column, own):
            if len(lacking) == len(own.levels):
                ways = {"the scale": column.levels, ", ".join(sources.labels): own.levels}
                faults.append(f"column {column.name!r}: {levels_clash(column.name, ways)}")
                continue
            rest = _rest(column)
            if rest == "missing":
                parts = [part.mask(part.isin(lacking)) for part in parts]
            line = f"column {column.name!r}: levels that the scale lacks are read as {rest}"
            notes.append(warning(line, [column.name]))
        try:
            codes[:, place] = np.concatenate([column.encode(part) for part in parts])
        except (ValueError, TypeError) as error:
            faults.append(str(error))
    if faults:
        raise TablesError(faults)
    return codes, notes


def _lacking(column: Column, own: Column) -> list[Any]:
    """Return the levels of a site's column that the scale's lacks."""
    known = {*column.levels, *map(value_text, column.levels)}
    return [v for v in own.levels if v not in known and value_text(v) not in known]


def _rest(column: Column) -> str:
    """Return what a level that a scale's column lacks is read as."""
    if column.kind == "category" and (other := other_of(column.levels)):
        return repr(other)
    numbers = column.kind == "ordered" and is_number(column.levels[0])
    return "the nearest one" if numbers else "missing"


def _values(table: pd.DataFrame, name: str) -> pd.Series:
    """Return a column of a table, without a value where the table lacks it."""
    return table[name] if name in table.columns else pd.Series(np.full(len(table), np.nan))


def _frames(
    paths: Sequence[str | os.PathLike[str]],
) -> tuple[dict[str, pd.DataFrame], list[Note]]:
    """Return the tables of files by their names, and notes on how they were read."""
    frames: dict[str, pd.DataFrame] = {}
    notes: list[Note] = []
    faults: list[str] = []
    for path in map(Path, paths):
        label = path.name if path.name not in frames else str(path)
        try:
            frames[label], told = read_file(path)
            notes += told
        except TablesError as error:
            faults += error.faults
    if faults:
        raise TablesError(faults)
    return frames, notes


def _said(column: Column) -> Kind:
    """Return the kind of a column of a scale; one with two levels may have others here."""
    numbers = column.kind == "ordered" and all(map(is_number, column.levels))
    return "ordered" if numbers else "category"
