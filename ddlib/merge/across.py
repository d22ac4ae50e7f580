"""What rows made for one task are worth for another: a task × task matrix."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from ddlib.merge.formula import parse_tasks
from ddlib.merge.merged import Merged, asked, made_for
from ddlib.merge.model import Model
from ddlib.merge.scarce import scarce_columns
from ddlib.merge.worth import worth

ALL = "all sources"
"""The row of what the sources themselves are worth."""


def worth_matrix(
    model: Model, tasks: Sequence[str], *, num_rows: int = 100, weights: bool = True
) -> pd.DataFrame:
    """Return what rows made for each task alone are worth for each.

    Args:
        model: of the sources.
        tasks: as `parse_tasks` takes them.
        num_rows: to make for each task.
        weights: whether they may have weights.

    Returns:
        A row for each task that rows are made for, a column for each that they are used for, each
        cell in complete real rows (`ddlib.merge.worth`); last, what all sources are worth.

    Raises:
        TaskError: for tasks that these tables cannot have.
        TooFewRows: names the least number of rows that does.
    """
    parsed = parse_tasks(tasks, model.schema, scarce_columns(model.schema, model.codes))
    questions = asked(model, parsed)
    made = {t.text: made_for(model, [t], num_rows=num_rows, weights=weights) for t in parsed}

    def worths(rows: Merged) -> dict[str, float]:
        return {text: worth(q, rows.codes, rows.weights) for text, q in questions.items()}

    table = {text: worths(rows) for text, rows in made.items()}
    table[ALL] = {text: q.num_rows / (1 + q.missing) for text, q in questions.items()}
    return pd.DataFrame.from_dict(table, orient="index").rename_axis("made for")
