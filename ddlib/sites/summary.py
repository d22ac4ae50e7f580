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
from ddlib.sites.rare import without_rare_groups
from ddlib.sites.scale import Scale
from ddlib.tables import Column, Schema
from ddlib.tables.columns import WITH_LEVELS
from ddlib.tables.faults import number_of


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

    @classmethod
    def of(cls, column: Column, codes: np.ndarray, *, group: int, pieces: int) -> ColumnMargin:
        """Return the margin of codes.

        Args:
            column: that they are of.
            codes: `(n,)`, NaN where missing.
            group: rows that each number told is the mean of, at least.
            pieces: of a law, about.
        """
        shown = codes[~np.isnan(codes)]
        if column.kind in WITH_LEVELS:
            counts = np.bincount(shown.astype(np.int64), minlength=len(column.levels))
            return cls(len(shown), counts=counts)
        law = Quantiles.of(shown, group=group, pieces=pieces) if len(shown) >= group else None
        return cls(len(shown), law=law)


@dataclass(frozen=True, eq=False)
class Summary:
    """What a site tells in place of its rows.

    Attributes:
        rows: of the site.
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
    own = Scale.of_codes(schema, codes, min_count=min_count) if scale is None else scale
    margins = [
        ColumnMargin.of(column, values, group=min_count, pieces=200)
        for column, values in zip(own.columns, codes.T, strict=True)
    ]
    seen, place = row_patterns(~np.isnan(codes))
    rows = np.bincount(place, minlength=len(seen))
    kept = joined(seen, rows, min_count=min_count).of_rows(place, codes)
    shown = np.where(kept, codes, np.nan)
    features = features_of(own, shown)
    alike = Alike.of(own, features, min_count=min_count)
    whole = Moments.of(own.features, features)
    moments, told = without_rare_groups(whole, own, alike, min_count=min_count)
    return Summary(
        rows=len(codes),
        min_count=min_count,
        margins=tuple(margins),
        scale=own,
        shared=scale is not None,
        moments=moments,
        notes=(*notes, *joining_notes(codes, shown, min_count), *told),
    )


def joining_notes(codes: np.ndarray, shown: np.ndarray, min_count: int) -> list[str]:
    """Return a line on what patterns of few rows lost, none where none did.

    Args:
        codes: of the rows, `(n, p)`, NaN where missing.
        shown: of these, what is told.
        min_count: rows that a pattern must have.
    """
    lost = ~np.isnan(codes) & np.isnan(shown)
    if not lost.any():
        return []
    gone = int((np.isnan(shown).all(1) & lost.any(1)).sum())
    line = (
        f"patterns of missing cells in fewer than {min_count} rows joined to others: "
        f"{number_of(int(lost.sum()), 'cell')} left out of the moments"
    )
    return [line + (f", among them all of {number_of(gone, 'row')}" if gone else "")]
