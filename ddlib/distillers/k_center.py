r"""k-center (Gonzalez 1985): real rows that leave no real row far away.

$$\min_{|I|=m}\ \max_{x}\ \min_{i\in I}\|\phi(x)-\phi(x_i)\|$$

greedily, farthest first: at most twice the best radius. $\phi$ is as in herding. It covers the
rows, rare ones as well as common ones, whatever the task needs.
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
class KCenter:
    """Return the rows that farthest-first picks, from the row nearest to the mean on."""

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
        yield select(problem, "k-center", farthest_first)


def farthest_first(features: Tensor, count: int) -> Tensor:
    """Return indices `(count,)` into `features`, each row the farthest from those before.

    Args:
        features: standardised, `(n, d)`.
        count: number of rows to pick, at most n.
    """
    chosen = [int((features - features.mean(0)).square().sum(1).argmin())]
    nearest = (features - features[chosen[0]]).square().sum(1)
    while len(chosen) < count:
        nearest[chosen] = -1.0  # not again, even where rows coincide
        chosen.append(int(nearest.argmax()))
        nearest = torch.minimum(nearest, (features - features[chosen[-1]]).square().sum(1))
    return torch.tensor(chosen[:count], dtype=torch.long)
