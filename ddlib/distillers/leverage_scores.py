r"""Leverage scores: rows drawn in proportion to their weight in a least-squares fit.

$$\tau_i=\frac1n+\tilde x_i^\top(\tilde X^\top\tilde X+n\lambda I)^{-1}\tilde x_i,\qquad
P(i_1=i)=\frac{\tau_i}{\sum_j\tau_j},\quad P(i_{k+1}=i)\propto\tau_i\ \text{among the rows left}$$

with $\tilde x_i$ the standardised features of a class, as in herding, centred in it: $\tau$ is the
diagonal of the hat matrix of a ridge regression on them with an intercept (Drineas et al. 2006;
ridge leverage, Alaoui & Mahoney 2015). Rows far out in directions in which few vary are likely.

A departure: there a row $i$ is drawn with replacement and gets the weight $1/(m\tau_i)$, which
makes sums over the set unbiased. Rows carry no weights here, and differ; so a set of few rows
leans to the outer ones, and its mean is not that of the class.
"""

# torch has no types for singular value decompositions.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Generator, Tensor

from ddlib.arguments import raise_faults, size_faults
from ddlib.distillers.selection import select
from ddlib.problem import DistillationProblem


@dataclass(frozen=True)
class LeverageScores:
    r"""Return rows drawn by leverage scores of each class, without replacement.

    Attributes:
        penalty: $\lambda$ per row, in the units of the variance of standardised features; with 0
            directions in which no row varies do not count.

    Raises:
        ValueError: for a penalty that is not finite, or below 0.
    """

    penalty: float = 0.01

    departs: ClassVar[tuple[str, ...]] = ("law", "criterion", "learner")
    one_shot: ClassVar[bool] = True

    def __post_init__(self) -> None:
        """Check the settings."""
        raise_faults(size_faults("penalty", self.penalty))

    def steps(self, problem: DistillationProblem, *, generator: Generator) -> Iterator[Tensor]:
        """Yield the one set.

        Args:
            problem: what to distil for.
            generator: draws the rows.

        Raises:
            NotApplicable: for a problem without training rows, or with fewer of a class than
                wanted.
        """

        def choose(features: Tensor, count: int) -> Tensor:
            return draw(leverage_scores(features, self.penalty), count, generator=generator)

        yield select(problem, "leverage scores", choose)


def leverage_scores(features: Tensor, penalty: float) -> Tensor:
    r"""Return $\tau$ `(n,)`, each from 1/n to 1; without penalty their sum is the rank of a fit.

    Args:
        features: `(n, d)`.
        penalty: $\lambda$, at least 0.
    """
    centred = features - features.mean(0)
    u, sizes, _ = torch.linalg.svd(centred, full_matrices=False)
    # What rounding leaves of a direction without variation is no direction.
    least = max(features.shape) * torch.finfo(features.dtype).eps * sizes[0]
    squares = torch.where(sizes > least, sizes.square(), 0.0)
    shrunk = torch.where(squares > 0, squares / (squares + len(features) * penalty), 0.0)
    return u.square() @ shrunk + 1 / len(features)


def draw(weights: Tensor, count: int, *, generator: Generator) -> Tensor:
    """Return different indices `(count,)`, each in proportion to its weight among those left.

    By inverse distribution functions, which need no logarithm: the same on every machine.

    Args:
        weights: `(n,)`, above 0.
        count: number of indices, at most n.
        generator: draws them.
    """
    left, chosen = weights.clone(), weights.new_empty(count, dtype=torch.long)
    for k in range(count):
        heights = left.cumsum(0)
        level = torch.rand((), dtype=left.dtype, generator=generator) * heights[-1]
        chosen[k] = torch.searchsorted(heights, level, right=True).clamp_max(len(left) - 1)
        left[chosen[k]] = 0.0
    return chosen
