r"""The method that is best on one task, in the hands of another.

Let $v_{tmj}$ be the value of method $m$ on task $t$ and data set $j$, lower is better. Chosen on
task $a$ is $m_a(j)=\arg\min_m\operatorname{med}_{i\ne j}v_{ami}$, and what it is worth on task $b$
is $v_{b\,m_a(j)\,j}$: a data set never chooses the method that it is judged with.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

CHOSEN_ON = "chosen_on"
"""Column of the task on which the method was chosen."""


def chosen_elsewhere(table: pd.DataFrame, *, task: str, method: str) -> pd.DataFrame:
    """Return what the method that is best on one task is worth on each task, for all pairs.

    Methods without a finite value on some task and data set cannot be chosen.

    Args:
        table: columns `task`, `method`, `seed` and `value`, one row for each combination; lower
            values are better.
        task: name of the column of tasks.
        method: name of the column of methods.

    Returns:
        Columns `task`, `chosen_on`, `seed` and `value`.

    Raises:
        ValueError: for fewer than two data sets, and where no method has all values.
    """
    values = table.pivot(index="seed", columns=[task, method], values="value")
    finite = values.replace([np.inf, -np.inf], np.nan).notna().all()
    everywhere = finite.unstack(level=method, fill_value=False).all()
    methods = sorted(everywhere.index[everywhere])
    if len(values) < 2 or not methods:
        raise ValueError(
            f"table: {len(values)} data sets, {len(methods)} methods with a value on all tasks; "
            "must be at least two and one"
        )
    tasks = list(table[task].unique())
    rows = []
    for seed in values.index:
        others = values.drop(index=seed).median()
        for chosen_on in tasks:
            best = others[chosen_on][methods].idxmin()
            rows += [(judged, chosen_on, seed, values.at[seed, (judged, best)]) for judged in tasks]
    return pd.DataFrame(rows, columns=[task, CHOSEN_ON, "seed", "value"])
