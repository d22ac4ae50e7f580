r"""Where a parametric problem is posed: coordinates and parameters, and points among them.

Values of $\alpha$ are `(…, n)` where there is one parameter, `(…, n, k)` where there are several.
"""

from __future__ import annotations

from math import inf, isfinite
from typing import ClassVar

import torch
from torch import Generator, Tensor

from ddlib.pinn.point_checks import check_alphas
from ddlib.pinn.prior import Prior


class Domain:
    r"""A box of coordinates, and the law of the parameters.

    Attributes:
        coordinates: the names of the $d$ coordinates.
        prior: the law of $\alpha$.
        alpha_range: the lowest and highest value of each parameter.
    """

    coordinates: ClassVar[tuple[str, ...]] = ("x",)
    prior: ClassVar[Prior] = Prior()
    alpha_range: ClassVar[tuple[float, float]] = (-inf, inf)

    @property
    def box(self) -> tuple[tuple[float, float], ...]:
        """The lowest and the highest value of each coordinate."""
        return ((0.0, 1.0),) * len(self.coordinates)

    @property
    def num_parameters(self) -> int:
        """The number of parameters, k."""
        return self.prior.num_parameters

    @property
    def width(self) -> int:
        """The number of columns of a point, d + k."""
        return len(self.coordinates) + self.num_parameters

    def check_alpha(self, alphas: Tensor) -> None:
        r"""Check that there is a solution.

        Args:
            alphas: values of $\alpha$, `(…,)` or `(…, k)`.

        Raises:
            ValueError: unless all are within `alpha_range`.
        """
        low, high = self.alpha_range
        columns = self._columns(alphas).unbind(-1)
        for number, column in enumerate(columns, start=1):
            outside = ~((column >= low) & (column <= high))
            if outside.any():
                first, where = column[outside].flatten()[0].item(), type(self).__name__
                name = "alpha" if len(columns) == 1 else f"alpha_{number}"
                raise ValueError(f"{name} = {first:g}: must be from {low:g} to {high:g} in {where}")

    def alphas_of(self, points: Tensor) -> Tensor:
        r"""Return the values of $\alpha$ at points, `(…, n)` or `(…, n, k)`.

        Args:
            points: `(…, n, d + k)`.
        """
        columns = points[..., len(self.coordinates) :]
        return columns[..., 0] if self.num_parameters == 1 else columns

    def points_at(self, coordinates: Tensor, alphas: Tensor) -> Tensor:
        r"""Return the same places for each value of $\alpha$, `(…, n N, d + k)`.

        Args:
            coordinates: of the places, `(N, d)`.
            alphas: values of $\alpha$, `(…, n)` or `(…, n, k)`.

        Raises:
            ValueError: for values that are no such tensor.
        """
        check_alphas(self, alphas)
        columns = self._columns(alphas).unsqueeze(-2)
        shape = (*columns.shape[:-2], len(coordinates))
        blocks = [coordinates.expand(*shape, -1), columns.expand(*shape, -1)]
        return torch.cat(blocks, dim=-1).flatten(-3, -2)

    def limits(self, num_stds: float = 3.0) -> Tensor:
        r"""Return the lowest and the highest point, `(2, d + k)`, float64.

        Args:
            num_stds: how far $\alpha$ is from the mean of its prior there, in its deviations.

        Raises:
            ValueError: for a domain without interior, or without end.
        """
        if not all(_has_interior(ends) for ends in self.box):
            raise ValueError(
                f"domain = {self.box}: must have a low end below its high end, both finite"
            )
        low, high = (list(ends) for ends in zip(*self.box, strict=True))
        for law in self.prior.laws:
            reach = num_stds * law.std
            low.append(law.mean - reach)
            high.append(law.mean + reach)
        return torch.tensor([low, high], dtype=torch.float64)

    def sample_points(self, alphas: Tensor, *, generator: Generator) -> Tensor:
        r"""Return a random point of the domain for each value of $\alpha$, `(n, d + k)`.

        Args:
            alphas: values of $\alpha$, `(n,)` or `(n, k)`.
            generator: draws the coordinates.
        """
        shape = (len(alphas), len(self.coordinates))
        low, high = self.limits()[:, : len(self.coordinates)]
        shares = torch.rand(shape, dtype=torch.float64, generator=generator)
        return torch.cat([low + (high - low) * shares, self._columns(alphas)], dim=1)

    def grid(self, alphas: Tensor, num_points: int) -> Tensor:
        r"""Return an even grid for each value of $\alpha$, `(n num_points^d, d + k)`.

        Args:
            alphas: values of $\alpha$, `(n,)` or `(n, k)`.
            num_points: along each coordinate.

        Raises:
            ValueError: for values that are no such tensor, and a domain without interior.
        """
        check_alphas(self, alphas)
        low, high = self.limits()[:, : len(self.coordinates)].tolist()
        options = {"dtype": alphas.dtype, "device": alphas.device}
        axes = [torch.linspace(a, b, num_points, **options) for a, b in zip(low, high, strict=True)]
        places = torch.cartesian_prod(*axes).reshape(-1, len(axes))
        return self.points_at(places, alphas)

    def _columns(self, alphas: Tensor) -> Tensor:
        r"""Return values of $\alpha$ as columns, `(…, n, k)`."""
        return alphas.unsqueeze(-1) if self.num_parameters == 1 else alphas


def _has_interior(ends: tuple[float, float]) -> bool:
    """Whether these are two finite numbers, the first below the second."""
    try:
        low, high = ends
        return isfinite(low) and isfinite(high) and bool(low < high)
    except (TypeError, ValueError):  # of another number of ends, and of what is no number
        return False
