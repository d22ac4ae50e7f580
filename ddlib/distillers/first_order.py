r"""First-order distillation: gradient descent on $\hat F$ through the learner itself.

$$S \leftarrow S - \eta\,\nabla_S\,\hat{\mathcal R}(\mathcal A(S,\xi))$$

The chain rule runs through $\mathcal A$. With a closed-form learner (least squares, maximum
likelihood) the hypergradient is exact; no inner loop is truncated.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import ClassVar

from torch import Generator, Tensor

from ddlib.distillers.descent import ADAM, MakeOptimizer, descend
from ddlib.problem import DistillationProblem


@dataclass(frozen=True)
class FirstOrder:
    """Descend the gradient through a differentiable learner.

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
        """
        objective = partial(problem.objective, generator=generator)
        return descend(problem, objective, self.optimizer)
