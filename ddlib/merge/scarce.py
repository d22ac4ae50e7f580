"""Columns that few rows show: the `.` of a task leaves them out, and most of them is filled in."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from ddlib.merge.formula import TableTask
from ddlib.tables import Note, Schema
from ddlib.tables.faults import note, warning, yaml_word

LEAST_SHARE = 0.2  # of the rows, that must show a column for `.` to take it


def scarce_columns(schema: Schema, codes: np.ndarray) -> tuple[str, ...]:
    """Return the columns that less than a fifth of the rows show.

    Args:
        schema: of the codes.
        codes: `(n, p)`, NaN where missing.
    """
    shares = (~np.isnan(codes)).mean(0)
    names = schema.without_keys().names
    return tuple(name for name, share in zip(names, shares, strict=True) if share < LEAST_SHARE)


def scarce_notes(tasks: Iterable[TableTask], schema: Schema, codes: np.ndarray) -> list[Note]:
    """Return a line on each column that few rows show: a warning where a task is learnt from it.

    Args:
        tasks: that rows are made for.
        schema: of the codes.
        codes: `(n, p)`, NaN where missing.
    """
    tasks, notes = list(tasks), []
    for name in scarce_columns(schema, codes):
        shown = int((~np.isnan(codes[:, schema.names.index(name)])).sum())
        line = f"column {name!r}: {shown} of {len(codes)} rows show it, the rest is filled in"
        using = " and ".join(t.text for t in tasks if name in (*t.inputs, t.target))
        if using:
            line += f": what {using} tells of it comes from the model for the most part"
            notes.append(warning(line, [name]))
            continue
        text = next((task.text for task in tasks if task.takes_others), "")
        asked = f"; {text} + {name} asks for it" if text else ""
        line += f": left out of what is learnt{asked}"
        notes.append(note(f"{line}; leave_out: [{yaml_word(name)}] drops it", [name]))
    return notes
