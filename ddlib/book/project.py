"""What the book is made of, and what must hold before it is built: one line for each fault."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from ddlib.book.figures import option_faults
from ddlib.config import ParameterError
from ddlib.runs.notebook import NotebookError, check_parameters, parse
from ddlib.runs.places import FolderError, require_writable
from ddlib.settings import SettingsError, fault, mapping, parse_file, value_of

TOC = Path("_toc.yml")
PARAMETERS = Path("book", "parameters.yml")
# What a build depends on, by the folder's own names.
INPUTS = ("*", "notebooks/*.py", "book/**/*", "ddlib/**/*.py")
CLOCKS = 60.0  # seconds by which the clocks of two machines may differ


def chapters(root: Path) -> list[str]:
    """Return the names of the book's notebooks, each of which `_toc.yml` lists.

    Args:
        root: folder of the book.

    Raises:
        NotebookError: for a notebook or a page that is in no table of contents, for a name that no
            page can have, and for an entry of the table without a file.
        SettingsError: for a table of contents that cannot be read.
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
            raise NotebookError(f"{page}: is not in {TOC}; must have a line `- file: {page}` there")
    for page in listed:
        if page.startswith("notebooks/") and page.removeprefix("notebooks/") not in names:
            message = f"{TOC}: {page}: no such notebook; must be one of {', '.join(names)}"
            raise NotebookError(message)
    return names


def reading_order(root: Path) -> list[str]:
    """Return the names of the notebooks in the order of `_toc.yml`.

    Args:
        root: folder of the book.

    Raises:
        SettingsError: for a table of contents that cannot be read.
    """
    files = _files(value_of(root / TOC, parse_file(root / TOC)))
    return [Path(file).name for file in files if file.startswith("notebooks/")]


def _files(tree: Any) -> Iterator[str]:
    """Yield the files that a table of contents names, however deep."""
    entries = tree.items() if isinstance(tree, Mapping) else enumerate(tree)
    for key, entry in entries:
        if key in ("file", "root"):
            yield str(entry)
        elif isinstance(entry, Mapping | list):
            yield from _files(entry)


def read_parameters(root: Path, names: list[str]) -> dict[str, dict[str, Any]]:
    """Return, per chapter, the parameters of the rendered book (`parameters.yml`).

    Args:
        root: folder of the book.
        names: the chapters.

    Raises:
        SettingsError: for a chapter that there is not, and for a parameter that its chapter does
            not take; with file and line.
    """
    path = root / PARAMETERS
    given: dict[str, dict[str, Any]] = {name: {} for name in names}
    for name, (key, node) in mapping(path, parse_file(path), "parameters").items():
        if name not in names:
            raise fault(path, key, f"{name}: no such chapter; must be one of {', '.join(names)}")
        if value_of(path, node) is None:  # `merging:` alone
            continue
        entries = mapping(path, node, name)
        given[name] = {entry: value_of(path, value) for entry, (_, value) in entries.items()}
        try:
            check_parameters(root / "notebooks" / f"{name}.py", given[name])
        except ParameterError as error:
            at_fault, _ = entries.get(error.name, (key, node))
            raise fault(path, at_fault, f"{name}: {error}") from None
    return given


def check(root: Path) -> None:
    """Check all that would stop a build of the book, or mislead it.

    Args:
        root: folder of the book.

    Raises:
        NotebookError: for a notebook that is not in the table of contents; with a line for each
            fault of all notebooks, in a figure's options or in what is not Python.
        SettingsError: for a faulty file of settings, and for a file dated in the future.
        FolderError: for a folder that cannot be written.
    """
    names = chapters(root)
    _check_notebooks([root / "notebooks" / f"{name}.py" for name in names])
    read_parameters(root, names)
    for folder in (root / "_build", root / ".snakemake"):
        require_writable(folder)
    require_home()
    latest = time.time() + CLOCKS
    for path in (path for pattern in INPUTS for path in root.glob(pattern)):
        if path.stat().st_mtime > latest:
            date = datetime.fromtimestamp(path.stat().st_mtime)
            message = f"{path}: is dated in the future, {date:%Y-%m-%d %H:%M}; must be touched"
            raise SettingsError(message)


def _check_notebooks(sources: list[Path]) -> None:
    """Raise one `NotebookError` with all that is wrong with the text of notebooks."""
    faults: list[str] = []
    for source in sources:
        try:
            parse(source)
            faults += option_faults(source)
        except NotebookError as error:
            faults.append(str(error))
    if faults:
        raise NotebookError("\n".join(faults))


def require_home() -> None:
    """Check that HOME can be written: Jupyter and Snakemake keep files there.

    Raises:
        FolderError: for one that cannot.
    """
    try:
        require_writable(Path.home())
    except FolderError as error:
        raise FolderError(f"HOME = {error}; must be another, as in HOME=/tmp") from None
