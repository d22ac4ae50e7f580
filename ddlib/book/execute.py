"""Execute one notebook source through papermill and note what it ran with."""

from __future__ import annotations

import re
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO

import nbformat
import papermill
from nbformat import NotebookNode
from papermill.exceptions import PapermillExecutionError
from traitlets.config import Config

from ddlib.book.notebooks import read_source, write_whole
from ddlib.book.progress import announcement
from ddlib.runs.notebook import NotebookError, code_digest
from ddlib.runs.provenance import environment

PATIENCE = 600  # seconds until a kernel that says nothing is given up, on a busy machine
SHORT = 80  # characters of a folder below which sockets fit the system's limit, 103 on macOS


def execute(
    source: Path, output: Path, parameters: dict[str, Any], *, echo: TextIO | None = None
) -> None:
    """Execute a notebook and write it with its outputs, or nothing.

    Args:
        source: a py:percent file.
        output: the executed .ipynb; it appears at once and whole, with the run's provenance in its
            metadata under `ddlib`.
        parameters: name -> value; the others have the notebook's defaults.
        echo: where what cells print goes too; with it, a terminal shows a bar.

    Raises:
        NotebookError: for a cell that fails, and for the cell of a figure that leaves none.
    """
    notebook = read_source(source)
    print(announcement(source, notebook), file=sys.stderr, flush=True)
    ran = _ran(source, notebook, parameters, echo)
    _require_figures(source, ran)
    ran.metadata["ddlib"] = {"code": code_digest(source), **environment()}
    write_whole(ran, output)


def _ran(
    source: Path, notebook: NotebookNode, parameters: dict[str, Any], echo: TextIO | None
) -> NotebookNode:
    """Return the notebook as papermill executed it."""
    with tempfile.TemporaryDirectory() as folder, through_sockets() as config:
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
                config=config,
                start_timeout=PATIENCE,
                iopub_timeout=PATIENCE,
                # Else the notebook is written anew, as it stands, before and after each cell.
                request_save_on_cell_execute=False,
            )
        except PapermillExecutionError as error:
            raise NotebookError(_describe(source, error)) from None
        return nbformat.read(ran, as_version=4)


@contextmanager
def through_sockets() -> Iterator[Config]:
    """Yield the setting that lets kernels be spoken to through sockets, which go afterwards.

    The default, ports, are chosen before a kernel opens them: of two kernels that start at once one
    may find its own taken.
    """
    usual = tempfile.gettempdir()
    with tempfile.TemporaryDirectory(dir=usual if len(usual) < SHORT else "/tmp") as folder:
        yield Config(KernelManager={"transport": "ipc", "ip": f"{folder}/kernel"})


def _require_figures(source: Path, notebook: NotebookNode) -> None:
    """Raise `NotebookError` for a cell with a figure's name and caption, and no image."""
    for cell in notebook.cells:
        figure = cell.metadata.get("mystnb", {}).get("figure")
        kinds = [kind for out in cell.get("outputs", []) for kind in out.get("data", {})]
        if figure and not any(kind.startswith("image/") for kind in kinds):
            name = figure.get("name", "without a name")
            raise NotebookError(
                f"{source}: the cell of figure {name} left no image; must leave one"
            )


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
