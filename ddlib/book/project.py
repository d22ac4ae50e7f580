"""What the book is made of, and what must hold before it is built: one line for each fault."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from ddlib.book.sources import NotebookError, check_parameters, parse
from ddlib.config import ParameterError
from ddlib.settings import SettingsError, fault, mapping, parse_file, value_of

TOC = Path("_toc.yml")
PARAMETERS = Path("book", "parameters.yml")
# What a build depends on, by the folder's own names.
INPUTS = ("*", "notebooks/*.py", "book/**/*", "ddlib/**/*.py")
CLOCKS = 60.0  # seconds by which the clocks of two machines may differ


def chapters(root: Path) -> list[str]:
    """Return the names of the notebooks under `root`, each of which `_toc.yml` lists.

    Raises `NotebookError` for a notebook or a page that is in no table of contents, for a name
    that no page can have, and for an entry of the table without a file.
    """
    tree = parse_file(root / TOC)
    mapping(root / TOC, tree, "a table of contents")  # or its `SettingsError`
    listed = set(_files(value_of(root / TOC, tree)))
    names = sorted(path.stem for path in (root / "notebooks").glob("*.py"))
    pages = sorted(path.stem for path in (root / "book").glob("*.md"))
    for name in names:
        if not re.fullmatch("[a-z0-9_]+", name):
            raise NotebookError(f"notebooks/{name}.py: must be named by a-z, 0-9 and _ alone")
    for page in [*(f"notebooks/{name}" for name in names), *(f"book/{page}" for page in pages)]:
        if page not in listed:
            raise NotebookError(f"{page}: is not in {TOC}; add a line `- file: {page}` to it")
    for page in listed:
        if page.startswith("notebooks/") and page.removeprefix("notebooks/") not in names:
            raise NotebookError(f"{TOC}: {page}: no such notebook; there are {', '.join(names)}")
    return names


def _files(tree: Any) -> Iterator[str]:
    """Yield the files that a table of contents names, however deep."""
    entries = tree.items() if isinstance(tree, Mapping) else enumerate(tree)
    for key, entry in entries:
        if key in ("file", "root"):
            yield str(entry)
        elif isinstance(entry, Mapping | list):
            yield from _files(entry)


def read_parameters(root: Path, names: list[str]) -> dict[str, dict[str, Any]]:
    """Return, per chapter in `names`, the parameters of the rendered book (`parameters.yml`).

    Raises `SettingsError` with file and line for a chapter that there is not, and for a
    parameter that its chapter does not take.
    """
    path = root / PARAMETERS
    given: dict[str, dict[str, Any]] = {name: {} for name in names}
    for name, (key, node) in mapping(path, parse_file(path), "parameters").items():
        if name not in names:
            raise fault(path, key, f"{name}: no such chapter; there are {', '.join(names)}")
        if value_of(path, node) is None:  # `merging:` alone
            continue
        entries = mapping(path, node, name)
        given[name] = {entry: value_of(path, value) for entry, (_, value) in entries.items()}
        try:
            check_parameters(root / "notebooks" / f"{name}.py", given[name])
        except ParameterError as error:
            at_fault = re.match(r"\w*", str(error))[0]  # a fault begins with what it is about
            raise fault(path, entries.get(at_fault, (key,))[0], f"{name}: {error}") from None
    return given


def check(root: Path) -> None:
    """Raise for the first thing that would stop a build of the book under `root`, or mislead it."""
    names = chapters(root)
    for name in names:
        parse(root / "notebooks" / f"{name}.py")
    read_parameters(root, names)
    for folder in (root / "_build", root / ".snakemake"):
        require_writable(folder)
    require_home()
    latest = time.time() + CLOCKS
    for path in (path for pattern in INPUTS for path in root.glob(pattern)):
        if path.stat().st_mtime > latest:
            date = datetime.fromtimestamp(path.stat().st_mtime)
            raise SettingsError(f"{path}: is dated in the future, {date:%Y-%m-%d %H:%M}; touch it")


def require_home() -> None:
    """Raise `NotebookError` unless HOME can be written: Jupyter and Snakemake keep files there."""
    try:
        require_writable(Path.home())
    except NotebookError as error:
        raise NotebookError(f"HOME = {error}; set another, as in HOME=/tmp") from None


def require_writable(folder: Path) -> None:
    """Raise `NotebookError` unless files can be written into `folder`, which may not be there."""
    parent = next(path for path in (folder, *folder.absolute().parents) if path.exists())
    if not parent.is_dir():
        raise NotebookError(f"{folder}: cannot be written: {parent} is not a folder")
    if not os.access(parent, os.W_OK | os.X_OK):
        raise NotebookError(f"{folder}: cannot be written: {parent} is read-only for this user")
