r"""Moments of a site on another scale: exact for levels, linear for numbers.

With $\phi$ on the site's own scale and $A\phi+a$ on the common one, sums and products follow. An
indicator of levels is an exact sum of the site's own. A score is a curve of the site's own score;
of it the line is taken that fits best, and the variance around the line is added. Sites that share
a scale need none of it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ddlib.sites.moments import Moments, Pattern
from ddlib.sites.quantiles import Quantiles
from ddlib.sites.scale import Scale
from ddlib.tables import Column
from ddlib.tables.columns import other_of, value_text

_GRID = (np.arange(2000) + 0.5) / 2000  # shares of rows, at which curves are compared


@dataclass(frozen=True, eq=False)
class _Line:
    r"""A map $A\phi+a$ of a column's features, and the variance around it."""

    slopes: np.ndarray
    offsets: np.ndarray
    spread: np.ndarray


def expressed(moments: Moments, own: Scale, common: Scale) -> Moments:
    """Return moments on another scale.

    Args:
        moments: on the site's own.
        own: that scale.
        common: with all columns that the moments show.
    """
    lines = {
        name: _line(column, law, *_entry(common, name))
        for name, column, law in zip(own.names, own.columns, own.laws, strict=True)
        if name in common.names
    }
    found = [_pattern(pattern, own, common, lines) for pattern in moments.patterns]
    return Moments.added(common.features, found)


def _entry(scale: Scale, name: str) -> tuple[Column, Quantiles | None]:
    """Return a column of a scale and its law."""
    place = scale.names.index(name)
    return scale.columns[place], scale.laws[place]


def _pattern(pattern: Pattern, own: Scale, common: Scale, lines: dict[str, _Line]) -> Pattern:
    """Return a pattern on the common scale."""
    shown = [own.names[place] for place in np.unique(own.owners[pattern.seen])]
    seen = np.zeros(len(common.features), dtype=bool)
    for name in shown:
        seen[common.places[common.names.index(name)]] = True
    slopes = np.zeros((len(common.features), len(own.features)))
    offsets, spread = np.zeros(len(seen)), np.zeros(len(seen))
    for name in shown:
        to, here = (s.places[s.names.index(name)] for s in (common, own))
        line = lines[name]
        slopes[to, here], offsets[to], spread[to] = line.slopes, line.offsets, line.spread
    slopes, a = slopes[np.ix_(seen, pattern.seen)], offsets[seen]
    moved = slopes @ pattern.sums
    sums = moved + pattern.rows * a
    products = slopes @ pattern.products @ slopes.T + np.outer(moved, a) + np.outer(a, sums)
    return Pattern(seen, pattern.rows, sums, products + np.diag(pattern.rows * spread[seen]))


def _line(column: Column, law: Quantiles | None, to: Column, wanted: Quantiles | None) -> _Line:
    """Return the map of a column's features to those of the same column on another scale."""
    if law is None or wanted is None:
        return _of_levels(column, to)
    if law.is_same(wanted):
        return _Line(np.ones((1, 1)), np.zeros(1), np.zeros(1))
    values = law.values(_GRID)
    x, y = law.scores(values), wanted.scores(values)
    slope = np.cov(x, y, ddof=0)[0, 1] / x.var()
    rest = y.var() - slope**2 * x.var()
    return _Line(
        np.array([[slope]]), np.array([y.mean() - slope * x.mean()]), np.array([max(rest, 0.0)])
    )


def _of_levels(column: Column, to: Column) -> _Line:
    """Return the map of indicators: of the site's levels, then of those that it wants."""
    size = len(column.levels)
    own = np.zeros((size, size))  # first the offset, then the features
    own[0, 0] = 1.0
    own[1:, 1:] = np.eye(size - 1)
    if column.kind == "category":
        own[0, 1:] = -1.0
    else:
        own[:-1, 1:] -= np.eye(size - 1)
    places = {value_text(level): place for place, level in enumerate(to.levels)}
    other = other_of(to.levels)
    missing = places.get(other, 0) if other else 0
    where = np.array([places.get(value_text(level), missing) for level in column.levels])
    levels = np.arange(1, len(to.levels))[:, None]
    wanted = where == levels if to.kind == "category" else where >= levels
    line = wanted.astype(np.float64) @ own
    return _Line(line[:, 1:], line[:, 0], np.zeros(len(line)))
