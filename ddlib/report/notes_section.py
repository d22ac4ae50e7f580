"""What a reader has to know first: warnings, then what was done with the tables."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import fields

from ddlib.html.markup import Html, element
from ddlib.html.page import Section
from ddlib.tables import Note, Settings

# What a note asks to write is a field of the settings.
SETS = re.compile(rf"\b({'|'.join(field.name for field in fields(Settings))}): ?\S")
SETTINGS_TOLD = (
    "What a line asks to set, such as leave_out: [name] for a column that is not to be merged, is "
    "a line of a settings file, which the command takes with --settings settings.yml."
)
_FOLDED = 6  # notes that are shown before the rest is folded


def warnings_section(notes: Sequence[Note]) -> Section:
    """Return the section of warnings and notes.

    Args:
        notes: of the tables and of the merge.
    """
    warnings = [note for note in notes if note.level == "warning"]
    others = [note for note in notes if note.level != "warning"]
    parts: list[object] = []
    if warnings:
        parts.append("These ask for a decision before the merged rows are used.")
        parts.append(_list(warnings))
    else:
        parts.append("No warnings: nothing in the tables asks for a decision.")
    if others:
        parts += [element("h3", "What was done"), _list(others[:_FOLDED])]
    if any(SETS.search(note.text) for note in notes):
        parts.insert(1, SETTINGS_TOLD)
    if len(others) > _FOLDED:
        rest = others[_FOLDED:]
        parts.append(element("details", element("summary", f"{len(rest)} more"), _list(rest)))
    return Section("warnings", "Warnings", tuple(parts))


def _list(notes: Sequence[Note]) -> Html:
    """Return notes as a list."""
    items = []
    for note in notes:
        lead = element("b", "Warning: ") if note.level == "warning" else ""
        items.append(element("li", lead, note.text, class_=note.level))
    return element("ul", *items, class_="notes")
