"""What a merge does on rows that it did not see: scores of its tasks, nearness to people."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd

from ddlib.merge.formula import TableTask
from ddlib.merge.held_out import COLUMNS, HeldOut, held_out
from ddlib.merge.merged import Merged, TooFewRows
from ddlib.merge.rivals import Rivalry
from ddlib.report.privacy import Nearness, mean_nearness, nearness
from ddlib.tables import Note, Sources

MOST_SPLITS = 5
LEAST_SPLITS = 3  # for intervals that tell something
# Cells of the tables for which one split takes a few seconds: larger ones get no more than that.
CELLS = 60_000
LEAST_ASIDE = 20  # rows that are kept aside, for figures on nearness
NO_SPLIT = "no split was asked for (--splits 0)"


def splits_for(sources: Sources) -> int:
    """Return how many splits are scored unless told: the fewer, the larger the tables.

    Args:
        sources: the tables.
    """
    rows = sum(len(table) for table in sources.tables.values())
    return splits_of(rows * len(sources.schema.without_keys().names))


def splits_of(cells: int) -> int:
    """Return how many splits are scored of so many cells.

    Args:
        cells: of all tables.
    """
    splits = min(CELLS // max(cells, 1), MOST_SPLITS)
    return splits if splits >= LEAST_SPLITS else 1


def judge(
    sources: Sources,
    merged: Merged,
    *,
    num_splits: int,
    weights: bool,
    progress: Callable[[int], object],
) -> tuple[HeldOut, Nearness | str]:
    """Return the scores of a merge's tasks on rows kept aside, and how near rows come to people.

    The same recipe is run anew on the other rows of each split.

    Args:
        sources: the tables.
        merged: the merge.
        num_splits: into rows to train on and rows kept aside; nothing is judged with 0.
        weights: whether the merge made rows with weights.
        progress: is called with the number of splits done.

    Returns:
        The scores; and figures on nearness, or why there are none.
    """
    if not num_splits:
        return unscored(merged.tasks, NO_SPLIT), NO_SPLIT
    found: list[Nearness | str] = []

    def look(rivalry: Rivalry, others: np.ndarray) -> None:
        found.append(_nearness(rivalry, others, merged, weights))

    held = held_out(
        sources,
        [task.text for task in merged.tasks],
        num_rows=len(merged.rows),
        num_splits=num_splits,
        num_draws=len(merged.model.draws),
        seed=merged.model.seed,
        progress=progress,
        look=look,
    )
    return held, _mean(found, held.test_share)


def unscored(tasks: Sequence[TableTask], why: str) -> HeldOut:
    """Return no scores of tasks.

    Args:
        tasks: of a merge.
        why: there are none.
    """
    notes = tuple(Note("note", f"{task.text}: {why}") for task in tasks)
    return HeldOut(pd.DataFrame(columns=COLUMNS), 0.0, notes)


def _mean(found: Sequence[Nearness | str], test_share: float) -> Nearness | str:
    """Return the mean nearness over splits, or the first reason why there is none."""
    near = [one for one in found if isinstance(one, Nearness)]
    if near:
        return mean_nearness(near, test_share)
    reasons = [one for one in found if isinstance(one, str)]
    return reasons[0] if reasons else "no part of the rows could be kept aside"


def _nearness(
    rivalry: Rivalry, others: np.ndarray, merged: Merged, weights: bool
) -> Nearness | str:
    """Return how near rows made of a split's rows come to them, or why it is not told."""
    if len(others) < LEAST_ASIDE:
        return f"it takes {LEAST_ASIDE} rows kept aside, and there are {len(others)}"
    try:
        made = rivalry.made(merged.tasks, weights=weights)
    except TooFewRows as error:
        return f"the rows of a split are too few for the recipe ({error})"
    kinds = [column.kind for column in rivalry.schema.columns]
    return nearness(made.codes, rivalry.codes, others, kinds)
