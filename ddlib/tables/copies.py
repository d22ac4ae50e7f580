"""Tables that hold the same rows, as a copy does that was sorted, packed or written anew."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd

from ddlib.arguments import PLAIN, is_number
from ddlib.tables.faults import Note, warning


@dataclass(frozen=True, eq=False)
class Cells:
    """What a table holds, without its order of columns and as far as it tells copies.

    Attributes:
        names: of its columns, in order.
        rows: a number of each row's cells by column, `(n,)`.
    """

    names: tuple[str, ...]
    rows: np.ndarray

    @classmethod
    def of(cls, table: pd.DataFrame) -> Cells:
        """Return what a table holds.

        Args:
            table: of texts or of typed values; 1, 1.0 and "1" are one cell.
        """
        names = tuple(map(str, table.columns))
        written = {name: _written(table.iloc[:, place]) for place, name in enumerate(names)}
        frame = pd.DataFrame({name: written[name] for name in sorted(written)})
        return cls(names, pd.util.hash_pandas_object(frame, index=False).to_numpy())

    def is_copy(self, other: Cells) -> bool:
        """Whether another table holds the same rows, in any order of rows and columns.

        Args:
            other: what it holds.
        """
        if sorted(self.names) != sorted(other.names) or len(self.rows) != len(other.rows):
            return False
        return np.array_equal(np.sort(self.rows), np.sort(other.rows))

    def moved(self, other: Cells) -> str:
        """Return what a copy has in another order, "" for nothing.

        Args:
            other: the copy.
        """
        changed = {
            "rows": not np.array_equal(self.rows, other.rows),
            "columns": self.names != other.names,
        }
        return " and ".join(what for what, is_changed in changed.items() if is_changed)


def warn_of_copies(tables: Mapping[str, pd.DataFrame]) -> list[Note]:
    """Return a warning of each table that is another one under a new name, cell by cell.

    Args:
        tables: label -> table as it came.
    """
    known: dict[str, Cells] = {}
    notes: list[Note] = []
    for (first, table), (second, other) in combinations(tables.items(), 2):
        if len(table) != len(other) or {*table.columns} != {*other.columns}:
            continue  # as most are: their cells need not be read
        for label, own in ((first, table), (second, other)):
            known[label] = known[label] if label in known else Cells.of(own)
        if known[first].is_copy(known[second]):
            moved = known[first].moved(known[second])
            order = f", in another order of {moved}" if moved else ""
            line = f"{second}: equals {first} in every cell{order}: if it is a copy, its rows "
            notes.append(warning(f"{line}count twice", (), [first, second]))
    return notes


def _written(column: pd.Series) -> list[str]:
    """Return each cell as one text, whichever way a file has it; a missing one as ""."""
    shown = column.notna().tolist()
    return [_text(value) if is_shown else "" for value, is_shown in zip(column, shown, strict=True)]


def _text(value: object) -> str:
    """Return a value as text, a number as that of a float."""
    if is_number(value) or (isinstance(value, str) and PLAIN.fullmatch(value)):
        try:
            return repr(float(value))
        except OverflowError:  # of a whole number beyond 1.8e308
            return str(value)
    return str(value)
