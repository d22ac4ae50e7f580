"""How near merged rows come to real ones, and whether they tell who was among the real ones.

The distance of two rows is the mean over the columns that both show: for numbers, counts, dates
and ordered levels the difference of their ranks among the real rows, for others 0 or 1. A method
that copies rows puts merged rows nearer to the rows that it saw than rows of the same people that
it did not see are, and the rows that it saw nearer to merged ones than others: so the recipe is
run on a part of the rows, and judged with the others.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

UNORDERED = frozenset({"binary", "category"})
_BLOCK = 2**17  # entries of a block of distances, 1 MiB, which stays near the processor


@dataclass(frozen=True)
class Nearness:
    """What rows kept aside tell about a recipe.

    Attributes:
        members: rows that the recipe saw.
        others: rows that it did not see.
        near: share of the merged rows that are nearer to a row that was seen than the nearest
            twentieth of the others are; 0.05 is ideal.
        merged: median distance of merged rows to the nearest row that was seen.
        held_out: the same of the others, with the same cells missing.
        membership: the chance that a row that was seen is nearer to the merged rows than one that
            was not; 0.5 is ideal, 1 tells everybody.
        chance: half the width of the 95 % interval of `membership`.
        splits: that these are the mean of.
    """

    members: int
    others: int
    near: float
    merged: float
    held_out: float
    membership: float
    chance: float
    splits: int = 1

    @property
    def interval(self) -> tuple[float, float]:
        """The 95 % interval of `membership`, to the three decimals that are shown."""
        return round(self.membership - self.chance, 3), round(self.membership + self.chance, 3)

    @property
    def tells(self) -> bool:
        """Whether `membership` is more than chance: whether its whole interval lies above 0.5."""
        return self.interval[0] > 0.5

    @property
    def told(self) -> str:
        """The words for `membership`, the same wherever it stands."""
        low, high = self.interval
        return f"{self.membership:.3f} (95 % interval {low:.3f} to {high:.3f})"


def mean_nearness(found: Sequence[Nearness], test_share: float) -> Nearness:
    """Return the mean over splits of the same rows.

    Args:
        found: of each split, at least one.
        test_share: share of the rows that a split keeps aside. As rows are in several splits, the
            mean varies as if there were fewer (`ddlib.comparisons.resampled_interval`).
    """
    shrinkage = min(1.0, 1 / len(found) + test_share / (1 - test_share))

    def mean(name: str) -> float:
        return float(np.mean([getattr(one, name) for one in found]))

    return Nearness(
        members=found[0].members,
        others=found[0].others,
        near=mean("near"),
        merged=mean("merged"),
        held_out=mean("held_out"),
        membership=mean("membership"),
        chance=mean("chance") * shrinkage**0.5,
        splits=len(found),
    )


def nearness(
    merged: np.ndarray, members: np.ndarray, others: np.ndarray, kinds: Sequence[str]
) -> Nearness:
    """Compare merged rows with real rows that their recipe saw, and with rows that it did not.

    Args:
        merged: `(m, p)` codes, complete, made from the members alone.
        members: `(n, p)` codes, NaN where missing.
        others: the same of rows of the same people, drawn by chance.
        kinds: of the p columns.
    """
    members, others = (codes[~np.isnan(codes).all(axis=1)] for codes in (members, others))
    real = np.vstack([members, others])
    scale = Scale.of(real, kinds)
    rows, seen, unseen = (scale(codes) for codes in (merged, members, others))
    # With the holes of the others: a row of few columns is near to many.
    pattern = np.isnan(unseen)[np.arange(len(rows)) % len(unseen)]
    from_merged = nearest(np.where(pattern, np.nan, rows), seen, scale.unordered)
    from_others = nearest(unseen, seen, scale.unordered)
    twentieth = np.quantile(from_others, 0.05)
    told = area(
        -nearest(seen, rows, scale.unordered),
        -nearest(unseen, rows, scale.unordered),
    )
    spread = np.sqrt((len(seen) + len(unseen) + 1) / (12 * len(seen) * len(unseen)))
    return Nearness(
        members=len(seen),
        others=len(unseen),
        near=float(np.mean(from_merged < twentieth)),
        merged=float(np.median(from_merged)),
        held_out=float(np.median(from_others)),
        membership=told,
        chance=float(1.96 * spread),
    )


@dataclass(frozen=True)
class Scale:
    """Codes on scales that make columns comparable.

    Attributes:
        references: the sorted real values of each column, or None where its levels have no order.
    """

    references: tuple[np.ndarray | None, ...]

    @classmethod
    def of(cls, real: np.ndarray, kinds: Sequence[str]) -> Scale:
        """Return the scales of real rows.

        Args:
            real: `(n, p)` codes, NaN where missing.
            kinds: of the p columns.
        """
        columns = (np.sort(column[~np.isnan(column)]) for column in real.T)
        return cls(
            tuple(
                None if kind in UNORDERED else column
                for kind, column in zip(kinds, columns, strict=True)
            )
        )

    @property
    def unordered(self) -> np.ndarray:
        """Which columns' levels have no order, `(p,)`."""
        return np.array([reference is None for reference in self.references])

    def __call__(self, codes: np.ndarray) -> np.ndarray:
        """Return codes on the scales: the middle rank among the real values, from 0 to 1.

        Args:
            codes: `(n, p)`, NaN where missing.
        """
        scaled = codes.astype(float)
        for place, reference in enumerate(self.references):
            if reference is not None and len(reference):
                column = codes[:, place]
                low, high = (np.searchsorted(reference, column, side) for side in ("left", "right"))
                middle = (low + high) / (2 * len(reference))
                scaled[:, place] = np.where(np.isnan(column), np.nan, middle)
        return scaled


def nearest(rows: np.ndarray, among: np.ndarray, unordered: np.ndarray) -> np.ndarray:
    """Return the distance of each row to the nearest of others, `(n,)`.

    Args:
        rows: `(n, p)` scaled codes, NaN where missing.
        among: `(m, p)` of the others. A pair of rows without a column in common is infinitely far.
        unordered: which columns count 0 or 1, `(p,)`.
    """
    found = np.empty(len(rows))
    step = max(1, _BLOCK // max(1, len(among)))
    columns, others = np.asfortranarray(rows), np.asfortranarray(among)  # each together in memory
    holes = np.any(np.isnan(np.vstack([rows, among])), axis=0)
    shown = (~np.isnan(among)).astype(float).T
    for start in range(0, len(rows), step):
        block = columns[start : start + step]
        total = np.zeros((len(block), len(among)))
        difference = np.empty_like(total)
        for place, apart in enumerate(unordered):
            np.subtract(block[:, place, None], others[None, :, place], out=difference)
            np.abs(difference, out=difference)
            if holes[place]:  # what is missing counts 0
                np.fmax(difference, 0.0, out=difference)
            total += difference > 0 if apart else difference
        shared = (~np.isnan(block)).astype(float) @ shown
        with np.errstate(invalid="ignore", divide="ignore"):
            distance = np.where(shared > 0, total / shared, np.inf)
        found[start : start + step] = distance.min(axis=1)
    return found


def area(first: np.ndarray, second: np.ndarray) -> float:
    """Return the chance that one of the first is larger than one of the second; equal counts half.

    Args:
        first: `(n,)`.
        second: `(m,)`.
    """
    ordered = np.sort(second)
    below, upto = (np.searchsorted(ordered, first, side) for side in ("left", "right"))
    return float(np.mean(below + upto) / (2 * len(ordered)))
