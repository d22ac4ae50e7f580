"""Text files as tables of texts: encoding, separator, header and rows of equal length."""

from __future__ import annotations

import codecs
import csv
import io
import re
from typing import IO

import pandas as pd

from ddlib.spreadsheets import plain_cell
from ddlib.tables.faults import Note, TablesError, and_more, note, number_of, some, warning

MAX_COLUMNS = 1000
"""Columns that a table may have: a joint law of more is beyond the model, and a file with more is
most often no table of people."""

# The first line of a table of so many columns is far shorter.
_LONGEST_HEADER = 1 << 24
_LETTERS = "".join(chr(code) for code in range(0xC0, 0x100) if code not in (0xD7, 0xF7))
# What Western European text has besides ASCII. Bytes of another code page show themselves as other
# signs, or as long runs.
_LATIN = re.compile(f"[{_LETTERS}°µ±§£€–—‘’“”…®©ªº«»´·×÷ß½¼¾²³\xa0]")
_RUN = re.compile(r"[^\x00-\x7f]{3}")
_SEPARATORS = (",", ";", "\t", "|")
_NUMBER = re.compile(r"\s*[+-]?(\d+[.,]?\d*|[.,]\d+)([eE][+-]?\d+)?\s*")


def read_text(
    stream: IO[bytes], name: str, *, tabs: bool = False, by_row: bool = False
) -> tuple[pd.DataFrame, list[Note]]:
    """Return the table of texts in a stream, and what is worth knowing about how it was read.

    Args:
        stream: of a CSV with commas, semicolons, tabs or |, whichever its header has most of.
        name: of the file, for faults.
        tabs: whether it is separated by tabs whatever the header has.
        by_row: whether each row is read by itself: as UTF-8, and a cell is within a line.

    Returns:
        Texts, stripped of blanks around them and of the apostrophe before what would be a formula,
        an empty one missing. The index is the row, the header's is 1.

    Raises:
        TablesError: for what is no text, another encoding, no header or rows, names that lack or
            stand twice, rows of another length, and too many columns.
    """
    head = stream.readline(_LONGEST_HEADER)
    _check_bytes(head, name)
    widest = max(head.count(separator.encode()) for separator in _SEPARATORS)
    if widest >= MAX_COLUMNS:  # so that not all of a file is read that is far too wide
        check_width(1 + widest, name)
    text, notes = (_replaced if by_row else _decoded)(head + stream.read(), name)
    records = _records(text, "\t" if tabs else _separator(text), name, by_row)
    # A line that spreadsheets read the separator from, `sep=;`, and do not show.
    if records and re.fullmatch("sep=.?", records[0][1][0]) and not "".join(records[0][1][1:]):
        records = records[1:]
    if not records:
        raise TablesError([f"{name}: is empty; must have a header and rows"])
    return _table(records, name, notes)


def check_width(width: int, name: str) -> None:
    """Check that a table does not have too many columns.

    Args:
        width: how many it has.
        name: of the file, for the fault.

    Raises:
        TablesError: for more than `MAX_COLUMNS`.
    """
    if width > MAX_COLUMNS:
        raise TablesError([f"{name}: has {width} columns; must have at most {MAX_COLUMNS}"])


def _check_bytes(head: bytes, name: str) -> None:
    """Raise `TablesError` for a first line that is no text's."""
    if head.startswith(b"PK\x03\x04"):
        line = f"{name}: is an archive or a workbook of a spreadsheet; must be saved as CSV"
        raise TablesError([line])
    wide = head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    if b"\0" in head and not wide:
        raise TablesError([f"{name}: is no text (it has zero bytes); must be saved as CSV"])


def _decoded(data: bytes, name: str) -> tuple[str, list[Note]]:
    """Return bytes as text, and a note where they are not UTF-8."""
    wide = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    try:
        text = data.decode("utf-16" if wide else "utf-8-sig")
    except UnicodeDecodeError as error:
        text = None if wide else _western(data)
        if text is None:
            row = 1 + data.count(b"\n", 0, error.start)
            line = f"{name}: row {row}: is neither UTF-8 nor Western European text; must be UTF-8"
            raise TablesError([f"{line} (save it as 'CSV UTF-8')"]) from None
        # Letters to check by, and no words, which may be people's names.
        odd = some(sorted({letter for letter in text if not letter.isascii()}), 8)
        line = f"{name}: read as Latin-1, as it is not UTF-8; check that it has the letters {odd}"
        notes = [note(line, (), [name])]
        return text, notes
    _check_zeros(text, name)
    return text, []


def _replaced(data: bytes, name: str) -> tuple[str, list[Note]]:
    """Return bytes as UTF-8, with a sign for what is not, and a note where there is such."""
    text = data.decode("utf-8-sig", errors="replace")
    _check_zeros(text, name)
    if not (lost := text.count("\ufffd")):
        return text, []
    return text, [note(f"{name}: {number_of(lost, 'sign')} not in UTF-8", (), [name])]


def _check_zeros(text: str, name: str) -> None:
    """Raise `TablesError` for text with zero bytes."""
    if "\0" in text:
        raise TablesError([f"{name}: is no text (it has zero bytes); must be saved as CSV"])


def _western(data: bytes) -> str | None:
    """Return bytes as Western European text if they look like it, else None."""
    try:
        text = data.decode("cp1252")
    except UnicodeDecodeError:
        return None
    odd = [letter for letter in set(text) if not letter.isascii()]
    if all(_LATIN.match(letter) for letter in odd) and not _RUN.search(text):
        return text
    return None


def _separator(text: str) -> str:
    """Return what separates the cells: that which the first line with text has most of."""
    head = re.match(r"\s*(.*)", text)
    bare = re.sub(r'"[^"]*"', "", head[1] if head else "")
    return max(_SEPARATORS, key=bare.count)


def _records(text: str, separator: str, name: str, by_row: bool) -> list[tuple[int, list[str]]]:
    """Return the records that are not blank, each with its row."""
    # Line ends of all systems are read, those within a cell too.
    lines = io.StringIO(text, newline=None)
    # By row, a quotation mark that is not closed takes no other row in.
    parts = ([line] for line in lines) if by_row else [lines]
    records: list[tuple[int, list[str]]] = []
    row = 0
    try:
        for part in parts:
            for record in csv.reader(part, delimiter=separator, skipinitialspace=True, strict=True):
                row += 1
                if any(cell.strip() for cell in record) or len(record) > 1:
                    records.append((row, record))
    except csv.Error as error:
        what = "a quotation mark is not closed" if "end of data" in str(error) else str(error)
        raise TablesError([f"{name}: row {row + 1}: {what}; must be a cell of a CSV"]) from None
    return records


def _check_lengths(width: int, rows: list[tuple[int, list[str]]], name: str) -> None:
    """Raise `TablesError` unless all rows have as many cells as the header."""
    wrong = [(row, len(cells)) for row, cells in rows if len(cells) != width]
    if not wrong:
        return
    row, cells = wrong[0]
    if len(wrong) == len(rows) and all(length == width + 1 for _, length in wrong):
        line = f"{name}: the header has one cell less than all rows; must name the first column too"
        raise TablesError([line])
    more = and_more(len(wrong) - 1)
    counted = number_of(cells, "cell")
    raise TablesError([f"{name}: row {row}: has {counted}; must have {width} as the header{more}"])


def _named(
    table: pd.DataFrame, header: list[str], name: str, notes: list[Note]
) -> tuple[pd.DataFrame, list[Note]]:
    """Return a table with the names of its header, without columns that are none."""
    faults: list[str] = []
    kept: list[int] = []
    for index, title in enumerate(header):
        if title.strip():
            kept.append(index)
        elif table[index].isna().all():
            notes.append(note(f"{name}: column {index + 1} has no name and no cell: left out"))
        elif index == 0 and _counts_rows(table[index]):
            notes.append(note(f"{name}: column 1 has no name and counts the rows: left out"))
        else:
            faults.append(f"{name}: row 1: column {index + 1} has no name; must have one")
    names = [header[index] for index in kept]
    for title in dict.fromkeys(title for title in names if names.count(title) > 1):
        places = [str(index + 1) for index in kept if header[index] == title]
        faults.append(
            f"{name}: row 1: column {title!r} stands {number_of(len(places), 'time')} "
            f"(columns {', '.join(places)}); must stand once"
        )
    if not kept:
        faults.append(f"{name}: row 1: has no names; must name the columns")
    if faults:
        raise TablesError(faults)
    table = table[kept]
    table.columns = pd.Index(names, dtype=object)
    for title in names:
        if title != title.strip():
            line = f"{name}: column {title!r} has blanks around its name: kept as it is"
            notes.append(warning(line, [title], [name]))
    return table, notes


def _table(
    records: list[tuple[int, list[str]]], name: str, notes: list[Note]
) -> tuple[pd.DataFrame, list[Note]]:
    """Return the table of records, of which the first has the names."""
    (_, header), *rows = records
    header = [plain_cell(title) for title in header]
    check_width(len(header), name)
    if not rows:
        raise TablesError([f"{name}: has a header alone; must have rows"])
    if len(header) > 1 and all(_NUMBER.fullmatch(cell) for cell in header):
        line = f"{name}: row 1: {some(header)} are numbers; must be the columns' names"
        raise TablesError([line])
    _check_lengths(len(header), rows, name)
    table = pd.DataFrame(
        {
            index: pd.Series([plain_cell(cell.strip()) or None for cell in cells], dtype="str")
            for index, cells in enumerate(zip(*(cells for _, cells in rows), strict=True))
        }
    )
    table.index = pd.Index([row for row, _ in rows])
    return _named(table, header, name, notes)


def _counts_rows(values: pd.Series) -> bool:
    """Whether texts are 0, 1, 2, … or 1, 2, 3, …, as tools write the numbers of rows."""
    first = values.iloc[0]
    if first not in ("0", "1"):
        return False
    return values.tolist() == [str(int(first) + i) for i in range(len(values))]
