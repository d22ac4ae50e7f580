"""Options at the head of a cell: label, caption and alternative text of what it shows, and a fold.

Nothing here is slow to import: a fault is to be told before a build begins.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from ddlib.runs.notebook import NotebookError, code_cells, split_options

TABLE = "tab-"  # a label that starts so is that of a table
FIGURE_OPTIONS, TABLE_OPTIONS = ("label", "caption", "alt"), ("label", "caption")
FOLD = "fold"  # what the cell's code does, where it is folded: any cell may have it


def cell_options(source: Path, options: str) -> dict[str, str]:
    """Return the options of a cell by name.

    Args:
        source: the py:percent file that a message names.
        options: YAML, as `split_options` returns it.

    Raises:
        NotebookError: unless all are there that a figure or a table has, each a text, and no
            others. A fold alone needs no others.
    """
    cell = f"{source}: figure options {options.splitlines()[0]!r}"
    try:
        given = yaml.safe_load(options)
    except (yaml.YAMLError, ValueError) as error:  # a date that is none is a ValueError
        why = " ".join(str(getattr(error, "problem", None) or error).split())
        how = f"{_must(FIGURE_OPTIONS)}, a text with a colon in quotes or below `>-`"
        raise NotebookError(f"{cell}: is not YAML: {why}; {how}") from None
    if not isinstance(given, Mapping):
        raise NotebookError(f"{cell}: is no mapping; {_must(FIGURE_OPTIONS)}")
    label = given.get("label")
    is_table = str(label).startswith(TABLE)
    needed = TABLE_OPTIONS if is_table else () if [*given] == [FOLD] else FIGURE_OPTIONS
    wrong = _wrong(given, needed)
    if wrong:
        kind = "table" if is_table else "figure"
        named = f"{source}: {kind} {label!r}" if label else cell
        raise NotebookError(f"{named}: {', '.join(wrong)}; {_must(needed)}")
    return dict(given)


def _must(needed: tuple[str, ...]) -> str:
    """Return what options a cell must have, in words."""
    return f"must have {', '.join(needed) or FOLD}, and no others" + f" but {FOLD}" * bool(needed)


def _wrong(given: Mapping[Any, Any], needed: tuple[str, ...]) -> list[str]:
    """Return what is wrong with the options of a cell, in words."""
    allowed = (*needed, FOLD)
    lacking = [name for name in needed if given.get(name) in (None, "")]
    unknown = [str(name) for name in given if name not in allowed]
    there = [name for name in allowed if name in given and name not in lacking]
    no_text = [name for name in there if not isinstance(given[name], str)]
    kinds = {"lacks": lacking, "has the unknown": unknown, "has no text as": no_text}
    return [f"{what} {', '.join(names)}" for what, names in kinds.items() if names]


def option_faults(source: Path) -> list[str]:
    """Return what is wrong with the options of a notebook's cells, one line a cell.

    Args:
        source: a py:percent file.

    Raises:
        NotebookError: for a file that cannot be read.
    """
    faults: list[str] = []
    for text in code_cells(source):
        options, _ = split_options(text)
        if not options:
            continue
        try:
            cell_options(source, options)
        except NotebookError as error:
            faults.append(str(error))
    return faults
