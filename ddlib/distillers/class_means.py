r"""Class means: the mean of the training rows of a class, or of its equal parts.

$$s_{ck}=\frac1{|P_{ck}|}\sum_{i\in P_{ck}}z_i,\qquad
P_{c1}\cup\dots\cup P_{cm_c}=\{i: z_i\text{ of class }c\}$$

with $m_c$ random parts of a class $c$, equal to within a row; all rows are one class where there
are no classes. With one row per class it is what every method of that size has to beat: all that
it keeps is the first moment of a class.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Generator, Tensor

from ddlib.distillers.selection import per_class
from ddlib.problem import DistillationProblem


@dataclass(frozen=True)
class ClassMeans:
    """Return the means of random equal parts of each class, projected onto the feasible sets."""

    departs: ClassVar[tuple[str, ...]] = ("law", "criterion", "learner")
    one_shot: ClassVar[bool] = True

    def steps(self, problem: DistillationProblem, *, generator: Generator) -> Iterator[Tensor]:
        """Yield the one set.

        Args:
            problem: what to distil for.
            generator: draws the parts.

        Raises:
            NotApplicable: for a problem without training rows, or with fewer of a class than
                wanted.
        """

        def means(rows: Tensor, features: Tensor, count: int) -> Tensor:
            return part_means(rows, count, generator=generator)

        yield problem.feasible(per_class(problem, "class means", means))


def part_means(rows: Tensor, count: int, *, generator: Generator) -> Tensor:
    """Return the means `(count, …)` of random parts of `rows`, whose sizes differ by at most one.

    Args:
        rows: `(n, …)`.
        count: number of parts, at most n.
        generator: draws the parts.
    """
    order = torch.randperm(len(rows), generator=generator)
    return torch.stack([rows[part].mean(0) for part in order.tensor_split(count)])
