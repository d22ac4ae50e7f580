r"""Numbers that have one value in all rows of a pattern but a few: else the few are read off.

Where the score of a number is s in all rows of a pattern but one, and d more in that one,

    Σ φₖ φ − s Σ φ = d φ   of that one row,

which is the row's record. So, where half of a pattern's rows or more share a score, all others must
be none or at least the minimum count. (Scores that fewer rows share single out none of them.) Of a
pattern that comes in batches the rows of each score are counted, until so many have other ones.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from ddlib.sites.moments import row_patterns
from ddlib.sites.scale import Scale

_DIGITS = 9  # of a score, in which equal values of different batches agree
_Counts = dict[float, int]


@dataclass
class Alike:
    """The rows of each score of each number, where they may tell of few.

    Attributes:
        scale: of the features.
        min_count: rows that must have another score, if any.
        counts: of what a pattern shows and the place of a feature, rows of each score; None where
            enough rows have other scores than the commonest.
    """

    scale: Scale
    min_count: int
    counts: dict[tuple[bytes, int], _Counts | None] = field(default_factory=dict)

    @classmethod
    def of(cls, scale: Scale, features: np.ndarray, *, min_count: int) -> Alike:
        """Return what rows tell.

        Args:
            scale: of the features.
            features: `(n, f)`, NaN where missing.
            min_count: rows that must have another score, if any.
        """
        found = cls(scale, min_count)
        seen, place = row_patterns(~np.isnan(features))
        order = np.argsort(place, kind="stable")
        ends = np.cumsum(np.bincount(place, minlength=len(seen)))[:-1]
        laws = zip(scale.laws, scale.places, strict=True)
        numbers = [own.start for law, own in laws if law is not None]
        for shown, rows in zip(seen, np.split(order, ends), strict=True):
            for feature in (feature for feature in numbers if shown[feature]):
                key = shown.tobytes(), feature
                found.counts[key] = _counted(features[rows, feature], min_count)
        return found

    def add(self, other: Alike) -> None:
        """Add what other rows tell.

        Args:
            other: on the same scale.
        """
        for key, theirs in other.counts.items():
            ours = self.counts.get(key, {})
            self.counts[key] = _added(ours, theirs, self.min_count)

    def cut(self, kept: Mapping[bytes, np.ndarray]) -> Alike:
        """Return what the same rows tell where patterns show fewer features.

        Args:
            kept: bytes of what a pattern shows -> the features that are kept of it; patterns that
                lack here are left out.
        """
        found = Alike(self.scale, self.min_count)
        for (pattern, feature), counts in self.counts.items():
            if pattern in kept and kept[pattern][feature]:
                key = kept[pattern].tobytes(), feature
                ours = found.counts.get(key, {})
                found.counts[key] = _added(ours, counts, self.min_count)
        return found

    def columns_of(self, seen: np.ndarray) -> set[int]:
        """Return the columns that have one score in all rows of a pattern but a few.

        Args:
            seen: features that the pattern shows, bool `(f,)`.
        """
        key = seen.tobytes()
        found: set[int] = set()
        for feature in np.nonzero(seen)[0].tolist():
            counts = self.counts.get((key, feature))
            if counts is None:
                continue
            others = _others(counts)
            if 0 < others < self.min_count and others <= max(counts.values()):
                found.add(int(self.scale.owners[feature]))
        return found


def _counted(scores: np.ndarray, min_count: int) -> _Counts | None:
    """Return the rows of each score; a look at the first rows most often says that they differ."""
    for part in (scores[: 4 * min_count], scores):
        distinct, rows = np.unique(part.round(_DIGITS), return_counts=True)
        counts = dict(zip(distinct.tolist(), rows.tolist(), strict=True))
        if _others(counts) >= min_count:
            return None
    return counts


def _added(ours: _Counts | None, theirs: _Counts | None, min_count: int) -> _Counts | None:
    """Return the rows of each score of both."""
    if ours is None or theirs is None:
        return None
    counts = {score: ours.get(score, 0) + theirs.get(score, 0) for score in {*ours, *theirs}}
    return None if _others(counts) >= min_count else counts


def _others(counts: _Counts) -> int:
    """Return the rows without the commonest score."""
    return sum(counts.values()) - max(counts.values(), default=0)
