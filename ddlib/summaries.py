"""From rows of many seeds to one number with its uncertainty."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import stats

TAIL = 0.025  # on either side of an interval of 95 %
FEWEST_VALUES = 6  # values: the range of five covers the median with less than 95 %


def summarise(table: pd.DataFrame, *, by: list[str], value: str) -> pd.DataFrame:
    """Return mean and 95 % interval of a column for each combination of others.

    The interval is Student's t over the seeds.

    Args:
        table: tidy, one row per seed and setting.
        by: the columns whose combinations are summarised, in order of appearance.
        value: the column that is summarised.

    Returns:
        Columns `by`, `mean`, `low`, `high` and `count`. `low` and `high` are NaN for one seed.

    Raises:
        ValueError: for a missing column, an empty table, and a value that is not finite.
    """
    missing = [name for name in [*by, value] if name not in table.columns]
    if missing:
        raise ValueError(f"table: columns {list(table.columns)}; must include {missing}")
    if table.empty:
        raise ValueError("table: no rows; must have at least 1")
    if not np.isfinite(table[value]).all():
        raise ValueError(f"table: column {value} has NaN or infinite entries; must be finite")
    groups = table.groupby(by, sort=False)[value]
    summary = groups.agg(["mean", "sem", "count"]).reset_index()
    # With one seed sem is NaN, and so are the ends: unknown, not zero.
    degrees = (summary["count"] - 1).clip(lower=1)
    half = stats.t.ppf(1 - TAIL, degrees) * summary["sem"]
    with_ends = summary.assign(low=summary["mean"] - half, high=summary["mean"] + half)
    return with_ends.drop(columns="sem")


def median_and_quartiles(values: pd.Series) -> str:
    """Return the median and the quartiles as text: `0.009 (0.0081 to 0.012)`.

    Args:
        values: one per seed.

    Raises:
        ValueError: for no values and for NaN.
    """
    _check_values(values, 1)
    low, middle, high = values.quantile([0.25, 0.5, 0.75])
    return f"{middle:.2g} ({low:.2g} to {high:.2g})"


def median_interval(values: pd.Series) -> tuple[float, float]:
    """Return the 95 % interval of the median, in the units of the values, from order statistics.

    No distribution is assumed, and a far outlier moves neither end: with ten values it runs from
    the second smallest to the second largest.

    Args:
        values: one per seed.

    Raises:
        ValueError: for fewer than six values, whose range covers the median with less than 95 %,
            and for NaN.
    """
    _check_values(values, FEWEST_VALUES)
    ordered = np.sort(values.to_numpy())
    cut = int(stats.binom.ppf(TAIL, len(ordered), 0.5))
    return float(ordered[cut - 1]), float(ordered[len(ordered) - cut])


def _check_values(values: pd.Series, least: int) -> None:
    """Raise `ValueError` for fewer than `least` values and for NaN."""
    hidden = int(values.isna().sum())
    if len(values) < least or hidden:
        raise ValueError(
            f"values: {len(values)} of them, {hidden} NaN; must be at least {least}, none NaN"
        )
