"""The provenance page: what each chapter's numbers were computed with."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nbformat

from ddlib.book.notebooks import read_source

FACTS = (
    "Started", "Run time", "Commit", "Parameters given", "Python", "Packages", "Machine", "Kernels",
)  # fmt: skip
OWN = FACTS[:2]  # of each chapter, were they the same in all


def provenance_page(executed: list[Path], sources: Path, order: list[str]) -> str:
    """Return Markdown from the metadata of executed notebooks: what all share, then each chapter.

    Of each there are the parameters that were given, run time in seconds, start, commit, and the
    versions of what computes. What is the same in all chapters is said once.

    Args:
        executed: the .ipynb files.
        sources: folder of the sources, which hold the titles.
        order: the names of the notebooks, as the book has them.
    """
    ordered = sorted(executed, key=lambda path: order.index(path.stem))
    noted = {_title(sources / f"{path.stem}.py"): _noted(path) for path in ordered}
    values = {name: [notes[name] for notes in noted.values()] for name in FACTS}
    shared = [n for n in FACTS if n not in OWN and len(noted) > 1 and len(set(values[n])) == 1]
    own = [name for name in FACTS if name not in shared]
    parts = []
    if shared:
        lines = [f"| {name} | {values[name][0]} |" for name in shared]
        parts += ["## All chapters", "\n".join(["| | |", "| --- | --- |", *lines])]
    if noted:
        lines = [_line(title, *(notes[name] for name in own)) for title, notes in noted.items()]
        head = [_line("Chapter", *own), _line(*["---"] * (1 + len(own)))]
        parts += ["## Each chapter", "\n".join([*head, *lines])]
    return "\n\n".join(parts) + "\n"


def _title(source: Path) -> str:
    """Return the title of a chapter."""
    return read_source(source).cells[0].source.splitlines()[0].removeprefix("# ")


def _noted(path: Path) -> dict[str, str]:
    """Return the facts of one executed notebook, by name."""
    metadata = nbformat.read(path, as_version=4).metadata
    run, origin = metadata["papermill"], metadata["ddlib"]
    commit = "unknown: outside a checkout"
    if origin["commit"]:
        state = "" if origin["clean"] else ", with uncommitted changes"
        commit = f"`{origin['commit'][:8]}`{state}"  # so short that a phone has room for it
    values = (
        run["start_time"][:19].replace("T", " ") + " UTC",
        f"{run['duration']:.0f} s",
        commit,
        _list(run["parameters"]) or "none: the defaults of the chapter",
        origin["python"],
        _list(origin["packages"]),
        f"{origin['machine']}, {origin['processor']}, {origin['c_library']}",
        _kernels(origin["unpinned"]),
    )
    return dict(zip(FACTS, values, strict=True))


def _line(*cells: str) -> str:
    """Return a line of a Markdown table."""
    return f"| {' | '.join(cells)} |"


def _kernels(unpinned: list[str]) -> str:
    """Return whether the arithmetic follows from the pins of `ddlib.kernels` alone."""
    return f"not pinned: {', '.join(unpinned)}" if unpinned else "pinned"


def _list(values: dict[str, Any]) -> str:
    """Return `name value` pairs, set apart by commas."""
    return ", ".join(f"{name} `{value}`" for name, value in values.items())
