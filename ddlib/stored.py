"""Files of rows, one config each: written whole or not at all, and believed only when whole.

A file is written to a hidden name, flushed, and renamed; two writers of one config leave one of
two equal files. In the file's own metadata stands where its rows come from. Nothing is pickled.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from operator import attrgetter
from pathlib import Path
from typing import Any, BinaryIO

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

KEY = b"ddlib"
DAMAGE = (pa.ArrowException, OSError, KeyError, TypeError, ValueError)  # what reading it raises


class StoreError(RuntimeError):
    """A file of the store cannot be read or written; the message names it and says why."""


@dataclass(frozen=True, eq=False)
class Stored:
    """The rows of one config, and where they lie and come from.

    `path` is the config's own file, or the pack that it is in. `experiment` and `hash` are what
    this place says that the rows are; `provenance` is what was written with them.
    """

    path: Path
    experiment: str
    hash: str
    table: pa.Table
    provenance: dict[str, Any]

    @property
    def rows(self) -> pd.DataFrame:
        """The rows as a table of pandas, a new one each time."""
        return joined([self.table])


def single_path(folder: Path, experiment: str, key: str) -> Path:
    """Return where the rows of the config with hash `key` lie when they have their own file."""
    return folder.joinpath(experiment, f"{key}.parquet")


def read(path: Path) -> Stored:
    """Return what is in the config's own file at `path`; `StoreError` when it is damaged."""
    try:
        table = read_parquet(path)
        provenance = checked(json.loads(table.schema.metadata[KEY]))
    except DAMAGE as error:
        raise StoreError(
            f"{path}: is damaged or not a file of this store ({type(error).__name__}); "
            "delete it, or recompute it with --replace"
        ) from error
    return Stored(
        path, path.parent.name, path.stem, table.replace_schema_metadata(None), provenance
    )


def read_if_there(path: Path) -> Stored | None:
    """Return what is in the file at `path`, or None where there is none (any more)."""
    try:
        return read(path)
    except StoreError:
        if path.exists():
            raise
        return None  # packed meanwhile, perhaps: its rows are in the pack


def checked(provenance: dict[str, Any]) -> dict[str, Any]:
    """Return `provenance`; raise `KeyError` or `TypeError` when it is not one."""
    for key, kind in (("experiment", str), ("version", int), ("config", dict)):
        if not isinstance(provenance[key], kind):
            raise TypeError(f"{key}: must be {kind.__name__}")
    return provenance


def as_arrow(rows: pd.DataFrame) -> pa.Table:
    """Return `rows` as they are stored, the index left out."""
    return pa.Table.from_pandas(rows, preserve_index=False).replace_schema_metadata(None)


def joined(tables: Sequence[pa.Table]) -> pd.DataFrame:
    """Return the rows of all `tables`, one after the other, as one table of pandas."""
    # Tables of one schema are joined without a copy; as a rule these are all.
    parts = [
        pa.concat_tables(group).to_pandas(use_threads=False)
        for _, group in itertools.groupby(tables, key=attrgetter("schema"))
    ]
    return pd.concat(parts, ignore_index=True)


def read_parquet(source: Path | pa.NativeFile) -> pa.Table:
    """Return the table in a file, its checksums verified."""
    with pq.ParquetFile(source, page_checksum_verification=True) as file:
        return file.read(use_threads=False)


def write_parquet(table: pa.Table, file: BinaryIO) -> None:
    """Write `table` to an open file, with checksums."""
    pq.write_table(table, file, compression="zstd", write_page_checksum=True)


@contextlib.contextmanager
def appearing(path: Path) -> Iterator[BinaryIO]:
    """Yield a file with a hidden name; it is named `path` at the end, when it is on the disk.

    Raises `StoreError` when the folder cannot be written or the disk is full; nothing is left
    after that, and nothing after any other error in between.
    """
    unfinished = path.with_name(f".{path.name}.{uuid.uuid4().hex}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with unfinished.open("wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(path)
    except OSError as error:
        raise StoreError(f"{path}: cannot be written: {error.strerror or error}") from error
    finally:
        with contextlib.suppress(OSError):
            unfinished.unlink(missing_ok=True)
