"""What `ddlib check --id … --time …` prints: visits as tables, and who their people are."""

from __future__ import annotations

import argparse
import shlex
from collections.abc import Sequence
from textwrap import wrap

import numpy as np

from ddlib.html.markup import printable
from ddlib.report.check import WIDTH, check_text
from ddlib.report.visits_command import checked_visits
from ddlib.tables import Sources
from ddlib.tables.columns import value_text
from ddlib.tables.faults import number_of, some
from ddlib.visits import Visits

_MOST_NAMES = 12


def check_visits(arguments: argparse.Namespace, faults: Sequence[str]) -> str:
    """Return what is found in long tables of visits, for a terminal.

    Args:
        arguments: of the check.
        faults: of what was checked before.

    Raises:
        Refused: for arguments and tables that cannot be used.
    """
    found = [*faults]
    if arguments.write_settings is not None:
        found.append("--write-settings: must be left out where rows are visits")
    visits = checked_visits(arguments, found)
    return check_text(_sources(visits), [_people(visits)], _next(arguments))


def _sources(visits: Visits) -> Sources:
    """Return visits as tables of the columns besides those of people and times."""
    tables = {
        label: visits.schema.decode(visits.codes[visits.site == place]).dropna(axis=1, how="all")
        for place, label in enumerate(visits.labels)
    }
    return Sources(tables, visits.schema, visits.notes, visits.rows)


def _people(visits: Visits) -> str:
    """Return the lines on people, their visits, and which columns change."""
    counts, after = visits.counts, int(visits.has_next.sum())
    ends = visits.clock.decode(np.array([visits.time.min(), visits.time.max()]))
    first, last = (value_text(end) for end in ends)
    static = [name for name in visits.schema.names if name not in visits.changing]
    told = (
        f"A row is a visit: {number_of(visits.num_people, 'person')} with {counts.min()} to "
        f"{counts.max()} visits each{visits.where}, median {np.median(counts):g}, at "
        f"{visits.clock.name} {first} to {last}; {after} of {len(visits)} visits are followed by "
        "another one of the same person.",
        f"Static columns, with one value for each person: {some(static, _MOST_NAMES) or 'none'}.",
        f"Columns that change: {some(visits.changing, _MOST_NAMES) or 'none'}.",
    )
    return "\n".join(line for text in told for line in wrap(printable(text), WIDTH))


def _next(arguments: argparse.Namespace) -> str:
    """Return the command that merges the visits as they were checked."""
    given = [
        *(("--id", arguments.person), ("--time", arguments.time)),
        *(("--static", name) for name in arguments.static),
        *([("--link", arguments.link)] if arguments.link is not None else []),
        *([("--slices", arguments.slices)] if arguments.slices != "visits" else []),
    ]
    said = " ".join(f"{option} {shlex.quote(printable(value))}" for option, value in given)
    return (
        "Then, for a column that changes, or an event within a horizon of each visit:\n"
        f"  ddlib merge TABLE … {said} --for 'next(COLUMN) ~ .' \\\n"
        "    --for 'within(EVENT, TIME, HORIZON) ~ .' --out merged.csv --report report.html"
    )
