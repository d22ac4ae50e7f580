"""The page of provenance: its sections stand as the chapters do in the book."""

from pathlib import Path

import nbformat

from ddlib.book.project import reading_order
from ddlib.book.provenance import provenance_page

TOC = """\
format: jb-book
root: book/introduction
parts:
  - chapters:
      - file: notebooks/zebra
      - file: book/protocol
        sections:
          - file: notebooks/ant
      - file: notebooks/mole
"""


def executed(folder: Path, name: str) -> Path:
    """Write the source of a chapter and what its execution notes."""
    (folder / f"{name}.py").write_text(f"# %% [markdown]\n# # On {name}\n")
    notebook = nbformat.v4.new_notebook()
    run = {"start_time": "2026-01-02T03:04:05.6", "duration": 1.0, "parameters": {}}
    origin = {"commit": None, "python": "3", "packages": {}, "unpinned": []}
    machine = {"machine": "m", "processor": "p", "c_library": "c"}
    notebook.metadata.update(papermill=run, ddlib=origin | machine)
    path = folder / f"{name}.ipynb"
    nbformat.write(notebook, path)
    return path


def test_sections_stand_in_the_order_of_the_book(tmp_path):
    (tmp_path / "_toc.yml").write_text(TOC)
    paths = [executed(tmp_path, name) for name in ("ant", "mole", "zebra")]
    page = provenance_page(paths, tmp_path, reading_order(tmp_path))
    heads = [line for line in page.splitlines() if line.startswith("## ")]
    assert heads == ["## On zebra", "## On ant", "## On mole"]
