r"""Exact distillation: rows from which the learner returns a wanted model, to rounding.

$$\mathcal A(S)=\theta,\qquad S=\texttt{rows\_for}(\theta,m)$$

If $\mathcal A(S)$ depends on $S$ only through a statistic $\bar t(S)$, every $S$ with
$\bar t(S)=t^\star$ gives the model of $t^\star$, and with it the same value of every criterion.
No descent is needed: the learner's `rows_for` is a right inverse.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

import torch
from torch import Generator, Tensor

from ddlib.distillers.needs import training_rows
from ddlib.problem import DistillationProblem, NotApplicable


@dataclass(frozen=True)
class Exact:
    """Return rows that the problem's learner maps to `model`, as many as the budget has.

    Without a `model` it is the one learnt from all training rows.
    """

    model: Any = None

    departs: ClassVar[tuple[str, ...]] = ("law",)
    one_shot: ClassVar[bool] = True

    def steps(self, problem: DistillationProblem, *, generator: Generator) -> Iterator[Tensor]:
        """Yield once; `NotApplicable` without a right inverse, or for a budget it cannot use."""
        rows_for = getattr(problem.learner, "rows_for", None)
        if rows_for is None:
            name = type(problem.learner).__name__
            raise NotApplicable(f"learner: {name} has no rows_for; exact distillation needs one")
        model = self.model
        if model is None:
            with torch.no_grad():
                model = problem.learner(
                    training_rows(problem, "exact distillation"), generator=generator
                )
        # Rows, and slices where a row is a trajectory; the last dimension is the model's.
        try:
            rows = rows_for(model, *problem.initial.shape[:-1], generator=generator)
        except ValueError as error:
            raise NotApplicable(f"exact distillation: {error}") from error
        if not problem.feasible(rows).equal(rows):
            raise NotApplicable("exact distillation: its rows are not feasible")
        yield rows
