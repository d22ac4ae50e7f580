r"""Label-only distillation: the inputs stay where they are, their labels are learnt.

$$\min_{y_1,\dots,y_m}\ \hat{\mathcal R}\bigl(\mathcal A(\{(x_i,y_i)\},\xi)\bigr),\qquad
y_i\in\Delta_k\ \text{for classes},\quad y_i\in\mathbb R^k\ \text{for a regression}$$

with $x_i$ the initial inputs (Bohdal et al. 2020; Sucholutsky & Schonlau 2021 learn soft labels
beside the inputs), by descent through the learner. Soft labels stay on the simplex $\Delta_k$ by
projection, not by a softmax: the start is one-hot, a corner of the simplex, where the logits of a
softmax are infinite and their gradient is 0. Projected labels may also become one-hot again.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import ClassVar

import torch
from torch import Generator, Tensor

from ddlib.distillers.descent import ADAM, MakeOptimizer, descend
from ddlib.distillers.needs import check_free_responses
from ddlib.problem import DistillationProblem


@dataclass(frozen=True)
class LabelOnly:
    """Descend the gradient through a differentiable learner in the responses alone.

    Attributes:
        optimizer: makes the step.
    """

    optimizer: MakeOptimizer = ADAM

    departs: ClassVar[tuple[str, ...]] = ("law",)
    one_shot: ClassVar[bool] = False

    def steps(self, problem: DistillationProblem, *, generator: Generator) -> Iterator[Tensor]:
        """Return the steps, without end.

        The first raises `NotApplicable` when the learner has no gradient in its rows.

        Args:
            problem: what to distil for.
            generator: draws what is random in the learner.

        Raises:
            NotApplicable: for rows without responses, and for feasible sets that fix them.
        """
        check_free_responses(problem, "label-only distillation")
        layout = problem.layout
        inputs = layout.inputs(problem.feasible(problem.initial.clone()))

        def feasible(rows: Tensor) -> Tensor:
            kept = torch.cat([inputs, layout.responses(rows)], dim=-1)
            return problem.feasible(layout.on_simplex(kept))

        def objective(rows: Tensor) -> Tensor:
            labels = layout.responses(rows)
            return label_objective(problem, inputs, labels, generator=generator)

        return descend(replace(problem, feasible=feasible), objective, self.optimizer)


def label_objective(
    problem: DistillationProblem, inputs: Tensor, labels: Tensor, *, generator: Generator
) -> Tensor:
    r"""Return $\hat F$ of inputs with labels, a scalar, differentiable in both.

    Args:
        problem: has the learner and the criterion.
        inputs: `(m, d)`.
        labels: responses or probabilities of classes, `(m, k)`.
        generator: draws what is random in the learner.
    """
    return problem.objective(torch.cat([inputs, labels], dim=-1), generator=generator)
