"""Which tables write a number in another unit than the others do, as far as medians tell."""

from __future__ import annotations

from collections.abc import Mapping


def other_side(middles: Mapping[str, float], rows: Mapping[str, int]) -> tuple[str, list[str]]:
    """Return the table whose unit is kept, and those that are to be brought to it.

    Each table is on the side of the lowest or of the highest middle. The side of fewer tables is
    to be changed; of as many tables, that of fewer rows; of as many rows, that which comes later.

    Args:
        middles: label -> the middle of its values; not all alike.
        rows: label -> how many show the column.

    Returns:
        The first table of the side that is kept, and all of the other side, in their order.
    """
    half = (min(middles.values()) + max(middles.values())) / 2
    sides = [
        [label for label, middle in middles.items() if (middle > half) == above]
        for above in (False, True)
    ]
    order = [*middles]

    def weight(side: list[str]) -> tuple[int, int, int]:
        return len(side), sum(rows[label] for label in side), -order.index(side[0])

    kept, changed = sorted(sides, key=weight, reverse=True)
    return kept[0], changed
