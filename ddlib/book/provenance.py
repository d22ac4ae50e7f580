"""The provenance page: what each chapter's numbers were computed with."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nbformat

from ddlib.book.notebooks import read_source


def provenance_page(executed: list[Path], sources: Path, order: list[str]) -> str:
    """Return Markdown with one section a chapter, from the metadata of executed notebooks.

    Each says the parameters (those given and the defaults), run time in seconds, start,
    commit, and the versions of what computes.

    Args:
        executed: the .ipynb files.
        sources: folder of the sources, which hold the titles.
        order: the names of the notebooks, as the book has them.
    """
    ordered = sorted(executed, key=lambda path: order.index(path.stem))
    sections = [_section(path, sources / f"{path.stem}.py") for path in ordered]
    return "\n\n".join(sections) + "\n"


def _section(path: Path, source: Path) -> str:
    """Return the section of one executed notebook."""
    metadata = nbformat.read(path, as_version=4).metadata
    run, origin = metadata["papermill"], metadata["ddlib"]
    commit = "unknown: outside a checkout"
    if origin["commit"]:
        state = "" if origin["clean"] else ", with uncommitted changes"
        commit = f"`{origin['commit'][:12]}`{state}"
    rows = [
        ("Started", run["start_time"][:19].replace("T", " ") + " UTC"),
        ("Run time", f"{run['duration']:.0f} s"),
        ("Commit", commit),
        ("Parameters given", _list(run["parameters"]) or "none: the defaults of the chapter"),
        ("Python", origin["python"]),
        ("Packages", _list(origin["packages"])),
        ("Machine", f"{origin['machine']}, {origin['processor']}, {origin['c_library']}"),
        ("Kernels", _kernels(origin["unpinned"])),
    ]
    table = "\n".join(f"| {name} | {value} |" for name, value in rows)
    title = read_source(source).cells[0].source.splitlines()[0].removeprefix("# ")
    return f"## {title}\n\n| | |\n| --- | --- |\n{table}"


def _kernels(unpinned: list[str]) -> str:
    """Return whether the arithmetic follows from the pins of `ddlib.kernels` alone."""
    return f"not pinned: {', '.join(unpinned)}" if unpinned else "pinned"


def _list(values: dict[str, Any]) -> str:
    """Return `name value` pairs, set apart by commas."""
    return ", ".join(f"{name} `{value}`" for name, value in values.items())
