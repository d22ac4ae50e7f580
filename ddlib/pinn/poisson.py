r"""Two Poisson problems on the unit interval: $-u''=1$, $u(1)=0$, and $\alpha$ at the left end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from ddlib.pinn.interval import IntervalProblem
from ddlib.pinn.jet import Jet


class _Poisson(IntervalProblem):
    """The equation that both share."""

    alpha_range: ClassVar[tuple[float, float]] = (-30.0, 30.0)

    def residual(self, points: Tensor, jet: Jet) -> Tensor:
        r"""Return $-u''-1$, `(…, n)`.

        Args:
            points: inside the domain, `(…, n, 2)`.
            jet: of $u$ at the points, entries `(…, n)`.
        """
        return -jet.xx - 1

    def residual_partials(self, points: Tensor, jet: Jet) -> Jet:
        r"""Return the derivatives $(0,0,-1)$, each `(…, n)`.

        Args:
            points: inside the domain, `(…, n, 2)`.
            jet: of $u$ at the points, entries `(…, n)`.
        """
        zero = torch.zeros_like(points[..., 0])
        return Jet(zero, zero, zero - 1)


@dataclass(frozen=True)
class DirichletPoisson(_Poisson):
    r"""$-u''=1$, $u(0)=\alpha$, $u(1)=0$, so that $u_\alpha=\frac12x(1-x)+\alpha(1-x)$."""

    def exact(self, *columns: Tensor) -> Tensor:
        r"""Return $u_\alpha(x)$.

        Args:
            *columns: $x$ and $\alpha$, tensors of equal shape.
        """
        x, alpha = columns
        return x * (1 - x) / 2 + alpha * (1 - x)

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


@dataclass(frozen=True)
class RobinPoisson(_Poisson):
    r"""$-u''=1$, $u'(0)=e^\alpha u(0)$, $u(1)=0$.

    $u_\alpha=-\frac12x^2+(e^\alpha x+1)/(2(1+e^\alpha))$, a sigmoid in $\alpha$. The condition at
    the left end is divided by $1+e^\alpha$, so that its coefficients add up to one in size.
    """

    def exact(self, *columns: Tensor) -> Tensor:
        r"""Return $u_\alpha(x)$.

        Args:
            *columns: $x$ and $\alpha$, tensors of equal shape.
        """
        x, alpha = columns
        share = torch.sigmoid(alpha)
        return -x.square() / 2 + (share * x + (1 - share)) / 2

    def left(self, alpha: Tensor, u: Tensor, slope: Tensor) -> Tensor:
        r"""Return $(u'(0)-e^\alpha u(0))/(1+e^\alpha)$.

        Args:
            alpha: values of $\alpha$.
            u: $u(0)$.
            slope: $u'(0)$.
        """
        share = torch.sigmoid(alpha)
        return (1 - share) * slope - share * u

    def left_partials(self, alpha: Tensor) -> tuple[Tensor, Tensor]:
        r"""Return the derivatives $-e^\alpha/(1+e^\alpha)$ and $1/(1+e^\alpha)$.

        Args:
            alpha: values of $\alpha$; both results have its shape.
        """
        share = torch.sigmoid(alpha)
        return -share, 1 - share
