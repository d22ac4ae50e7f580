"""Options of a figure: its label, caption and alternative text, at the head of its cell.

Nothing here is slow to import: a fault is to be told before a build begins.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from ddlib.runs.notebook import NotebookError, code_cells, split_options

OPTIONS = ("label", "caption", "alt")
_MUST = f"must have {', '.join(OPTIONS)}, and no others"


def figure_options(source: Path, options: str) -> dict[str, str]:
    """Return the options of a figure by name.

    Args:
        source: the py:percent file that a message names.
        options: YAML, as `split_options` returns it.

    Raises:
        NotebookError: unless label, caption and alt are there, each a text, and no others.
    """
    cell = f"{source}: figure options {options.splitlines()[0]!r}"
    try:
        given = yaml.safe_load(options)
    except (yaml.YAMLError, ValueError) as error:  # a date that is none is a ValueError
        why = " ".join(str(getattr(error, "problem", None) or error).split())
        how = f"{_MUST}, a text with a colon in quotes or below `>-`"
        raise NotebookError(f"{cell}: is not YAML: {why}; {how}") from None
    if not isinstance(given, Mapping):
        raise NotebookError(f"{cell}: is no mapping; {_MUST}")
    wrong = _wrong(given)
    if wrong:
        label = given.get("label")
        named = f"{source}: figure {label!r}" if label else cell
        raise NotebookError(f"{named}: {', '.join(wrong)}; {_MUST}")
    return {name: given[name] for name in OPTIONS}


def _wrong(given: Mapping[Any, Any]) -> list[str]:
    """Return what is wrong with the options of a figure, in words."""
    lacking = [name for name in OPTIONS if given.get(name) in (None, "")]
    unknown = [str(name) for name in given if name not in OPTIONS]
    no_text = [n for n in OPTIONS if n not in lacking and not isinstance(given[n], str)]
    kinds = {"lacks": lacking, "has the unknown": unknown, "has no text as": no_text}
    return [f"{what} {', '.join(names)}" for what, names in kinds.items() if names]


def option_faults(source: Path) -> list[str]:
    """Return what is wrong with the options of a notebook's figures, one line a figure.

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
            figure_options(source, options)
        except NotebookError as error:
            faults.append(str(error))
    return faults
