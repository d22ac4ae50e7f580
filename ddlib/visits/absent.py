"""Names in tasks that are no columns of merged visits, and what they are instead.

A column of people or of time has a role of its own, and one that tells nothing is left out when
tables are read. That a name "is no column" would send a user to look for a slip of the pen.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ddlib.visits.panel import Visits

LEFT, OUT = "is left out", ": left out"
"""How faults begin on columns that are not merged, and how notes on them end."""


def absent(visits: Visits) -> dict[str, str]:
    """Return what names that are no columns of visits are, in words that follow them.

    Args:
        visits: whose notes say what was left out.
    """
    found = {
        name: f"{LEFT} ({entry.text.removeprefix(f'column {name!r}: ').removesuffix(OUT)})"
        for entry in visits.notes
        for name in entry.columns
        if name not in visits.schema and entry.text.endswith(OUT)
    }
    found[visits.name] = "is the column of people, and no input"
    found[visits.clock.name] = "is the time of visits, and no input"
    return found


def unknown(name: str, visits: Visits, lost: str) -> str:
    """Return what a name in a task is that is no column.

    Args:
        name: that the task has.
        visits: that lack it.
        lost: what there is not, where the column was left out.
    """
    what = absent(visits).get(name, "is no column")
    return f"{name!r} {what}: {lost}" if what.startswith(LEFT) else f"{name!r} {what}"


def explained(faults: Sequence[str], visits: Visits, made: Iterable[str] = ()) -> list[str]:
    """Return faults of tasks that say what a name is, rather than that it is no column.

    Args:
        faults: as `ddlib.merge.formula` has them.
        visits: of which the tasks are.
        made: names of the columns that outcomes are made of.
    """
    names = absent(visits) | dict.fromkeys(made, "makes the outcome, and is no input")
    lines: list[str] = []
    for line in faults:
        for name, what in names.items():
            line = line.replace(f": {name!r} is no column;", f": {name!r} {what};")
        lines.append(line)
    return lines
