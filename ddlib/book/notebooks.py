"""Notebooks: read from their sources, and woven from prose as it reads now and old outputs."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import jupytext
import nbformat
from nbformat import NotebookNode

from ddlib.book.figures import FOLD, TABLE, cell_options
from ddlib.book.report import filled, glued
from ddlib.runs.notebook import read_text, split_options

INJECTED = "injected-parameters"  # papermill's tag of the cell that it adds
CHECK = "from_namespace(globals())"  # in the cell that checks the parameters


def read_source(path: Path) -> NotebookNode:
    """Return the notebook that a source stands for, without outputs.

    The options at the head of a code cell become the metadata in which MyST-NB looks for them.

    Args:
        path: a py:percent file.

    Raises:
        NotebookError: for a file that cannot be read, and for options that no cell has.
    """
    notebook = jupytext.reads(read_text(path), fmt="py:percent")
    for cell in notebook.cells:
        if cell.cell_type == "code":
            options, cell.source = split_options(cell.source)
            given = cell_options(path, options) if options else {}
            tags = cell.metadata.get("tags", [])
            if "hide-input" in tags:
                given.setdefault(FOLD, _what_is_folded(given.get("label", ""), cell.source))
            if given:
                cell.metadata["mystnb"] = _metadata(given, whole="hide-cell" in tags)
    return notebook


def _what_is_folded(label: str, code: str) -> str:
    """Return what a cell does whose fold has no name of its own."""
    if label:
        return "make the table" if label.startswith(TABLE) else "draw the figure"
    return "check the parameters" if CHECK in code else "compute"


def _metadata(options: dict[str, str], *, whole: bool = False) -> dict[str, Any]:
    """Return the options of a cell under the names that MyST-NB has for them, and `table`.

    A cell that is folded as a `whole` hides what it shows beside its code.
    """
    label, found = options.get("label", ""), {}
    if FOLD in options:
        hidden = "table" if whole and label.startswith(TABLE) else "code"
        found["code_prompt_show"] = f"Show {hidden}: {options[FOLD]}"
        found["code_prompt_hide"] = f"Hide {hidden}: {options[FOLD]}"
    if label:
        kind = "table" if label.startswith(TABLE) else "figure"
        found[kind] = {"name": label, "caption": options["caption"]}
    if "alt" in options:
        found["image"] = {"alt": options["alt"]}
    return found


def _caption(table: Mapping[str, str]) -> NotebookNode:
    """Return the cell above that of a table: `book/_ext/captioned_tables.py` joins the two."""
    head = f"````{{captioned-table}}\n:name: {table['name']}"
    return nbformat.v4.new_markdown_cell(f"{head}\n\n{table['caption']}\n````")


def write_whole(notebook: NotebookNode, path: Path) -> None:
    """Write a notebook in one step: a reader sees the old file or the new one.

    Args:
        notebook: what is written.
        path: the .ipynb; its folder is made.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    nbformat.write(notebook, unfinished)
    unfinished.replace(path)


def weave(source: Path, executed: Path) -> NotebookNode:
    """Return the page: the prose as it reads now, with its numbers, around outputs of an execution.

    The parameters, those that were given in their place and their check are one fold. A link to the
    clean notebook is at the end.

    Args:
        source: a py:percent file, of which the prose, and the tags and captions of the code cells.
        executed: the .ipynb with the outputs.

    Raises:
        ValueError: for outputs of other code, and for a number that no cell glues.
    """
    page, done = read_source(source), nbformat.read(executed, as_version=4)
    values = glued(done)
    injected = [c for c in done.cells if INJECTED in c.metadata.get("tags", [])]
    outputs = iter([c for c in done.cells if c.cell_type == "code" and c not in injected])
    cells: list[NotebookNode] = []
    for cell in page.cells:
        if cell.cell_type == "code":
            ran = next(outputs, None)
            if ran is None or ran.source != cell.source:
                raise ValueError(
                    f"{executed}: was executed from other code; must be from that in {source}"
                )
            cell.outputs, cell.execution_count = ran.outputs, ran.execution_count
            if table := cell.metadata.get("mystnb", {}).get("table"):
                cells.append(_caption(table))
        else:
            cell.source = filled(cell.source, values)
        cells.append(cell)
        if "parameters" in cell.metadata.get("tags", []):
            cells.extend(injected)
    download = (
        f"{{download}}`Download this chapter as a notebook <../downloads/{source.stem}.ipynb>`"
    )
    page.cells = [*_fold_parameters(cells), nbformat.v4.new_markdown_cell(download)]
    return page


def _fold_parameters(cells: Sequence[NotebookNode]) -> list[NotebookNode]:
    """Return cells in which all from the parameters to their check are one fold.

    A reader of the page comes to the text first; papermill finds its cell in the source.
    """
    first = [k for k, one in enumerate(cells) if "parameters" in one.metadata.get("tags", [])]
    last = [k for k, one in enumerate(cells) if one.cell_type == "code" and CHECK in one.source]
    if not (first and last):
        return [*cells]
    opening = cells[first[0] : last[0] + 1]
    fold = opening[0]
    fold.source = "\n\n".join(one.source for one in opening)
    fold.outputs = [output for one in opening for output in one.outputs]
    fold.metadata["tags"] = [*fold.metadata["tags"], "hide-input"]
    fold.metadata["mystnb"] = _metadata({FOLD: "parameters"})
    return [*cells[: first[0]], fold, *cells[last[0] + 1 :]]
