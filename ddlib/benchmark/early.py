"""Which methods of the benchmark did not take their whole budget, told by their looks."""

from __future__ import annotations

import pandas as pd


def early_ends(rows: pd.DataFrame) -> list[str]:
    """Return a line for each method that looked at validation rows less often than it could.

    A descent that diverges with one step size does, and a method that ends by itself. Between the
    last two looks an end cannot be seen.

    Args:
        rows: of the experiment, with the fields of their configs.
    """
    last = rows[(rows["share"] == 1) & (rows["judged_on"] == rows["task"]) & (rows["looks"] >= 0)]
    runs = last[last["validation"].notna()]
    sizes = runs["step_sizes"].map(len).where(runs["step_size"].notna(), 1)
    counted = runs.assign(could=runs["num_looks"] + sizes, descends=runs["step_size"].notna())
    lines: list[str] = []
    keys = ["family", "task", "num_rows", "method"]
    for (family, task, num_rows, method), group in counted.groupby(keys, sort=False):
        early = group[group["looks"] < group["could"]]
        if early.empty:
            continue
        fewest = early.sort_values("looks").iloc[0]
        why = "a step size diverged, or it ended by itself" if fewest["descends"] else ""
        lines.append(
            f"{method}, {num_rows} rows for {task} of {family}: {why or 'ended by itself'}, in "
            f"{len(early)} of {len(group)} draws, after {fewest['looks']} of {fewest['could']} "
            "looks at the earliest"
        )
    return lines
