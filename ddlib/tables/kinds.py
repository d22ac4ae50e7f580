"""What kind of column cells make: inferred from the values and the name."""

from __future__ import annotations

from typing import Any

import pandas as pd

from ddlib.tables.cells import Cells
from ddlib.tables.columns import EXACT, Kind
from ddlib.tables.faults import Findings, note, warning, yaml_word
from ddlib.tables.names import is_groups, is_persons, is_rows

_MOST_LEVELS = 20
"""Distinct values beyond which a name of a person's number is believed, and texts may be free."""
_WHOLE_LEVELS, _OTHER_LEVELS = 5, 10
"""Most distinct whole numbers, and most others, that are levels of an ordered column."""


def infer(cells: Cells, found: Findings) -> Kind | None:
    """Return the kind that values and name of a column speak for, None where it is refused.

    Two values are binary. A whole number called as people's numbers are is a key, if no table
    repeats it. Few numbers that stand often are ordered, all else of at least 0 is a count, or a
    number. Of texts, those that hardly repeat are a key too, or free, the others a category.

    Args:
        cells: of the column, at least two of them different.
        found: gets what is wrong or worth knowing.
    """
    pooled = cells.pooled
    distinct = pooled.nunique()
    if cells.form == "date":
        return "date"
    if distinct == 2:
        return "binary"
    numbers = cells.form == "number"
    whole = numbers and bool((pooled % 1 == 0).all())
    if whole or not numbers:
        if _is_key(cells):
            line = f"column {cells.name!r}: taken as a key: it is never synthesised"
            found.notes.append(note(line, [cells.name], list(cells.values)))
            return "key"
        if visits := _visits(cells):
            found.faults.append(visits)
            return None
    if not numbers:
        return _kind_of_texts(cells, found)
    if whole and distinct <= _MOST_LEVELS and is_groups(cells.name):
        return "category"
    most, rows = (_WHOLE_LEVELS, 4) if whole else (_OTHER_LEVELS, 10)
    if distinct <= most and len(pooled) >= rows * distinct:
        return "ordered"
    # All numbers beyond are whole, whatever they count or measure.
    return "count" if whole and pooled.min() >= 0 and pooled.max() < EXACT else "number"


def repeats(values: pd.Series) -> tuple[Any, Any] | None:
    """Return the rows of the first value that stands twice, and stood before, else None.

    Args:
        values: of a column of one table, by row.
    """
    seen = values.dropna()
    again = seen.duplicated().to_numpy()
    if not again.any():
        return None
    second = int(again.argmax())
    first = int((seen == seen.iloc[second]).to_numpy().argmax())
    return seen.index[first], seen.index[second]


def _is_key(cells: Cells) -> bool:
    """Whether a column is called as a key is, and no table repeats a value."""
    counts = cells.name == "X" and all(_is_a_count(part) for part in cells.values.values())
    named = is_persons(cells.name) or is_rows(cells.name) or counts
    return named and not any(repeats(part) for part in cells.values.values())


def _is_a_count(values: pd.Series) -> bool:
    """Whether whole numbers are consecutive, as R writes those of rows, in whatever order."""
    seen = pd.to_numeric(values, errors="coerce").dropna()
    return len(seen) > 0 and seen.max() - seen.min() == len(seen) - 1


def _visits(cells: Cells) -> str | None:
    """Return the fault of a table that has several rows of a person, None where none has."""
    few = cells.form != "number" and cells.pooled.nunique() <= _MOST_LEVELS
    if few or not is_persons(cells.name):
        return None
    for label, part in cells.values.items():
        if rows := repeats(part):
            seen = part.dropna()
            return (
                f"{label}: column {cells.name!r}, row {rows[1]}: repeats row {rows[0]} "
                f"({seen.nunique()} values in {len(seen)} rows); must be one row a person: "
                f"merge visits by ddlib merge --id {cells.name} --time COLUMN, or keep one row of "
                f"each; or, if it tells no persons apart, set leave_out: [{yaml_word(cells.name)}]"
            )
    return None


def _kind_of_texts(cells: Cells, found: Findings) -> Kind:
    """Return the kind of a column of more than two texts: a category, or none that is of use."""
    rows, distinct = len(cells.pooled), cells.pooled.nunique()
    if distinct <= _MOST_LEVELS or distinct <= rows / 2:
        return "category"
    what = "all texts differ" if distinct == rows else f"{distinct} texts in {rows} rows"
    line = (
        f"column {cells.name!r}: {what}: taken as a key or free text, and never synthesised; set "
        f"kinds: {{{yaml_word(cells.name)}: category}} to keep the texts that are frequent"
    )
    found.notes.append(warning(line, [cells.name], list(cells.values)))
    return "key"
