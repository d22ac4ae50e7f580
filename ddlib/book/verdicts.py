"""The verdict words of the book, and whether two builds of it agree on them.

A word such as "higher" is computed from stored rows. Two sets of rows that were computed with
different kernels differ in their last digits, and must not differ in these words.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from ddlib.book.report import RECORD

WORDS = re.compile(r"\b(higher|lower|not told apart|holds in part|holds|fails)\b")


@dataclass(frozen=True)
class Compared:
    """What two builds have in common.

    Attributes:
        words: how many verdict words the first of them has.
        differences: one line per cell where they differ.
    """

    words: int
    differences: tuple[str, ...]


def verdicts(notebook: NotebookNode) -> dict[int, list[str]]:
    """Return the verdict words that each code cell prints, shows or glues, by the cell's place.

    Args:
        notebook: an executed one.
    """
    found = {}
    for place, cell in enumerate(notebook.cells):
        texts = [_text(output) for output in cell.get("outputs", [])]
        words = WORDS.findall("\n".join(texts))
        if words:
            found[place] = words
    return found


def compare_builds(first: Path, second: Path) -> Compared:
    """Compare the verdict words of two builds.

    Args:
        first: folder of executed notebooks.
        second: another.

    Raises:
        ValueError: for folders that do not hold the same chapters, or hold no verdict.
    """
    names = {path.name for path in first.glob("*.ipynb")}
    others = {path.name for path in second.glob("*.ipynb")}
    if names != others:
        apart = ", ".join(sorted(names ^ others))
        raise ValueError(f"{first}, {second}: must hold the same chapters; in one only: {apart}")
    total, lines = 0, []
    for name in sorted(names):
        old, new = (verdicts(nbformat.read(folder / name, 4)) for folder in (first, second))
        total += sum(map(len, old.values()))
        lines += [
            _line(name, place, old, new)
            for place in sorted(old | new)
            if old.get(place) != new.get(place)
        ]
    if total == 0:
        raise ValueError(f"{first}: holds no verdict; must hold at least one")
    return Compared(total, tuple(lines))


def _line(name: str, place: int, old: dict[int, list[str]], new: dict[int, list[str]]) -> str:
    """Return a line on one cell whose words differ."""
    before, after = old.get(place, []), new.get(place, [])
    if len(before) != len(after):
        return f"{name}, cell {place}: {len(before)} words in one, {len(after)} in the other"
    pairs = [f"{a} → {b}" for a, b in zip(before, after, strict=True) if a != b]
    return f"{name}, cell {place}: {len(pairs)} of {len(before)} words differ: {', '.join(pairs)}"


def _text(output: NotebookNode) -> str:
    """Return what an output says in plain text and in Markdown."""
    data = output.get("data", {})
    said = [data.get(kind, "") for kind in ("text/plain", "text/markdown", RECORD)]
    return output.get("text", "") + "".join(said)
