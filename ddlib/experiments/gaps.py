"""From values of many criteria to one scale: the gap closed, from a random subset to all rows."""

from __future__ import annotations

import pandas as pd

from ddlib.experiments.methods import ALL_ROWS, RANDOM
from ddlib.problem import gap_closed

DRAW = ["seed", "family", "num_rows", "judged_on"]  # what a reference belongs to


def with_gaps(table: pd.DataFrame) -> pd.DataFrame:
    r"""Return the distilled sets of collected `methods` rows with their references and gap closed.

    Args:
        table: collected rows of the experiment `methods`.

    Returns:
        The rows that are no refusals, with three more columns: `subset`, the median value of the
        random subsets of as many rows; `clean`, that of all rows; and `gap`, $\gamma$.

    Raises:
        ValueError: for a set whose references are not in the table, and as
            `ddlib.problem.gap_closed` does.
    """
    judged = table[table["refusal"] == ""]
    values = judged.groupby([*DRAW, "method"])["value"].median().unstack()
    references = values.reindex(columns=[RANDOM, ALL_ROWS]).set_axis(["subset", "clean"], axis=1)
    sets = judged[judged["method"] != ALL_ROWS].join(references, on=DRAW)
    if sets["subset"].isna().any() or sets["clean"].isna().any():
        lost = sets.loc[sets["subset"].isna() | sets["clean"].isna(), DRAW].iloc[0].to_dict()
        raise ValueError(f"table: has no random subsets, or not all rows, for {lost}")
    columns = zip(sets["value"], sets["subset"], sets["clean"], strict=True)
    gaps = [gap_closed(value, subset=subset, clean=clean) for value, subset, clean in columns]
    return sets.assign(gap=gaps)


def refusals(table: pd.DataFrame) -> pd.DataFrame:
    """Return the methods that refused a task, each once, with what they said.

    Args:
        table: collected rows of the experiment `methods`.

    Returns:
        The columns `method`, `task` and `refusal`.
    """
    refused = table[table["refusal"] != ""]
    return refused[["method", "task", "refusal"]].drop_duplicates(["method", "task"])
