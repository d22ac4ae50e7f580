"""One statistic over the draws of a family, by whether its draws share rows.

Where each draw has data of its own, it is the median, with its interval of order statistics and the
sign test: no distribution is assumed, and a draw on which a learner goes wrong moves neither. Where
draws re-split one table they are not independent, which no order statistic allows for; there it is
the mean, with the interval and the test of Nadeau and Bengio (2003) (`ddlib.comparisons`).
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from ddlib.comparisons import LEVEL, holm, resampled_interval, resampled_p_value, sign_test
from ddlib.summaries import FEWEST_VALUES, median_interval


def statistic(overlap: float) -> str:
    """Return the word for what is taken over draws: "median" or "mean".

    Args:
        overlap: test rows per training row where draws re-split one table, else 0.
    """
    return "mean" if overlap else "median"


def centre(values: pd.Series, overlap: float) -> float:
    """Return the median or the mean of values, one per draw.

    Args:
        values: at least one.
        overlap: test rows per training row where draws re-split one table, else 0.
    """
    return float(values.agg(statistic(overlap)))


def interval(values: pd.Series, overlap: float) -> tuple[float, float]:
    """Return the 95 % interval of the centre; NaN where there are too few draws to tell one.

    Args:
        values: one per draw: two at least for a mean, six for a median.
        overlap: test rows per training row where draws re-split one table, else 0.
    """
    if len(values) < (2 if overlap else FEWEST_VALUES):
        return np.nan, np.nan
    if not overlap:
        return median_interval(values)
    return resampled_interval(values, test_share=overlap / (1 + overlap))


def p_value(differences: pd.Series, overlap: float) -> float:
    """Return the two-sided p-value of no difference; 1 where a single draw tells nothing.

    Args:
        differences: one per draw.
        overlap: test rows per training row where draws re-split one table, else 0.
    """
    if not overlap:
        return sign_test(int((differences > 0).sum()), int((differences < 0).sum()))
    if len(differences) < 2:
        return 1.0
    return resampled_p_value(differences, test_share=overlap / (1 + overlap))


def compared(differences: pd.Series, overlap: float) -> dict[str, object]:
    """Return the columns of a comparison, its word not yet adjusted.

    Args:
        differences: of values of which lower is better, one per draw, at least one.
        overlap: test rows per training row where draws re-split one table, else 0.

    Returns:
        `difference`, `difference_low`, `difference_high`, `p_value`, and `verdict`, "better" or
        "worse": more draws below 0 than above, or the mean.
    """
    low, high = interval(differences, overlap)
    side = (differences if overlap else np.sign(differences)).sum()
    return {
        "difference": centre(differences, overlap),
        "difference_low": low,
        "difference_high": high,
        "p_value": p_value(differences, overlap),
        "verdict": "better" if side < 0 else "worse",
    }


def adjusted(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table of comparisons whose words are adjusted for their number (Holm 1979).

    Args:
        table: has `p_value`, NaN in lines that compare nothing, and `verdict`.

    Returns:
        The table with "not told apart" for words that their number does not allow, and without a
        word where nothing is compared.
    """
    values = pd.Series(holm(table["p_value"].dropna().to_dict()), dtype=float)
    told = values.reindex(table.index).fillna(0.0) <= LEVEL
    return table.assign(verdict=table["verdict"].fillna("").where(told, "not told apart"))
