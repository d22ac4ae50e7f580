r"""Growth up to a limit: an ordinary differential equation from an initial value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from ddlib.pinn.conditions import Condition, Dirichlet
from ddlib.pinn.interval import IntervalProblem
from ddlib.pinn.jet import Jet
from ddlib.pinn.problem import Prior


@dataclass(frozen=True)
class LogisticGrowth(IntervalProblem):
    r"""$u'=u(1-u)$ from $u(0)=\alpha$, $\alpha\sim N(0.5,0.12^2)$; the coordinate $x$ is time.

    The solution up to time 3 is $u_\alpha=\alpha/(\alpha+(1-\alpha)e^{-x})$.
    """

    domain: ClassVar[tuple[float, float]] = (0.0, 3.0)
    conditions: ClassVar[tuple[Condition, Condition | None]] = (
        Dirichlet(lambda alpha: alpha),
        None,
    )
    linear: ClassVar[bool] = False
    prior: ClassVar[Prior] = Prior(0.5, 0.12)
    alpha_range: ClassVar[tuple[float, float]] = (0.0, 10.0)

    def exact(self, *columns: Tensor) -> Tensor:
        r"""Return $u_\alpha(x)$.

        Args:
            *columns: time $x$ and $\alpha$, tensors of equal shape.
        """
        x, alpha = columns
        return alpha / (alpha + (1 - alpha) * torch.exp(-x))

    def residual(self, points: Tensor, jet: Jet) -> Tensor:
        r"""Return $u'-u(1-u)$, `(…, n)`.

        Args:
            points: times before 3, `(…, n, 2)`.
            jet: of $u$ at the points, entries `(…, n)`.
        """
        return jet.x - jet.u * (1 - jet.u)
