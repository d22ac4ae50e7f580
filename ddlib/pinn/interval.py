r"""Problems on the unit interval, a condition at each end: $\mathcal B_0[u]=0$ and $u(1)=0$."""

from __future__ import annotations

from abc import abstractmethod

import torch
from torch import Tensor

from ddlib.pinn.jet import Jet
from ddlib.pinn.problem import ParametricProblem


class IntervalProblem(ParametricProblem):
    r"""A problem whose condition at $x=0$ is affine in $u(0)$ and $u'(0)$, and $u(1)=0$."""

    @abstractmethod
    def left(self, alpha: Tensor, u: Tensor, slope: Tensor) -> Tensor:
        r"""Return $\mathcal B_0[u]$, of the shape that the arguments broadcast to.

        Args:
            alpha: values of $\alpha$.
            u: $u(0)$.
            slope: $u'(0)$.
        """

    @abstractmethod
    def left_partials(self, alpha: Tensor) -> tuple[Tensor, Tensor]:
        r"""Return the derivatives of $\mathcal B_0$ by $u(0)$ and by $u'(0)$.

        Args:
            alpha: values of $\alpha$; both results have its shape.
        """

    def boundary_points(self, alphas: Tensor) -> Tensor:
        r"""Return all left ends, then all right ends, `(…, 2k, 2)`.

        Args:
            alphas: values of $\alpha$, `(…, k)`.
        """
        left = torch.stack([torch.zeros_like(alphas), alphas], dim=-1)
        right = torch.stack([torch.ones_like(alphas), alphas], dim=-1)
        return torch.cat([left, right], dim=-2)

    def boundary(self, points: Tensor, jet: Jet) -> Tensor:
        r"""Return $\mathcal B_0[u]$ at left ends and $u$ at right ends, `(…, n)`.

        Args:
            points: ends, `(…, n, 2)`.
            jet: of $u$ at the points, entries `(…, n)`.
        """
        x, alpha = points.unbind(-1)
        return torch.where(x == 0, self.left(alpha, jet.u, jet.x), jet.u)

    def boundary_partials(self, points: Tensor, jet: Jet) -> Jet:
        """Return the derivatives by value, slope and second derivative, each `(…, n)`.

        Args:
            points: as in `boundary`.
            jet: as there.
        """
        x, alpha = points.unbind(-1)
        by_u, by_slope = self.left_partials(alpha)
        zero = torch.zeros_like(x)
        at_left = x == 0
        return Jet(torch.where(at_left, by_u, zero + 1), torch.where(at_left, by_slope, zero), zero)
