"""Whether parts of a summary agree: levels of a column with one another, and with its counts."""

from __future__ import annotations

import numpy as np

from ddlib.sites.moments import Pattern
from ddlib.sites.scale import Scale
from ddlib.sites.summary import ColumnMargin, Summary
from ddlib.tables.columns import WITH_LEVELS

_ROUNDING = 1e-6  # of a number of rows, that sums may be off by


def disagreements(summary: Summary) -> list[str]:
    """Return what no rows could give, as one part of a summary contradicts another, a line each.

    Args:
        summary: as read; numbers of rows with noise agree with nothing but themselves.
    """
    lines: list[str] = []
    for place, pattern in enumerate(summary.moments.patterns, start=1):
        lines += [f"pattern {place}: {line}" for line in _levels(pattern, summary.scale)]
    if summary.min_count is not None:
        lines += _counts(summary)
    return lines


def _levels(pattern: Pattern, scale: Scale) -> list[str]:
    """Return the columns of a pattern whose levels stand together as none can."""
    lines: list[str] = []
    slack = _ROUNDING * pattern.rows
    for name, own, places in _shown(pattern, scale):
        sums, products = pattern.sums[places], pattern.products[np.ix_(places, places)]
        if scale.columns[own].kind == "category":
            wanted, words = np.diag(sums), "two levels stand in one row; must stand in none"
            fits = sums.sum() <= pattern.rows + slack
        else:
            wanted = np.minimum.outer(sums, sums)
            words = "rows of a level are none of those of the levels below; must be"
            fits = (np.diff(sums) <= slack).all()
        if not fits or (np.abs(products - wanted) > slack).any():
            lines.append(f"column {name!r}: {words}")
    return lines


def _counts(summary: Summary) -> list[str]:
    """Return the columns of which patterns have more rows than the site."""
    scale = summary.scale
    rows = np.zeros(len(scale.columns))
    levels = [np.zeros(len(column.levels)) for column in scale.columns]
    for pattern in summary.moments.patterns:
        rows[np.unique(scale.owners[pattern.seen])] += pattern.rows
        for _, own, places in _shown(pattern, scale):
            levels[own] += _rows_of_levels(
                pattern.rows, pattern.sums[places], scale.columns[own].kind == "category"
            )
    return [
        line
        for j, margin in enumerate(summary.margins)
        for line in _more(scale.names[j], margin, rows[j], levels[j])
    ]


def _more(name: str, margin: ColumnMargin, rows: float, levels: np.ndarray) -> list[str]:
    """Return in what patterns have more rows than a column."""
    if rows > margin.seen:
        told = f"column {name!r}: {margin.seen} rows, but {rows:.0f} in patterns that show it"
        return [f"{told}; must be at least as many"]
    if margin.counts is None:
        return []
    over = np.nonzero(levels > margin.counts + _ROUNDING * max(rows, 1))[0]
    if not len(over):
        return []
    told = f"rows of levels: {margin.counts[over[0]]}, but {levels[over[0]]:.0f} in patterns"
    return [f"column {name!r}: {told}; must be at least as many"]


def _rows_of_levels(rows: int, sums: np.ndarray, exclusive: bool) -> np.ndarray:
    """Return the rows of each level of a column in a pattern, `(L,)`."""
    if exclusive:
        return np.array([rows - sums.sum(), *sums])
    return -np.diff([rows, *sums, 0.0])


def _shown(pattern: Pattern, scale: Scale) -> list[tuple[str, int, np.ndarray]]:
    """Return the columns with levels that a pattern shows: name, place, places among its sums."""
    among = np.cumsum(pattern.seen) - 1
    return [
        (scale.names[own], own, among[scale.places[own]])
        for own in np.unique(scale.owners[pattern.seen]).tolist()
        if scale.columns[own].kind in WITH_LEVELS
    ]
