r"""What a summary tells, settled so that no count of few rows follows from it by subtraction.

A column's own rows less those of the patterns that show it are the rows that gave it up, and all
rows less the column's own those in which it is missing. So a column is told of all rows where
these are none or at least the minimum count, of each level too, and else of the rows of its
patterns alone, whose levels have no few rows either (`ddlib.sites.rare`). Rows of no pattern are in
nothing that is told.

The scale of a site's own margins then hangs on what patterns show, and what these may show on the
scale. Each round takes cells away or is the last.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from ddlib.sites.alike import Alike
from ddlib.sites.moments import Moments, Pattern
from ddlib.sites.quantiles import Quantiles
from ddlib.sites.rare import kept_groups
from ddlib.sites.scale import Scale
from ddlib.tables import Column
from ddlib.tables.faults import number_of

Cut = Callable[[np.ndarray], np.ndarray]
"""From distinct patterns of columns, bool `(k, p)`, to what is kept of each."""


@dataclass(frozen=True, eq=False)
class ColumnMargin:
    """What a site tells of a column alone.

    Attributes:
        seen: rows that show it.
        counts: rows of each level, `(L,)`; None of a column of numbers.
        law: of a column of numbers; None where there are levels, or no rows.
    """

    seen: int
    counts: np.ndarray | None = None
    law: Quantiles | None = None


@dataclass(frozen=True, eq=False)
class Counts:
    """Rows of all patterns that are told.

    Attributes:
        rows: of them.
        whole: of each column, rows of its levels `(L,)`, or those that show a number `(1,)`.
        kept: the same of the cells that are kept.
    """

    rows: int
    whole: Sequence[np.ndarray]
    kept: Sequence[np.ndarray]

    def is_whole(self, min_count: int) -> np.ndarray:
        """Return which columns may be told of all rows, bool `(p,)`.

        Args:
            min_count: rows that each difference must have, if any.
        """

        def has_few(whole: np.ndarray, kept: np.ndarray) -> bool:
            apart = np.append(whole - kept, self.rows - whole.sum())
            return bool(((apart > 0) & (apart < min_count)).any())

        pairs = zip(self.whole, self.kept, strict=True)
        return np.array([not has_few(*pair) for pair in pairs])


class Rows(Protocol):
    """Rows of a site that give up cells, in memory or in batches.

    Attributes:
        columns: of the cells.
    """

    columns: tuple[Column, ...]

    def counts(self) -> Counts:
        """Return how many rows there are of what."""
        ...

    def margins(self, whole: np.ndarray) -> tuple[ColumnMargin, ...]:
        """Return margins.

        Args:
            whole: bool `(p,)`, whether a column is told of the rows of all patterns, or of the
                cells that are kept.
        """
        ...

    def moments(self, scale: Scale) -> tuple[Moments, Alike]:
        """Return moments of the cells that are kept, and what they tell of numbers.

        Args:
            scale: of some of the columns.
        """
        ...

    def give_up(self, cut: Cut) -> None:
        """Give up cells.

        Args:
            cut: from what is kept now to what is kept then.
        """
        ...


@dataclass(frozen=True, eq=False)
class Settled:
    """What is told.

    Attributes:
        margins: of the columns of the scale.
        scale: on which the moments are.
        moments: of the cells that are kept.
        notes: on cells and columns that are left out.
    """

    margins: tuple[ColumnMargin, ...]
    scale: Scale
    moments: Moments
    notes: tuple[str, ...] = field(default=())


def settle(rows: Rows, scale: Scale | None, *, min_count: int) -> Settled:
    """Return what is told of rows.

    Args:
        rows: of patterns with at least the minimum count; they give up cells.
        scale: that sites share, of the same columns; that of the margins unless told.
        min_count: rows that each number stands for, and each difference of two numbers of rows.
    """
    lost, margins = 0, rows.margins(rows.counts().is_whole(min_count))
    own = _own(rows.columns, margins) if scale is None else scale
    while True:
        moments, alike = rows.moments(own)
        moments, cells = _without_few(rows, moments, own, alike, min_count)
        lost += cells
        margins = rows.margins(rows.counts().is_whole(min_count)) if cells else margins
        known = own if scale is not None else _own(rows.columns, margins)
        if known.is_same(own):
            break
        own = known
    names = [column.name for column in rows.columns]
    told = tuple(margins[names.index(name)] for name in own.names)
    gone = [name for name in names if name not in own.names]
    return Settled(told, own, moments, (*rare_notes(lost, min_count), *_gone(gone, min_count)))


def told_count(count: int, min_count: int, thing: str) -> str:
    """Return a number of things in words that hide one below the minimum count.

    Sums of hidden numbers are rounded to the minimum count, so that none follows from them.

    Args:
        count: how many, at least 1.
        min_count: that is hidden below.
        thing: one of them.
    """
    if min_count == 1:
        return number_of(count, thing)
    if count < min_count:
        return f"fewer than {min_count} {thing}s"
    return f"about {min_count * round(count / min_count)} {thing}s"


def rare_notes(lost: int, min_count: int) -> list[str]:
    """Return a line on what levels and numbers in few rows cost, none where they cost nothing.

    Args:
        lost: cells.
        min_count: rows that each must have.
    """
    if not lost:
        return []
    return [
        "a level, a difference of two columns' levels, or all but one value of a number, in fewer "
        f"than {min_count} rows of a pattern: {told_count(lost, min_count, 'cell')} of such "
        "columns left out of the moments"
    ]


def _gone(names: Sequence[str], min_count: int) -> list[str]:
    """Return a line on columns of which nothing is told."""
    line = f"columns that too few rows show, or lack, left out: {', '.join(names)}"
    return [f"{line} (minimum count {min_count})"] if names else []


def _own(columns: Sequence[Column], margins: Sequence[ColumnMargin]) -> Scale:
    """Return the scale of margins, of the columns of which something is told."""
    pairs = [
        (column, margin.law)
        for column, margin in zip(columns, margins, strict=True)
        if margin.law is not None or (margin.counts is not None and margin.seen)
    ]
    return Scale.of([column for column, _ in pairs], [law for _, law in pairs])


def _without_few(
    rows: Rows, moments: Moments, scale: Scale, alike: Alike, min_count: int
) -> tuple[Moments, int]:
    """Return moments that tell of no few rows, and how many cells that costs; `rows` lose them."""
    lost = 0
    while True:
        kept = kept_groups(moments, scale, alike, min_count=min_count)
        left = moments.cut(kept)
        cells = _cells(moments, scale) - _cells(left, scale)
        if not cells:
            return moments, lost
        lost += cells
        rows.give_up(_columns_cut(kept, scale, rows.columns))
        moments, alike = left, alike.cut(kept)


def _cells(moments: Moments, scale: Scale) -> int:
    """Return the number of cells that moments are of."""
    return sum(_size(pattern, scale) for pattern in moments.patterns)


def _size(pattern: Pattern, scale: Scale) -> int:
    """Return the number of cells of a pattern."""
    return pattern.rows * len(np.unique(scale.owners[pattern.seen]))


def _columns_cut(kept: dict[bytes, np.ndarray], scale: Scale, columns: Sequence[Column]) -> Cut:
    """Return what columns are kept where features are."""
    names = [column.name for column in columns]
    places = np.array([names.index(name) for name in scale.names], dtype=np.int64)
    first = [place.start for place in scale.places]

    def cut(seen: np.ndarray) -> np.ndarray:
        found = np.zeros_like(seen)
        for before, after in zip(scale.seen_features(seen[:, places]), found, strict=True):
            if (own := kept.get(before.tobytes())) is not None:
                after[places] = own[first]
        return found

    return cut
