r"""How two methods compare, by one statistic in the whole book: the median paired difference.

On each of J data sets both methods are run, and $d_j$ is the first one's value less the second's.
The median of the $d_j$ has an exact 95 % interval of order statistics. Its test is the sign test:
if neither method is better, the number of $d_j>0$ is binomial. A table of comparisons is adjusted
for their number (Holm 1979), so that one wrong word in it has a probability of at most 5 %.

Re-splits of one data set share rows, so their values are not independent; `resampled_interval`
widens their interval by the share of test rows (Nadeau and Bengio 2003).
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np
import pandas as pd
from scipy import stats

from ddlib.summaries import TAIL, median_interval

LEVEL = 2 * TAIL  # probability of one wrong word in a table

K = TypeVar("K", bound=Hashable)


@dataclass(frozen=True)
class Comparison:
    """The paired differences of two methods.

    Attributes:
        median: of the differences.
        low: lower end of its 95 % interval.
        high: upper end.
        wins: pairs in which the first method is higher.
        losses: pairs in which it is lower.
    """

    median: float
    low: float
    high: float
    wins: int
    losses: int

    @property
    def p_value(self) -> float:
        """The two-sided sign test's."""
        return sign_test(self.wins, self.losses)

    def almost_as_good(self, margin: float) -> str:
        """Return "yes" or "no" where the interval tells it, else "not told apart".

        Args:
            margin: how much lower the first method may be, in the units of the values, above 0. It
                is to be fixed before the values are seen.

        Raises:
            ValueError: for another margin.
        """
        if not 0 < margin < np.inf:
            raise ValueError(f"margin = {margin}: must be finite and above 0")
        if self.low > -margin:
            return "yes"
        return "no" if self.high < -margin else "not told apart"


def sign_test(wins: int, losses: int) -> float:
    """Return the two-sided p-value of the sign test; pairs without a difference say nothing.

    Args:
        wins: pairs in which the first is higher.
        losses: pairs in which it is lower.
    """
    decided = wins + losses
    return float(stats.binomtest(wins, decided).pvalue) if decided else 1.0


def compare(first: pd.Series, second: pd.Series) -> Comparison:
    """Return how `first` compares with `second`.

    Args:
        first: one value per data set, the data sets in the index.
        second: the same of another method, on the same data sets.

    Raises:
        ValueError: for other data sets, fewer than six, and NaN.
    """
    if sorted(first.index) != sorted(second.index):
        raise ValueError("first, second: are of other data sets; must be of the same")
    difference = first - second
    low, high = median_interval(difference)
    return Comparison(
        median=float(difference.median()),
        low=low,
        high=high,
        wins=int((difference > 0).sum()),
        losses=int((difference < 0).sum()),
    )


def compare_ratios(first: pd.Series, second: pd.Series) -> Comparison:
    """Return how many times `second` the values of `first` are, such as errors of two methods.

    Medians and intervals are those of the differences of logarithms, taken back: so "twice" counts
    as much as "half". Its median and ends are ratios.

    Args:
        first: one value per data set, above 0, the data sets in the index.
        second: the same of another method, on the same data sets.

    Raises:
        ValueError: as `compare` does, and for values that are not above 0.
    """
    for name, values in {"first": first, "second": second}.items():
        if not bool((values > 0).all()):
            raise ValueError(f"{name}: has values that are not above 0; must have none")
    found = compare(first.map(np.log), second.map(np.log))
    median, low, high = (float(np.exp(end)) for end in (found.median, found.low, found.high))
    return replace(found, median=median, low=low, high=high)


def verdicts(comparisons: Mapping[K, Comparison]) -> dict[K, str]:
    """Return for each comparison of a table "higher", "lower" or "not told apart".

    Args:
        comparisons: all of the table, by any key.
    """
    adjusted = holm({key: found.p_value for key, found in comparisons.items()})
    words: dict[K, str] = {}
    for key, found in comparisons.items():
        word = "higher" if found.wins > found.losses else "lower"
        words[key] = word if adjusted[key] <= LEVEL else "not told apart"
    return words


def grouped(words: Mapping[str, str]) -> str:
    """Return words for a sentence, each once, with the methods that it is of.

    Args:
        words: method -> word, as "higher"; the methods in the order in which they are named.

    Returns:
        For example "higher for a, b and c, not told apart for d".
    """
    methods: dict[str, list[str]] = {}
    for method, word in words.items():
        methods.setdefault(word, []).append(method)
    told = [
        f"{word} for {' and '.join([*filter(None, [', '.join(names[:-1])]), names[-1]])}"
        for word, names in methods.items()
    ]
    return ", ".join(told)


def holm(p_values: Mapping[K, float]) -> dict[K, float]:
    """Return p-values adjusted for their number.

    Those that are at most 0.05 have together a probability of at most 0.05 that one of them is a
    true hypothesis. Source: Holm (1979).

    Args:
        p_values: of all hypotheses, by any key.
    """
    adjusted: dict[K, float] = {}
    largest = 0.0
    for rank, (key, value) in enumerate(sorted(p_values.items(), key=lambda item: item[1])):
        largest = max(largest, min(1.0, (len(p_values) - rank) * value))
        adjusted[key] = largest
    return {key: adjusted[key] for key in p_values}


def resampled_interval(values: pd.Series, *, test_share: float) -> tuple[float, float]:
    r"""Return the 95 % interval of the mean over re-splits of one data set.

    With J splits and $\rho$ the rows of a test set over those of its training set, the variance of
    the mean is taken as $(1/J+\rho)$ times that of the values.

    Args:
        values: one per split, such as a difference of two methods.
        test_share: share of all rows that a split tests on, in [0, 1); with 0, of data sets that
            share no rows, the interval is Student's t.

    Raises:
        ValueError: for fewer than two values, NaN, and a share out of its range.
    """
    spread = _resampled_error(values, test_share)
    half = float(stats.t.ppf(1 - TAIL, len(values) - 1)) * spread
    return float(values.mean()) - half, float(values.mean()) + half


def resampled_p_value(values: pd.Series, *, test_share: float) -> float:
    """Return the two-sided p-value of a mean of 0 over re-splits of one data set.

    It is Student's t, with the error of `resampled_interval`: at most 0.05 where that interval
    leaves 0 out.

    Args:
        values: one per split, such as a difference of two methods.
        test_share: share of all rows that a split tests on, in [0, 1).

    Raises:
        ValueError: as `resampled_interval` does.
    """
    error, mean = _resampled_error(values, test_share), float(values.mean())
    if error == 0:
        return float(mean == 0)  # the same in each split
    return float(2 * stats.t.sf(abs(mean) / error, len(values) - 1))


def _resampled_error(values: pd.Series, test_share: float) -> float:
    """Return the standard error of the mean over re-splits."""
    if len(values) < 2 or values.isna().any():
        raise ValueError(f"values: {len(values)} of them; must be at least two, none NaN")
    if not 0 <= test_share < 1:
        raise ValueError(f"test_share = {test_share}: must be at least 0 and below 1")
    inflation = 1 / len(values) + test_share / (1 - test_share)
    return float(np.sqrt(inflation * values.var()))
