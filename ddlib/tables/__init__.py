"""Tables as people have them: files or data frames with different columns, read and checked.

`read_sources` reads several tables into `Sources`: their cells in the types that they came in, one
`Schema` of all columns, and notes on what may go wrong. All that is wrong comes at once, in a
`TablesError`.
"""

from __future__ import annotations

from ddlib.tables.columns import KINDS, Column, Kind
from ddlib.tables.faults import Note, TablesError
from ddlib.tables.schema import Schema
from ddlib.tables.settings import Settings, read_settings
from ddlib.tables.sources import Sources, read_sources

__all__ = [
    "KINDS",
    "Column",
    "Kind",
    "Note",
    "Schema",
    "Settings",
    "Sources",
    "TablesError",
    "read_settings",
    "read_sources",
]
