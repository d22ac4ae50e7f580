r"""Values for points: a function gives each point $z$ the value $y(z)$, and points become rows.

A learner of rows $(z,y)$ becomes one of points when it takes the values from the function,
$\mathcal A_y(Z)=\mathcal A(\{(z,y(z))\}_{z\in Z})$. The derivative in a point then holds that of
its value: $y$ is a solution that the training rows and the equation determine, and is known
wherever the point goes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import torch
from torch import Generator, Tensor

from ddlib.pinn.criteria import Solution
from ddlib.problem import Learner

Label = Callable[[Tensor], Tensor]
"""From points `(…, d + k)` to their values `(…,)`, differentiable in the points."""


def mean_of(models: Sequence[Solution]) -> Label:
    r"""Return the mean of models as a function of points.

    Args:
        models: at least one, from points `(n, d + k)` to values `(n,)`.
    """

    def label(points: Tensor) -> Tensor:
        flat = points.reshape(-1, points.shape[-1])
        values = torch.stack([model(flat) for model in models]).mean(0)
        return values.reshape(points.shape[:-1])

    return label


def labelled(points: Tensor, label: Label) -> Tensor:
    """Return the points with their values as a last column, `(…, m, d + k + 1)`.

    Args:
        points: `(…, m, d + k)`.
        label: gives each its value.
    """
    return torch.cat([points, label(points).unsqueeze(-1)], dim=-1)


@dataclass(frozen=True)
class HeldValues:
    """The learner that takes the values of rows from a function, whatever their last column says.

    Attributes:
        learner: of rows with these values.
        label: the function.
        batched: True, it learns from many sets at once; so must `learner`.
    """

    learner: Learner
    label: Label

    batched: ClassVar[bool] = True

    def __call__(self, rows: Tensor, *, generator: Generator) -> Any:
        """Return the model that `learner` makes of the points of `rows`.

        Args:
            rows: one set `(m, d + k + 1)`, or a batch of them `(B, m, d + k + 1)`.
            generator: draws the randomness of `learner`.
        """
        return self.learner(labelled(rows[..., :-1], self.label), generator=generator)
