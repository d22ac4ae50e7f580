"""The questions that tasks ask, answered by the rows of all sources."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ddlib.merge.density import Density
from ddlib.merge.design import Design
from ddlib.merge.pooling import PENALTY
from ddlib.merge.regression import Regression


def ask(
    design: Design, codes: np.ndarray, draws: Sequence[np.ndarray], *, penalty: float = PENALTY
) -> Regression | Density:
    """Return the question of a task, answered by the rows that say something of it.

    A row whose target is not seen says nothing of how it depends on the inputs: its draws would
    only add noise (von Hippel 2007).

    Args:
        design: of the task.
        codes: as they were seen, `(n, p)`, NaN where missing.
        draws: the same, completed.
        penalty: as `pool` takes it.
    """
    if design.task.learned == "density":
        return Density.of(design, draws)
    shown = ~np.isnan(codes[:, design.target])
    return Regression.of(design, [draw[shown] for draw in draws], penalty=penalty)
