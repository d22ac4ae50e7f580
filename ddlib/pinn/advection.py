r"""A substance that a stream carries to a sink, before which it forms a layer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from ddlib.pinn.conditions import Condition, Dirichlet
from ddlib.pinn.interval import IntervalProblem
from ddlib.pinn.jet import Jet
from ddlib.pinn.problem import Prior

LARGEST_PECLET = 100.0  # beyond it the layer is thinner than the grids of the policies


@dataclass(frozen=True)
class AdvectionDiffusion(IntervalProblem):
    r"""$u'-u''/P=0$, $u(0)=\alpha$, $u(1)=0$, $\alpha\sim N(1,0.3^2)$.

    The solution is $u_\alpha=\alpha\,(1-e^{-P(1-x)})/(1-e^{-P})$: it keeps the concentration
    $\alpha$ of the inflow up to a layer of thickness $1/P$ at the outflow.

    Attributes:
        peclet: $P$, how much faster the stream is than diffusion.

    Raises:
        ValueError: unless `peclet` is above 0 and at most 100.
    """

    peclet: float = 10.0

    conditions: ClassVar[tuple[Condition, Condition | None]] = (
        Dirichlet(lambda alpha: alpha),
        Dirichlet(),
    )
    affine: ClassVar[bool] = True
    prior: ClassVar[Prior] = Prior(1.0, 0.3)
    alpha_range: ClassVar[tuple[float, float]] = (-30.0, 30.0)

    def __post_init__(self) -> None:
        """Check the setting."""
        if not 0 < self.peclet <= LARGEST_PECLET:
            raise ValueError(
                f"peclet = {self.peclet}: must be above 0 and at most {LARGEST_PECLET:g}"
            )

    @property
    def bandwidth(self) -> float:
        """The layer's rate on half the interval, at least 1."""
        return max(1.0, self.peclet / 2)

    def exact(self, *columns: Tensor) -> Tensor:
        r"""Return $u_\alpha(x)$.

        Args:
            *columns: $x$ and $\alpha$, tensors of equal shape.
        """
        x, alpha = columns
        whole = torch.expm1(torch.full_like(x, -self.peclet))
        return alpha * torch.expm1(-self.peclet * (1 - x)) / whole

    def residual(self, points: Tensor, jet: Jet) -> Tensor:
        r"""Return $u'-u''/P$, `(…, n)`.

        Args:
            points: inside the domain, `(…, n, 2)`.
            jet: of $u$ at the points, entries `(…, n)`.
        """
        return jet.x - jet.xx / self.peclet
