"""Names that do not exist: which of those that do were meant perhaps, or what there are."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

SHORTEST = 3
"""Letters of a name that is taken for the beginning of a longer one, or of a word in it."""

SHORT = 12
"""Names that are all told, even beside those that are near."""


def near_names(name: object, allowed: Iterable[object], *, cutoff: float = 0.6) -> list[object]:
    """Return the names that are meant perhaps, the nearest first, at most three.

    Capitals and blanks around a name do not count; the beginning of a word stands for its name.

    Args:
        name: as it was given.
        allowed: names that there are.
        cutoff: the share of letters in common from which names are near, from 0 to 1.
    """
    plain: dict[str, list[object]] = {}
    for each in allowed:
        plain.setdefault(str(each).strip().casefold(), []).append(each)
    given = str(name).strip().casefold()
    near = get_close_matches(given, plain, n=3, cutoff=cutoff)
    if len(given) >= SHORTEST:
        near += [each for each in plain if each not in near and f" {given}" in f" {each}"]
    return [each for key in near for each in plain[key]][:3]


def meant(
    name: object,
    allowed: Iterable[object],
    *,
    quoted: bool = False,
    most: int | None = None,
    cutoff: float = 0.6,
) -> str:
    """Return which names are meant perhaps, and which names there are.

    More names than `SHORT` are told where none is near alone.

    Args:
        name: as it was given, none of those allowed.
        allowed: names that there are.
        quoted: whether names are written as Python has them, as they may have blanks.
        most: names that are listed; all unless told.
        cutoff: of `near_names`.
    """
    names = list(allowed)

    def written(some: list[object]) -> list[str]:
        return [repr(each) if quoted else str(each) for each in some]

    more = 0 if most is None else max(0, len(names) - most)
    allowed = f"must be one of {', '.join(written(names[:most]))}"
    allowed += f" and {more} more" if more else ""
    near = written(near_names(name, names, cutoff=cutoff))
    perhaps = f"perhaps {' or '.join(near)}?"
    if near and len(names) > SHORT:
        return perhaps
    return f"{perhaps} {allowed}" if near else allowed
