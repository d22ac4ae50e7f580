"""Records of the benchmark, read back: whether each digest is that of the rows beside it."""

# Entries may be anything before they are checked.
# pyright: reportUnknownArgumentType=false, reportUnknownVariableType=false

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from ddlib.arguments import fault
from ddlib.benchmark.export import FORMAT, digest

PARTS: dict[str, type] = {"sha256": str, "not in sha256": list, "columns": list, "rows": list}
"""What a record has of each method, and of which kind."""

KINDS: dict[type, str] = {str: "a text", list: "a list"}


def check_record(text: str, timed: Sequence[str]) -> dict[str, str]:
    """Return method -> what does not fit in its part of a record, empty where all fits.

    Args:
        text: of the record, JSON.
        timed: columns that may be left out of a digest.

    Raises:
        ValueError: for a text that is no record, with a line for all that is wrong.
    """
    try:
        entry: Any = json.loads(text)
    except (json.JSONDecodeError, RecursionError) as error:
        raise ValueError(f"is no JSON ({error}); must be what --record writes") from error
    form = entry.get("format") if isinstance(entry, dict) else None
    if form != FORMAT:
        raise ValueError(fault("format", form, repr(FORMAT)))
    methods = entry.get("methods")
    if not isinstance(methods, dict) or not methods:
        raise ValueError(fault("methods", methods, "an object with a part per method"))
    if faults := [f for name, part in methods.items() for f in _part_faults(name, part)]:
        raise ValueError("\n".join(faults))
    return {name: _misfit(name, part, timed) for name, part in methods.items()}


def _part_faults(method: str, part: Any) -> list[str]:
    """Return why the part of a method cannot be checked."""
    place = f"methods.{method}"
    if not isinstance(part, dict):
        return [fault(place, part, f"an object with {', '.join(PARTS)}")]
    if lacks := [name for name in PARTS if name not in part]:
        return [f"{place}: lacks {', '.join(lacks)}"]
    faults = [
        fault(f"{place}.{name}", part[name], KINDS[kind])
        for name, kind in PARTS.items()
        if not isinstance(part[name], kind)
    ]
    if faults:
        return faults
    columns, rows = part["columns"], part["rows"]
    if not all(isinstance(name, str) for name in columns) or len({*columns}) < len(columns):
        return [f"{place}.columns: must be names, each once"]
    wanted = f"a list of {len(columns)} cells, one per column"
    for number, line in enumerate(rows):
        if not isinstance(line, list):
            return [fault(f"{place}.rows[{number}]", line, wanted)]
        if len(line) != len(columns):
            return [f"{place}.rows[{number}]: {len(line)} cells; must be {wanted}"]
    return []


def _misfit(method: str, part: dict[str, Any], timed: Sequence[str]) -> str:
    """Return what does not fit in the part of a method."""
    columns, rows, left_out = part["columns"], part["rows"], part["not in sha256"]
    if others := [str(name) for name in left_out if name not in timed]:
        return f"leaves {', '.join(others)} out of sha256; must leave out {', '.join(timed)} alone"
    if "method" in columns:
        where = columns.index("method")
        for place, line in enumerate(rows):
            if line[where] != method:
                return f"rows[{place}] is of {line[where]!r}; must be of {method!r}"
    found = digest(columns, rows, left_out)
    if found == part["sha256"]:
        return ""
    return (
        f"its {len(rows)} rows have sha256 {found}, and the record says {part['sha256']}: "
        "a cell, a row or a name of a column was changed"
    )
