"""Notebook sources: what of them is computed, what it depends on, and what is only prose."""

from __future__ import annotations

import hashlib
from modulefinder import ModuleFinder
from pathlib import Path

import jupytext
import nbformat
from nbformat import NotebookNode

from ddlib.book.sources import read_text

INJECTED = "injected-parameters"  # papermill's tag of the cell that it adds


def read_source(path: Path) -> NotebookNode:
    """Return the notebook that the py:percent source at `path` stands for, without outputs."""
    return jupytext.reads(read_text(path), fmt="py:percent")


def code_digest(path: Path) -> str:
    """Return a hash of all that decides the outputs of the notebook at `path`: its code cells.

    Prose and figure captions are left out, so that an edit of a sentence executes nothing.
    """
    code = "\n%%\n".join(c.source for c in read_source(path).cells if c.cell_type == "code")
    return hashlib.sha256(code.encode()).hexdigest()


def library_files(path: Path, root: Path) -> list[str]:
    """Return the files of `ddlib`, relative to `root`, that the script at `path` imports.

    Imports are followed through modules and into functions, as the interpreter would; what
    lies outside `root` is in the lock file and not looked at.
    """
    root = root.resolve()
    finder = ModuleFinder(path=[str(root)])
    finder.run_script(str(path))
    files = [Path(module.__file__) for module in finder.modules.values() if module.__file__]
    library = root / "ddlib"
    return sorted(str(f.relative_to(root)) for f in files if f.is_relative_to(library))


def weave(source: Path, executed: Path) -> NotebookNode:
    """Return the page: the prose of `source` as it reads now, around the outputs in `executed`.

    The tags and captions of the code cells come from `source` too. Below the title stands a
    link to the clean notebook. Raises `ValueError` when the code is not the executed one.
    """
    page, done = read_source(source), nbformat.read(executed, as_version=4)
    injected = [c for c in done.cells if INJECTED in c.metadata.get("tags", [])]
    outputs = iter([c for c in done.cells if c.cell_type == "code" and c not in injected])
    cells: list[NotebookNode] = []
    for cell in page.cells:
        if cell.cell_type == "code":
            ran = next(outputs, None)
            if ran is None or ran.source != cell.source:
                raise ValueError(f"{executed} was not executed from the code in {source}")
            cell.outputs, cell.execution_count = ran.outputs, ran.execution_count
        cells.append(cell)
        if "parameters" in cell.metadata.get("tags", []):
            cells.extend(injected)
    download = (
        f"{{download}}`Download this chapter as a notebook <../downloads/{source.stem}.ipynb>`"
    )
    cells.insert(1, nbformat.v4.new_markdown_cell(download))
    page.cells = cells
    return page
