r"""Exact distillation: rows from which the learner returns a wanted model, to rounding.

If $\mathcal A(S)$ depends on $S$ only through a statistic $\bar t(S)$, every $S$ with
$\bar t(S)=t^\star$ gives the model of $t^\star$, and with it the same value of every criterion.
No descent is needed: the learner's `rows_for` is a right inverse,
$\mathcal A(\texttt{rows\_for}(\theta, m))=\theta$.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from torch import Generator, Tensor

from ddlib.problem import DistillationProblem


@dataclass(frozen=True)
class Exact:
    """Return rows that the problem's learner maps to `model`, as many as the budget has."""

    model: Any

    def steps(self, problem: DistillationProblem, *, generator: Generator) -> Iterator[Tensor]:
        """Yield once; `ValueError` when the learner has no right inverse or the budget is short."""
        rows_for = getattr(problem.learner, "rows_for", None)
        if rows_for is None:
            name = type(problem.learner).__name__
            raise ValueError(f"learner: {name} has no rows_for; exact distillation needs one")
        # Rows, and slices where a row is a trajectory; the last dimension is the model's.
        yield rows_for(self.model, *problem.initial.shape[:-1], generator=generator)
