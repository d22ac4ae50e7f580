"""The columns of people and of time, which every row of a long table must show."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from ddlib.near import SHORT, meant, near_names, resolve
from ddlib.tables import Column, Settings
from ddlib.tables.cells import Cells, unify
from ddlib.tables.columns import days, decimals_of, value_text
from ddlib.tables.faults import Findings, and_more, number_of, some, warning
from ddlib.tables.forms import ALIKE, DATE, is_number_text, matches
from ddlib.tables.kinds import repeats

_ADVICE = r"; (or set leave_out|if that stands for a missing cell).*"
CURED = ("no column in common", "has no column")
"""What faults say that --link may cure."""


@dataclass(frozen=True)
class Said:
    """What is said of visits.

    Attributes:
        person: name of the column of people.
        time: name of the column of time: numbers, or dates.
        static: columns of which a person's first value counts throughout.
        linked: whether one key in two tables is one person; a table without the column of time then
            has one row a person, which holds at all visits.
        bins: width of bins of time, of each of which one visit is left (`ddlib.visits.slices`);
            None to leave all.
    """

    person: str
    time: str
    static: tuple[str, ...] = ()
    linked: bool = False
    bins: float | None = None


def resolved(said: Said, raw: Mapping[str, pd.DataFrame], found: Findings) -> Said:
    """Return what is said with the names that tables have.

    Args:
        said: as it was typed.
        raw: label -> table as it came.
        found: gets a fault for each name that may mean several columns of a table.
    """
    return replace(
        said,
        person=name_in("id", said.person, raw, found),
        time=name_in("time", said.time, raw, found),
        static=tuple(name_in("static", each, raw, found) for each in said.static),
    )


def name_in(option: str, text: str, raw: Mapping[str, pd.DataFrame], found: Findings) -> str:
    """Return the column that a text means.

    Args:
        option: that it was given for.
        text: as it was typed.
        raw: label -> table as it came.
        found: gets a fault where it may mean several columns of a table.
    """
    told = [line for table in raw.values() if (line := resolve(text, table.columns)[1])]
    found.faults += [f"{option} = {line}" for line in told[:1]]
    return resolve(text, [name for table in raw.values() for name in table.columns])[0]


def as_key(settings: Settings, name: str) -> Settings:
    """Return settings that take a column as a key, so that its cells keep their form.

    Args:
        settings: of the tables.
        name: of the column.
    """
    return replace(settings, kinds={**settings.kinds, name: "key"})


def whole_column(
    name: str,
    names: str,
    raw: Mapping[str, pd.DataFrame],
    settings: Settings,
    found: Findings,
) -> Cells | None:
    """Return a column that every table must have, without an empty cell; None for no such one.

    Args:
        name: of the column.
        names: what it names, in words.
        raw: label -> table as it came.
        settings: of the tables.
        found: gets the faults.
    """
    lacking = [label for label, table in raw.items() if name not in table.columns]
    for label in lacking:
        there = [*raw[label].columns]
        near = near_names(name, there)
        told = (
            meant(name, there, quoted=True)
            if near
            else f"must have it, and has {some(there, SHORT)}"
        )
        found.faults.append(f"{label}: has no column {name!r}; {told}")
    if lacking or not raw:
        return None
    parts = {label: table[name] for label, table in raw.items()}
    own = Findings()
    cells = unify(name, parts, settings, own)
    unclear = settings.kind_of(name)[0] is None and _is_of_no_form(cells, own)
    kind = _most_cells(parts) if unclear else None
    if kind is not None:  # so that each cell that is of no such kind is named
        own = Findings()
        again = replace(settings, kinds={**settings.kinds, name: kind})
        cells = unify(name, parts, again, own)
    found.notes += own.notes
    # Neither can be left out, nor be missing in a row, as is advised for other columns.
    found.faults += [re.sub(_ADVICE, "", line) for line in own.faults]
    for label, values in cells.values.items() if cells else ():
        empty = values.index[values.isna()]
        if len(empty):
            line = f"{label}: column {name!r}, row {empty[0]}: is empty; must name {names}"
            found.faults.append(line + and_more(len(empty) - 1))
    return cells


def _is_of_no_form(cells: Cells | None, found: Findings) -> bool:
    """Whether a column that is no key is neither numbers nor dates, or both."""
    return cells.form == "text" if cells else any(ALIKE in line for line in found.faults)


def _most_cells(parts: Mapping[str, pd.Series]) -> str | None:
    """Return the kind that most cells have which are dates or numbers, None where none is."""
    texts = pd.concat([part.astype("str").str.strip() for part in parts.values()])
    dates = int(matches(texts, DATE).sum())
    numbers = sum(map(is_number_text, texts.dropna()))
    if not max(dates, numbers):
        return None
    return "date" if dates >= numbers else "number"


def clock_of(name: str, times: Cells | None, found: Findings) -> Column | None:
    """Return the column of time, which has no ends: merged visits have times of their own.

    Args:
        name: of the column.
        times: its cells; None where it cannot be read.
        found: gets the faults.
    """
    if times is None:
        return None
    if times.form == "date":
        whole = 0 if bool((days(times.pooled) % 1 == 0).all()) else None
        return Column(name, "date", (), -1e8, 1e8, whole, "datetime64[us]")
    if times.form == "number":
        decimals = decimals_of(times.pooled.to_numpy(dtype=float))
        dtype = "int64" if decimals == 0 else "float64"
        return Column(name, "number", (), -np.inf, np.inf, decimals, dtype)
    for label, values in times.values.items():
        texts = [(row, value_text(value)) for row, value in values.dropna().items()]
        if texts:  # a column without a time has a line of its own
            line = f"{label}: column {name!r}, row {texts[0][0]}: {texts[0][1]!r}; must be a "
            line += f"number or a date, as it is the time{and_more(len(texts) - 1)}"
            found.faults.append(line)
    return None


def warn_of_unlinked(people: Cells, name: str, found: Findings) -> None:
    """Warn of linked tables none of whose keys stands in another one.

    Args:
        people: the column of people.
        name: of it.
        found: gets the warning.
    """
    linked = {label for pair in _shared(people) for label in pair}
    alone = [label for label in people.values if label not in linked]
    if len(people.values) < 2 or not alone:
        return
    line = f"column {name!r}: no key of {', '.join(alone)} is in another table: nobody there is "
    line += "linked; look whether all tables write keys alike: 7 and 007 are two"
    found.notes.append(warning(line, [name], alone))


def check_single(people: Cells, labels: Iterable[str], why: str, found: Findings) -> None:
    """Add a fault for each table that has a person twice.

    Args:
        people: the column of people.
        labels: of the tables that must not.
        why: they must not.
        found: gets the faults.
    """
    for label in labels:
        if again := repeats(pd.Series(people.values[label])):
            line = f"{label}: column {people.name!r}, row {again[1]}: repeats row {again[0]}; must "
            found.faults.append(f"{line}be one row a person {why}")


def warn_of_shared(people: Cells, name: str, found: Findings) -> None:
    """Warn of keys that stand in two tables, which may be one person's.

    Args:
        people: the column of people.
        name: of it.
        found: gets the warnings.
    """
    for (first, second), count in _shared(people).items():
        line = f"column {name!r}: {number_of(count, 'key')} of {first} in {second} too: taken as "
        line += f"different people; if they are the same, say --link {name}"
        found.notes.append(warning(line, [name], [first, second]))


def advise_link(people: Cells, name: str, found: Findings) -> None:
    """Add to faults that linked tables would not have how they are linked, if keys are shared.

    Args:
        people: the column of people.
        name: of it.
        found: whose faults are looked at.
    """
    shared = _shared(people)
    if any(sign in line for line in found.faults for sign in CURED) and shared:
        (first, second), count = next(iter(shared.items()))
        line = f"column {name!r}: {number_of(count, 'key')} of {first} in {second} too; if they "
        found.faults.append(f"{line}are the same people, say --link {name}")


def _shared(people: Cells) -> dict[tuple[str, str], int]:
    """Return two tables -> keys of the first that are in the second too."""
    seen: dict[Any, str] = {}
    shared: dict[tuple[str, str], int] = {}
    for label, values in people.values.items():
        for key in values.dropna().unique().tolist():
            if key in seen:
                pair = seen[key], label
                shared[pair] = shared.get(pair, 0) + 1
            seen.setdefault(key, label)
    return shared
