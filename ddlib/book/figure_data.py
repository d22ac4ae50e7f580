"""The data of a page's figures, taken out of the page into files of their own."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from nbformat import NotebookNode

CSV = "text/csv"  # kind of output that holds them, as `ddlib.plots.described` names it
DRAWN = "drawn"  # metadata of a cell, read by `book/_ext/figure_sources.py`


def again(source: Path, parameters: Mapping[str, Any]) -> str:
    """Return the command that executes a chapter as its page was.

    Args:
        source: the chapter.
        parameters: name -> value of those that it was given.
    """
    given = " ".join(f"{k}={json.dumps(v, ensure_ascii=False)}" for k, v in parameters.items())
    command = f"make run NOTEBOOK={source.as_posix()}"
    return f"{command} PARAMS={shlex.quote(given)}" if given else command


def take_data(page: NotebookNode, command: str) -> dict[str, str]:
    """Return label -> CSV of a page's figures, whose outputs lose it.

    The cell of a figure gets in its metadata what the line below the caption says.

    Args:
        page: a woven notebook; it is changed.
        command: that draws its figures again.
    """
    found: dict[str, str] = {}
    for cell in page.cells:
        held = [o.data.pop(CSV) for o in cell.get("outputs", []) if CSV in o.get("data", {})]
        figure = cell.metadata.get("mystnb", {}).get("figure")
        if figure:
            label = figure["name"]
            cell.metadata[DRAWN] = {"label": label, "has_data": bool(held), "again": command}
            found |= {label: held[0]} if held else {}
    return found


def write_data(tables: Mapping[str, str], folder: Path) -> None:
    """Write the data of figures, a file each.

    They begin with a byte-order mark, without which spreadsheets read an α as two other letters.

    Args:
        tables: label -> CSV.
        folder: is made.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for label, text in tables.items():
        (folder / f"{label}.csv").write_text(text, encoding="utf-8-sig", newline="")
