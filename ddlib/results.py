"""From rows of many seeds to one number with its uncertainty."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import stats


def summarise(table: pd.DataFrame, *, by: list[str], value: str) -> pd.DataFrame:
    """Return mean, 95 % interval and count of `value` for each combination of `by`.

    `table` is tidy, one row a seed and setting. The interval is Student's t over the seeds;
    `low` and `high` are NaN for a single seed. Columns: `by`, `mean`, `low`, `high`, `count`.
    Raises `ValueError` for a missing column, an empty table or a value that is not finite.
    """
    missing = [name for name in [*by, value] if name not in table.columns]
    if missing or table.empty:
        raise ValueError(f"table: {len(table)} rows, columns missing: {missing or 'none'}")
    if not np.isfinite(table[value]).all():
        raise ValueError(f"table: column {value} has NaN or infinite entries")
    groups = table.groupby(by, sort=False)[value]
    summary = groups.agg(["mean", "sem", "count"]).reset_index()
    # With one seed sem is NaN, and so are the ends: unknown, not zero.
    half = stats.t.ppf(0.975, (summary["count"] - 1).clip(lower=1)) * summary["sem"]
    return summary.assign(low=summary["mean"] - half, high=summary["mean"] + half).drop(
        columns="sem"
    )
