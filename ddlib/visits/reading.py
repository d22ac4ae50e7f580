"""Long tables of visits, read together and checked: people, times, static and changing columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from ddlib.tables import Settings, Sources, TablesError
from ddlib.tables.cells import Cells
from ddlib.tables.columns import days
from ddlib.tables.describe import key_dtype
from ddlib.tables.faults import Findings, note, number_of
from ddlib.tables.load import Input, load
from ddlib.visits.features import ROW, features_of
from ddlib.visits.joining import Rows, at_all_visits, joined
from ddlib.visits.keys import (
    Said,
    advise_link,
    as_key,
    check_single,
    clock_of,
    resolved,
    warn_of_shared,
    warn_of_unlinked,
    whole_column,
)
from ddlib.visits.panel import Visits, ordered
from ddlib.visits.people import first_values, protected, static_columns, warn_of_lacking
from ddlib.visits.slices import binned
from ddlib.visits.zones import warn_of_zones


def read_visits(
    inputs: Sequence[Input] | Mapping[str, Input], said: Said, settings: Settings | None = None
) -> Visits:
    """Return long tables that are to be merged, one row a visit, checked.

    Rows may come in any order. Rows of one person at one time are one visit, and have to agree
    where both show a column. A column that has one value in all visits of each person is static.

    Args:
        inputs: files or data frames, one a site.
        said: which columns are people and time.
        settings: what else is said; `min_count` is a number of people here.

    Raises:
        TablesError: for all that is wrong, a line each, with file, row and column.
    """
    settings, found = Settings() if settings is None else settings, Findings()
    raw = load(inputs, settings, found)
    said = resolved(said, raw, found)
    people, times = _keys(raw, said, settings, found)
    clock = clock_of(said.time, times, found)
    if clock is not None and clock.kind == "date":
        warn_of_zones(said.time, raw, found)
    # A table whose people have another name would be told to name them.
    sources = None if people is None else features_of(raw, said, settings, found)
    if not said.linked and people is not None:
        advise_link(people, said.person, found)
    if found.faults or sources is None or people is None or times is None or clock is None:
        raise TablesError(list(dict.fromkeys(found.faults)))
    rows, keys, tables = _rows(sources, raw, people, times, said, found)
    schema = sources.schema.without_keys()
    rows = first_values(rows, schema, said.static, found)
    if said.bins is not None:
        rows = _binned(rows, said.bins, found)
    schema, codes = protected(rows, schema, tables, settings.min_count, found, bins=said.bins)
    changing, codes = static_columns(replace(rows, codes=codes), schema, found)
    if said.linked:
        warn_of_unlinked(people, said.person, found)
    else:
        warn_of_shared(people, said.person, found)
        warn_of_lacking(schema, codes, rows, sources.labels, found)
    if found.faults:
        raise TablesError(found.faults)
    return Visits(
        schema,
        changing,
        codes,
        rows.person,
        rows.time,
        np.zeros_like(rows.site) if said.linked else rows.site,
        keys,
        (" + ".join(sources.labels),) if said.linked else sources.labels,
        {label: len(table) for label, table in raw.items()},
        said.person,
        clock,
        said.bins,
        ordered([*sources.notes, *found.notes]),
    )


def _keys(
    raw: Mapping[str, pd.DataFrame], said: Said, settings: Settings, found: Findings
) -> tuple[Cells | None, Cells | None]:
    """Return the columns of people and of time, None where they are not as they must be."""
    if said.person == said.time:
        found.faults.append(f"time = {said.time!r}: is the column of people too; must be another")
    people = whole_column(said.person, "a person", raw, as_key(settings, said.person), found)
    timed = _timed(raw, said)
    times = whole_column(said.time, "a time", timed, settings, found)
    if said.linked and settings.source_column is not None:
        line = f"source_column = {settings.source_column!r}: must be left out where tables are "
        found.faults.append(f"{line}linked, as a visit may be in several")
    if people is not None:
        still = [label for label in raw if label not in timed]
        check_single(people, still, f"where there is no column {said.time!r}", found)
    return people, times


def _rows(
    sources: Sources,
    raw: Mapping[str, pd.DataFrame],
    people: Cells,
    times: Cells,
    said: Said,
    found: Findings,
) -> tuple[Rows, pd.Series, dict[str, int]]:
    """Return a row a visit, what the tables call the people, and how many are in each table."""
    rows, keys = rows_of(sources, raw, people, times, linked=said.linked)
    rows, keys, spread = at_all_visits(rows, keys)
    if still := [label for label in raw if label not in times.values]:
        line = f"{', '.join(still)}: no column {said.time!r}: what it shows of a person holds at "
        found.notes.append(note(f"{line}all visits; who has no visit is left out", (), still))
    tables = {
        label: len(np.unique(rows.person[rows.site == place]))
        for place, label in enumerate(sources.labels)
    }
    schema = sources.schema.without_keys()
    rows, ties = joined(rows, schema, keys, lambda place: called(raw, place), found)
    if found.faults:
        raise TablesError(found.faults)
    if ties > spread:
        line = f"{number_of(ties - spread, 'row')} joined to another of the same person at the same"
        found.notes.append(note(f"{line} time"))
    return rows, keys, tables


def _timed(raw: Mapping[str, pd.DataFrame], said: Said) -> dict[str, pd.DataFrame]:
    """Return the tables that must have the column of time: linked ones without it are static."""
    having = {label: table for label, table in raw.items() if said.time in table.columns}
    return having if said.linked and having else dict(raw)


def _binned(rows: Rows, width: float, found: Findings) -> Rows:
    """Return one row in each bin of time, and note how many there were."""
    rows, joined_rows = binned(rows, width)
    if joined_rows:
        line = f"{number_of(joined_rows, 'visit')} joined to the next one in the same bin of "
        found.notes.append(note(f"{line}{width:g}: the last value of each column counts"))
    return rows


def rows_of(
    sources: Sources,
    raw: Mapping[str, pd.DataFrame],
    people: Cells,
    times: Cells | None,
    *,
    linked: bool,
) -> tuple[Rows, pd.Series]:
    """Return the rows that are left, and what the tables call their people.

    Args:
        sources: as `features_of` returns them.
        raw: label -> table as it came.
        people: their column.
        times: theirs; None where a person has one row.
        linked: whether one key in two tables is one person.
    """
    codes, site = sources.codes()
    kept = np.concatenate([table[ROW].to_numpy() for table in sources.tables.values()]).astype(int)
    who = pd.concat([people.values[label] for label in raw], ignore_index=True).iloc[kept]
    if people.form == "number" and key_dtype(people) == "int64":
        who = who.astype("int64")
    time = np.zeros(len(kept)) if times is None else _times(times, raw).take(kept)
    apart = np.zeros(len(site)) if linked else site
    named = pd.DataFrame({"site": apart, "key": who.to_numpy()})
    person = named.groupby(["site", "key"], sort=False).ngroup().to_numpy()
    keys = who.reset_index(drop=True)[~named.duplicated().to_numpy()].reset_index(drop=True)
    return Rows(codes, person, time, site, kept), keys


def _times(times: Cells, raw: Mapping[str, pd.DataFrame]) -> np.ndarray:
    """Return the times of all rows, of dates as days since 1970-01-01; NaN in tables without."""
    parts: list[np.ndarray] = []
    for label, table in raw.items():
        when = times.values.get(label)
        if when is None:
            parts.append(np.full(len(table), np.nan))
        else:
            parts.append(days(when) if times.form == "date" else when.to_numpy(dtype=float))
    return np.concatenate(parts)


def called(raw: Mapping[str, pd.DataFrame], place: int) -> str:
    """Return the words for a row.

    Args:
        raw: label -> table as it came.
        place: number of the row over all tables.
    """
    for label, table in raw.items():
        if place < len(table):
            return f"{label}, row {table.index[place]}"
        place -= len(table)
    raise IndexError(place)
