"""Patterns of few rows are joined: what a summary tells of them is of many rows, or is left out.

What a pattern of one row sums is that row. So a pattern of fewer rows than the minimum count either

- gives up cells, until it shows what a frequent pattern or another rare one does too,
- or is filled up with rows of a frequent pattern, which give up the cells that it does not show,
- or is left out,

whichever loses the fewest cells. A frequent pattern as a whole gives up nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

MOST = 500
"""Patterns that a summary tells, at most."""


@dataclass(frozen=True, eq=False)
class Joining:
    """What is kept of each pattern.

    Attributes:
        kept: columns that are kept, bool `(k, p)`, some of those it shows, none where its rows are
            left out.
        moves: then, one after the other, so many rows that show the first columns give up all but
            the second ones.
    """

    kept: np.ndarray
    moves: tuple[tuple[np.ndarray, np.ndarray, int], ...]

    def of_rows(self, place: np.ndarray, codes: np.ndarray) -> np.ndarray:
        """Return the columns that are kept of each row, bool `(n, p)`.

        Which rows fill up a pattern depends on what they hold in its columns, not on their order.

        Args:
            place: of each row's pattern, `(n,)`.
            codes: of the rows, `(n, p)`.
        """
        kept = self.kept[place]
        for before, after, count in self.moves:
            rows = np.nonzero((kept == before).all(1))[0]
            held = pd.DataFrame(codes[np.ix_(rows, np.nonzero(after)[0])])
            order = np.argsort(pd.util.hash_pandas_object(held, index=False).to_numpy())
            kept[rows[order[:count]]] = after
        return kept


@dataclass
class _Groups:
    """Patterns on their way to be joined, those of the most rows first."""

    kept: np.ndarray
    rows: np.ndarray
    alive: np.ndarray
    least: int
    moves: list[tuple[np.ndarray, np.ndarray, int]] = field(default_factory=list)

    def partner(self, rare: int) -> tuple[int | None, float]:
        """Return the pattern that a rare one is joined to, and the cells that go."""
        others = np.nonzero(self.alive)[0]
        others = others[others != rare]
        common = (self.kept[others] & self.kept[rare]).sum(1)
        sizes, rows = self.kept[others].sum(1), self.rows[others]
        lost = self.rows[rare] * (self.kept[rare].sum() - common) + rows * (sizes - common)
        # Two rare ones would lose the cells of both, were they left out.
        lost = lost - np.where(rows < self.least, rows * sizes, 0)
        fits = (common > 0) & ((rows < self.least) | (common == sizes))
        if not fits.any():
            return None, np.inf
        return int(others[fits][np.argmin(lost[fits])]), float(lost[fits].min())

    def filling(self, rare: int) -> tuple[int | None, float]:
        """Return the pattern whose rows fill up a rare one, and the cells that go."""
        wanted = self.least - self.rows[rare]
        fits = self.alive & (self.rows - wanted >= self.least)
        fits &= ~(self.kept[rare] & ~self.kept).any(1)
        if not fits.any():
            return None, np.inf
        more = np.where(fits, self.kept.sum(1), self.kept.shape[1] + 1)
        lost = wanted * (more.min() - self.kept[rare].sum())
        return int(np.argmin(more)), float(lost)

    def fill(self, rare: int, source: int) -> None:
        """Fill up a rare pattern with rows of another."""
        wanted = int(self.least - self.rows[rare])
        self.moves.append((self.kept[source].copy(), self.kept[rare].copy(), wanted))
        self.rows[source] -= wanted
        self.rows[rare] += wanted


def joined(
    seen: np.ndarray, rows: np.ndarray, *, min_count: int, most: int = MOST, fill: bool = True
) -> Joining:
    """Return what is kept of each pattern.

    Args:
        seen: distinct patterns of columns, bool `(k, p)`.
        rows: of each, `(k,)`.
        min_count: rows that a pattern must have.
        most: patterns to keep; all that have fewer rows than these count as rare.
        fill: whether rows of a frequent pattern may fill up a rare one.
    """
    order = np.argsort(-rows, kind="stable")
    first, rare = order[:most], order[most:]
    group = np.full(len(rows), -1)
    group[first] = np.arange(len(first))
    kept, counts = seen[first].copy(), rows[first].astype(np.int64)
    groups = _Groups(kept, counts, np.asarray(kept.any(1)), min_count)
    while True:
        few = np.nonzero(groups.alive & (groups.rows < min_count))[0]
        if not len(few):
            break
        least = int(few[np.argmin(groups.rows[few])])
        other, lost = groups.partner(least)
        source, filled = groups.filling(least) if fill else (None, np.inf)
        alone = float(groups.rows[least] * groups.kept[least].sum())
        if source is not None and filled < min(lost, alone):
            groups.fill(least, source)
            continue
        groups.alive[least] = False
        if other is not None and lost < alone:
            groups.kept[other] &= groups.kept[least]
            groups.rows[other] += groups.rows[least]
            group[group == least] = other
        else:
            group[group == least] = -1
    found = np.where((group >= 0)[:, None], groups.kept[group], False)
    _place_rare(found, seen, rare, groups.kept[groups.alive])
    return Joining(found, tuple(groups.moves))


def _place_rare(found: np.ndarray, seen: np.ndarray, rare: np.ndarray, kept: np.ndarray) -> None:
    """Give the rarest patterns, in place, the largest kept one that each of them shows."""
    for index in rare:
        inside = kept[~(kept & ~seen[index]).any(1)]
        if len(inside):
            found[index] = inside[np.argmax(inside.sum(1))]
