r"""Heat conduction with a conductivity that grows with temperature."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from ddlib.pinn.interval import IntervalProblem
from ddlib.pinn.jet import Jet
from ddlib.pinn.problem import Prior

LARGEST_BETA = 30.0  # beyond it $e^{\beta\alpha}$ overflows within `alpha_range`


@dataclass(frozen=True)
class NonlinearConduction(IntervalProblem):
    r"""$(e^{\beta u}u')'=0$, $u(0)=\alpha$, $u(1)=0$, $\alpha\sim N(0,0.6^2)$.

    The solution is $u_\alpha=\ln(e^{\beta\alpha}(1-x)+x)/\beta$.

    Attributes:
        beta: $\beta$, the rate at which conductivity grows with $u$.

    Raises:
        ValueError: unless `beta` is above 0 and at most 30.
    """

    beta: float = 1.0

    linear: ClassVar[bool] = False
    prior: ClassVar[Prior] = Prior(0.0, 0.6)
    alpha_range: ClassVar[tuple[float, float]] = (-20.0, 20.0)

    def __post_init__(self) -> None:
        """Check the setting."""
        if not 0 < self.beta <= LARGEST_BETA:
            raise ValueError(f"beta = {self.beta}: must be above 0 and at most {LARGEST_BETA:g}")

    def exact(self, *columns: Tensor) -> Tensor:
        r"""Return $u_\alpha(x)$.

        Args:
            *columns: $x$ and $\alpha$, tensors of equal shape.
        """
        x, alpha = columns
        return torch.log((self.beta * alpha).exp() * (1 - x) + x) / self.beta

    def residual(self, points: Tensor, jet: Jet) -> Tensor:
        r"""Return $e^{\beta u}(u''+\beta u'^2)$, `(…, n)`.

        Args:
            points: inside the domain, `(…, n, 2)`.
            jet: of $u$ at the points, entries `(…, n)`.
        """
        conductivity = (self.beta * jet.u).exp()
        bend = jet.xx + self.beta * jet.x.square()
        return conductivity * bend

    def residual_partials(self, points: Tensor, jet: Jet) -> Jet:
        """Return the derivatives by value, slope and second derivative, each `(…, n)`.

        Args:
            points: as in `residual`.
            jet: as there.
        """
        conductivity = (self.beta * jet.u).exp()
        bend = jet.xx + self.beta * jet.x.square()
        by_u = self.beta * conductivity * bend
        by_slope = 2 * self.beta * conductivity * jet.x
        return Jet(by_u, by_slope, conductivity)

    def left(self, alpha: Tensor, u: Tensor, slope: Tensor) -> Tensor:
        r"""Return $u(0)-\alpha$.

        Args:
            alpha: values of $\alpha$.
            u: $u(0)$.
            slope: $u'(0)$.
        """
        return u - alpha

    def left_partials(self, alpha: Tensor) -> tuple[Tensor, Tensor]:
        r"""Return the derivatives by the value and by the slope: 1 and 0.

        Args:
            alpha: values of $\alpha$; both results have its shape.
        """
        return torch.ones_like(alpha), torch.zeros_like(alpha)
