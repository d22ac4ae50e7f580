"""Execute one notebook source through papermill and note what it ran with."""

from __future__ import annotations

import re
import sys
import tempfile
from pathlib import Path
from typing import Any, TextIO

import nbformat
import papermill
from nbformat import NotebookNode
from papermill.exceptions import PapermillExecutionError

from ddlib.book.notebooks import read_source, write_whole
from ddlib.book.progress import announcement
from ddlib.book.sources import NotebookError, code_digest
from ddlib.provenance import environment


def execute(
    source: Path, output: Path, parameters: dict[str, Any], *, echo: TextIO | None = None
) -> None:
    """Execute the notebook at `source` with `parameters` and write it to `output`, or nothing.

    The file appears at once and whole, with the run's provenance in its metadata under
    `ddlib`. With `echo`, what cells print goes there too, and a terminal shows a bar. Raises
    `NotebookError` when a cell fails, and when the cell of a figure leaves none.
    """
    notebook = read_source(source)
    print(announcement(source, notebook), file=sys.stderr, flush=True)
    with tempfile.TemporaryDirectory() as folder:
        clean, ran = Path(folder, source.stem + ".ipynb"), Path(folder, "executed.ipynb")
        nbformat.write(notebook, clean)
        try:
            papermill.execute_notebook(
                clean,
                ran,
                parameters,
                engine_name="telling",
                cwd=source.parent,
                progress_bar=echo is not None and sys.stderr.isatty(),
                # The kernel's own lines, not the cells': it calls it an error that it is
                # interrupted before it is shut down, when that finds it still running.
                extra_arguments=["--log-level=CRITICAL"],
                stdout_file=echo,
            )
        except PapermillExecutionError as error:
            raise NotebookError(_describe(source, error)) from None
        notebook = nbformat.read(ran, as_version=4)
    _require_figures(source, notebook)
    notebook.metadata["ddlib"] = {"code": code_digest(source), **environment()}
    write_whole(notebook, output)


def _require_figures(source: Path, notebook: NotebookNode) -> None:
    """Raise `NotebookError` for a cell with a figure's name and caption, and no image."""
    for cell in notebook.cells:
        figure = cell.metadata.get("mystnb", {}).get("figure")
        kinds = [kind for out in cell.get("outputs", []) for kind in out.get("data", {})]
        if figure and not any(kind.startswith("image/") for kind in kinds):
            name = figure.get("name", "without a name")
            raise NotebookError(f"{source}: the cell of figure {name} left no image")


def _describe(source: Path, error: PapermillExecutionError) -> str:
    """Return the failed cell and its traceback, or the one line of a wrong parameter."""
    if error.ename == "ParameterError":
        return f"{source}: {error.evalue}"
    traceback = "\n".join(error.traceback)
    if not sys.stderr.isatty():
        traceback = re.sub(r"\x1b\[[0-9;]*m", "", traceback)  # colours
    rule = "-" * 79
    return (
        f"{source}: cell {error.cell_index} failed (In [{error.exec_count}]):\n{rule}\n"
        f"{error.source}\n{rule}\n{traceback}"
    )
