"""Times of visits with and without a time zone, which are hours apart if they are taken as one."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from ddlib.tables.faults import Findings, some, warning
from ddlib.tables.forms import DATE, matches

_ZONED = r".*:[0-9.]*(?:Z|[+-][0-9]{2}:?[0-9]{2})"


def warn_of_zones(name: str, raw: Mapping[str, pd.DataFrame], found: Findings) -> None:
    """Warn of times and days without a time zone beside others with one, which are read as UTC.

    Args:
        name: of the column of time.
        raw: label -> table as it came.
        found: gets the warning.
    """
    zoned, plain = [], []
    for label, table in raw.items():
        if name in table.columns:
            with_zone, without = _ways(table[name])
            zoned += [label] * with_zone
            plain += [label] * without
    if zoned and plain:
        line = f"column {name!r}: times of {some(zoned, 5)} have a time zone, and times of "
        line += f"{some(plain, 5)} have none: these are taken for UTC"
        found.notes.append(warning(line, [name], [*dict.fromkeys([*zoned, *plain])]))


def _ways(values: pd.Series) -> tuple[bool, bool]:
    """Return whether some times of a column have a time zone, and whether some have none."""
    if isinstance(values.dtype, pd.DatetimeTZDtype):
        return True, False
    if pd.api.types.is_datetime64_any_dtype(values.dtype):
        return False, bool(values.notna().any())
    if not pd.api.types.is_string_dtype(values.dtype):
        return False, False
    texts = values.astype("str").str.strip()
    dated, zoned = matches(texts, DATE), matches(texts, _ZONED)
    return bool((dated & zoned).any()), bool((dated & ~zoned).any())
