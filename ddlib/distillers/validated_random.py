r"""Validated random subsets: of as many as there are looks, the best on validation rows.

$$\hat S=\arg\min_{0\le t\le T,\ t\in E}\hat{\mathcal R}_{\text{val}}(\mathcal A(S_t)),\qquad
S_t=\{z_i:i\in I_t\},\quad I_t\ \text{uniform among the subsets of $m$ training rows}$$

Each step is a new subset, drawn as `RandomSubset` draws it, and `distill(…, validation=…)` chooses.
$E$ has the steps at which it looks, each `every`-th and the last; subsets between two looks are
drawn and never judged, so ask for a look at each: `every=1`. The initial set is judged too, and is
a random subset itself where `Task.problem` made it. So a run has $T+1$ candidates, as a descent
with $T$ looks has. Without validation the last subset is taken, one random subset.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

from torch import Generator, Tensor

from ddlib.distillers.needs import training_rows
from ddlib.distillers.random_subset import random_subset
from ddlib.problem import DistillationProblem


@dataclass(frozen=True)
class ValidatedRandom:
    """Return a new random subset at each step, projected onto the feasible sets."""

    departs: ClassVar[tuple[str, ...]] = ("law",)  # the choice asks the criterion and the learner
    one_shot: ClassVar[bool] = False
    descends: ClassVar[bool] = False

    def steps(self, problem: DistillationProblem, *, generator: Generator) -> Iterator[Tensor]:
        """Return the subsets, without end.

        Args:
            problem: what to distil for.
            generator: draws the subsets.

        Raises:
            NotApplicable: for a problem without training rows, or with fewer of a class than
                wanted.
        """
        training_rows(problem, "a random subset")
        return Subsets(problem, generator=generator)


class Subsets(Iterator[Tensor]):
    """Random subsets `(m, …)` of the training rows, without end; `Resumable`.

    Args:
        problem: has the training rows, and initial rows with the classes that are wanted.
        generator: draws them.
    """

    def __init__(self, problem: DistillationProblem, *, generator: Generator) -> None:
        """Stand before the first subset."""
        self._problem, self._generator = problem, generator

    def __next__(self) -> Tensor:
        """Draw a subset."""
        return self._problem.feasible(random_subset(self._problem, generator=self._generator))

    def state_dict(self) -> dict[str, Any]:
        """Return nothing: only the generator changes from step to step."""
        return {}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take up nothing.

        Args:
            state: as `state_dict` returned it.
        """
