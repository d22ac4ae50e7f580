"""Tables of the benchmark: means over draws, and each method beside what costs nothing.

Rows are those of the experiment `benchmark`, each with its config's fields. A method is compared
with `BASELINE`, the best of as many random sets as it has looks, draw by draw. Where draws re-split
one table, intervals are those of Nadeau and Bengio (2003) (`ddlib.comparisons`).
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations

import numpy as np
import pandas as pd
from scipy.stats import rankdata

from ddlib.comparisons import resampled_interval
from ddlib.summaries import TAIL

ALL_ROWS, RANDOM, BASELINE = "all rows", "random", "validated random"
TRIVIAL = (ALL_ROWS, RANDOM, BASELINE)
"""What each table has beside the methods."""

CONVERGED = 0.01
"""Share of its gain on validation rows that a method that has converged may make in the second half
of its steps."""

SETTING = ["family", "task", "judged_on", "num_rows"]

STANDINGS = [
    "family", "task", "num_rows", "method", "draws", "value", "low", "high", "difference",
    "difference_low", "difference_high", "wins", "rank", "regret", "converged", "evaluations",
    "gradients", "training_steps", "looks", "seconds", "memory", "note",
]  # fmt: skip
"""Columns of `standings`."""

SPENT = ("evaluations", "gradients", "training_steps", "looks", "seconds", "memory")
"""What was spent, counted by the harness; below 0 or NaN where it was not."""


def scores(rows: pd.DataFrame, *, share: float = 1.0) -> pd.DataFrame:
    """Return the values that each method has when a share of the budget is spent.

    What is done at once has its value at each share. All rows and random rows know nothing of the
    task that a set is made for, and stand beside the methods of each.

    Args:
        rows: of the experiment, with the fields of their configs.
        share: one of those that there are.

    Raises:
        ValueError: for a share that is not there, and for rows of several settings of a method.
    """
    judged = rows[rows["judged_on"] != ""]
    twice = judged.duplicated([*SETTING, "seed", "method", "share"])
    if twice.any():
        told = judged.loc[twice, [*SETTING, "seed", "method"]].iloc[0].to_dict()
        raise ValueError(f"rows: several for {told}; must be of one setting")
    shares = np.unique(judged["share"].round(9))
    if round(share, 9) not in shares:
        raise ValueError(f"share = {share}: must be one of {', '.join(map(str, shares))}")
    at_once = judged.groupby(["family", "method"])["share"].transform("nunique") == 1
    kept = judged[at_once | np.isclose(judged["share"], share)]
    free = kept["method"].isin([ALL_ROWS, RANDOM])
    made = kept[~free]
    targets = rows.loc[~rows["method"].isin([ALL_ROWS, RANDOM]), ["family", "task"]]
    if targets.empty:
        targets = rows[["family", "task"]]
    sizes = rows[["family", "num_rows"]].drop_duplicates()
    beside = kept[free].drop(columns="task").merge(targets.drop_duplicates(), on="family")
    whole = beside["method"] == ALL_ROWS
    spread = (
        beside[whole]
        .drop(columns="num_rows")
        .drop_duplicates(["family", "task", "judged_on", "seed"])
    )
    parts = [spread.merge(sizes, on="family"), beside[~whole], made]
    return pd.concat([part for part in parts if len(part)], ignore_index=True)


def mean_interval(values: pd.Series, overlap: float) -> tuple[float, float, float]:
    """Return the mean over draws and its 95 % interval; NaN where a single draw tells none.

    Args:
        values: one per draw.
        overlap: test rows per training row where draws re-split one table, else 0.
    """
    if len(values) < 2:
        return float(values.mean()), np.nan, np.nan
    low, high = resampled_interval(values, test_share=overlap / (1 + overlap))
    return float(values.mean()), low, high


def standings(
    rows: pd.DataFrame, overlaps: Mapping[str, float], *, share: float = 1.0
) -> pd.DataFrame:
    """Return how methods stand on the tasks that their sets are made for.

    Args:
        rows: of the experiment, with the fields of their configs.
        overlaps: family -> its `overlap`.
        share: of the budget that is spent.

    Returns:
        A row per family, task, budget of rows and method, all rows and random rows first. Columns:
        `family`, `task`, `num_rows`, `method`, `draws` that have a value, `value`, `low`, `high`;
        `difference` to the best of as many random sets, with `difference_low` and
        `difference_high`, below 0 where the method is better; `wins`, draws in which it is at least
        as good; `rank`, the mean over draws among the methods and random rows; `regret`, NaN where
        no bound is known; `converged`, draws in which it had; medians of what was spent, as the
        columns of the experiment are called; `note`, why draws have no value.
    """
    table = scores(rows, share=share)
    own = table[table["task"] == table["judged_on"]]
    told: list[dict[str, object]] = []
    for (family, task, num_rows), group in own.groupby(["family", "task", "num_rows"], sort=False):
        values = group.pivot_table(index="seed", columns="method", values="value", sort=False)
        ranks = values.drop(columns=ALL_ROWS, errors="ignore").rank(axis=1)
        refused = _refusals(rows, family, task, num_rows)
        names = [
            *(n for n in TRIVIAL if n in values),
            *(n for n in values if n not in TRIVIAL),
        ]
        for method in [*names, *(n for n in refused if n not in values)]:
            place = {"family": family, "task": task, "num_rows": num_rows, "method": method}
            found = values[method].dropna() if method in values else pd.Series(dtype=float)
            line = _line(found, values.get(BASELINE), overlaps[str(family)])
            own_rows = group[group["method"] == method]
            line |= {"rank": ranks[method].mean() if method in ranks else np.nan}
            told.append(place | line | _told(own_rows) | {"note": refused.get(method, "")})
    return pd.DataFrame(told, columns=STANDINGS)


def _line(values: pd.Series, baseline: pd.Series | None, overlap: float) -> dict[str, object]:
    """Return the mean over draws, and the differences to the baseline in those of both."""
    if values.empty:
        return {"draws": 0}
    mean, low, high = mean_interval(values, overlap)
    line: dict[str, object] = {"draws": len(values), "value": mean, "low": low, "high": high}
    if baseline is None or values.name in (BASELINE, ALL_ROWS):
        return line
    apart = (values - baseline).dropna()
    if len(apart):
        difference, below, above = mean_interval(apart, overlap)
        line |= {"difference": difference, "difference_low": below, "difference_high": above}
        line |= {"wins": int((apart <= 0).sum())}
    return line


def _told(rows: pd.DataFrame) -> dict[str, object]:
    """Return regret, convergence and what was spent, over the draws of one method."""
    if rows.empty:
        return {}
    late = rows["late_gain"].dropna()
    converged = int((late <= CONVERGED).sum()) if len(late) else np.nan
    regret = (rows["value"] - rows["bound"]).mean()
    spent = {name: rows[name].where(rows[name] >= 0).median() for name in SPENT}
    return {"regret": regret, "converged": converged, **spent}


def _refusals(rows: pd.DataFrame, family: object, task: object, num_rows: object) -> dict[str, str]:
    """Return method -> why it has no value in some draws, of the first of these."""
    here = (rows["family"] == family) & (rows["task"] == task) & (rows["num_rows"] == num_rows)
    lost = rows[here & (rows["refusal"] != "") & rows["judged_on"].isin(["", task])]
    first = lost.drop_duplicates("method")
    return dict(zip(first["method"], first["refusal"], strict=True))


def transfer(rows: pd.DataFrame, overlaps: Mapping[str, float]) -> pd.DataFrame:
    """Return what it costs to use a set that was made for another task.

    Args:
        rows: of the experiment, with the fields of their configs.
        overlaps: family -> its `overlap`.

    Returns:
        A row per family, budget of rows, method, task that sets are made for and task that they
        are judged on, where the method has both: `value`, the mean over draws, and `difference` to
        the sets made for the task that judges, with `difference_low` and `difference_high`.
    """
    table = scores(rows)
    table = table[~table["method"].isin([ALL_ROWS, RANDOM])]
    keys = ["family", "num_rows", "method"]
    wide = table.pivot_table(index=[*keys, "seed"], columns=["task", "judged_on"], values="value")
    told: list[dict[str, object]] = []
    for place, group in wide.groupby(level=keys, sort=False):
        for made, judged in group.columns:
            if (judged, judged) not in group or group[made, judged].isna().all():
                continue
            apart = (group[made, judged] - group[judged, judged]).dropna()
            if apart.empty:
                continue
            mean, low, high = mean_interval(apart, overlaps[str(place[0])])
            line: dict[str, object] = dict(zip(keys, place, strict=True))
            line |= {"task": made, "judged_on": judged, "value": group[made, judged].mean()}
            line |= {"difference": mean, "difference_low": low, "difference_high": high}
            told.append(line)
    return pd.DataFrame(told)


def rank_correlations(rows: pd.DataFrame, *, resamples: int = 1000, seed: int = 0) -> pd.DataFrame:
    """Return how alike two tasks rank the methods, with intervals over draws.

    Methods are ranked by their mean over draws, on the task that their sets are made for; those
    count that both tasks have in all draws. Intervals are percentiles of samples of the draws, with
    replacement.

    Args:
        rows: of the experiment, with the fields of their configs.
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
        wide = group.pivot_table(index="seed", columns=["task", "method"], values="value")
        for first, second in combinations(group["task"].unique(), 2):
            one, two = (wide[task].dropna(axis=1) for task in (first, second))
            both = one.columns.intersection(two.columns)
            if len(both) < 3:
                continue
            values = np.stack([one[both].to_numpy(), two[both].to_numpy()])
            draws = random.integers(values.shape[1], size=(resamples, values.shape[1]))
            sampled = [_spearman(values[:, draw]) for draw in draws]
            low, high = np.nanquantile(sampled, [TAIL, 1 - TAIL])
            line: dict[str, object] = {"family": family, "num_rows": num_rows}
            line |= {"first": first, "second": second, "correlation": _spearman(values)}
            told.append(line | {"low": low, "high": high, "methods": len(both)})
    return pd.DataFrame(told)


def _spearman(values: np.ndarray) -> float:
    """Return the rank correlation of the means over draws, of `(2, draws, methods)`."""
    first, second = (rankdata(means) for means in values.mean(axis=1))
    return float(np.corrcoef(first, second)[0, 1])
