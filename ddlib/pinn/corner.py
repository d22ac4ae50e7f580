r"""A harmonic function on an L, whose slope is infinite at the corner that looks inwards."""

from __future__ import annotations

from dataclasses import dataclass
from math import pi
from typing import ClassVar

import torch
from torch import Generator, Tensor

from ddlib.pinn.jet import Jet
from ddlib.pinn.problem import ParametricProblem, Prior

# The three unit squares of the L by their lower left ends: the quadrant x > 0 > y is missing.
SQUARES = ((-1.0, -1.0), (-1.0, 0.0), (0.0, 0.0))
# The eight sides of length one, by their starts and directions.
SIDES = (
    ((-1.0, -1.0), (1.0, 0.0)),
    ((0.0, -1.0), (0.0, 1.0)),
    ((0.0, 0.0), (1.0, 0.0)),
    ((1.0, 0.0), (0.0, 1.0)),
    ((-1.0, 1.0), (1.0, 0.0)),
    ((0.0, 1.0), (1.0, 0.0)),
    ((-1.0, -1.0), (0.0, 1.0)),
    ((-1.0, 0.0), (0.0, 1.0)),
)
NUM_ALONG = 8  # boundary points along each side


@dataclass(frozen=True)
class CornerLaplace(ParametricProblem):
    r"""$-\Delta u=0$ on the L of three unit squares around the origin, with given values.

    $$u_\alpha=\alpha\,r^{2/3}\sin\tfrac23\theta+\tfrac14(x^2-y^2),$$

    where $r,\theta$ are polar coordinates, $0\le\theta\le\frac32\pi$. The first part is that which
    every solution has at such a corner (Grisvard 1985): no smooth features resolve it.
    $\alpha\sim N(1,0.3^2)$.
    """

    coordinates: ClassVar[tuple[str, ...]] = ("x", "y")
    prior: ClassVar[Prior] = Prior(1.0, 0.3)
    alpha_range: ClassVar[tuple[float, float]] = (-30.0, 30.0)
    affine: ClassVar[bool] = True
    num_features: ClassVar[int] = 400

    @property
    def box(self) -> tuple[tuple[float, float], ...]:
        """The square around the L."""
        return ((-1.0, 1.0), (-1.0, 1.0))

    @property
    def bandwidth(self) -> float:
        """As high as the grids of the policies allow: the corner has all wavelengths."""
        return 6.0

    def exact(self, *columns: Tensor) -> Tensor:
        r"""Return $u_\alpha(x,y)$.

        Args:
            *columns: $x$, $y$ and $\alpha$, tensors of equal shape.
        """
        x, y, alpha = columns
        turned = torch.atan2(y, x)
        angle = torch.where(turned < 0, turned + 2 * pi, turned)
        radius = (x.square() + y.square()).pow(1 / 3)
        return alpha * radius * (2 / 3 * angle).sin() + (x.square() - y.square()) / 4

    def residual(self, points: Tensor, jet: Jet) -> Tensor:
        r"""Return $-\Delta u$, `(…, n)`.

        Args:
            points: inside the domain, `(…, n, 3)`.
            jet: of $u$ at the points, entries `(…, n)`.
        """
        return -jet.laplacian

    def sample_points(self, alphas: Tensor, *, generator: Generator) -> Tensor:
        r"""Return a random point of the L for each value of $\alpha$, `(n, 3)`.

        Args:
            alphas: values of $\alpha$, `(n,)`.
            generator: draws the squares, then the places in them.
        """
        which = torch.randint(len(SQUARES), (len(alphas),), generator=generator)
        places = torch.rand(len(alphas), 2, dtype=torch.float64, generator=generator)
        start = torch.tensor(SQUARES, dtype=torch.float64)[which]
        return torch.cat([start + places, alphas[:, None]], dim=1)

    def grid(self, alphas: Tensor, num_points: int) -> Tensor:
        r"""Return the middles of the cells of an even grid for each value of $\alpha$, `(…, 3)`.

        None is at the corner, where derivatives are infinite.

        Args:
            alphas: values of $\alpha$, `(n,)`.
            num_points: along the longest side; an odd number counts as the next even one.
        """
        half = (num_points + 1) // 2
        axis = (torch.arange(half, dtype=alphas.dtype, device=alphas.device) + 0.5) / half
        cells = torch.cartesian_prod(axis, axis)
        places = torch.cat([cells + cells.new_tensor(square) for square in SQUARES])
        return self.points_at(places, alphas)

    def boundary_points(self, alphas: Tensor) -> Tensor:
        r"""Return points of the eight sides for each value of $\alpha$, none at their ends.

        Args:
            alphas: values of $\alpha$, `(…, n)`.

        Returns:
            Points `(…, 64 n, 3)`.
        """
        steps = torch.arange(NUM_ALONG, dtype=alphas.dtype, device=alphas.device)
        along = (steps[:, None] + 0.5) / NUM_ALONG
        sides = (along.new_tensor(start) + along * along.new_tensor(way) for start, way in SIDES)
        return self.points_at(torch.cat(list(sides)), alphas)

    def boundary(self, points: Tensor, jet: Jet) -> Tensor:
        r"""Return $u-u_\alpha$ on the sides, `(…, n)`.

        Args:
            points: of the sides, `(…, n, 3)`.
            jet: of $u$ at the points, entries `(…, n)`.
        """
        return jet.u - self.exact(*points.unbind(-1))
