r"""Heat conduction with a conductivity that grows with temperature."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from ddlib.pinn.interval import IntervalProblem
from ddlib.pinn.jet import Jet
from ddlib.pinn.problem import Prior


@dataclass(frozen=True)
class NonlinearConduction(IntervalProblem):
    r"""$(e^{\beta u}u')'=0$, $u(0)=\alpha$, $u(1)=0$, $\alpha\sim N(0,0.6^2)$.

    $u_\alpha=\ln(e^{\beta\alpha}(1-x)+x)/\beta$; `beta` is above 0, at most 30.
    """

    beta: float = 1.0

    linear: ClassVar[bool] = False
    prior: ClassVar[Prior] = Prior(0.0, 0.6)
    alpha_range: ClassVar[tuple[float, float]] = (-20.0, 20.0)

    def __post_init__(self) -> None:
        """Check the setting: beyond 30 the exponential overflows within `alpha_range`."""
        if not 0 < self.beta <= 30:
            raise ValueError(f"beta = {self.beta}: must be above 0 and at most 30")

    def exact(self, *columns: Tensor) -> Tensor:
        r"""Return $u_\alpha(x)$ of `x` and `alpha`."""
        x, alpha = columns
        return torch.log((self.beta * alpha).exp() * (1 - x) + x) / self.beta

    def residual(self, points: Tensor, jet: Jet) -> Tensor:
        r"""Return $e^{\beta u}(u''+\beta u'^2)$."""
        return (self.beta * jet.u).exp() * (jet.xx + self.beta * jet.x.square())

    def residual_partials(self, points: Tensor, jet: Jet) -> Jet:
        """Return the derivatives by value, slope and second derivative."""
        conductivity = (self.beta * jet.u).exp()
        bend = jet.xx + self.beta * jet.x.square()
        return Jet(
            self.beta * conductivity * bend, 2 * self.beta * conductivity * jet.x, conductivity
        )

    def left(self, alpha: Tensor, u: Tensor, slope: Tensor) -> Tensor:
        r"""Return $u(0)-\alpha$."""
        return u - alpha

    def left_partials(self, alpha: Tensor) -> tuple[Tensor, Tensor]:
        """Return the derivatives by the value and by the slope."""
        return torch.ones_like(alpha), torch.zeros_like(alpha)
