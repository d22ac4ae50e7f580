"""Tables of the benchmark: one number over draws, and each method beside what costs nothing.

Rows are those of the experiment `benchmark`, each with its config's fields. A method is compared
with `BASELINE`, the best of as many random sets as it has looks, draw by draw. What is taken over
draws is the median where each has data of its own, and the mean where they re-split one table
(`ddlib.benchmark.draws`). The words of one table are adjusted together (Holm 1979).
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from ddlib.benchmark.draws import adjusted, centre, compared, interval, statistic

ALL_ROWS, RANDOM, BASELINE = "all rows", "random", "validated random"
TRIVIAL = (ALL_ROWS, RANDOM, BASELINE)
"""What each table has beside the methods."""

CONVERGED = 0.01
"""Share of its gain on validation rows that a method that has converged may make in the second half
of its steps."""

SETTING = ["family", "task", "judged_on", "num_rows"]

STANDINGS = [
    "family", "task", "num_rows", "method", "draws", "statistic", "value", "low", "high",
    "difference", "difference_low", "difference_high", "p_value", "verdict", "wins", "rank",
    "regret", "converged", "evaluations", "gradients", "training_steps", "looks", "seconds",
    "memory", "note",
]  # fmt: skip
"""Columns of `standings`."""

TRANSFER = [
    "family", "num_rows", "method", "task", "judged_on", "value", "difference", "difference_low",
    "difference_high", "p_value", "verdict",
]  # fmt: skip
"""Columns of `transfer`."""

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
        `family`, `task`, `num_rows`, `method`, `draws` that have a value, `statistic` that is taken
        over them ("median" or "mean"), `value`, `low`, `high`; `difference` to the best of as many
        random sets, with `difference_low` and `difference_high`, below 0 where the method is
        better; `p_value` of no difference; `verdict`, "better", "worse" or "not told apart",
        adjusted for all lines of the table; `wins`, draws in which it is at least as good; `rank`,
        the mean over draws among the methods and random rows; `regret`, NaN where no bound is
        known; `converged`, draws in which it had; medians of what was spent, as the columns of the
        experiment are called; `note`, why draws have no value.
    """
    table = scores(rows, share=share)
    own = table[table["task"] == table["judged_on"]]
    blocks = own.groupby(["family", "task", "num_rows"], sort=False)
    told = [
        line
        for (family, task, num_rows), group in blocks
        for line in _block(rows, family, task, num_rows, group, overlaps[str(family)])
    ]
    return adjusted(pd.DataFrame(told, columns=STANDINGS))


def _block(
    rows: pd.DataFrame,
    family: object,
    task: object,
    num_rows: object,
    group: pd.DataFrame,
    overlap: float,
) -> list[dict[str, object]]:
    """Return the lines of one task and budget of rows."""
    values = group.pivot_table(index="seed", columns="method", values="value", sort=False)
    ranks = values.drop(columns=ALL_ROWS, errors="ignore").rank(axis=1).mean()
    refused = _refusals(rows, family, task, num_rows)
    names = [*(n for n in TRIVIAL if n in values), *(n for n in values if n not in TRIVIAL)]
    apart = {
        name: (values[name] - values[BASELINE]).dropna()
        for name in names
        if BASELINE in values and name not in (BASELINE, ALL_ROWS)
    }
    told: list[dict[str, object]] = []
    for method in [*names, *(n for n in refused if n not in values)]:
        place = {"family": family, "task": task, "num_rows": num_rows, "method": method}
        place["statistic"] = statistic(overlap)
        found = values[method].dropna() if method in values else pd.Series(dtype=float)
        line = _line(found, overlap) | _apart(apart.get(method), overlap)
        line |= {"rank": ranks.get(method, np.nan)}
        own = _told(group[group["method"] == method], overlap)
        told.append(place | line | own | {"note": refused.get(method, "")})
    return told


def _line(values: pd.Series, overlap: float) -> dict[str, object]:
    """Return what is taken of the values over draws."""
    if values.empty:
        return {"draws": 0}
    low, high = interval(values, overlap)
    return {"draws": len(values), "value": centre(values, overlap), "low": low, "high": high}


def _apart(differences: pd.Series | None, overlap: float) -> dict[str, object]:
    """Return how the differences to the baseline compare, in the draws of both."""
    if differences is None or differences.empty:
        return {}
    return compared(differences, overlap) | {"wins": int((differences <= 0).sum())}


def _told(rows: pd.DataFrame, overlap: float) -> dict[str, object]:
    """Return regret, convergence and what was spent, over the draws of one method."""
    if rows.empty:
        return {}
    late = rows["late_gain"].dropna()
    converged = int((late <= CONVERGED).sum()) if len(late) else np.nan
    regret = centre(rows["value"] - rows["bound"], overlap)
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
        are judged on, where the method has both: `value`, and `difference` to the sets made for the
        task that judges, with `difference_low`, `difference_high`, `p_value` and `verdict`, as in
        `standings`.
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
            overlap = overlaps[str(place[0])]
            line: dict[str, object] = dict(zip(keys, place, strict=True))
            value = centre(group[made, judged].dropna(), overlap)
            line |= {"task": made, "judged_on": judged, "value": value}
            if made == judged:  # the set itself
                told.append(line | {"difference": 0.0})
            else:
                told.append(line | compared(apart, overlap))
    return adjusted(pd.DataFrame(told, columns=TRANSFER))
