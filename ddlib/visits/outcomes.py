"""An event within a horizon after each visit, from a person's event and the time it is known for.

A visit at time t has the outcome 1 where the event comes in (t, t + h], 0 where it does not, and
is unknown where the person was followed up for less than h without the event.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ddlib.arguments import PLAIN, is_finite
from ddlib.merge.formula import TaskError
from ddlib.near import SHORT, meant, resolve
from ddlib.tables import Column, Note, Schema
from ddlib.tables.columns import value_text
from ddlib.tables.faults import note, number_of, some, warning
from ddlib.visits.absent import unknown
from ddlib.visits.panel import Visits, ordered


@dataclass(frozen=True)
class Outcome:
    """An event within a horizon.

    Attributes:
        name: of its column, `within(died, futime, 365)`.
        event: name of the column that says whether there was an event.
        code: of the level that is the event.
        end: name of the column with the time of the event, or to which there was none.
        horizon: in units of the time.
    """

    name: str
    event: str
    code: float
    end: str
    horizon: float


def read_outcome(text: str, inner: str, visits: Visits) -> tuple[Outcome | None, list[str]]:
    """Return the outcome that is named, or what is wrong with it.

    Args:
        text: of the task.
        inner: `event, time, horizon`, the event a column or `column = level`.
        visits: that have the columns.
    """
    parts = [part.strip() for part in inner.rsplit(",", 2)]
    start = f"task = {text!r}:"
    if len(parts) < 3:
        wanted = "within(EVENT, TIME, HORIZON), such as within(died, futime, 365)"
        return None, [f"{start} names {len(parts)} of three; must be {wanted}"]
    names = visits.schema.names
    (event, vague), level = _event(parts[0], names)
    (end, vague_end), horizon = resolve(parts[1], names), _number(parts[2])
    if several := [f"{start} {told}" for told in (vague, vague_end) if told]:
        return None, several
    faults = [
        f"{start} {unknown(name, visits, lost)}; {meant(name, names, quoted=True, most=SHORT)}"
        for name, lost in ((event, "no event to learn"), (end, "no time of events"))
        if name not in names
    ]
    faults += [
        f"{start} {name!r} changes between visits; must be one value a person"
        for name in (event, end)
        if name in visits.changing
    ]
    if not (horizon > 0 and is_finite(horizon)):
        faults.append(f"{start} horizon {parts[2]!r}; must be a finite number above 0")
    if faults:
        return None, faults
    code, faults = _code(start, visits.schema[event], level)
    faults += _end_faults(start, visits.schema[end], visits.clock)
    told = event if level is None else f"{event} = {level}"
    name = f"within({told}, {end}, {value_text(horizon)})"
    return (None, faults) if faults else (Outcome(name, event, code, end, horizon), [])


def columns_of(inner: str, names: Sequence[str]) -> list[str]:
    """Return the names of the columns that an outcome is of, none where it names not three things.

    Args:
        inner: as `read_outcome` takes it.
        names: of the columns that there are.
    """
    parts = [part.strip() for part in inner.rsplit(",", 2)]
    return [_event(parts[0], names)[0][0], resolve(parts[1], names)[0]] if len(parts) == 3 else []


def _event(text: str, names: Sequence[str]) -> tuple[tuple[str, str | None], str | None]:
    """Return the column of an event as `resolve` does, and its level where one is named."""
    whole = resolve(text, names)
    if whole[0] in names:
        return whole, None
    name, sign, level = text.partition("=")
    return resolve(name.strip(), names), level.strip() if sign else None


def _number(text: str) -> float:
    """Return a number in plain notation, NaN for another text."""
    return float(text) if PLAIN.fullmatch(text) else np.nan


def _code(start: str, column: Column, level: str | None) -> tuple[float, list[str]]:
    """Return the code of the level that is the event; 1 or true unless one is named."""
    levels = [value_text(each) for each in column.levels]
    if level in levels:
        return float(levels.index(level)), []
    if level is None and levels in (["0", "1"], ["False", "True"]):
        return 1.0, []
    if not levels:
        return 0.0, [f"{start} {column.name!r} is a {column.kind}; must have levels"]
    named = "names no level" if level is None else f"{level!r} is no level"
    if level is not None and level.startswith("="):
        named = "has two signs ="
    return 0.0, [f"{start} {named}; must be {column.name} = one of {', '.join(levels)}"]


def _end_faults(start: str, column: Column, clock: Column) -> list[str]:
    """Return what is wrong with the time of an event."""
    if clock.kind == "date":
        wanted, fits = "dates", column.kind == "date"
    else:
        wanted, fits = "numbers", column.kind in ("number", "count")
    line = f"{start} {column.name!r} is of kind {column.kind}; must be {wanted}, as {clock.name!r} "
    return [] if fits else [f"{line}is"]


def with_outcomes(visits: Visits, outcomes: Sequence[Outcome], min_count: int) -> Visits:
    """Return visits with a column for each outcome, without the columns that these are made of.

    Args:
        visits: of people.
        outcomes: as `read_outcome` returns them.
        min_count: people who must have an outcome, and who must not.

    Raises:
        TaskError: for an outcome that fewer have, or do not have.
    """
    if not outcomes:
        return visits
    faults: list[str] = []
    notes = [*visits.notes]
    made: list[np.ndarray] = []
    for outcome in outcomes:
        codes = _codes(outcome, visits)
        made.append(codes)
        for value, what in ((1.0, "comes"), (0.0, "does not come")):
            people = len(np.unique(visits.person[codes == value]))
            if people < max(min_count, 1):
                faults.append(
                    f"{outcome.name}: {what} in time for {number_of(people, 'person')}; must for "
                    f"at least {min_count}: another horizon"
                )
        notes += _told(outcome, codes, visits)
    if faults:
        raise TaskError(faults)
    gone = {name for outcome in outcomes for name in (outcome.event, outcome.end)}
    kept = np.array([name not in gone for name in visits.schema.names])
    columns = [c for c in visits.schema.columns if c.name not in gone]
    new = [Column(o.name, "binary", (0, 1), dtype="int64") for o in outcomes]
    return replace(
        visits,
        schema=Schema((*columns, *new)),
        changing=(*visits.changing, *(outcome.name for outcome in outcomes)),
        codes=np.column_stack([visits.codes[:, kept], *made]),
        notes=ordered(notes),
    )


def _told(outcome: Outcome, codes: np.ndarray, visits: Visits) -> Iterator[Note]:
    """Yield what is known of an outcome, and a warning on tables that do not show it."""
    names: Any = visits.schema.names
    about = [outcome.event, outcome.end]
    gone = np.isnan(visits.codes[:, [names.index(name) for name in about]]).any(1)
    short = int((np.isnan(codes) & ~gone).sum())
    line = (
        f"{outcome.name}: {outcome.event} and {outcome.end} make the outcome, and are neither "
        "inputs nor columns of the merged visits; "
    )
    line += f"unknown at {int(np.isnan(codes).sum())} of {len(codes)} visits, which are left out "
    line += f"of what is learnt: at {short} people were followed up for less or had had the event, "
    line += f"at {int(gone.sum())} "
    yield note(f"{line}{outcome.event} or {outcome.end} is missing", about)
    known = np.bincount(visits.site[~np.isnan(codes)], minlength=len(visits.labels))
    if bare := [label for label, count in zip(visits.labels, known, strict=True) if not count]:
        line = f"{outcome.name}: no visit of {some(bare, 5)} shows it: what is learnt of it comes "
        yield warning(f"{line}from the other tables alone", about, bare)


def _codes(outcome: Outcome, visits: Visits) -> np.ndarray:
    """Return 1, 0 or NaN for each visit, `(n,)`."""
    names: Any = visits.schema.names
    event, end = (visits.codes[:, names.index(n)] for n in (outcome.event, outcome.end))
    left = end - visits.time
    happened = np.where(np.isnan(event), np.nan, event == outcome.code)
    soon = np.where(happened == 1, 1.0, np.nan)
    codes = np.where(left > outcome.horizon, 0.0, soon)
    return np.where((left > 0) & ~np.isnan(happened), codes, np.nan)


def coherent(visits: Visits, outcomes: Mapping[str, Outcome]) -> Visits:
    """Return visits whose outcomes follow from one event a person, and none after it.

    Where outcomes contradict one another, the event is the one that would come first, at the latest
    time that they allow; of its other levels no outcome is 1.

    Args:
        visits: with a column for each outcome.
        outcomes: by the names of these columns.
    """
    latest = _latest(visits, outcomes)
    first: dict[str, np.ndarray] = {}
    for (event, _, _), times in latest.items():
        first[event] = np.minimum(first.get(event, np.inf), times)
    codes, kept = visits.codes.copy(), np.ones(len(visits), dtype=bool)
    taken = {event: np.full(visits.num_people, np.nan) for event in first}
    for (event, code, _), times in latest.items():
        own = np.isnan(taken[event]) & (times == first[event])
        taken[event][own] = code
    for name, outcome in outcomes.items():
        times = latest[outcome.event, outcome.code, outcome.end]
        times = np.where(taken[outcome.event] == outcome.code, times, np.inf)[visits.person]
        codes[:, visits.schema.names.index(name)] = visits.time + outcome.horizon >= times
        kept &= visits.time < times
    return replace(visits, codes=codes).chosen(np.nonzero(kept)[0])


def _latest(
    visits: Visits, outcomes: Mapping[str, Outcome]
) -> dict[tuple[str, float, str], np.ndarray]:
    """Return when each event comes at the latest to each person, infinite where it does not."""
    found: dict[tuple[str, float, str], np.ndarray] = {}
    for name, outcome in outcomes.items():
        key = outcome.event, outcome.code, outcome.end
        times = found.setdefault(key, np.full(visits.num_people, np.inf))
        soon = visits.codes[:, visits.schema.names.index(name)] == 1
        np.minimum.at(times, visits.person[soon], visits.time[soon] + outcome.horizon)
    return found
