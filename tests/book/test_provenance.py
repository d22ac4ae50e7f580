"""The page of provenance: what all chapters share, and each chapter in the order of the book."""

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


STARTED = "2026-01-02 03:04:05 UTC"


def executed(folder: Path, name: str, *, duration: float = 1.0, processor: str = "p") -> Path:
    """Write the source of a chapter and what its execution notes."""
    (folder / f"{name}.py").write_text(f"# %% [markdown]\n# # On {name}\n")
    notebook = nbformat.v4.new_notebook()
    run = {"start_time": "2026-01-02T03:04:05.6", "duration": duration, "parameters": {}}
    origin = {"commit": None, "python": "3", "packages": {}, "unpinned": []}
    machine = {"machine": "m", "processor": processor, "c_library": "c"}
    notebook.metadata.update(papermill=run, ddlib=origin | machine)
    path = folder / f"{name}.ipynb"
    nbformat.write(notebook, path)
    return path


def page_of(folder: Path, paths: list[Path]) -> str:
    """Return the page of executed chapters."""
    (folder / "_toc.yml").write_text(TOC)
    return provenance_page(paths, folder, reading_order(folder))


def lines_below(page: str, head: str) -> list[list[str]]:
    """Return the cells of the table below a heading, without its rule."""
    table = page.split(f"## {head}\n\n")[1].split("\n\n")[0]
    cells = [line.strip("| ").split(" | ") for line in table.splitlines()]
    return [line for line in cells if line[0] != "---"]


def test_chapters_stand_in_the_order_of_the_book(tmp_path):
    paths = [
        executed(tmp_path, name, duration=seconds)
        for seconds, name in enumerate(("ant", "mole", "zebra"), 1)
    ]
    assert lines_below(page_of(tmp_path, paths), "Each chapter") == [
        ["Chapter", "Started", "Run time"],
        ["On zebra", STARTED, "3 s"],
        ["On ant", STARTED, "1 s"],
        ["On mole", STARTED, "2 s"],
    ]


def test_what_all_chapters_share_is_said_once(tmp_path):
    paths = [executed(tmp_path, "ant"), executed(tmp_path, "mole", processor="another")]
    page = page_of(tmp_path, paths)
    assert ["Kernels", "pinned"] in lines_below(page, "All chapters")
    assert page.count("pinned") == page.count("Started") == 1
    assert lines_below(page, "Each chapter") == [
        ["Chapter", "Started", "Run time", "Machine"],
        ["On ant", STARTED, "1 s", "m, p, c"],
        ["On mole", STARTED, "1 s", "m, another, c"],
    ]


def test_all_facts_of_one_chapter_are_its_own(tmp_path):
    page = page_of(tmp_path, [executed(tmp_path, "ant")])
    assert "All chapters" not in page
    (head, line) = lines_below(page, "Each chapter")
    told = dict(zip(head, line, strict=True))
    assert (told["Started"], told["Commit"]) == (
        STARTED,
        "unknown: outside a checkout",
    )
