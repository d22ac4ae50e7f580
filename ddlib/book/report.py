"""One table of what several runs of a notebook report: the numbers that its cells glue."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import nbformat
from nbformat import NotebookNode

from ddlib.plots.numbers import number

if TYPE_CHECKING:
    import pandas as pd

GLUED = re.compile(r"\{glue:text\}`(?P<name>[^`:]+):?(?P<spec>[^`]*)`")
MARKUP = re.compile(r"([\\`*_{}\[\]<>$|~])")  # characters that Markdown reads as its own
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


def filled(text: str, values: Mapping[str, Any]) -> str:
    """Return prose in which numbers stand in place of the names by which it asks for them.

    All are written as in tables, by `ddlib.plots.numbers`; text reads as it is, markup or not.

    Args:
        text: Markdown of MyST, with `{glue:text}` roles of a name, or of a name and a format.
        values: name -> number or text.

    Raises:
        ValueError: for a name that is not there.
    """

    def written(found: re.Match[str]) -> str:
        name, spec = found["name"], found["spec"]
        if name not in values:
            raise ValueError(f"{name}: glued by no cell; must be one of {', '.join(values)}")
        value = values[name]
        if isinstance(value, str):
            return MARKUP.sub(r"\\\1", format(value, spec))
        starts_line = text[: found.start()].rpartition("\n")[2].strip() == ""
        # "7. That is" would begin a list.
        shown, after = number(value, spec), text[found.end() :]
        begins_list = starts_line and shown.isdecimal() and after.startswith((".", ")"))
        return shown + "\\" if begins_list else shown

    return GLUED.sub(written, text)


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
