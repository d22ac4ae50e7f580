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


def median_and_quartiles(values: pd.Series) -> str:
    """Return the median of `values`, one a seed, and the quartiles: `0.009 (0.0081 to 0.012)`.

    Raises `ValueError` for no values and for NaN.
    """
    if values.empty or values.isna().any():
        raise ValueError(f"values: {len(values)}, {values.isna().sum()} NaN; must be one, no NaN")
    low, middle, high = values.quantile([0.25, 0.5, 0.75])
    return f"{middle:.2g} ({low:.2g} to {high:.2g})"


def median_interval(values: pd.Series) -> tuple[float, float]:
    """Return the 95 % interval of the median of `values`, one a seed, from order statistics.

    No distribution is assumed, and a far outlier moves neither end: with ten values it runs from
    the second smallest to the second largest. Raises `ValueError` for fewer than six values, whose
    range covers the median with less than 95 %, and for NaN.
    """
    if len(values) < 6 or values.isna().any():
        raise ValueError(f"values: {len(values)}, {values.isna().sum()} NaN; must be six, no NaN")
    ordered = np.sort(values.to_numpy())
    cut = int(stats.binom.ppf(0.025, len(ordered), 0.5))
    return float(ordered[cut - 1]), float(ordered[len(ordered) - cut])


def compare_paired(first: pd.Series, second: pd.Series) -> str:
    """Say whether `first` is "higher" or "lower" than `second`, or "not told apart".

    The two hold one value a seed, on the same seeds. The answer is that of the 95 % interval of
    their mean difference (Student's t): above 0, below 0, or around it. Raises `ValueError` for
    other seeds or fewer than two.
    """
    difference = first - second
    if len(difference) < 2 or difference.isna().any():
        raise ValueError(
            f"first, second: {len(first)} and {len(second)} values; must be at least two, "
            "finite and on the same seeds"
        )
    table = pd.DataFrame({"pair": 0, "difference": difference})
    interval = summarise(table, by=["pair"], value="difference").iloc[0]
    if interval["low"] > 0:
        return "higher"
    return "lower" if interval["high"] < 0 else "not told apart"
