"""The best method of each task, its lead over the best of random sets, and who is next.

The best is chosen by the draws that its lead is measured on, so the lead flatters it a little. The
comparison with the second is draw by draw (`ddlib.benchmark.draws`).
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from ddlib.benchmark.draws import adjusted, centre, compared, interval
from ddlib.benchmark.regrets import regret_ratios
from ddlib.benchmark.tables import BASELINE, TRIVIAL

PLACE = ["family", "task", "num_rows"]
RATIO, DIFFERENCE = "ratio", "difference"
"""Regret in regrets of the baseline, and value less that of the baseline; lower is better."""

FIRSTS = [
    *PLACE, "method", "methods", "draws", "measure", "score", "low", "high", "second", "p_value",
    "verdict",
]  # fmt: skip
"""Columns of `first_places`."""


def first_places(rows: pd.DataFrame, overlaps: Mapping[str, float]) -> pd.DataFrame:
    """Return the best method of each task and budget of rows, by the median or mean over draws.

    Args:
        rows: of the experiment, with the fields of their configs; those of `BASELINE` among them.
        overlaps: family -> its `overlap`.

    Returns:
        A row per family, task and budget: the best `method` of so many `methods` that have a value
        in all `draws`; its `score` with the 95 % interval `low` to `high`, in the `measure`
        "ratio" where a bound is known and "difference" else; the `second`, the `p_value` of no
        difference between the two, and `verdict`, how the first compares with the second, as in
        `ddlib.benchmark.tables.standings`.

    Raises:
        ValueError: where fewer than two methods can be compared.
    """
    told = regret_ratios(rows)
    base = told[told["method"] == BASELINE].set_index([*PLACE, "seed"])["value"].rename("base")
    told = told.join(base, on=[*PLACE, "seed"])
    told[DIFFERENCE] = told["value"] - told["base"]
    lines: list[dict[str, object]] = []
    for place, group in told.groupby(PLACE, sort=False):
        measure = RATIO if group[RATIO].notna().any() else DIFFERENCE
        wide = group.pivot_table(index="seed", columns="method", values=measure, sort=False)
        wide = wide.drop(columns=[*TRIVIAL], errors="ignore").dropna(axis=1)
        if wide.shape[1] < 2:
            raise ValueError(f"rows: {wide.shape[1]} methods at {place}; must have at least 2")
        line: dict[str, object] = dict(zip(PLACE, place, strict=True))
        line |= {"measure": measure}
        lines.append(line | _line(wide, overlaps[str(place[0])]))
    return adjusted(pd.DataFrame(lines, columns=FIRSTS))


def _line(wide: pd.DataFrame, overlap: float) -> dict[str, object]:
    """Return the best method of a task, from scores of draws by methods, and who is second."""
    order = np.argsort([centre(wide[name], overlap) for name in wide], kind="stable")
    best, second = wide.columns[order[0]], wide.columns[order[1]]
    low, high = interval(wide[best], overlap)
    apart = compared(wide[best] - wide[second], overlap)
    return {
        "method": best,
        "methods": wide.shape[1],
        "draws": len(wide),
        "score": centre(wide[best], overlap),
        "low": low,
        "high": high,
        "second": second,
        "p_value": apart["p_value"],
        "verdict": apart["verdict"],
    }
