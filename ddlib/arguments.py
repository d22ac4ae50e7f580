"""What is wrong with arguments: each check returns the faults that it finds.

So one error can name those of all arguments.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from numbers import Integral, Real
from pathlib import Path
from typing import TypeGuard

# More digits are no number that anyone types.
_WHOLE = re.compile(r"[+-]?[0-9]{1,400}")

PLAIN = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?", re.ASCII | re.IGNORECASE)
"""A number as it is commonly written; Python reads 1_0 and digits of other scripts too."""
# What no digits write; a check says where it is allowed.
_NAMED = re.compile(r"[+-]?(inf|infinity|nan)", re.ASCII | re.IGNORECASE)

MOST_ROWS = 1_000_000
"""Rows that can be made: more would not fit into the memory of most machines."""


def whole(text: str) -> int | str:
    """Return the whole number that was typed; what is none stays a text, which a check refuses.

    So all that is wrong with options is told at once, as argparse tells the first alone.

    Args:
        text: as it was typed.
    """
    return int(text) if _WHOLE.fullmatch(text) else text


def number(text: str) -> float | str:
    """Return the number that was typed; what is none stays a text, which a check refuses.

    Args:
        text: as it was typed.
    """
    return float(text) if PLAIN.fullmatch(text) or _NAMED.fullmatch(text) else text


def folder(text: str) -> Path | str:
    """Return the folder that was typed; no text stays one, which a check refuses.

    Args:
        text: as it was typed.
    """
    return Path(text) if text else text


def fault(name: str, value: object, wanted: str) -> str:
    """Return the line that refuses a value; one that has parts is told by its type.

    Args:
        name: the argument's name.
        value: what was given.
        wanted: what it must be.
    """
    if value is None or isinstance(value, str | Real):
        return f"{name} = {value!r}: must be {wanted}"
    return f"{name}: a {type(value).__name__}; must be {wanted}"


def is_number(value: object) -> TypeGuard[float]:
    """Whether a value is a real number, and no truth value.

    Args:
        value: what was given.
    """
    # Those of numpy are such numbers too.
    return isinstance(value, Real) and not isinstance(value, bool)


def count_faults(
    name: str,
    value: object,
    least: int,
    wanted: str | None = None,
    *,
    most: float = math.inf,
) -> list[str]:
    """Return what is wrong with a whole number.

    Args:
        name: the argument's name.
        value: what was given.
        least: number that it must be at least.
        wanted: what it must be, in words; that it is within its bounds unless told.
        most: number that it must be at most.
    """
    bound = f"at least {least}"
    if not isinstance(value, bool) and isinstance(value, Integral) and int(value) >= least:
        if int(value) <= most:
            return []
        bound = f"at most {most}"
    return [fault(name, value, wanted or f"a whole number, {bound}")]


def is_finite(value: object) -> TypeGuard[float]:
    """Whether a value is a real number, no truth value, that `float` makes finite.

    Args:
        value: what was given.
    """
    try:
        return is_number(value) and math.isfinite(value)
    except OverflowError:  # of a whole number beyond 1.8e308
        return False


def size_faults(
    name: str, value: object, wanted: str = "a finite number, at least 0", *, least: float = 0.0
) -> list[str]:
    """Return what is wrong with a finite number.

    Args:
        name: the argument's name.
        value: what was given.
        wanted: what it must be, in words.
        least: number that it must be at least.
    """
    return [] if is_finite(value) and value >= least else [fault(name, value, wanted)]


def kind_faults(name: str, value: object, kind: type, wanted: str) -> list[str]:
    """Return what is wrong with an argument that must be of a class.

    Args:
        name: the argument's name.
        value: what was given.
        kind: the class.
        wanted: what it must be, in words.
    """
    return [] if isinstance(value, kind) else [fault(name, value, wanted)]


def function_faults(name: str, value: object, wanted: str) -> list[str]:
    """Return what is wrong with a function; a class is none, it still has to be made an object.

    Args:
        name: the argument's name.
        value: what was given.
        wanted: what it must be, in words.
    """
    function = callable(value) and not isinstance(value, type)
    return [] if function else [fault(name, value, wanted)]


def raise_faults(faults: Sequence[str], kinds: Sequence[str] = ()) -> None:
    """Raise for faults, in one line.

    Args:
        faults: of values, a line each, in the order of the arguments.
        kinds: of arguments that are of a wrong kind, likewise.

    Raises:
        TypeError: where one is of a wrong kind.
        ValueError: where there are others alone.
    """
    if kinds:
        raise TypeError("; ".join([*kinds, *faults]))
    if faults:
        raise ValueError("; ".join(faults))
