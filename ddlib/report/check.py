"""What `ddlib check` prints: columns and kinds by table, notes, and pairs that no table shows."""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import wrap

import numpy as np

from ddlib.html.markup import printable
from ddlib.report.comparison import scarcest_pair
from ddlib.report.notes_section import SETS, SETTINGS_TOLD
from ddlib.tables import Column, Sources
from ddlib.tables.faults import number_of

WIDTH = 100  # characters of a line
NEXT = """\
Then, for a column that is to be predicted (or --for density, for all questions):
  ddlib merge TABLE … --for 'COLUMN ~ .' --rows 100 --out merged.csv --report report.html"""
_MOST_PAIRS = 12
_MOST_LEVELS = 6
_LONGEST = 28  # characters of a name, and of a cell


def check_text(sources: Sources, more: Sequence[str] = (), then: str = NEXT) -> str:
    """Return what is found in tables, for a terminal.

    Args:
        sources: as they were read.
        more: blocks of lines on what their rows are.
        then: what may be done with them.
    """
    found = _columns(sources), _pairs(sources)
    blocks = [_size(sources), *more, *_notes(sources), *found, then]
    return "\n\n".join(blocks) + "\n"


def _size(sources: Sources) -> str:
    """Return the line on how much there is."""
    rows = sum(map(len, sources.tables.values()))
    each = ", ".join(f"{printable(s)} {len(table)}" for s, table in sources.tables.items())
    columns = number_of(len(sources.schema.without_keys().names), "column")
    tables = number_of(len(sources.tables), "table")
    return f"{tables}, {number_of(rows, 'row')} ({each}), {columns}"


def _notes(sources: Sources) -> list[str]:
    """Return the blocks of warnings and of notes."""
    blocks = []
    for level, title in (("warning", "Warnings"), ("note", "Notes")):
        texts = [note.text for note in sources.notes if note.level == level]
        if texts:
            lines = [line for text in texts for line in _item(printable(text))]
            blocks.append("\n".join([f"{title}:", *lines]))
    if any(SETS.search(note.text) for note in sources.notes):
        blocks.append("\n".join(wrap(SETTINGS_TOLD, WIDTH)))
    return blocks


def _item(text: str) -> list[str]:
    """Return the lines of one item of a list; what is to be typed is not torn apart."""
    return wrap(
        text,
        WIDTH,
        initial_indent="- ",
        subsequent_indent="  ",
        break_long_words=False,
        break_on_hyphens=False,
    )


def _columns(sources: Sources) -> str:
    """Return the table of columns: kind, what values there are, and rows by table."""
    head = ["column", "kind", "values", *map(printable, sources.tables)]
    rows = [head]
    for column in sources.schema.columns:
        counts = [
            str(int(table[column.name].notna().sum())) if column.name in table else "-"
            for table in sources.tables.values()
        ]
        rows.append([_cut(printable(column.name)), column.kind, _values(column), *counts])
    widths = [max(len(row[place]) for row in rows) for place in range(len(head))]
    lines = []
    for row in rows:
        cells = [
            cell.ljust(width) if place < 3 else cell.rjust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        lines.append("  ".join(cells).rstrip())
    return "\n".join(["Columns, with the rows of each table that show them:", *lines])


def _values(column: Column) -> str:
    """Return the levels or the range of a column, in short."""
    if column.levels:
        shown = column.level_texts[:_MOST_LEVELS]
        more = ["…"] if len(column.levels) > _MOST_LEVELS else []
        between = " < " if column.kind == "ordered" else ", "
        return _cut(printable(between.join([*shown, *more])))
    if column.kind == "key" or column.low is None or column.high is None:
        return ""
    if column.kind == "date":
        low, high = (str(np.datetime64(int(end), "D")) for end in (column.low, column.high))
        return f"{low} to {high}"
    return f"{column.low:.6g} to {column.high:.6g}"


def _pairs(sources: Sources) -> str:
    """Return the sentence on pairs of columns that no row shows together."""
    names = sources.schema.without_keys().names
    seen = (~np.isnan(sources.codes()[0])).astype(np.int64)
    unseen = np.argwhere(np.triu(seen.T @ seen == 0, k=1))
    total = len(names) * (len(names) - 1) // 2
    fewest = _scarcest(names, seen.T @ seen)
    if not len(unseen):
        return "\n".join([f"All {total} pairs of columns are seen together.", *fewest])
    shown = [f"{names[i]!r} and {names[j]!r}" for i, j in unseen[:_MOST_PAIRS]]
    more = len(unseen) - len(shown)
    lines = [f"- {printable(pair)}" for pair in shown] + ([f"- and {more} more"] if more else [])
    are = "is" if len(unseen) == 1 else "are"
    first = (
        f"{len(unseen)} of {total} pairs of columns {are} never seen together: no row tells how "
        "they depend on one another, and a merge takes them as independent given all other columns."
    )
    return "\n".join([*wrap(first, WIDTH), *lines, *fewest])


def _scarcest(names: Sequence[str], together: np.ndarray) -> list[str]:
    """Return the lines on the pair of columns that the fewest rows show, if any does."""
    found = scarcest_pair(together)
    if found is None:
        return []
    (i, j), count = found
    pair = printable(f"{names[i]!r} and {names[j]!r}")
    return wrap(f"Fewest rows of a pair that is seen: {count}, of {pair}.", WIDTH)


def _cut(text: str) -> str:
    """Return a text cut to what a cell holds."""
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
