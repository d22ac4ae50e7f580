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
        plain.setdefault(_plain(each), []).append(each)
    given = _plain(name)
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


def twins(name: object, allowed: Iterable[object]) -> list[str]:
    """Return the names that differ from a name in blanks and capitals alone, itself if it is one.

    Args:
        name: as it was given.
        allowed: names that there are.
    """
    return [str(each) for each in allowed if _plain(each) == _plain(name)]


def exactly(name: str, allowed: Iterable[object]) -> str:
    """Return a name as it has to be written to mean no other: in backquotes where it has twins.

    Args:
        name: one of those allowed.
        allowed: names that there are.
    """
    return f"`{name}`" if len(twins(name, allowed)) > 1 else name


def ambiguous(name: str, allowed: Iterable[object]) -> str | None:
    """Return the words for a name that may mean several, None where it means one or none.

    Args:
        name: as it was given, without backquotes.
        allowed: names that there are.
    """
    if len(found := twins(name, allowed)) < 2:
        return None
    ways = " or ".join(f"`{each}`" for each in found)
    several = " or ".join(map(repr, found))
    return f"{name!r} may be {several}; must be in backquotes, as it stands in the table: {ways}"


def bare(text: str) -> str:
    """Return a name without the backquotes around it.

    Args:
        text: as it was typed.
    """
    return text[1:-1] if len(text) > 2 and text[0] == text[-1] == "`" else text


def resolve(text: str, allowed: Iterable[object]) -> tuple[str, str | None]:
    """Return the name that a text means, and what is wrong where it may mean several.

    A name in backquotes, or with blanks around it, is taken to the letter.

    Args:
        text: as it was typed.
        allowed: names that there are.
    """
    names = [str(each) for each in allowed]
    inner = bare(text)
    if text not in names and inner in names:
        return inner, None
    if text in names and text != text.strip():
        return text, None
    return text, ambiguous(text, names)


def _plain(name: object) -> str:
    """Return a name without capitals, and without blanks that count for nothing."""
    return " ".join(str(name).split()).casefold()
