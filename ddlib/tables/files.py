"""Files as tables: opened, decompressed and cut into cells, with all that is wrong with them.

A text file becomes a table of texts, whose index is the row as a spreadsheet counts it (the header
is row 1); what the texts are is found out later, over all tables. A Parquet file keeps its types.
"""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
import zipfile
import zlib
from collections.abc import Sequence
from pathlib import Path, PurePath
from typing import IO, Any

import pandas as pd

from ddlib.tables.faults import Note, TablesError
from ddlib.tables.text import check_width, read_text

COMPRESSED = (".gz", ".bz2", ".xz", ".zip")
TEXTS = (".csv", ".tsv", ".tab", ".txt")
PARQUETS = (".parquet", ".pq")
_FORMATS = "a .csv, .tsv, .txt or .parquet file, as it is or as .gz, .bz2, .xz or .zip"
# What a decompressor raises for a file that is none of its own, or is cut short.
_DAMAGE = (
    EOFError,
    zlib.error,
    lzma.LZMAError,
    zipfile.BadZipFile,
    gzip.BadGzipFile,
    RuntimeError,  # of an encrypted zip
    NotImplementedError,  # of a method that zipfile does not know
)


def read_file(
    path: str | os.PathLike[str], *, by_row: bool = False
) -> tuple[pd.DataFrame, list[Note]]:
    """Return a file's table and what is worth knowing about how it was read.

    Args:
        path: a file with header and rows: CSV (with commas, semicolons or tabs), TSV or Parquet,
            perhaps compressed.
        by_row: whether each row is read by itself, so that none decides how others are read: text
            is then UTF-8, and a cell is within a line.

    Returns:
        The table, and notes on encoding and on cells that stand for nothing.

    Raises:
        TablesError: for what is no such file; each line begins with the file's name.
    """
    where = Path(path)
    name = where.name or str(where)
    _check_place(where)
    form, packed = _format(name, where.name)
    try:
        with where.open("rb") as raw:
            if not raw.read(1):
                raise TablesError([f"{name}: is empty; must have a header and rows"])
            raw.seek(0)
            with _unpacked(raw, packed, name) as (stream, inner):
                return _read(stream, form or _format(name, inner)[0], name, by_row)
    except _DAMAGE as error:
        text = str(error) or type(error).__name__
        raise TablesError(
            [f"{name}: cannot be decompressed ({text}); must be a whole {packed} file"]
        ) from None
    except OSError as error:
        if packed and error.errno is None:  # bz2's own
            line = f"{name}: cannot be decompressed ({error}); must be a whole {packed} file"
        else:
            line = f"{name}: cannot be read: {error.strerror or error}"
        raise TablesError([line]) from None


def place_faults(paths: Sequence[Path]) -> list[str]:
    """Return which files are not there or are no tables by their names, before any is read.

    Args:
        paths: of files.
    """
    faults: list[str] = []
    for path in paths:
        try:
            _check_place(path)
            _format(path.name or str(path), path.name)
        except TablesError as error:
            faults += error.faults
    return faults


def _check_place(path: Path) -> None:
    """Raise `TablesError` unless there is a file at a path."""
    try:
        is_folder, is_there = path.is_dir(), path.exists()
    except OSError as error:  # a name that is too long, a folder that may not be entered
        raise TablesError([f"{path}: cannot be read: {error.strerror}"]) from None
    if is_folder:
        raise TablesError([f"{path}: is a directory; must be {_FORMATS}"])
    if not is_there:
        raise TablesError([f"{path}: does not exist; must be {_FORMATS}"])


def _format(name: str, file: str) -> tuple[str, str]:
    """Return the ending that says the format, and that of the compression; "" for none.

    Only a zip may lack the first, as the file in it has one.
    """
    endings = [ending.lower() for ending in PurePath(file).suffixes]
    packed = endings.pop() if endings and endings[-1] in COMPRESSED else ""
    form = endings[-1] if endings else ""
    if form in (*TEXTS, *PARQUETS):
        return form, packed
    if packed == ".zip":
        return "", packed
    ending = form or packed or "no ending"
    raise TablesError([f"{name}: {ending}: is not read; must be {_FORMATS}"])


class _unpacked:
    """The bytes of an opened file, decompressed, and the name of the file that they are."""

    def __init__(self, raw: IO[bytes], packed: str, name: str) -> None:
        self.raw, self.packed, self.name = raw, packed, name
        self.opened: list[Any] = []

    def __enter__(self) -> tuple[IO[bytes], str]:
        inner = PurePath(self.name).stem
        if self.packed == ".zip":
            archive = zipfile.ZipFile(self.raw)
            self.opened.append(archive)
            inner = self._only_file(archive)
            stream: Any = archive.open(inner)
        elif self.packed == ".gz":
            stream = gzip.GzipFile(fileobj=self.raw)
        elif self.packed == ".bz2":
            stream = bz2.BZ2File(self.raw)
        elif self.packed == ".xz":
            stream = lzma.LZMAFile(self.raw)
        else:
            return self.raw, self.name
        self.opened.append(stream)
        return stream, inner

    def __exit__(self, *error: object) -> None:
        for stream in reversed(self.opened):
            stream.close()

    def _only_file(self, archive: zipfile.ZipFile) -> str:
        """Return the name of the one file in an archive."""
        names = [
            info.filename
            for info in archive.infolist()
            if not info.is_dir() and not info.filename.startswith("__MACOSX/")
        ]
        if len(names) != 1:
            found = ", ".join(names[:3]) or "none"
            line = f"{self.name}: holds {len(names)} files ({found}); must hold one table"
            raise TablesError([line])
        return names[0]


def _read(stream: IO[bytes], form: str, name: str, by_row: bool) -> tuple[pd.DataFrame, list[Note]]:
    """Return the table in a stream of bytes, and notes on it."""
    if form in PARQUETS:
        return _read_parquet(stream, name, by_row), []
    return read_text(stream, name, tabs=form in (".tsv", ".tab"), by_row=by_row)


def _read_parquet(stream: IO[bytes], name: str, by_row: bool) -> pd.DataFrame:
    """Return the table in a Parquet file; its index counts the rows from 1."""
    import pyarrow as pa  # takes a while to import
    from pyarrow import parquet

    try:
        file = parquet.ParquetFile(stream if stream.seekable() else io.BytesIO(stream.read()))
        columns = file.schema_arrow.names
        check_width(len(columns), name)
        # Without pandas' own metadata, which may make an index of a column.
        # One missing cell makes floats of whole numbers, unless these become objects.
        table = file.read().to_pandas(ignore_metadata=True, integer_object_nulls=by_row)
    except (pa.ArrowException, OSError) as error:
        text = str(error).split("\n")[0].rstrip(".")
        line = f"{name}: cannot be read ({text}); must be a whole Parquet file"
        raise TablesError([line]) from None
    if not len(table):
        raise TablesError([f"{name}: has no rows; must have rows"])
    table = table.loc[:, [c for c in columns if not c.startswith("__index_level_")]]
    table.index = pd.RangeIndex(1, len(table) + 1)
    return table
