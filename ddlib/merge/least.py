"""The refusal of too few rows, which names a number that does."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ddlib.problem import NotApplicable


class TooFewRows(ValueError):
    """Too few rows are wanted for the tasks.

    Attributes:
        least: number of rows that does; None where no number was found.
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


def least_rows(make: Callable[[int], object], too_few: int, most: int) -> int | None:
    """Return the least number of rows that can be made, where more can be made of any more.

    Args:
        make: makes a number of rows, or raises `NotApplicable`.
        too_few: a number that cannot be made.
        most: number to try.
    """

    def works(count: int) -> bool:
        try:
            make(count)
        except NotApplicable:
            return False
        return True

    below, above = too_few, too_few
    while below == above:
        above = min(max(below + 1, below * 3 // 2), most)
        if not works(above):
            if above == most:
                return None
            below = above
    while above - below > 1:
        middle = (below + above) // 2
        below, above = (below, middle) if works(middle) else (middle, above)
    return above
