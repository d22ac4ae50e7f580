"""The other reading of the caption of Fig. 1(b), to be measured beside ours."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import ClassVar

from torch import Generator, Tensor

from ddlib.dbn.likelihood import negative_log_likelihood
from ddlib.distillers.zeroth_order import ZerothOrder
from ddlib.problem import DistillationProblem, TrainingCriterion


@dataclass(frozen=True)
class LiteralCaption:
    r"""The caption of Fig. 1(b) to the letter: the part itself is scored in the two networks.

    The network learnt from $D^S_j$ maximises the likelihood of $D^S_j$, so with one structure a
    perturbation can only lower it: the retrieved training data play no part. It is here to be
    measured beside our reading.

    Attributes:
        distiller: takes the steps.
    """

    distiller: ZerothOrder

    departs: ClassVar[tuple[str, ...]] = ("law", "criterion")
    one_shot: ClassVar[bool] = False

    def steps(self, problem: DistillationProblem, *, generator: Generator) -> Iterator[Tensor]:
        """Yield the rows after each step, with the criterion renewed each step.

        Args:
            problem: what to distil for; of its parts, the rows count.
            generator: draws the method's randomness.
        """
        rows = problem.initial
        while True:
            parts = tuple(
                replace(part, criterion=TrainingCriterion(negative_log_likelihood(rows[part.span])))
                for part in problem.parts
            )
            renewed = replace(problem, initial=rows, parts=parts)
            rows = next(self.distiller.steps(renewed, generator=generator))
            yield rows
