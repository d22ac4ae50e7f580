"""The questions that tasks ask, answered by the rows of all sources."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ddlib.merge.density import Density
from ddlib.merge.design import Design
from ddlib.merge.pooling import PENALTY
from ddlib.merge.regression import Regression


def ask(
    design: Design, draws: Sequence[np.ndarray], *, num_rows: int | None = None
) -> Regression | Density:
    """Return the question of a task, answered by all rows.

    The rows whose target is missing are among them, with the targets that were drawn. Where the
    regression that fills them in were as free as the task's own, they would only add noise (von
    Hippel 2007). The copula is not: it shrinks, and its margins bend, and the coefficients that
    follow it predict better.

    Args:
        design: of the task.
        draws: complete codes `(n, p)` of the real rows, at least two.
        num_rows: real rows that each draw stands for; as many as it has unless told.
    """
    if design.task.learned == "density":
        return Density.of(design, draws, num_rows=num_rows)
    return Regression.of(design, draws, penalty=PENALTY, num_rows=num_rows)
