"""The refusal of too few rows, which names a number that does."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ddlib.problem import NotApplicable

NO_WEIGHTS = ", or ask for rows without weights (weights=False), which tell it less exactly"
"""Advice where rows without weights can be made."""


class TooFewRows(ValueError):
    """Too few rows are wanted for the tasks.

    Attributes:
        least: number of rows that does, at most a tenth more than needed; None where no number was
            found.
    """

    def __init__(
        self, num_rows: int, why: str, least: int | None, tasks: Sequence[str], advice: str
    ) -> None:
        """Keep the least number.

        Args:
            num_rows: that were wanted.
            why: they are too few.
            least: number of rows that does.
            tasks: what the rows are for, each with the number of its coefficients.
            advice: what to do instead.
        """
        wanted = f"at least {least}" if least else "more, or for fewer tasks"
        asked = f"{' and '.join(tasks)} ({num_rows} rows: {why.split(';')[0]})"
        super().__init__(f"num_rows = {num_rows}: must be {wanted} for {asked}; or {advice}")
        self.least = least


def least_rows(
    make: Callable[[int], object], too_few: int, most: int, *, likely: int = 0
) -> int | None:
    """Return a number of rows that can be made, at most a tenth above the least one.

    It is found in few trials, since each of them may take seconds. Where a number can be made, all
    larger ones are taken to be.

    Args:
        make: makes a number of rows, or raises `NotApplicable`.
        too_few: a number that cannot be made.
        most: number to try.
        likely: where to begin.
    """
    below, above = too_few, min(max(too_few + 1, likely), most)
    while not works(make, above):
        if above == most:
            return None
        below, above = above, min(2 * above, most)
    while above - below > max(1, above // 10):
        middle = (below + above) // 2
        below, above = (below, middle) if works(make, middle) else (middle, above)
    return above


def works(make: Callable[[int], object], count: int) -> bool:
    """Return whether a number of rows can be made.

    Args:
        make: makes a number of rows, or raises `NotApplicable`.
        count: the number.
    """
    try:
        make(count)
    except NotApplicable:
        return False
    return True
