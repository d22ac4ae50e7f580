"""What a drawing does not tell of its data: words for its marks, and tables for pictures.

`ddlib.plots.drawn` reads a figure's data from what is drawn. A mark may know more than it shows:
the number in a cell of a heat map, whose colour is a clipped one, or where an arrow leads.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

import pandas as pd
from IPython.core.interactiveshell import InteractiveShell
from matplotlib.artist import Artist

CSV = "text/csv"  # kind of the output of a cell that holds a figure's data
COLOUR = "colour"  # column of what a colour shows beside the number of its cell

_words: WeakKeyDictionary[Artist, dict[str, Any]] = WeakKeyDictionary()
_left_out: WeakKeyDictionary[Artist, bool] = WeakKeyDictionary()


def describe(artist: Artist, columns: Mapping[str, Any]) -> None:
    """Say what the data of a mark are, where the drawing does not tell.

    Args:
        artist: the mark.
        columns: name -> a value for all its rows, or one for each of them: of a line's points, of
            a heat map's cells, row by row. They stand beside the columns that are read from the
            drawing, or in place of those of the same name; None leaves such a one out.
    """
    _words.setdefault(artist, {}).update(columns)


def leave_out(*artists: Artist) -> None:
    """Say that marks show no data of their own, such as the stem of a dot.

    Args:
        artists: the marks.
    """
    for artist in artists:
        _left_out[artist] = True


def words_of(artist: Artist) -> dict[str, Any]:
    """Return what was said of a mark.

    Args:
        artist: the mark.
    """
    return dict(_words.get(artist, {}))


def is_left_out(artist: Artist) -> bool:
    """Return whether a mark is one without data of its own.

    Args:
        artist: the mark.
    """
    return artist in _left_out


def csv_text(table: pd.DataFrame) -> str:
    """Return a table as CSV, its numbers with all their digits.

    Args:
        table: with plain names as columns; its index is left out.
    """
    return table.to_csv(index=False, lineterminator="\n")


@dataclass(frozen=True)
class WithData:
    """A picture that is no figure of matplotlib, as the value of a cell, with its data.

    Attributes:
        picture: what a notebook can show.
        data: what it is drawn from.
    """

    picture: Any
    data: pd.DataFrame

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> Any:
        """Return the picture in its formats, and the data."""
        formatter: Any = InteractiveShell.instance().display_formatter
        formats, metadata = formatter.format(self.picture, include=include, exclude=exclude)
        return {**formats, CSV: csv_text(self.data)}, metadata
