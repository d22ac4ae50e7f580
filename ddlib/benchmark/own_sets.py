"""A set that was made for a task, against those that were not, task by task.

On each task the sets are compared with the task's own one by the median paired difference and its
sign test; the words of one table are adjusted together (`ddlib.comparisons`).
"""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from ddlib.comparisons import compare, verdicts

AGAINST = ["set", "judged_on", "difference", "low", "high", "higher", "lower", "word"]
"""Columns of `against_own`."""


def values_of_sets(
    rows: pd.DataFrame, method: str, *, value: str = "value"
) -> dict[str, pd.DataFrame]:
    """Return what the sets of one method are worth on each task, by the task they are made for.

    Args:
        rows: of the experiment `benchmark`, of one family, budget and share of it, with the fields
            of their configs.
        method: that made the sets.
        value: column of the value.

    Returns:
        Task that sets are made for -> a table of a row per draw and a column per task that judges.

    Raises:
        ValueError: for a method without rows, and for several rows of a draw.
    """
    made = rows[rows["method"] == method]
    if made.empty:
        raise ValueError(f"method = {method!r}: has no rows; must have some")
    wide = made.pivot(index="seed", columns=["task", "judged_on"], values=value)
    names = list(made["judged_on"].unique())
    return {str(task): wide[task][names] for task in made["task"].unique()}


def on_own_task(sets: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Return what each task's own set is worth on it: a row per draw and a column per task.

    Args:
        sets: as `values_of_sets` returns them.
    """
    return pd.DataFrame({task: values[task] for task, values in sets.items()})


def against_own(
    sets: Mapping[str, pd.DataFrame], others: Mapping[str, pd.DataFrame] | None = None
) -> pd.DataFrame:
    """Return how other sets compare with each task's own one, as one table of comparisons.

    Args:
        sets: as `values_of_sets` returns them.
        others: name -> values of sets that no task of `sets` is the name of, a row per draw and a
            column per task that judges.

    Returns:
        A row per set and task that judges, but for a set on its own task: `set`, `judged_on`;
        `difference`, the median over draws of its value less that of the own set, with its 95 %
        interval from `low` to `high`; in how many draws it is `higher` and `lower`; and `word`,
        "higher", "lower" or "not told apart", adjusted for the rows of this table.

    Raises:
        ValueError: for another set with the name of a task, and as `compare` does.
    """
    others = others or {}
    if taken := sorted(sets.keys() & others.keys()):
        raise ValueError(f"others = {taken}: are names of tasks; must be other names")
    own = on_own_task(sets)
    found = {
        (name, task): compare(values[task], own[task])
        for name, values in {**sets, **others}.items()
        for task in own
        if name != task
    }
    words = verdicts(found)
    told = [
        (*key, one.median, one.low, one.high, one.wins, one.losses, words[key])
        for key, one in found.items()
    ]
    return pd.DataFrame(told, columns=AGAINST)
