"""One statistic over the draws of a family, by whether its draws share rows.

Where each draw has data of its own, it is the median, with its interval of order statistics and the
sign test: no distribution is assumed, and a draw on which a learner goes wrong moves neither. Where
draws re-split one table they are not independent, which no order statistic allows for; there it is
the mean, with the interval and the test of Nadeau and Bengio (2003) (`ddlib.comparisons`).
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from ddlib.comparisons import resampled_interval, resampled_p_value, sign_test
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


def is_below(differences: pd.Series, overlap: float) -> bool:
    """Return whether what `p_value` tests lies below 0: more draws below than above, or the mean.

    Args:
        differences: one per draw.
        overlap: test rows per training row where draws re-split one table, else 0.
    """
    return bool((differences if overlap else np.sign(differences)).sum() < 0)
