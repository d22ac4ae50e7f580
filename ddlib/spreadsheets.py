"""Texts that a spreadsheet would compute, as files of text have them: with an apostrophe before."""

from __future__ import annotations

import re

# A spreadsheet computes what begins so; a plain number is no formula, whatever its sign. Texts that
# begin with apostrophes before that get one more, so that each is read back as it was.
_FORMULA = re.compile(r"'*[=+\-@\t\r]")
_NUMBER = re.compile(r"'*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")


def safe_cell(cell: object) -> object:
    """Return a cell, with an apostrophe before a text that looks like a formula.

    Args:
        cell: of a table.
    """
    return f"'{cell}" if isinstance(cell, str) and _is_formula(cell) else cell


def plain_cell(cell: str) -> str:
    """Return the text that `safe_cell` made a cell of.

    Args:
        cell: of a file of text.
    """
    return cell[1:] if cell.startswith("'") and _is_formula(cell) else cell


def _is_formula(text: str) -> bool:
    """Whether a spreadsheet would compute a text, without the apostrophes before it."""
    return bool(_FORMULA.match(text)) and not _NUMBER.fullmatch(text)
