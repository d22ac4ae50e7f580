"""Packs: the stored rows of all configs of one experiment, in one Parquet file.

One row per config, sorted by hash: `hash`, `config` and `provenance` (JSON), and `rows`, a list of
records. The same stored rows give the same bytes. The file's own metadata name the experiment and
hold a digest of all other bytes: Parquet's checksums leave out what says how long a list is.
"""

from __future__ import annotations

import functools
import hashlib
import io
import itertools
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

import pyarrow as pa

from ddlib.runs.stored import (
    DAMAGE,
    KEY,
    Stored,
    StoreError,
    appearing,
    checked,
    joined,
    read_parquet,
    write_parquet,
)

SEAL = b'"sha256": "'  # what stands before the digest
BLANK = b"0" * 64  # in its place while it is computed


def read_pack(path: Path) -> Mapping[str, Stored]:
    """Return hash -> stored rows of a pack, which is read once per process unless the file changes.

    Args:
        path: the pack, `folder/experiment.parquet`; where there is no such file, it holds nothing.

    Raises:
        StoreError: for a pack that is damaged or is another experiment's.
    """
    try:
        state = path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return {}
    return _read_once(path, state.st_mtime_ns, state.st_size)


@functools.lru_cache(maxsize=32)
def _read_once(path: Path, mtime_ns: int, size: int) -> Mapping[str, Stored]:
    """Return what is in the pack at `path` as long as its time and size are these."""
    return MappingProxyType(unpack(path, path.stem))


def unpack(path: Path, experiment: str) -> dict[str, Stored]:
    """Return hash -> stored rows of a pack, read from the disk.

    Args:
        path: the file.
        experiment: name of the experiment that it must be of.

    Raises:
        StoreError: for a pack that is damaged or is another experiment's.
    """
    try:
        table = read_parquet(pa.BufferReader(_unsealed(path.read_bytes())))
        owner = json.loads(table.schema.metadata[KEY])["pack"]
        stored = _split(table, path, experiment)
    except DAMAGE as error:
        if not _may_be_own(path):
            raise StoreError(
                f"{path}: is no pack of this store, or has lost its mark; must be restored, or lie "
                "outside the folder of stored rows"
            ) from error
        raise StoreError(
            f"{path}: is damaged or not a pack of this store ({type(error).__name__}); must be "
            "restored, or deleted and its rows computed again"
        ) from error
    held = {owner, *(entry.provenance["experiment"] for entry in stored.values())}
    if held != {experiment}:
        raise StoreError(
            f"{path}: holds rows of {', '.join(sorted(held))}; must hold those of {experiment}"
        )
    return stored


def _may_be_own(path: Path) -> bool:
    """Whether a file has a mark of this store, or cannot be looked into."""
    try:
        content = path.read_bytes()
    except OSError:
        return True
    return KEY in content or SEAL in content


def _split(table: pa.Table, path: Path, experiment: str) -> dict[str, Stored]:
    """Return the rows of each config; they share the memory of `table`."""
    lists = table["rows"].combine_chunks()
    if not pa.types.is_list(lists.type):
        raise TypeError(f"rows: are {lists.type}; must be lists")
    rows = pa.Table.from_struct_array(lists.flatten())
    lengths = lists.value_lengths().to_pylist()
    starts = itertools.accumulate(lengths[:-1], initial=0)
    columns = (table[name].to_pylist() for name in ("hash", "config", "provenance"))
    return {
        key: Stored(
            path,
            experiment,
            key,
            rows.slice(start, length),
            checked({**json.loads(origin), "config": json.loads(config)}),
        )
        for key, config, origin, start, length in zip(*columns, starts, lengths, strict=True)
    }


def write_pack(path: Path, experiment: str, entries: Sequence[Stored]) -> None:
    """Write a pack: whole, and read back before it appears in its place.

    Args:
        path: the file.
        experiment: name of the experiment.
        entries: the stored rows of each config, in any order; at least one.

    Raises:
        StoreError: for columns of different types, for a pack that does not give back what went
            in, and for one that cannot be written.
    """
    _require_one_schema(entries)
    entries = sorted(entries, key=lambda entry: entry.hash)
    records = pa.concat_tables([entry.table for entry in entries]).to_struct_array()
    offsets = itertools.accumulate((entry.table.num_rows for entry in entries), initial=0)
    rows = pa.ListArray.from_arrays(pa.array(offsets, pa.int32()), records.combine_chunks())
    origins = [entry.provenance for entry in entries]
    columns = {
        "hash": [entry.hash for entry in entries],
        "config": [_json(origin["config"]) for origin in origins],
        "provenance": [_json({k: v for k, v in o.items() if k != "config"}) for o in origins],
        "rows": rows,
    }
    metadata = {KEY: _json({"pack": experiment, "sha256": BLANK.decode()})}
    blank = io.BytesIO()
    write_parquet(pa.table(columns, metadata=metadata), blank)
    with appearing(path) as file:
        file.write(_sealed(blank.getvalue()))
        file.flush()
        _require_same(path, entries, list(unpack(Path(file.name), experiment).values()))


def _sealed(blank: bytes) -> bytes:
    """Return the bytes of a pack with their digest in the place of the blank one."""
    start = blank.rindex(SEAL + BLANK) + len(SEAL)
    digest = hashlib.sha256(blank).hexdigest().encode()
    return blank[:start] + digest + blank[start + len(BLANK) :]


def _unsealed(sealed: bytes) -> bytes:
    """Return the bytes as they were before the digest; raise `ValueError` if it is another's."""
    start = sealed.rindex(SEAL) + len(SEAL)
    blank = sealed[:start] + BLANK + sealed[start + len(BLANK) :]
    if _sealed(blank) != sealed:
        raise ValueError("sha256: is another file's; must be that of the file")
    return blank


def _require_one_schema(entries: Sequence[Stored]) -> None:
    """Raise `StoreError` that names the first file and column of another type."""
    first = entries[0]
    for entry in entries:
        for one, other in zip(first.table.schema, entry.table.schema, strict=True):
            if one != other:
                raise StoreError(
                    f"{entry.path}: column {other.name} is {other.type}, and {one.type} in "
                    f"{first.path}; must be of one type"
                )


def _require_same(path: Path, entries: Sequence[Stored], back: Sequence[Stored]) -> None:
    """Raise `StoreError` unless `back` are the same rows, by hash and provenance, as `entries`."""

    def outline(stored: Sequence[Stored]) -> list[tuple]:
        return [(s.hash, s.provenance, s.table.num_rows, s.table.schema) for s in stored]

    tables = ([entry.table for entry in stored] for stored in (entries, back))
    if outline(entries) != outline(back) or not joined(next(tables)).equals(joined(next(tables))):
        raise StoreError(f"{path}: is not written; must give back the rows that went in")


def _json(value: object) -> str:
    """Return `value` as JSON, the same text for the same value."""
    return json.dumps(value, sort_keys=True)
