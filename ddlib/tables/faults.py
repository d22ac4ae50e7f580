"""What is wrong with tables, all of it at once, and what is worth knowing about them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

ON_COMMAND_LINE = " (on the command line --source-column site)"
"""What a note says behind a setting that a site alone, in `ddlib summarize`, has no option for."""


class TablesError(ValueError):
    """Tables or settings that cannot be used; one line a fault, naming file, row and column.

    Attributes:
        faults: the lines, in the order of the tables.
    """

    def __init__(self, faults: Sequence[str]) -> None:
        """Keep the faults.

        Args:
            faults: a line each, at least one.
        """
        super().__init__(faults)
        self.faults = tuple(faults)

    def __str__(self) -> str:
        return "\n".join(self.faults)


@dataclass(frozen=True)
class Note:
    """One thing about the tables that their user should know.

    Attributes:
        level: a warning asks for a decision, a note says what was done.
        text: one line, with what to write in the settings where that would change it.
        columns: that it is about.
        sources: labels of the tables that it is about.
    """

    level: Literal["warning", "note"]
    text: str
    columns: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()


@dataclass
class Findings:
    """What is found while tables are read.

    Attributes:
        faults: lines on what is wrong, in order.
        notes: on what is worth knowing.
    """

    faults: list[str] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)


def warning(text: str, columns: Sequence[str] = (), sources: Sequence[str] = ()) -> Note:
    """Return a note that asks for a decision.

    Args:
        text: one line.
        columns: that it is about.
        sources: labels of the tables that it is about.
    """
    return Note("warning", text, tuple(columns), tuple(sources))


def note(text: str, columns: Sequence[str] = (), sources: Sequence[str] = ()) -> Note:
    """Return a note that says what was done.

    Args:
        text: one line.
        columns: that it is about.
        sources: labels of the tables that it is about.
    """
    return Note("note", text, tuple(columns), tuple(sources))


def number_of(count: int, thing: str) -> str:
    """Return a number of things in words, `1 row`, `2 rows`.

    Args:
        count: how many.
        thing: one of them.
    """
    return f"{count} {thing if count == 1 else several(thing)}"


def several(thing: str) -> str:
    """Return the word for several of a thing, `rows`, `people`.

    Args:
        thing: one of them.
    """
    return "people" if thing == "person" else f"{thing}s"


def some(things: Sequence[object], most: int = 3) -> str:
    """Return the first of some things, and how many more there are.

    Args:
        things: at least one.
        most: that are written out.
    """
    shown = ", ".join(repr(thing) for thing in things[:most])
    more = len(things) - most
    return f"{shown} and {more} more" if more > 0 else shown


def and_more(count: int) -> str:
    """Return that there are more rows, "" where there are none.

    Args:
        count: of them.
    """
    return f" (and {number_of(count, 'row')} more)" if count else ""


def yaml_word(text: str) -> str:
    """Return a text as YAML has it, in quotation marks where it needs them.

    Args:
        text: a name or a level, to be written in the settings.
    """
    is_word = re.fullmatch(r"[A-Za-z][\w.]*( \w+)*", text)
    if is_word and text.casefold() not in ("true", "false", "null"):
        return text
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
