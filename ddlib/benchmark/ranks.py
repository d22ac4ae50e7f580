"""Whether two tasks rank the methods alike: Spearman's correlation, with an interval over draws."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations

import numpy as np
import pandas as pd
from scipy.stats import rankdata

from ddlib.benchmark.draws import statistic
from ddlib.benchmark.tables import ALL_ROWS, scores
from ddlib.summaries import TAIL


def rank_correlations(
    rows: pd.DataFrame, overlaps: Mapping[str, float], *, resamples: int = 1000, seed: int = 0
) -> pd.DataFrame:
    """Return how alike two tasks rank the methods, with intervals over draws.

    Methods are ranked by the median or the mean of their values over draws
    (`ddlib.benchmark.draws`), on the task that their sets are made for; those count that both tasks
    have in all draws. Intervals are percentiles of samples of the draws, with replacement.

    Args:
        rows: of the experiment, with the fields of their configs.
        overlaps: family -> its `overlap`.
        resamples: how many samples.
        seed: of the samples.

    Returns:
        A row per family, budget of rows and pair of its tasks with at least three methods:
        `correlation` (Spearman's), `low`, `high`, `methods`.
    """
    table = scores(rows)
    own = table[(table["task"] == table["judged_on"]) & (table["method"] != ALL_ROWS)]
    random = np.random.default_rng(seed)
    told: list[dict[str, object]] = []
    for (family, num_rows), group in own.groupby(["family", "num_rows"], sort=False):
        taken = np.mean if statistic(overlaps[str(family)]) == "mean" else np.median
        wide = group.pivot_table(index="seed", columns=["task", "method"], values="value")
        for first, second in combinations(group["task"].unique(), 2):
            one, two = (wide[task].dropna(axis=1) for task in (first, second))
            both = one.columns.intersection(two.columns)
            if len(both) < 3:
                continue
            values = np.stack([one[both].to_numpy(), two[both].to_numpy()])
            draws = random.integers(values.shape[1], size=(resamples, values.shape[1]))
            sampled = _spearman(taken(values[:, draws], axis=2))
            low, high = np.nanquantile(sampled, [TAIL, 1 - TAIL])
            line: dict[str, object] = {"family": family, "num_rows": num_rows}
            line |= {
                "first": first,
                "second": second,
                "correlation": float(_spearman(taken(values, axis=1))),
            }
            told.append(line | {"low": low, "high": high, "methods": len(both)})
    return pd.DataFrame(told)


def _spearman(values: np.ndarray) -> np.ndarray:
    """Return the rank correlations of `(2, …, methods)`, one for each pair of rows."""
    ranks = rankdata(values, axis=-1)
    first, second = ranks - ranks.mean(axis=-1, keepdims=True)
    scale = np.sqrt((first**2).sum(axis=-1) * (second**2).sum(axis=-1))
    return (first * second).sum(axis=-1) / scale
