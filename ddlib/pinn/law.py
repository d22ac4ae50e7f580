r"""The best law of the parameter for labelled rows: bilevel choice of a training distribution.

Points are drawn, not placed: $x$ uniformly, and $\alpha=\mu+\sigma\varepsilon$ with
$\varepsilon\sim N(0,1)$, held within what is allowed. The law $(\mu,\ln\sigma)$ is what is moved,

$$\min_{\mu,\sigma}\mathbb E_{Z\sim(\mu,\sigma)}\hat{\mathcal R}\bigl(\mathcal A(Z,y(Z))\bigr),$$

by the gradient through the draw and the learner. This is the choice of a training distribution
for the accuracy out of distribution (Guerra et al. 2025), here for a learner of $m$ labelled rows.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Generator, Tensor

from ddlib.pinn.labels import Label, labelled
from ddlib.problem import Learner


@dataclass(frozen=True)
class LearnsFromLaw:
    r"""The learner of a law: it draws `num_rows` points by it, has them labelled, and learns.

    Attributes:
        learner: of the labelled rows.
        label: gives each point its value.
        num_rows: points per draw.
        limits: lowest and highest point, `(2, d + k)`; draws beyond them are moved to them.
    """

    learner: Learner
    label: Label
    num_rows: int
    limits: Tensor

    def __call__(self, rows: Tensor, *, generator: Generator) -> Any:
        r"""Return the model that is learnt from a set drawn by the law.

        Args:
            rows: the law as `as_law` gives it, `(1, 2k)`.
            generator: draws the points, then the randomness of `learner`.
        """
        points = self.points(rows, generator=generator)
        return self.learner(labelled(points, self.label), generator=generator)

    def points(self, rows: Tensor, *, generator: Generator) -> Tensor:
        r"""Return points drawn by a law, `(num_rows, d + k)`, differentiable in it.

        Args:
            rows: the law, `(1, 2k)`.
            generator: draws them.
        """
        mean, log_std = rows[0].chunk(2)
        low, high = self.limits
        num_coordinates = len(low) - len(mean)
        options: dict[str, Any] = {"dtype": low.dtype, "generator": generator}
        shares = torch.rand(self.num_rows, num_coordinates, **options)
        coordinates = low[:num_coordinates] + shares * (high - low)[:num_coordinates]
        draws = torch.randn(self.num_rows, len(mean), **options)
        alphas = mean + log_std.exp() * draws
        return torch.cat([coordinates, alphas], dim=1).clamp(low, high)


def as_law(alphas: Tensor) -> Tensor:
    r"""Return mean and log deviation of values of $\alpha$, as one row `(1, 2k)`.

    Args:
        alphas: at least two values, `(n, k)`.
    """
    return torch.cat([alphas.mean(0), alphas.std(0).log()])[None]


def floor_of_law(smallest: float) -> Callable[[Tensor], Tensor]:
    r"""Return the projection of laws that keeps $\sigma$ from vanishing.

    Args:
        smallest: least $\sigma$, in the units of $\alpha$.
    """

    def project(rows: Tensor) -> Tensor:
        mean, log_std = rows.chunk(2, dim=-1)
        least = torch.tensor(smallest, dtype=rows.dtype).log()
        return torch.cat([mean, log_std.clamp_min(least)], dim=-1)

    return project
