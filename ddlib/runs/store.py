"""The store of experiment rows: found again by a hash of the config, in single files and packs.

New rows lie in one file per config, `folder/experiment/hash.parquet`; what was folded by
`make pack` lies in one file per experiment, `folder/experiment.parquet`. A single file is newer
than the pack beside it, and wins.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from ddlib.config import Config
from ddlib.experiments.base import AnyExperiment
from ddlib.runs.pack import read_pack
from ddlib.runs.places import (
    COMMITTED,
    FOLDERS,
    pack_path,
    require_writable,
    single_files,
    single_path,
)
from ddlib.runs.stored import (
    KEY,
    Stored,
    StoreError,
    appearing,
    as_arrow,
    read_if_there,
    write_parquet,
)

if TYPE_CHECKING:
    import pandas as pd

FOREIGN = "foreign"
"""Where the provenance tells of code that is not the library's."""


def config_hash(config: Config) -> str:
    """Return 16 hex digits that depend on the values of a config alone.

    Args:
        config: the order of keys, a default given or left out, 1 for 1.0, and a field that holds
            its value in `added` make no difference.
    """
    values = config.model_dump(mode="json", exclude=config.implied())
    text = json.dumps(values, sort_keys=True)
    if "-0.0" in text:  # seldom, and slow to look for in the values
        text = json.dumps(_canonical(values), sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


@dataclass(frozen=True)
class Store:
    """Folders of stored rows.

    Attributes:
        folders: all are read, in order; new rows go to the first.
    """

    folders: tuple[Path, ...] = FOLDERS

    @classmethod
    def at(cls, folder: Path | None) -> Self:
        """Return the store of one folder.

        Args:
            folder: of stored rows; unless told, that of the committed rows.
        """
        return cls((folder or COMMITTED,))

    def find(self, experiment: AnyExperiment, config: Config) -> Stored | None:
        """Return the stored rows of a config, or None when no folder has them.

        Args:
            experiment: rows of another version of it count as absent, and so do those of another
                state of foreign code.
            config: of the experiment's class.

        Raises:
            StoreError: for a file that is damaged, or is not what its name says.
        """
        key = config_hash(config)
        for folder in self.folders:
            for stored in _in_folder(folder, experiment.name, key):
                _require_own(stored, experiment, config)
                if stored.provenance["version"] == experiment.version and (
                    stored.provenance.get(FOREIGN, {}) == config.foreign_sources()
                ):
                    return stored
        return None

    def save(
        self, experiment: AnyExperiment, config: Config, rows: pd.DataFrame, origin: dict[str, Any]
    ) -> Path:
        """Write the rows of a config with their provenance.

        Args:
            experiment: what computed them.
            config: of the experiment's class.
            rows: the rows.
            origin: what they depend on beside the config.

        Returns:
            The file's path.

        Raises:
            StoreError: for a folder that cannot be written, and for a full disk; no half-written
                file is left.
        """
        provenance = {
            "experiment": experiment.name,
            "version": experiment.version,
            "config": config.model_dump(mode="json"),
            **origin,
        }
        table = as_arrow(rows).replace_schema_metadata({KEY: json.dumps(provenance).encode()})
        path = single_path(self.folders[0], experiment.name, config_hash(config))
        with appearing(path) as file:
            write_parquet(table, file)
        return path

    def require_writable(self, experiment: AnyExperiment) -> None:
        """Check that rows can be written; to be asked before anything is computed.

        Args:
            experiment: whose rows.

        Raises:
            FolderError: for a folder that this user cannot write, and for a file in its place.
        """
        require_writable(self.folders[0] / experiment.name)

    def records(self) -> Iterator[Stored]:
        """Yield all that is stored: folder by folder, experiment by experiment.

        In each the single files come first, then what the pack holds beside them, both sorted by
        hash.

        Raises:
            StoreError: for the first damaged file.
        """
        for folder in self.folders:
            singles, packs = folder.glob("*/*.parquet"), folder.glob("*.parquet")
            names = {path.parent.name for path in singles} | {path.stem for path in packs}
            for name in sorted(names):
                yield from _all_in_folder(folder, name)


def _require_own(stored: Stored, experiment: AnyExperiment, config: Config) -> None:
    """Raise `StoreError` when these are another experiment's or another config's rows."""
    held, values = stored.provenance["config"], config.model_dump(mode="json")
    implied = {name: values[name] for name in config.implied()}
    if (stored.provenance["experiment"], implied | held) != (experiment.name, values):
        raise StoreError(
            f"{stored.path}: holds rows of {stored.provenance['experiment']} with config {held}; "
            f"must hold those of {experiment.name} with config {values}"
        )


def _in_folder(folder: Path, experiment: str, key: str) -> Iterator[Stored]:
    """Yield the rows of one config in one folder: from its own file first, then from the pack."""
    single = read_if_there(single_path(folder, experiment, key))
    if single is not None:
        yield single
    packed = read_pack(pack_path(folder, experiment)).get(key)
    if packed is not None:
        yield packed


def _all_in_folder(folder: Path, experiment: str) -> Iterator[Stored]:
    """Yield all stored rows of one experiment in one folder."""
    singles = set()
    for path in single_files(folder, experiment):
        stored = read_if_there(path)
        if stored is not None:
            singles.add((stored.hash, stored.provenance["version"]))
            yield stored
    for stored in read_pack(pack_path(folder, experiment)).values():
        if (stored.hash, stored.provenance["version"]) not in singles:
            yield stored


def _canonical(value: Any) -> Any:
    """Return `value` with -0.0 as 0.0, in nested lists and mappings too."""
    if isinstance(value, dict):
        return {key: _canonical(entry) for key, entry in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_canonical(entry) for entry in value]
    return value + 0.0 if isinstance(value, float) else value
