"""Files are written whole or not at all, and a text in them is never taken for a formula."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ddlib.spreadsheets import safe_cell

if TYPE_CHECKING:
    import pandas as pd

Write = Callable[[Path], object]
"""Writes one file."""

BESIDE = "coefficients"
"""What stands for an option, of a file that is written beside that of another one."""

SUFFIXES = (".csv", ".tsv", ".parquet")


def output_faults(
    outputs: Mapping[str, Path], inputs: Sequence[Path] = (), *, force: bool = False
) -> list[str]:
    """Return what is wrong with the files that are to be written, before any work is done.

    Args:
        outputs: the option of each file -> the file.
        inputs: files that must stay as they are.
        force: whether files that are there may be replaced.
    """
    faults: list[str] = []
    said: dict[str, str] = {}
    taken = {path.resolve(): "one of the files that are read" for path in inputs}
    for option, path in outputs.items():
        found = _place_fault(path, force=force)
        if path.resolve() in taken:
            found = f"is {taken[path.resolve()]} too; must be another file"
        taken.setdefault(path.resolve(), f"the file of {option}")
        # A file that lies beside another one for its sake most often has the same fault.
        if found and not (option == BESIDE and found in said.values()):
            faults.append(f"{option} = {path}: {found}")
            said[option] = found
    return faults


def write_together(files: Mapping[Path, Write], *, force: bool = False) -> None:
    """Write several files: each appears whole, and none before all are written.

    Args:
        files: where -> what writes it.
        force: whether files that are there may be replaced.

    Raises:
        FileExistsError: for a file that came while others were written, unless `force`.
        OSError: where one cannot be written; none of them is then there.
    """
    drafts = {path: _draft(path) for path in files}
    try:
        for path, write in files.items():
            write(drafts[path])
        for path in files:
            if path.exists() and not force:
                raise FileExistsError(f"{path}: is there by now; --force replaces it")
        for path, draft in drafts.items():
            os.replace(draft, path)
    finally:
        for draft in drafts.values():
            draft.unlink(missing_ok=True)


def write_table(table: pd.DataFrame, path: Path, suffix: str) -> None:
    """Write a table; in CSV and TSV, texts that look like formulas have an apostrophe before them.

    Args:
        table: what is written, without its index.
        path: the file.
        suffix: one of `SUFFIXES`, which says the format.
    """
    if suffix == ".parquet":
        table.to_parquet(path, index=False)
        return
    separator = "\t" if suffix == ".tsv" else ","
    without_formulas(table).to_csv(path, index=False, sep=separator, encoding="utf-8")


def without_formulas(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table whose texts no spreadsheet takes for formulas.

    Texts that begin with = + - @, a tab or a carriage return get an apostrophe before them, names
    of columns too; `ddlib.tables` reads them without. Numbers stay as they are, negative ones too.

    Args:
        table: left as it is.
    """
    import pandas as pd  # takes a while to import

    changed: dict[str, pd.Series] = {}
    for place in range(table.shape[1]):
        column = table.iloc[:, place]
        if not _is_plain(column):
            column = column.map(safe_cell, na_action="ignore").astype(object)
        changed[str(place)] = column
    whole = pd.DataFrame(changed, index=table.index)
    whole.columns = [safe_cell(name) for name in table.columns]
    return whole


def _is_plain(column: pd.Series) -> bool:
    """Whether a column has no texts: numbers, truth values, dates."""
    kinds = {"b", "i", "u", "f", "c", "M", "m"}
    return getattr(column.dtype, "kind", "O") in kinds


def _draft(path: Path) -> Path:
    """Return where a file is written before it appears."""
    return path.with_name(f".{path.name}.{os.getpid()}.part")


def _place_fault(path: Path, *, force: bool) -> str | None:
    """Return what is wrong with the place of one file that is to be written."""
    if os.path.isdir(path):  # unlike that of pathlib it takes a name that is too long
        return "is a folder; must be a file"
    try:
        os.stat(_draft(path))  # the longest of its names: that which it has before it appears
    except OSError as error:  # a name that is too long, a folder that may not be entered
        if not isinstance(error, FileNotFoundError | NotADirectoryError):
            return f"cannot be written: {error.strerror}"
    return _folder_fault(path, force=force)


def _folder_fault(path: Path, *, force: bool) -> str | None:
    """Return what is wrong with the folder of a file, or with what is there."""
    folder = path.parent
    if not folder.is_dir():
        there = "is no folder" if folder.exists() else "no such folder"
        return f"cannot be written: {folder}: {there}"
    if not os.access(folder, os.W_OK | os.X_OK):
        return f"cannot be written: {folder} is read-only for this user"
    if path.exists() and not force:
        return "is there already; --force replaces it"
    try:  # where a folder says that it may be written to, and may not, as of /proc
        _draft(path).touch()
        _draft(path).unlink()
    except OSError as error:
        return f"cannot be written: {folder}: {error.strerror}"
    return None
