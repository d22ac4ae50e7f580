"""What a site tells in place of its rows: margins, a scale, and moments on it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ddlib.sites.alike import Alike
from ddlib.sites.features import features_of
from ddlib.sites.moments import Moments, row_patterns
from ddlib.sites.patterns import joined
from ddlib.sites.quantiles import Quantiles
from ddlib.sites.scale import Scale
from ddlib.sites.settle import ColumnMargin, Counts, Cut, settle, told_count
from ddlib.tables import Column, Schema
from ddlib.tables.columns import WITH_LEVELS


@dataclass(frozen=True, eq=False)
class Summary:
    """What a site tells in place of its rows.

    Attributes:
        rows: of the site that patterns tell of; with noise, all rows.
        min_count: rows that a level, a pattern and each number of a margin stand for, at least;
            None where noise protects them instead.
        margins: of each column of the scale.
        scale: on which the moments are.
        shared: whether other sites have the same scale; else it is that of the margins.
        moments: of the rows, pattern by pattern.
        notes: what was joined or left out, a line each.
    """

    rows: int
    min_count: int | None
    margins: tuple[ColumnMargin, ...]
    scale: Scale
    shared: bool
    moments: Moments
    notes: tuple[str, ...] = ()


def summarise(
    schema: Schema,
    codes: np.ndarray,
    *,
    scale: Scale | None = None,
    min_count: int = 10,
    notes: Sequence[str] = (),
) -> Summary:
    """Return the summary of rows.

    Args:
        schema: of the codes; its keys have none.
        codes: `(n, p)`, NaN where missing.
        scale: that sites share, whose columns these codes are of; their own unless told.
        min_count: rows that a pattern and each number of a margin stand for, at least.
        notes: on what was left out before.
    """
    columns = schema.without_keys().columns if scale is None else scale.columns
    rows = _Codes.of(columns, codes, min_count)
    lost = joining_notes(*rows.lost, min_count)
    told = settle(rows, scale, min_count=min_count)
    return Summary(
        rows=told.moments.rows,
        min_count=min_count,
        margins=told.margins,
        scale=told.scale,
        shared=scale is not None,
        moments=told.moments,
        notes=(*notes, *lost, *told.notes),
    )


@dataclass(eq=False)
class _Codes:
    """Rows in memory, as `ddlib.sites.settle.Rows` has them.

    Attributes:
        columns: of the codes.
        codes: `(n, p)`, NaN where missing.
        kept: cells that are kept, bool `(n, p)`.
        min_count: rows that each number told is the mean of.
    """

    columns: tuple[Column, ...]
    codes: np.ndarray
    kept: np.ndarray
    min_count: int

    @classmethod
    def of(cls, columns: tuple[Column, ...], codes: np.ndarray, min_count: int) -> _Codes:
        """Return rows that have given up what lets a pattern stand out."""
        seen, place = row_patterns(~np.isnan(codes))
        rows = np.bincount(place, minlength=len(seen))
        kept = joined(seen, rows, min_count=min_count).of_rows(place, codes)
        return cls(columns, codes, kept, min_count)

    @property
    def lost(self) -> tuple[int, int]:
        """Cells that are not kept, and rows of which none is."""
        lost = ~np.isnan(self.codes) & ~self.kept
        return int(lost.sum()), int((lost.any(1) & ~self.kept.any(1)).sum())

    def _told(self, whole: np.ndarray) -> np.ndarray:
        """Return the codes of rows of patterns: all of some columns, of others what is kept."""
        shown = self.kept.any(1)
        return np.where(self.kept[shown] | whole, self.codes[shown], np.nan)

    def counts(self) -> Counts:
        """Return how many rows there are of what."""
        every = np.ones(len(self.columns), dtype=bool)
        parts = [self._told(whole) for whole in (every, ~every)]
        whole, kept = (
            [_counted(column, own) for column, own in zip(self.columns, part.T, strict=True)]
            for part in parts
        )
        return Counts(len(parts[0]), whole, kept)

    def margins(self, whole: np.ndarray) -> tuple[ColumnMargin, ...]:
        """Return margins, of all rows of patterns or of what is kept."""
        told = self._told(whole)
        return tuple(
            _margin(column, own, self.min_count)
            for column, own in zip(self.columns, told.T, strict=True)
        )

    def moments(self, scale: Scale) -> tuple[Moments, Alike]:
        """Return moments of what is kept."""
        names = [column.name for column in self.columns]
        places = [names.index(name) for name in scale.names]
        shown = np.where(self.kept, self.codes, np.nan)[:, places]
        features = features_of(scale, shown)
        alike = Alike.of(scale, features, min_count=self.min_count)
        return Moments.of(scale.features, features), alike

    def give_up(self, cut: Cut) -> None:
        """Give up cells."""
        seen, place = row_patterns(self.kept)
        self.kept = cut(seen)[place]


def _counted(column: Column, codes: np.ndarray) -> np.ndarray:
    """Return the rows of each level `(L,)`, or those that show a number `(1,)`."""
    shown = codes[~np.isnan(codes)]
    if column.kind in WITH_LEVELS:
        return np.bincount(shown.astype(np.int64), minlength=len(column.levels))
    return np.array([len(shown)])


def _margin(column: Column, codes: np.ndarray, group: int) -> ColumnMargin:
    """Return the margin of a column, whose numbers are the mean of a group of rows."""
    if column.kind in WITH_LEVELS:
        counts = _counted(column, codes)
        return ColumnMargin(int(counts.sum()), counts=counts)
    shown = codes[~np.isnan(codes)]
    law = Quantiles.of(shown, group=group) if len(shown) >= group else None
    return ColumnMargin(len(shown), law=law)


def joining_notes(cells: int, rows: int, min_count: int) -> list[str]:
    """Return a line on what patterns of few rows lost, none where none did.

    Args:
        cells: that are left out.
        rows: of which all are.
        min_count: rows that a pattern must have.
    """
    if not cells:
        return []
    line = (
        f"patterns of missing cells in fewer than {min_count} rows joined to others: "
        f"{told_count(cells, min_count, 'cell')} left out of the moments"
    )
    return [line + (f", among them all of {told_count(rows, min_count, 'row')}" if rows else "")]
