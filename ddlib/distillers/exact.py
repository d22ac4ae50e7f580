r"""Exact distillation: rows from which the learner returns a wanted model, to rounding.

$$\mathcal A(S)=\theta,\qquad S=\mathtt{rows\_for}(\theta,m)$$

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
from ddlib.problem import DistillationProblem, InvertibleLearner, NotApplicable


@dataclass(frozen=True)
class Exact:
    """Return rows that the problem's learner maps to a wanted model, as many as the budget has.

    Attributes:
        model: wanted model; None for the one learnt from all training rows.
    """

    model: Any = None

    departs: ClassVar[tuple[str, ...]] = ("law",)
    one_shot: ClassVar[bool] = True

    def steps(self, problem: DistillationProblem, *, generator: Generator) -> Iterator[Tensor]:
        """Yield the one set.

        Args:
            problem: what to distil for.
            generator: draws what is random in the learner, and what the model leaves open.

        Raises:
            NotApplicable: for a learner that is no `InvertibleLearner`, a budget that cannot
                carry the model, and rows that are not feasible; without a `model`, for a problem
                without training rows.
        """
        learner = problem.learner
        if not isinstance(learner, InvertibleLearner):
            name = type(learner).__name__
            raise NotApplicable(f"learner: {name} has no rows_for; exact distillation needs one")
        model = self.model
        if model is None:
            training = training_rows(problem, "exact distillation")
            with torch.no_grad():
                model = learner(training, generator=generator)
        try:
            rows = learner.rows_for(model, len(problem.initial), generator=generator)
        except ValueError as error:
            raise NotApplicable(f"exact distillation: {error}") from error
        if not problem.feasible(rows).equal(rows):
            raise NotApplicable("exact distillation: its rows are not feasible")
        yield rows
