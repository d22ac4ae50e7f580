r"""Levels in few rows of a pattern are left out of it: else a sum of products is a person's record.

The product of a level's feature with a score is the sum of the scores of the rows that have the
level. Of one row it is that row's score. Sums of features tell of more groups of rows: of the first
level, and of each one between two cuts. And the difference of two groups of different columns tells
of the rows that are in one of them alone. So, in each pattern, each such group must have no rows or
at least the minimum count, or its column is left out.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from ddlib.sites.alike import Alike
from ddlib.sites.moments import Moments, Pattern
from ddlib.sites.scale import Scale
from ddlib.tables.columns import WITH_LEVELS


def kept_groups(
    moments: Moments, scale: Scale, alike: Alike, *, min_count: int
) -> dict[bytes, np.ndarray]:
    """Return what is kept of each pattern, so that none of its sums is of few rows.

    Args:
        moments: of all rows of a site, on the scale.
        scale: of the features.
        alike: what the same rows tell of numbers that most of them share.
        min_count: rows that each group of rows must have that they tell, if any.

    Returns:
        Bytes of what a pattern shows -> the features that are kept, bool `(f,)`; without patterns
        of which none are.
    """
    keeps: dict[bytes, np.ndarray] = {}
    for pattern in moments.patterns:
        kept = _kept(pattern, scale, alike.columns_of(pattern.seen), min_count)
        if kept.any():
            keeps[pattern.seen.tobytes()] = kept
    # A sum of two patterns' groups, each of no rows or of enough, is of no rows or of enough.
    return keeps


def _kept(pattern: Pattern, scale: Scale, alike: set[int], min_count: int) -> np.ndarray:
    """Return which features are kept of a pattern, bool `(f,)`."""
    common, owners = _common(pattern, scale)
    out = {*alike}
    if not len(owners):
        return pattern.seen & ~np.isin(scale.owners, [*out])
    few = _few(common, pattern.rows, owners, min_count)
    while True:
        out |= {*owners[few.diagonal()].tolist()}
        few[np.isin(owners, [*out])] = few[:, np.isin(owners, [*out])] = False
        if not few.any():
            return pattern.seen & ~np.isin(scale.owners, [*out])
        counts = np.bincount(owners, weights=few.sum(1))
        out.add(int(len(counts) - 1 - np.argmax(counts[::-1])))  # the last of the worst


def few_pairs(moments: Moments, scale: Scale, *, below: int) -> int:
    """Return how many pairs of levels of two columns few rows of a pattern have.

    Args:
        moments: of a site, on the scale.
        scale: of the features.
        below: what few rows are, at least 1 of them.
    """
    found = 0
    for pattern in moments.patterns:
        common, owners = _common(pattern, scale)
        among = np.arange(len(owners)) - np.searchsorted(owners, owners)
        sizes = np.array([len(column.levels) for column in scale.columns])
        is_level = among < sizes[owners]  # of an ordered column, cuts come after
        pairs = (common > 0) & (common < below) & (owners[:, None] < owners)
        found += int(pairs[np.ix_(is_level, is_level)].sum())
    return found


def _common(pattern: Pattern, scale: Scale) -> tuple[np.ndarray, np.ndarray]:
    """Return the rows that two groups have in common `(g, g)`, and the groups' columns."""
    groups, owners = _groups(pattern, scale)
    sums = np.array([pattern.rows, *pattern.sums])
    gram = np.vstack([sums, np.column_stack([pattern.sums, pattern.products])])
    return np.rint(groups @ gram @ groups.T), owners


def _few(common: np.ndarray, rows: int, owners: np.ndarray, min_count: int) -> np.ndarray:
    """Return which groups, and pairs of groups of two columns, tell of too few rows."""
    sizes = common.diagonal()
    apart = sizes[:, None] + sizes - 2 * common  # rows that are in one group, and not in the other
    least = np.where(apart > 0, apart, np.inf)
    least = np.minimum(least, np.where(apart < rows, rows - apart, np.inf))
    few = (least < min_count) & (owners[:, None] != owners)
    np.fill_diagonal(few, (sizes > 0) & (sizes < min_count))
    return few


def _groups(pattern: Pattern, scale: Scale) -> tuple[np.ndarray, np.ndarray]:
    """Return groups of rows, as sums of 1 and the seen features `(g, 1 + k)`, and their columns."""
    places = np.cumsum(pattern.seen)  # of each feature among 1 and the seen ones
    unit = np.eye(1 + int(pattern.seen.sum()))
    found: list[np.ndarray] = []
    owners: list[int] = []
    for owner in np.unique(scale.owners[pattern.seen]).tolist():
        column = scale.columns[owner]
        if column.kind not in WITH_LEVELS:
            continue
        own = unit[places[scale.places[owner]]]
        if column.kind == "category":
            groups = [unit[0] - own.sum(0), *own]
        else:
            cuts = [unit[0], *own, np.zeros(len(unit))]
            groups = [*(above - below for above, below in pairwise(cuts)), *own]
        found += groups
        owners += [owner] * len(groups)
    return np.array(found).reshape(-1, len(unit)), np.array(owners, dtype=np.int64)
