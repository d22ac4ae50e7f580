"""An order of rows and columns that tells nothing of how they came: only of what they hold.

Each column gets a number that depends on its kind and on the ranks of its values, each row one that
depends on its entries and the numbers of their columns; then each column one that depends on its
entries and the numbers of their rows, and so on, as a graph's vertices are told apart by colours
(Weisfeiler and Leman 1968). Columns that stay tied trade places with the rows that tell them apart,
as those of two binary columns with as many rows 01 as 10, or are copies: either may come first, so
one is marked, and the numbers go on. Then each column has a number of its own. Sorted by these
numbers, rows and columns stand in one order, however they were given; rows that stay tied are
copies.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

_ROUNDS = 3  # two tell apart what differs; one more for rows that differ by another row alone
_SALTS = np.array([0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB], dtype=np.uint64)


def canonical_order(ranks: np.ndarray, kinds: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """Return the order of rows `(n,)` and of columns `(p,)`.

    Args:
        ranks: of the entries in their columns, whole numbers `(n, p)`, the same for equal entries
            and −1 for one that is missing.
        kinds: of the columns.
    """
    entries = _mixed(ranks.astype(np.uint64) + _SALTS[0])
    columns = _mixed(np.array([int.from_bytes(kind[:8].encode()) for kind in kinds], np.uint64))
    rows = np.zeros(len(ranks), dtype=np.uint64)
    while True:
        for _ in range(_ROUNDS):
            columns = _mixed(columns + _mixed(entries + _SALTS[1] * rows[:, None]).sum(0))
            rows = _mixed(rows + _mixed(entries + _SALTS[2] * columns).sum(1))
        values, counts = np.unique(columns, return_counts=True)
        tied = values[counts > 1]
        if not len(tied):
            return np.argsort(rows, kind="stable"), np.argsort(columns, kind="stable")
        columns[np.argmax(columns == tied[0])] ^= _SALTS[0]


def dense_ranks(codes: np.ndarray) -> np.ndarray:
    """Return the place of each entry among the values of its column, −1 where it is missing.

    Args:
        codes: `(n, p)`, NaN where missing.
    """
    ranks = np.full(codes.shape, -1)
    for column, rank in zip(codes.T, ranks.T, strict=True):
        seen = ~np.isnan(column)
        rank[seen] = np.unique(column[seen], return_inverse=True)[1]
    return ranks


def _mixed(numbers: np.ndarray) -> np.ndarray:
    """Scramble 64-bit numbers, one to one (the finaliser of splitmix64; Steele et al. 2014)."""
    numbers = (numbers ^ (numbers >> np.uint64(30))) * _SALTS[1]
    numbers = (numbers ^ (numbers >> np.uint64(27))) * _SALTS[2]
    return numbers ^ (numbers >> np.uint64(31))
