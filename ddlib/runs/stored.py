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
from typing import TYPE_CHECKING, Any, BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq

from ddlib.runs.places import FolderError

if TYPE_CHECKING:
    import pandas as pd

KEY = b"ddlib"
DAMAGE = (pa.ArrowException, OSError, KeyError, TypeError, ValueError)  # what reading it raises


class StoreError(FolderError):
    """A file of the store that cannot be read or written; the message names it and says why."""


@dataclass(frozen=True, eq=False)
class Stored:
    """The rows of one config, and where they lie and come from.

    Attributes:
        path: the config's own file, or the pack that it is in.
        experiment: name of the experiment, by the place.
        hash: hash of the config, by the place.
        table: the rows.
        provenance: what was written with the rows.
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


def read(path: Path) -> Stored:
    """Return what is in a config's own file.

    Args:
        path: the file, `folder/experiment/hash.parquet`.

    Raises:
        StoreError: for a file that is damaged.
    """
    try:
        table = read_parquet(path)
        provenance = checked(json.loads(table.schema.metadata[KEY]))
    except DAMAGE as error:
        raise StoreError(
            f"{path}: is damaged or not a file of this store ({type(error).__name__}); must be "
            "deleted, or recomputed with --replace"
        ) from error
    return Stored(
        path, path.parent.name, path.stem, table.replace_schema_metadata(None), provenance
    )


def read_if_there(path: Path) -> Stored | None:
    """Return what is in a config's own file, or None where there is none (any more).

    Args:
        path: the file, `folder/experiment/hash.parquet`.

    Raises:
        StoreError: for a file that is damaged.
    """
    try:
        return read(path)
    except StoreError as error:
        # Packed meanwhile, perhaps: its rows are in the pack. A look whether it is there now would
        # find the file that another process has written since.
        if isinstance(error.__cause__, FileNotFoundError | NotADirectoryError):
            return None
        raise


def checked(provenance: dict[str, Any]) -> dict[str, Any]:
    """Return a provenance as it is.

    Args:
        provenance: what was read from a file.

    Raises:
        KeyError: for one without experiment, version or config.
        TypeError: for one in which they are of other types.
    """
    for key, kind in (("experiment", str), ("version", int), ("config", dict)):
        if not isinstance(provenance[key], kind):
            raise TypeError(f"{key}: must be {kind.__name__}")
    return provenance


def as_arrow(rows: pd.DataFrame) -> pa.Table:
    """Return rows as they are stored.

    Args:
        rows: the index is left out.
    """
    return pa.Table.from_pandas(rows, preserve_index=False).replace_schema_metadata(None)


def joined(tables: Sequence[pa.Table]) -> pd.DataFrame:
    """Return the rows of all tables, one after the other, as one table of pandas.

    Args:
        tables: at least one; where they are of one schema, they are joined without a copy.
    """
    # Takes a second; to look for rows, and to name a damaged file, needs none of it.
    import pandas as pd

    parts = [
        pa.concat_tables(group).to_pandas(use_threads=False)
        for _, group in itertools.groupby(tables, key=attrgetter("schema"))
    ]
    return pd.concat(parts, ignore_index=True)


def read_parquet(source: Path | pa.NativeFile) -> pa.Table:
    """Return the table in a file, its checksums verified.

    Args:
        source: path of the file, or its bytes.
    """
    with pq.ParquetFile(source, page_checksum_verification=True) as file:
        return file.read(use_threads=False)


def write_parquet(table: pa.Table, file: BinaryIO) -> None:
    """Write a table to an open file, with checksums.

    Args:
        table: with the metadata that the file is to have.
        file: open for writing.
    """
    pq.write_table(table, file, compression="zstd", write_page_checksum=True)


@contextlib.contextmanager
def appearing(path: Path) -> Iterator[BinaryIO]:
    """Yield a file with a hidden name, which is renamed at the end, when it is on the disk.

    Args:
        path: the name at the end. After an error nothing is left of the hidden file, and the file
            that was at `path` before stays.

    Raises:
        StoreError: for a folder that cannot be written, and for a full disk.
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
