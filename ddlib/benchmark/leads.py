"""Sets on every task that judges them, beside the best of as many random sets of the same task.

`standings` looks at the task that a set is made for. Here it is each task of the family: whether a
lead on the own task is kept on others says whether the set has specialised.
"""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from ddlib.benchmark.draws import adjusted, compared
from ddlib.benchmark.tables import ALL_ROWS, BASELINE, scores

PLACE = ["family", "task", "judged_on", "num_rows"]

LEADS = [
    *PLACE, "method", "draws", "difference", "difference_low", "difference_high", "p_value",
    "verdict",
]  # fmt: skip
"""Columns of `leads`."""


def leads(rows: pd.DataFrame, overlaps: Mapping[str, float]) -> pd.DataFrame:
    """Return how sets compare with the baseline's on each task that judges both.

    Args:
        rows: of the experiment, with the fields of their configs; those of `BASELINE` among them.
        overlaps: family -> its `overlap`.

    Returns:
        A row per family, task that sets are made for, task that judges, budget of rows and method:
        `draws`, `difference` to the baseline's set for the same task, `difference_low`,
        `difference_high`, `p_value`, and `verdict`, as in `ddlib.benchmark.tables.standings`.
    """
    table = scores(rows)
    wide = table[table["method"] != ALL_ROWS].pivot_table(
        index=[*PLACE, "seed"], columns="method", values="value", sort=False
    )
    told: list[dict[str, object]] = []
    for place, group in wide.groupby(level=PLACE, sort=False):
        overlap = overlaps[str(place[0])]
        for method in group.columns.drop(BASELINE):
            apart = (group[method] - group[BASELINE]).dropna()
            if apart.empty:
                continue
            line: dict[str, object] = dict(zip(PLACE, place, strict=True))
            line |= {"method": method, "draws": len(apart)}
            told.append(line | compared(apart, overlap))
    return adjusted(pd.DataFrame(told, columns=LEADS))
