"""Long tables of visits, read together and checked: people, times, static and changing columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from ddlib.tables import Settings, Sources, TablesError, read_sources
from ddlib.tables.cells import Cells
from ddlib.tables.columns import days
from ddlib.tables.faults import Findings, note, number_of
from ddlib.tables.load import Input, load
from ddlib.visits.joining import Rows, joined
from ddlib.visits.keys import advise_link, as_key, clock_of, warn_of_shared, whole_column
from ddlib.visits.panel import Visits, ordered
from ddlib.visits.people import first_values, protected, static_columns
from ddlib.visits.slices import binned

ROW = "row of a long table"
"""A key that tells which rows are left after the tables are checked."""


@dataclass(frozen=True)
class Said:
    """What is said of visits.

    Attributes:
        person: name of the column of people.
        time: name of the column of time: numbers, or dates.
        static: columns of which a person's first value counts throughout.
        linked: whether one key in two tables is one person.
        bins: width of bins of time, of each of which one visit is left (`ddlib.visits.slices`);
            None to leave all.
    """

    person: str
    time: str
    static: tuple[str, ...] = ()
    linked: bool = False
    bins: float | None = None


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
    if said.person == said.time:
        found.faults.append(f"time = {said.time!r}: is the column of people too; must be another")
    people = whole_column(said.person, "a person", raw, as_key(settings, said.person), found)
    times = whole_column(said.time, "a time", raw, settings, found)
    clock = clock_of(said.time, times, found)
    if said.linked and settings.source_column is not None:
        line = f"source_column = {settings.source_column!r}: must be left out where tables are "
        found.faults.append(f"{line}linked, as a visit may be in several")
    sources = features_of(raw, said, settings, found)
    if not said.linked and people is not None:
        advise_link(people, said.person, found)
    if found.faults or sources is None or people is None or times is None or clock is None:
        raise TablesError(list(dict.fromkeys(found.faults)))
    rows, keys = rows_of(sources, raw, people, times, linked=said.linked)
    schema = sources.schema.without_keys()
    tables = {
        label: len(np.unique(rows.person[rows.site == place]))
        for place, label in enumerate(sources.labels)
    }
    rows, ties = joined(rows, schema, keys, lambda place: called(raw, place), found)
    if ties:
        line = f"{number_of(ties, 'row')} joined to another of the same person at the same time"
        found.notes.append(note(line))
    if found.faults:
        raise TablesError(found.faults)
    rows = first_values(rows, schema, said.static, found)
    if said.bins is not None:
        rows = _binned(rows, said.bins, found)
    schema, codes = protected(rows, schema, tables, settings.min_count, found, bins=said.bins)
    changing, codes = static_columns(replace(rows, codes=codes), schema, found)
    if not said.linked:
        warn_of_shared(people, said.person, found)
    if found.faults:
        raise TablesError(found.faults)
    labels = (" + ".join(sources.labels),) if said.linked else sources.labels
    return Visits(
        schema,
        changing,
        codes,
        rows.person,
        rows.time,
        np.zeros_like(rows.site) if said.linked else rows.site,
        keys,
        labels,
        {label: len(table) for label, table in raw.items()},
        said.person,
        clock,
        said.bins,
        ordered([*sources.notes, *found.notes]),
    )


def _binned(rows: Rows, width: float, found: Findings) -> Rows:
    """Return one row in each bin of time, and note how many there were."""
    rows, joined_rows = binned(rows, width)
    if joined_rows:
        line = f"{number_of(joined_rows, 'visit')} joined to the next one in the same bin of "
        found.notes.append(note(f"{line}{width:g}: the last value of each column counts"))
    return rows


def features_of(
    raw: Mapping[str, pd.DataFrame], said: Said, settings: Settings, found: Findings
) -> Sources | None:
    """Return the tables without people and times, checked, with the key `ROW`.

    Args:
        raw: label -> table as it came.
        said: which columns are people and time.
        settings: of the tables.
        found: gets the faults.
    """
    gone = {said.person, said.time, settings.source_column}
    rest = {label: table.loc[:, ~table.columns.isin([*gone])] for label, table in raw.items()}
    bare = [label for label, table in rest.items() if not table.shape[1]]
    found.faults += [f"{label}: has no columns besides people and time" for label in bare]
    if bare or not rest:
        return None
    ends = np.cumsum([len(table) for table in rest.values()])
    numbered = {
        label: table.assign(**{ROW: np.arange(end - len(table), end)})
        for (label, table), end in zip(rest.items(), ends, strict=True)
    }
    names = {str(name) for table in rest.values() for name in table.columns}
    try:
        return read_sources(numbered, _offeatures_of(settings, names), linked=said.linked)
    except TablesError as error:
        found.faults += error.faults
        return None


def _offeatures_of(settings: Settings, names: set[str]) -> Settings:
    """Return what settings say of columns that are left, under the names that they have now."""
    source = {settings.source_column} - {None}

    def own(said: Any) -> Any:
        return {name: value for name, value in said.items() if name in names | source}

    missing = settings.missing
    levels = {
        name: value if name in names | source else own(value)
        for name, value in settings.levels.items()
        if name in names | source or all(isinstance(each, Mapping) for each in value.values())
    }
    return replace(
        settings,
        kinds={**own(settings.kinds), ROW: "key"},
        missing=own(missing) if isinstance(missing, Mapping) else missing,
        leave_out=(),
        rename={},
        units={label: own(units) for label, units in settings.units.items()},
        levels=levels,
    )


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
    if people.form == "number" and bool((who % 1 == 0).all()):
        who = who.astype("int64")
    time = np.zeros(len(kept)) if times is None else _times(times, raw).take(kept)
    apart = np.zeros(len(site)) if linked else site
    named = pd.DataFrame({"site": apart, "key": who.to_numpy()})
    person = named.groupby(["site", "key"], sort=False).ngroup().to_numpy()
    keys = who.reset_index(drop=True)[~named.duplicated().to_numpy()].reset_index(drop=True)
    return Rows(codes, person, time, site, kept), keys


def _times(times: Cells, raw: Mapping[str, pd.DataFrame]) -> np.ndarray:
    """Return the times of all rows, of dates as days since 1970-01-01."""
    when = pd.concat([times.values[label] for label in raw], ignore_index=True)
    return days(when) if times.form == "date" else when.to_numpy(dtype=float)


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
