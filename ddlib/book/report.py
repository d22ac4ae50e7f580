"""One table of what several runs of a notebook report: the numbers that its cells glue."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import nbformat
from nbformat import NotebookNode

if TYPE_CHECKING:
    import pandas as pd

RECORD = "application/papermill.record/text/plain"


def glued(notebook: NotebookNode) -> dict[str, Any]:
    """Return name -> value of every number or text that a notebook's cells glue.

    Args:
        notebook: an executed one.
    """
    values = {}
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            name = output.get("metadata", {}).get("scrapbook", {}).get("name")
            if name is not None and RECORD in output.get("data", {}):
                values[name] = _number(output.data[RECORD])
    return values


def report(executed: list[Path]) -> pd.DataFrame:
    """Return one row an executed notebook: the parameters that it was given, then its numbers.

    Args:
        executed: the .ipynb files.

    Raises:
        ValueError: for a notebook that reports nothing, which would make an empty table.
    """
    import pandas as pd  # a third of the time of those who need `glued` alone

    rows = []
    for path in executed:
        notebook = nbformat.read(path, as_version=4)
        values = glued(notebook)
        if not values:
            raise ValueError(f"{path}: reports no number; must glue those that a sweep is about")
        rows.append({**notebook.metadata.papermill.parameters, **values})
    return pd.DataFrame(rows)


def _number(text: str) -> Any:
    """Return the number that `text` reads as, numpy's `np.float64(0.5)` too, or the text."""
    text = re.sub(r"^np\.\w+\((.*)\)$", r"\1", text)
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text.strip("'\"")
