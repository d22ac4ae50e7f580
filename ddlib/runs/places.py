"""Where rows lie: in the checkout that the package is loaded from, or in the current directory.

A checkout of the project has rows of paper scale in `book/results`, which are committed, and beside
them those that a notebook or a reader computed, in `_build/results`. An installed package has
neither: all rows lie in `results` under the current directory. Nothing is written beside the
package.
"""

from __future__ import annotations

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CHECKOUT = (ROOT / "Snakefile").is_file()
COMMITTED = ROOT / "book" / "results" if CHECKOUT else Path("results")
FOLDERS = (ROOT / "_build" / "results", COMMITTED) if CHECKOUT else (COMMITTED,)


class FolderError(RuntimeError):
    """A folder, or a file in it, that cannot be used; the message names it and says why."""


def folder_faults(folder: Path) -> list[str]:
    """Return what is wrong with a folder whose rows are read.

    Args:
        folder: of stored rows.
    """
    if folder.is_dir():
        return []
    there = "is no folder" if folder.exists() else "no such folder"
    return [f"{folder}: {there}; must be a folder of stored rows"]


def single_path(folder: Path, experiment: str, key: str) -> Path:
    """Return where the rows of one config lie when they have a file of their own.

    Args:
        folder: of stored rows.
        experiment: name of the experiment.
        key: hash of the config.
    """
    return folder.joinpath(experiment, f"{key}.parquet")


def single_files(folder: Path, experiment: str) -> list[Path]:
    """Return all files of one config each, sorted by hash.

    Args:
        folder: of stored rows; it need not be there.
        experiment: name of the experiment.
    """
    return sorted(folder.joinpath(experiment).glob("*.parquet"))


def pack_path(folder: Path, experiment: str) -> Path:
    """Return where the pack of an experiment lies.

    Args:
        folder: of stored rows.
        experiment: name of the experiment.
    """
    return folder / f"{experiment}.parquet"


def require_writable(folder: Path) -> None:
    """Check that files can be written into a folder, which need not be there yet.

    Args:
        folder: where files are to be written.

    Raises:
        FolderError: for a folder that this user cannot write, and for a file in its place.
    """
    parent = next(path for path in (folder, *folder.absolute().parents) if path.exists())
    if not parent.is_dir():
        raise FolderError(f"{folder}: cannot be written: {parent} is not a folder")
    if not os.access(parent, os.W_OK | os.X_OK):
        raise FolderError(f"{folder}: cannot be written: {parent} is read-only for this user")
