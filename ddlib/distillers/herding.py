r"""Herding (Welling 2009): real rows whose running mean follows the mean of all.

$$x_k=\arg\min_x\Bigl\|\mu-\frac1k\Bigl(\sum_{j<k}\phi(x_j)+\phi(x)\Bigr)\Bigr\|$$

with $\phi$ the standardised columns: the inputs, of each class on its own, or whole rows where
there are no classes. It matches a mean, whatever the task needs.
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
class Herding:
    """Return the rows that herding picks, without replacement."""

    departs: ClassVar[tuple[str, ...]] = ("law", "criterion", "learner")
    one_shot: ClassVar[bool] = True

    def steps(self, problem: DistillationProblem, *, generator: Generator) -> Iterator[Tensor]:
        """Yield the one set.

        Args:
            problem: what to distil for.
            generator: not used, as nothing is random.

        Raises:
            NotApplicable: for a problem without training rows.
        """
        yield select(problem, "herding", herd)


def herd(features: Tensor, count: int) -> Tensor:
    """Return indices `(count,)` into `features`, in the order in which herding picks them.

    Args:
        features: standardised, `(n, d)`.
        count: number of rows to pick, at most n.
    """
    mean, total = features.mean(0), torch.zeros_like(features[0])
    free = torch.ones(len(features), dtype=torch.bool, device=features.device)
    chosen: list[int] = []
    for k in range(1, count + 1):
        distances = (mean - (total + features) / k).square().sum(1)
        best = int(distances.where(free, torch.inf).argmin())
        free[best], total = False, total + features[best]
        chosen.append(best)
    return torch.tensor(chosen, dtype=torch.long)
