"""How many rows of a budget each class gets."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

Shares = Literal["equal", "proportional"]
"""Whether classes get equally many rows, or as many as they have among the training rows."""


def rows_per_class(counts: Sequence[int], num_rows: int, shares: Shares = "equal") -> list[int]:
    """Return the rows of a budget that each class gets, none more than it has.

    One row goes after the other to the class that is furthest behind its share, to the largest of
    several; so that no class is without one before each has one.

    Args:
        counts: training rows of each class.
        num_rows: budget, at most their sum.
        shares: what a share is in proportion to.
    """
    weights = [1.0] * len(counts) if shares == "equal" else [float(count) for count in counts]
    given = [0] * len(counts)
    for _ in range(num_rows):
        free = [c for c, count in enumerate(counts) if given[c] < count]
        best = min(free, key=lambda c: (given[c] > 0, given[c] / weights[c], -counts[c], c))
        given[best] += 1
    return given
