r"""A front that travels: Burgers' equation in space and time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from ddlib.pinn.jet import Jet
from ddlib.pinn.problem import ParametricProblem, Prior


@dataclass(frozen=True)
class BurgersFront(ParametricProblem):
    r"""$u_t+uu_x=\nu u_{xx}$ on the unit square of $x$ and $t$; a front of height $\alpha$.

    The front $u_\alpha=\alpha/(1+e^{\alpha(x-\alpha t/2-x_0)/2\nu})$ travels at speed $\alpha/2$.
    Its traces at $t=0$, $x=0$ and $x=1$ are given. $\alpha\sim N(1,0.2^2)$.

    Attributes:
        viscosity: $\nu$.
        start: $x_0$, the middle of the front at $t=0$.
        num_traces: the points on each of the three traces.

    Raises:
        ValueError: unless `viscosity` is above 0 and `num_traces` at least 1.
    """

    viscosity: float = 0.2
    start: float = 0.3
    num_traces: int = 3

    coordinates: ClassVar[tuple[str, ...]] = ("x", "t")
    linear: ClassVar[bool] = False
    prior: ClassVar[Prior] = Prior(1.0, 0.2)
    alpha_range: ClassVar[tuple[float, float]] = (-5.0, 5.0)

    def __post_init__(self) -> None:
        """Check the settings."""
        if not self.viscosity > 0:
            raise ValueError(f"viscosity = {self.viscosity}: must be above 0")
        if self.num_traces < 1:
            raise ValueError(f"num_traces = {self.num_traces}: must be at least 1")

    def exact(self, *columns: Tensor) -> Tensor:
        r"""Return $u_\alpha(x,t)$.

        Args:
            *columns: $x$, $t$ and $\alpha$, tensors of equal shape.
        """
        x, t, alpha = columns
        phase = alpha * (x - alpha * t / 2 - self.start) / (2 * self.viscosity)
        return alpha * torch.sigmoid(-phase)

    def residual(self, points: Tensor, jet: Jet) -> Tensor:
        r"""Return $u_t+uu_x-\nu u_{xx}$, `(…, n)`.

        Args:
            points: inside the domain, `(…, n, 3)`.
            jet: of $u$ at the points, entries `(…, n)`.
        """
        return jet.in_time + jet.u * jet.x - self.viscosity * jet.xx

    def residual_partials(self, points: Tensor, jet: Jet) -> Jet:
        """Return the derivatives by value, slope, second derivative, and that in time.

        Args:
            points: as in `residual`.
            jet: as there.
        """
        one = torch.ones_like(jet.u)
        return Jet(jet.x, jet.u, -self.viscosity * one, one)

    def boundary_points(self, alphas: Tensor) -> Tensor:
        r"""Return `3 num_traces` points of the traces for each value of $\alpha$, `(…, n, 3)`.

        Args:
            alphas: values of $\alpha$, `(…, k)`.
        """
        along = torch.linspace(0, 1, self.num_traces, dtype=alphas.dtype, device=alphas.device)
        zero, one = torch.zeros_like(along), torch.ones_like(along)
        traces = [(along, zero), (zero, along), (one, along)]
        xt = torch.cat([torch.stack(trace, dim=-1) for trace in traces])
        return self.points_at(xt, alphas)

    def boundary(self, points: Tensor, jet: Jet) -> Tensor:
        r"""Return $u-u_\alpha$ on the traces, `(…, n)`.

        Args:
            points: of the traces, `(…, n, 3)`.
            jet: of $u$ at the points, entries `(…, n)`.
        """
        return jet.u - self.exact(*points.unbind(-1))

    def boundary_partials(self, points: Tensor, jet: Jet) -> Jet:
        """Return the derivatives, each `(…, n)`: one by the value, zero by all others.

        Args:
            points: as in `boundary`.
            jet: as there.
        """
        zero = torch.zeros_like(points[..., 0])
        return Jet(zero + 1, zero, zero, zero)
