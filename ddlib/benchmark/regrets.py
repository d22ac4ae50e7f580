r"""Regret beside that of the best of as many random sets, where the optimum is known.

A set's regret is its value less what no set of as many rows is below. Of a method and a draw,

$$\rho=\frac{F(S)-\text{bound}}{F(S_0)-\text{bound}},$$

with $S_0$ the best of as many random sets as the method has looks: 0 is the optimum, 1 is as good
as choosing among random sets, and 10 is ten times as far away. It does not saturate as the gap
closed does, whose reference is the median random set.
"""

from __future__ import annotations

import pandas as pd

from ddlib.benchmark.tables import ALL_ROWS, BASELINE, scores

KEYS = ["family", "task", "num_rows", "seed"]


def regret_ratios(rows: pd.DataFrame, *, share: float = 1.0) -> pd.DataFrame:
    """Return the ratio of regrets of each method, on the task that its sets are made for.

    Args:
        rows: of the experiment, with the fields of their configs; those of `BASELINE` among them.
        share: of the budget that is spent.

    Returns:
        Columns `family`, `task`, `num_rows`, `seed`, `method`, `value`, `regret` and `ratio`, which
        is NaN where no bound is known.
    """
    table = scores(rows, share=share)
    own = table[(table["task"] == table["judged_on"]) & (table["method"] != ALL_ROWS)]
    own = own.assign(regret=own["value"] - own["bound"])
    base = own[own["method"] == BASELINE].set_index(KEYS)["regret"].rename("base")
    joined = own.join(base, on=KEYS)
    found = joined.assign(ratio=joined["regret"] / joined["base"])
    return found[[*KEYS, "method", "value", "regret", "ratio"]].reset_index(drop=True)
