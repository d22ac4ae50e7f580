"""`make pack`: fold the single files of an experiment's rows into its pack."""

from __future__ import annotations

import contextlib
import fcntl
from collections.abc import Iterator
from pathlib import Path

from ddlib.config import ParameterError
from ddlib.experiments.base import AnyExperiment
from ddlib.runs.pack import read_pack, write_pack
from ddlib.runs.places import pack_path, single_files
from ddlib.runs.store import config_hash
from ddlib.runs.stored import Stored, StoreError, read


def fold(experiment: AnyExperiment, folder: Path) -> list[str]:
    """Fold the single files of an experiment into its pack.

    A single file takes the place of the pack's rows of the same config; rows of an older version
    of the experiment are dropped. The single files are removed last, when the pack was read back
    and gives the same rows, so that an interruption loses nothing.

    Args:
        experiment: as it is now.
        folder: of stored rows.

    Returns:
        Lines on what was done; none where there are no single files.

    Raises:
        StoreError: for a file that is damaged or does not hold current rows of the experiment, and
            while another process packs this folder; nothing is written then.
    """
    target = pack_path(folder, experiment.name)
    if not single_files(folder, experiment.name):
        return []
    with _alone(folder):
        paths = single_files(folder, experiment.name)
        states = {path: _state(path) for path in paths}
        # The single files come last: they are newer than the pack.
        found = [*read_pack(target).values(), *map(read, paths)]
        for stored in found:
            _require_current(stored, experiment)
        current = [s for s in found if s.provenance["version"] == experiment.version]
        if not current:
            return [f"{experiment.name}: nothing of version {experiment.version} to pack"]
        entries = {stored.hash: stored for stored in current}
        write_pack(target, experiment.name, list(entries.values()))
        _remove(states)
    rows = sum(stored.table.num_rows for stored in entries.values())
    lines = [f"{experiment.name}: {len(entries)} configs with {rows} rows in {target}"]
    if dropped := len(found) - len(current):
        lines.append(f"{experiment.name}: {dropped} configs of an older version dropped")
    return lines


@contextlib.contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Hold the folder against other packings; the system lets it go when the process ends."""
    try:
        lock = (folder / ".pack.lock").open("w")
    except OSError as error:
        raise StoreError(f"{folder}: cannot be written: {error.strerror}") from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise StoreError(
                f"{folder}: is being packed by another process; must be left to it until it ends"
            ) from None
        yield


def _require_current(stored: Stored, experiment: AnyExperiment) -> None:
    """Raise `StoreError` unless these are rows of `experiment`, as it is or as it was before."""
    origin = stored.provenance
    if origin["experiment"] != experiment.name:
        raise StoreError(
            f"{stored.path}: holds rows of {origin['experiment']}; must hold those of "
            f"{experiment.name}"
        )
    if origin["version"] < experiment.version:
        return  # not kept: nothing more is asked of it
    if origin["version"] > experiment.version:
        raise StoreError(
            f"{stored.path}: holds rows of version {origin['version']}; must be at most "
            f"{experiment.version}, the version of {experiment.name} in this code"
        )
    try:
        key = config_hash(experiment.config.from_stored(origin["config"]))
    except ParameterError as error:
        raise StoreError(f"{stored.path}: holds an impossible config: {error}") from error
    if key != stored.hash:
        raise StoreError(
            f"{stored.path}: holds rows with config {origin['config']}; must be named after their "
            f"hash, {key}"
        )
    if stored.table.column_names != list(experiment.columns):
        raise StoreError(
            f"{stored.path}: has columns {stored.table.column_names}; must have those that "
            f"{experiment.name} declares, {list(experiment.columns)}"
        )


def _state(path: Path) -> tuple[int, int, int]:
    """Return what changes when another file takes the place of the one at `path`."""
    state = path.stat()
    return state.st_ino, state.st_mtime_ns, state.st_size


def _remove(states: dict[Path, tuple[int, int, int]]) -> None:
    """Remove the packed files, but not one that a sweep has written anew meanwhile."""
    for path, state in states.items():
        try:
            if _state(path) == state:
                path.unlink()
        except OSError as error:
            raise StoreError(f"{path}: is packed, but stays: {error.strerror}") from error
