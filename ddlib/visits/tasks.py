"""Tasks over time: the next visit's value, and an event within a horizon.

`next(bili) ~ .` learns a column of the next visit from this visit and from static columns;
`within(died, futime, 365) ~ .` learns whether an event comes within 365 units of time after a
visit. What stands to the right of the tilde is as in other tasks (`ddlib.merge.formula`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from ddlib.arguments import fault
from ddlib.merge.formula import DENSITY, TableTask, TaskError, parse_tasks, right_faults
from ddlib.merge.scarce import scarce_columns
from ddlib.near import SHORT, exactly, meant, near_names, resolve
from ddlib.tables import Column, Schema
from ddlib.visits.absent import explained, unknown
from ddlib.visits.outcomes import Outcome, columns_of, read_outcome, with_outcomes
from ddlib.visits.panel import Visits

_LEFT = re.compile(r"\s*(next|within)\s*\((.*)\)\s*")
FORMS = "next(COLUMN) ~ . or within(EVENT, TIME, HORIZON) ~ ."


@dataclass(frozen=True, eq=False)
class Asked:
    """What is asked of visits.

    Attributes:
        visits: with a column for each outcome, without the columns that these are made of.
        schema: of this visit, then of what is predicted of the next one, `next(bili)`.
        later: for each of the latter, which column of the visits it is.
        tasks: whose columns are those of `schema`.
        outcomes: of `within`, by the names of their columns.
    """

    visits: Visits
    schema: Schema
    later: tuple[int, ...]
    tasks: tuple[TableTask, ...]
    outcomes: dict[str, Outcome]

    def is_of_next(self, task: TableTask) -> bool:
        """Whether a task is of the next visit.

        Args:
            task: one of `tasks`.
        """
        return task.target not in self.outcomes


def read_tasks(texts: Sequence[str], visits: Visits, min_count: int) -> Asked:
    """Return what texts ask of visits.

    Args:
        texts: at least one.
        visits: of people.
        min_count: people who must have an outcome, and who must not.

    Raises:
        TaskError: for all that is wrong, a line each.
    """
    faults: list[str] = [] if texts else [f"tasks: none; must be at least one, such as {FORMS}"]
    targets: dict[str, None] = {}
    outcomes: dict[str, Outcome] = {}
    written: list[tuple[str, str]] = []
    for text in texts:
        left, tilde, right = text.partition("~") if isinstance(text, str) else ("", "", "")
        found = _LEFT.fullmatch(left)
        if not (found and tilde):
            faults.append(fault("task", text, f"{FORMS}, as rows are visits{_density(text)}"))
        elif found[1] == "next":
            name, told = resolve(found[2].strip(), visits.schema.names)
            faults += [f"task = {text!r}: {told}"] if told else _target_faults(text, name, visits)
            targets[name] = None
            written.append((_ahead(name), right))
        else:
            outcome, wrong = read_outcome(text, found[2], visits)
            faults += wrong
            twins = [own.name for own in outcomes.values() if outcome and _same(own, outcome)]
            faults += [
                f"task = {text!r}: asks the same as {twin}; must be another" for twin in twins
            ]
            if outcome:
                outcomes[outcome.name] = outcome
                written.append((outcome.name, right))
    faults += _taken([*targets], [*outcomes], visits)
    if faults:
        schema = _beside_next(visits, [name for name in targets if name in visits.schema])
        right = [line for text in texts if "~" in text for line in right_faults(text, schema)]
        raise TaskError([*faults, *explained(right, visits)])
    visits = with_outcomes(visits, list(outcomes.values()), min_count)
    return _parsed(written, visits, [*targets], outcomes)


def _same(one: Outcome, other: Outcome) -> bool:
    """Whether two outcomes are one under two names."""
    return one.name != other.name and replace(one, name=other.name) == other


def _target_faults(text: str, name: str, visits: Visits) -> list[str]:
    """Return what is wrong with the column that is predicted of the next visit."""
    if name in visits.changing:
        return []
    start = f"task = {text!r}:"
    if visits.counts.max() < 2:
        return [f"{start} no one has two visits{visits.where}; must be people who have a next one"]
    static = f"{name!r} is static{visits.where}"
    what = static if name in visits.schema else unknown(name, visits, "no value to learn")
    known = ", ".join(visits.changing) or "none there is"
    near = [] if name in visits.schema else near_names(name, visits.changing)
    perhaps = f"perhaps {' or '.join(map(repr, near))}? " if near else ""
    return [f"{start} {what}; {perhaps}must be one that changes between visits: {known}"]


def name_faults(texts: Sequence[str], names: Sequence[str]) -> list[str]:
    """Return what is wrong with the names in tasks on tables that cannot be read as visits.

    Args:
        texts: of the tasks.
        names: of the columns of the tables.
    """
    schema = Schema(tuple(Column(name, "number") for name in names))
    faults: list[str] = []
    for text in texts:
        left, tilde, _ = text.partition("~")
        found = _LEFT.fullmatch(left)
        if not (found and tilde):
            continue
        of_next = found[1] == "next"
        inner = found[2].strip()
        named = [resolve(inner, names)[0]] if of_next else columns_of(inner, names)
        faults += [
            f"task = {text!r}: {name!r} is no column; {meant(name, names, quoted=True, most=SHORT)}"
            for name in named
            if name not in schema
        ]
        faults += right_faults(text, schema)
    return faults


def _taken(targets: Sequence[str], outcomes: Sequence[str], visits: Visits) -> list[str]:
    """Return a line on each column that has the name of what is learnt."""
    taken = [name for name in (*map(_ahead, targets), *outcomes) if name in visits.schema]
    line = "is a column of the tables and what a task learns; must be renamed, as rename does"
    return [f"{name}: {line} in the settings" for name in taken]


def _beside_next(visits: Visits, names: Sequence[str]) -> Schema:
    """Return the schema of a visit, then of some columns of the next one."""
    ahead = (replace(visits.schema[name], name=_ahead(name)) for name in names)
    return Schema((*visits.schema.columns, *ahead))


def _density(text: object) -> str:
    """Return why visits are not made for all that may be asked, where a task wants that."""
    return ": there is no density of visits" if text == DENSITY else ""


def _ahead(name: str) -> str:
    """Return the name of a column of the next visit."""
    return f"next({name})"


def _parsed(
    written: Sequence[tuple[str, str]],
    visits: Visits,
    targets: Sequence[str],
    outcomes: dict[str, Outcome],
) -> Asked:
    """Return tasks whose left sides are columns of the schema of this visit and the next."""
    gone = [name for name in targets if name not in visits.schema]
    if gone:
        raise TaskError([f"next({name}): makes an outcome; must be another" for name in gone])
    names = visits.schema.names
    later = tuple(names.index(name) for name in targets)
    schema = _beside_next(visits, targets)
    hidden = {*outcomes, *map(_ahead, targets)}
    scarce = scarce_columns(visits.schema, visits.codes)
    texts = [f"{exactly(left, schema.names)} ~{right}" for left, right in written]
    try:
        tasks = parse_tasks(texts, schema, [*hidden, *scarce])
    except TaskError as error:
        made = {name for own in outcomes.values() for name in (own.event, own.end)}
        raise TaskError(explained(error.faults, visits, made)) from None
    faults = [
        f"task = {task.text!r}: input {name!r} is not known at a visit; must be another column"
        for task in tasks
        for name in task.inputs
        if name in hidden
    ]
    if faults:
        raise TaskError(faults)
    return Asked(visits, schema, later, tasks, outcomes)
