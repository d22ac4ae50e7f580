r"""A random subset: what every method has to beat.

$$S=\{z_i:i\in I\},\qquad I\ \text{uniform among the subsets of $m$ training rows}$$

with equally many rows per class where there are classes. No objective, and no step.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Generator, Tensor

from ddlib.distillers.selection import select
from ddlib.problem import DistillationProblem


@dataclass(frozen=True)
class RandomSubset:
    """Return random training rows, without replacement."""

    departs: ClassVar[tuple[str, ...]] = ("law", "criterion", "learner")
    one_shot: ClassVar[bool] = True

    def steps(self, problem: DistillationProblem, *, generator: Generator) -> Iterator[Tensor]:
        """Yield the one set.

        Args:
            problem: what to distil for.
            generator: draws the subset.

        Raises:
            NotApplicable: for a problem without training rows.
        """
        yield random_subset(problem, generator=generator)


def random_subset(problem: DistillationProblem, *, generator: Generator) -> Tensor:
    """Return random training rows `(m, …)`, as many of each class as the initial set has.

    Args:
        problem: has the training rows, and initial rows with the classes that are wanted.
        generator: draws the subset.

    Raises:
        NotApplicable: for a problem without training rows, or with fewer of a class than wanted.
    """

    def choose(features: Tensor, count: int) -> Tensor:
        return torch.randperm(len(features), generator=generator)[:count]

    return select(problem, "a random subset", choose)
