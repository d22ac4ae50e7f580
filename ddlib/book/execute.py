"""Execute one notebook source through papermill and note what it ran with."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path
from typing import Any

import nbformat
import papermill
from nbconvert.filters.ansi import strip_ansi
from nbformat import NotebookNode
from papermill.exceptions import PapermillExecutionError

from ddlib.book.notebooks import code_digest, read_source
from ddlib.book.sources import NotebookError
from ddlib.provenance import environment


def execute(source: Path, output: Path, parameters: dict[str, Any]) -> None:
    """Execute the notebook at `source` with `parameters` and write it to `output`, or nothing.

    The file appears at once and whole, with the run's provenance in its metadata under
    `ddlib`. Raises `NotebookError` when a cell fails.
    """
    with tempfile.TemporaryDirectory() as folder:
        clean, ran = Path(folder, source.stem + ".ipynb"), Path(folder, "executed.ipynb")
        nbformat.write(read_source(source), clean)
        try:
            papermill.execute_notebook(
                clean,
                ran,
                parameters,
                cwd=source.parent,
                progress_bar=False,
                extra_arguments=["--log-level=ERROR"],  # the kernel's own, not the cells'
            )
        except PapermillExecutionError as error:
            raise NotebookError(_describe(source, error)) from None
        notebook = nbformat.read(ran, as_version=4)
    notebook.metadata["ddlib"] = {"code": code_digest(source), **environment()}
    write_whole(notebook, output)


def write_whole(notebook: NotebookNode, path: Path) -> None:
    """Write `notebook` to `path` in one step: a reader sees the old file or the new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    nbformat.write(notebook, unfinished)
    unfinished.replace(path)


def _describe(source: Path, error: PapermillExecutionError) -> str:
    """Return the failed cell and its traceback, or the one line of a wrong parameter."""
    if error.ename == "ParameterError":
        return f"{source}: {error.evalue}"
    traceback = "\n".join(error.traceback)
    if not sys.stderr.isatty():
        traceback = strip_ansi(traceback)
    rule = "-" * 79
    return (
        f"{source}: cell {error.cell_index} failed (In [{error.exec_count}]):\n{rule}\n"
        f"{error.source}\n{rule}\n{traceback}"
    )
