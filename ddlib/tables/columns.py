"""A column over all tables: its kind, its levels or range, and its values as codes and back."""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
import pandas as pd

from ddlib.arguments import is_number

Kind = Literal["number", "count", "binary", "ordered", "category", "date", "key"]
"""What the values of a column are."""

KINDS: tuple[Kind, ...] = get_args(Kind)
WITH_LEVELS: tuple[Kind, ...] = ("binary", "ordered", "category")
OTHER = "other"
"""The level that takes the rare ones."""

DAY = 86_400_000_000
"""Microseconds of a day."""

EXACT = 2.0**53
"""The whole numbers below are exact in double precision."""


_NOISE = 8  # steps of double precision that a sum of decimals may be off
_STEPS = 1000  # of double precision, that a decimal is at least where such noise is forgiven


@dataclass(frozen=True)
class Column:
    """A column over all tables.

    The codes of a number or a count are its values, those of a date its days since 1970-01-01, and
    those of the other kinds the index of the level.

    Attributes:
        name: as the tables call it.
        kind: of its values; a key is never synthesised, and has no codes.
        levels: of a binary, ordered or category column, as they came, in order.
        low: least code of a number, a count or a date. With `high` it belongs to a single row: it
            is there to check against, not to be shown.
        high: greatest code of a number, a count or a date.
        decimals: most decimals seen of a number, 0 for dates without a time of day, None where
            values are not rounded.
        dtype: of pandas, of the values that `decode` gives back.
        joined: what people call those levels of an ordered column that stand for rarer ones too,
            pairs of a level and a text, such as (4.5, "4.5 or above").
    """

    name: str
    kind: Kind
    levels: tuple[Any, ...] = ()
    low: float | None = None
    high: float | None = None
    decimals: int | None = None
    dtype: str = "float64"
    joined: tuple[tuple[Any, str], ...] = ()

    @property
    def level_texts(self) -> tuple[str, ...]:
        """What people call the levels, in order."""
        joined = dict(self.joined)
        return tuple(joined.get(level, value_text(level)) for level in self.levels)

    def encode(self, values: pd.Series) -> np.ndarray:
        """Return the codes `(n,)` of values, NaN where missing.

        Args:
            values: n of them, of the column's own type. An unknown level is read as "other" in a
                category that has it, and as the nearest level in an ordered column of numbers.

        Raises:
            ValueError: for values of another type and for an unknown level.
        """
        if self.kind == "date":
            return days(pd.to_datetime(values))
        if self.kind not in WITH_LEVELS:
            if not pd.api.types.is_numeric_dtype(values.dtype) and values.notna().any():
                raise ValueError(f"column {self.name!r}: is {values.dtype}; must be numbers")
            return values.to_numpy(dtype=float, na_value=np.nan)
        index = {level: float(i) for i, level in enumerate(self.levels)}
        places, distinct = pd.factorize(values)
        codes = [self._code(level, index) for level in distinct.tolist()]
        return np.array([*codes, math.nan])[places]  # what is missing has the place -1

    def decode(self, codes: np.ndarray) -> pd.Series:
        """Return values of the column's own type, within its range and of its levels.

        Args:
            codes: `(n,)`, NaN where missing: those of `encode`, or any near them. They are
                rounded to the decimals, the whole numbers or the levels that the column has.

        Raises:
            ValueError: for a key, which is never synthesised.
        """
        if self.kind == "key":
            raise ValueError(f"column {self.name!r}: is a key; must be left out")
        seen = ~np.isnan(codes)
        if self.kind in WITH_LEVELS:
            index = np.clip(np.rint(np.where(seen, codes, 0.0)), 0, len(self.levels) - 1)
            levels = pd.Series([*self.levels, None], dtype=object)
            places = np.where(seen, index, len(self.levels)).astype(int)
            return self.typed(levels.take(places).reset_index(drop=True))
        bounded = np.clip(codes, self.low, self.high)
        if self.decimals is not None:
            bounded = np.round(bounded, self.decimals)
        if self.kind == "date":
            micros = np.where(seen, np.rint(np.where(seen, bounded, 0.0) * DAY), 0).astype("int64")
            stamps = micros.astype("datetime64[us]")
            stamps[~seen] = np.datetime64("NaT")
            return pd.Series(stamps, name=self.name)
        return self.typed(pd.Series(bounded))

    def rounded(self, values: pd.Series) -> pd.Series:
        """Return values without the noise that sums of decimals leave in the last digits.

        Args:
            values: n of them, as they came; all but those of a number stay as they are.
        """
        if self.kind != "number" or self.decimals is None:
            return values
        return values.round(self.decimals)

    def typed(self, values: pd.Series) -> pd.Series:
        """Return values in the column's dtype, or the nullable one where some are missing.

        Args:
            values: n of them, numbers, texts, truth values or moments.
        """
        nullable = {"int64": "Int64", "bool": "boolean"} if values.isna().any() else {}
        dtype: Any = nullable.get(self.dtype, self.dtype)
        return values.rename(self.name).astype(dtype)

    def _code(self, value: Hashable, index: dict[Any, float]) -> float:
        """Return the code of a level, as `encode` reads it."""
        for known in (value, value_text(value)):
            if known in index:
                return index[known]
        if self.kind == "category" and (other := other_of(self.levels)):
            return index[other]
        if self.kind == "ordered" and is_number(value) and is_number(self.levels[0]):
            return float(np.argmin([abs(level - value) for level in self.levels]))
        known = ", ".join(repr(level) for level in self.levels)
        raise ValueError(f"column {self.name!r}: {value!r} is no level; must be one of {known}")


def other_of(levels: Sequence[Any]) -> str | None:
    """Return the level that takes the rare ones, whatever its capitals, None where none does.

    Args:
        levels: of a category.
    """
    texts = (level for level in levels if isinstance(level, str))
    return next((level for level in texts if level.casefold() == OTHER), None)


def days(moments: pd.Series) -> np.ndarray:
    """Return the days since 1970-01-01 of moments, NaN where missing.

    Args:
        moments: of a dtype of dates, without a time zone.
    """
    stamps = moments.to_numpy(dtype="datetime64[us]")
    missing = np.isnat(stamps)
    return np.where(missing, np.nan, np.where(missing, 0, stamps.astype("int64")) / DAY)


def value_text(value: object) -> str:
    """Return how a value is written in a file, a whole number without decimals.

    Args:
        value: a cell's.
    """
    if isinstance(value, float | np.floating) and float(value).is_integer():
        return str(int(value))
    return str(value)


def decimals_of(values: np.ndarray) -> int | None:
    """Return the least number of decimals that writes all values, None beyond 15.

    What sums of decimals leave in the last digits, as 0.1 + 0.2 does, is no decimal.

    Args:
        values: finite numbers.
    """
    rounding = np.finfo(np.float64).eps
    sizes = np.abs(values)
    largest = sizes.max(initial=0.0)
    for decimals in range(16):
        step = 10.0**-decimals
        off = np.abs(np.round(values, decimals) - values)
        # Only where a step is far wider than rounding: else all numbers are near one.
        wide = step >= _STEPS * rounding * largest
        # What a sum of decimals is off goes with its terms, which are no larger than the values.
        noise = _NOISE * rounding * np.maximum(sizes, min(step, largest)) if wide else 0.0
        if bool((off <= noise).all()):
            return decimals
    return None
