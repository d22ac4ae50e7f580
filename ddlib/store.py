"""Stored rows: one Parquet file a config, found again by the config's hash.

A file is written to a temporary name, flushed, and renamed: it is there whole or not at all, and
two writers of one config leave one of two equal files. Inside, in the file's own metadata, stands
where its rows come from. Nothing is pickled.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from ddlib.config import Config
from ddlib.experiments.base import Experiment

KEY = b"ddlib"
ROOT = Path(__file__).parents[1]
COMMITTED = ROOT / "book" / "results"  # paper-scale rows, written by sweeps
LOCAL = ROOT / "_build" / "results"  # what a notebook or a reader computed beside them


class StoreError(RuntimeError):
    """A file of the store cannot be read or written; the message names it and says why."""


@dataclass(frozen=True)
class Stored:
    """The rows of one config, and where they come from."""

    rows: pd.DataFrame
    provenance: dict[str, Any]


def config_hash(config: Config) -> str:
    """Return 16 hex digits that depend on the values of `config` alone.

    The order of keys, a default given or left out, and 1 for 1.0 make no difference.
    """
    text = json.dumps(_canonical(config.model_dump(mode="json")), sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


@dataclass(frozen=True)
class Store:
    """Folders of stored rows: all are read, in order; new rows go to the first.

    Files lie at `folder/experiment/hash.parquet`.
    """

    folders: tuple[Path, ...] = (LOCAL, COMMITTED)

    def find(self, experiment: Experiment, config: Config) -> Stored | None:
        """Return the stored rows of `config`, or None when no folder has them.

        A file of another version of the experiment counts as absent. Raises `StoreError` for a
        file that is damaged, or is not what its name says.
        """
        for folder in self.folders:
            path = _path(folder, experiment, config)
            if path.exists():
                stored = read(path)
                _require_own(path, stored, experiment, config)
                if stored.provenance["version"] == experiment.version:
                    return stored
        return None

    def save(
        self, experiment: Experiment, config: Config, rows: pd.DataFrame, origin: dict[str, Any]
    ) -> Path:
        """Write the rows of `config` with their provenance, and return the file's path.

        `origin` is what the rows depend on beside the config. Raises `StoreError` when the
        folder cannot be written or the disk is full; no half-written file is left.
        """
        provenance = {
            "experiment": experiment.name,
            "version": experiment.version,
            "config": config.model_dump(mode="json"),
            **origin,
        }
        table = pa.Table.from_pandas(rows, preserve_index=False)
        table = table.replace_schema_metadata({KEY: json.dumps(provenance).encode()})
        path = _path(self.folders[0], experiment, config)
        unfinished = path.with_name(f".{path.name}.{uuid.uuid4().hex}")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with unfinished.open("wb") as file:
                pq.write_table(table, file, compression="zstd", write_page_checksum=True)
                file.flush()
                os.fsync(file.fileno())
            unfinished.replace(path)
        except OSError as error:
            with contextlib.suppress(OSError):
                unfinished.unlink()
            raise StoreError(f"{path}: cannot be written: {error.strerror or error}") from error
        return path

    def require_writable(self, experiment: Experiment) -> None:
        """Raise `StoreError` unless rows can be written; asked before anything is computed."""
        folder = self.folders[0] / experiment.name
        parent = next(path for path in (folder, *folder.parents) if path.exists())
        if not parent.is_dir():
            raise StoreError(f"{folder}: cannot be written: {parent} is not a folder")
        if not os.access(parent, os.W_OK | os.X_OK):
            raise StoreError(f"{folder}: cannot be written: {parent} is read-only for this user")

    def files(self) -> list[Path]:
        """Return all files of rows, folder by folder, sorted."""
        return [path for folder in self.folders for path in sorted(folder.glob("*/*.parquet"))]


def read(path: Path) -> Stored:
    """Return the rows and provenance in the file at `path`; `StoreError` when it is damaged."""
    try:
        with pq.ParquetFile(path, page_checksum_verification=True) as file:
            table = file.read(use_threads=False)
        provenance = json.loads(table.schema.metadata[KEY])
        _ = [provenance[key] for key in ("experiment", "version", "config")]  # or a `KeyError`
        rows = table.replace_schema_metadata(None).to_pandas(use_threads=False)
        return Stored(rows, provenance)
    except (pa.ArrowException, OSError, KeyError, TypeError, ValueError) as error:
        raise StoreError(
            f"{path}: is damaged or not a file of this store ({type(error).__name__}); "
            "delete it, or recompute it with --replace"
        ) from error


def _require_own(path: Path, stored: Stored, experiment: Experiment, config: Config) -> None:
    """Raise `StoreError` when the file holds another experiment's or another config's rows."""
    held = (stored.provenance["experiment"], stored.provenance["config"])
    if held != (experiment.name, config.model_dump(mode="json")):
        raise StoreError(f"{path}: holds rows of {held[0]} with config {held[1]}, not its own")


def _path(folder: Path, experiment: Experiment, config: Config) -> Path:
    return folder / experiment.name / f"{config_hash(config)}.parquet"


def _canonical(value: Any) -> Any:
    """Return `value` with -0.0 as 0.0, in nested lists and mappings too."""
    if isinstance(value, dict):
        return {key: _canonical(entry) for key, entry in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_canonical(entry) for entry in value]
    return value + 0.0 if isinstance(value, float) else value
