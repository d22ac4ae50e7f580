r"""Poisson's equation in the plane, with a boundary temperature that is a function."""

from __future__ import annotations

from dataclasses import dataclass
from math import pi
from typing import ClassVar

import torch
from torch import Tensor

from ddlib.pinn.jet import Jet
from ddlib.pinn.problem import ParametricProblem, Prior

NUM_ALONG = 15  # boundary points along each side


@dataclass(frozen=True)
class SquarePoisson(ParametricProblem):
    r"""$-\Delta u=\sin\pi x\,\sin\pi y$ on the unit square, $u(x,1)=\sum_j\alpha_j\sin j\pi x$.

    $u$ is 0 on the other three sides. By separation of variables

    $$u_\alpha=\frac{\sin\pi x\,\sin\pi y}{2\pi^2}
    +\sum_{j=1}^3\alpha_j\sin j\pi x\,\frac{\sinh j\pi y}{\sinh j\pi}.$$

    $\alpha_j\sim N(0,j^{-2})$, independent; tails are those of $\alpha_1$.
    """

    coordinates: ClassVar[tuple[str, ...]] = ("x", "y")
    prior: ClassVar[Prior] = Prior(0.0, 1.0, others=(Prior(0.0, 1 / 2), Prior(0.0, 1 / 3)))
    alpha_range: ClassVar[tuple[float, float]] = (-30.0, 30.0)
    affine: ClassVar[bool] = True
    num_features: ClassVar[int] = 1000  # 250 for each of the modes, and for the rest

    @property
    def bandwidth(self) -> float:
        """Below the largest wavenumber, 3 pi, on half a side, 4.7: most modes are slower."""
        return 3.0

    def exact(self, *columns: Tensor) -> Tensor:
        r"""Return $u_\alpha(x,y)$.

        Args:
            *columns: $x$, $y$, $\alpha_1$, $\alpha_2$ and $\alpha_3$, tensors of equal shape.
        """
        x, y, *alphas = columns
        total = (pi * x).sin() * (pi * y).sin() / (2 * pi**2)
        for mode, alpha in enumerate(alphas, start=1):
            wave = mode * pi
            # sinh(ky) / sinh(k), written so that nothing overflows.
            height = (wave * (y - 1)).exp() * torch.expm1(-2 * wave * y)
            height = height / torch.expm1(torch.full_like(y, -2 * wave))
            total = total + alpha * (wave * x).sin() * height
        return total

    def residual(self, points: Tensor, jet: Jet) -> Tensor:
        r"""Return $-\Delta u-\sin\pi x\,\sin\pi y$, `(…, n)`.

        Args:
            points: inside the domain, `(…, n, 5)`.
            jet: of $u$ at the points, entries `(…, n)`.
        """
        x, y = points[..., 0], points[..., 1]
        return -jet.laplacian - (pi * x).sin() * (pi * y).sin()

    def boundary_points(self, alphas: Tensor) -> Tensor:
        r"""Return points of the four sides for each value of $\alpha$, `(…, 60 n, 5)`.

        Args:
            alphas: values of $\alpha$, `(…, n, 3)`.
        """
        along = torch.linspace(0, 1, NUM_ALONG, dtype=alphas.dtype, device=alphas.device)
        zero, one = torch.zeros_like(along), torch.ones_like(along)
        sides = [(along, zero), (along, one), (zero, along), (one, along)]
        return self.points_at(torch.cat([torch.stack(side, dim=-1) for side in sides]), alphas)

    def boundary(self, points: Tensor, jet: Jet) -> Tensor:
        r"""Return $u-u_\alpha$ on the sides, `(…, n)`.

        Args:
            points: of the sides, `(…, n, 5)`.
            jet: of $u$ at the points, entries `(…, n)`.
        """
        return jet.u - self.exact(*points.unbind(-1))
