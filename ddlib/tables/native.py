"""The columns of a data frame, whatever its dtypes, as numbers, truth values, moments or texts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from ddlib.tables.columns import EXACT, value_text

_NO_CELLS = (bytes, list, tuple, dict, set, np.ndarray, complex)


def native(values: pd.Series) -> tuple[pd.Series, str]:
    """Return a column of a table in one of four ways, and what it was.

    Args:
        values: of any dtype.

    Returns:
        Float64, truth values, moments without a time zone (UTC) or texts without blanks around
        them, by row; and "int", "float", "bool", "date" or "text".

    Raises:
        ValueError: for values of another kind, such as lists; the message says what they are.
    """
    types = pd.api.types
    if isinstance(values.dtype, pd.CategoricalDtype | pd.SparseDtype):
        values = pd.Series(values.tolist(), index=values.index).infer_objects()
    dtype = values.dtype
    if types.is_bool_dtype(dtype):
        return values.astype("boolean"), "bool"
    if types.is_complex_dtype(dtype) or types.is_timedelta64_dtype(dtype):
        raise ValueError(f"is {dtype}")
    if types.is_numeric_dtype(dtype):
        return _numbers(values)
    if types.is_datetime64_any_dtype(dtype):
        zone = getattr(dtype, "tz", None)
        naive = values.dt.tz_convert("UTC").dt.tz_localize(None) if zone else values
        return naive.astype("datetime64[us]"), "date"
    return _texts(values), "text"


def declared_levels(parts: Sequence[pd.Series]) -> tuple[str | None, tuple[Any, ...]]:
    """Return the kind that categorical dtypes of a column say, and its levels in their order.

    Args:
        parts: its values in each table.

    Returns:
        None where a table has another dtype, or the same levels in another order.
    """
    dtypes = [part.dtype for part in parts]
    told = [dtype for dtype in dtypes if isinstance(dtype, pd.CategoricalDtype)]
    if len(told) < len(dtypes):
        return None, ()
    if all(dtype.ordered and dtype == told[0] for dtype in told):
        return "ordered", tuple(told[0].categories)
    return "category", ()


def _texts(values: pd.Series) -> pd.Series:
    """Return values of any kind as texts."""
    if isinstance(values.dtype, pd.StringDtype):
        stripped = values.astype("str").str.strip()
        return stripped.mask(stripped == "")
    odd = {type(value).__name__ for value in values.tolist() if isinstance(value, _NO_CELLS)}
    if odd:
        raise ValueError(f"has cells of type {', '.join(sorted(odd))}")
    seen = values.notna().tolist()
    cells = zip(values.tolist(), seen, strict=True)
    texts = [value_text(value).strip() or None if is_seen else None for value, is_seen in cells]
    return pd.Series(texts, index=values.index, dtype="str")


def _numbers(values: pd.Series) -> tuple[pd.Series, str]:
    """Return numbers in double precision, and whole ones that it cannot hold as texts."""
    whole = pd.api.types.is_integer_dtype(values.dtype)
    # The shortest decimal that a narrow number stands for, which is what its file showed.
    if not whole and getattr(values.dtype, "itemsize", 8) < 8:
        half = values.dtype == np.float16
        narrow = values.to_numpy(dtype=np.float16 if half else np.float32, na_value=np.nan)
        values = pd.Series([float(str(number)) for number in narrow], index=values.index)
    numbers = pd.Series(
        values.to_numpy(dtype=float, na_value=np.nan), index=values.index, dtype=float
    )
    if whole and bool((numbers.abs() > EXACT).any()):
        return _texts(values), "text"
    return numbers, "int" if whole else "float"
