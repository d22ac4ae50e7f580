r"""Parametric boundary-value problems: an equation, its boundary, and parameters $\alpha$.

A *point* is a row of $d$ coordinates and $k$ parameters: $z=(x,\alpha)$, $(x,t,\alpha)$ in
space-time, $(x,y,\alpha_1,\dots,\alpha_k)$ in the plane. Two operators of the solution's jet
vanish: $\mathcal N$ in the domain, $\mathcal B$ on its boundary.

Values of $\alpha$ are `(…, n)` where there is one parameter, `(…, n, k)` where there are several.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar

import torch
from torch import Generator, Tensor

from ddlib.pinn.jet import Jet, jet_of
from ddlib.pinn.prior import Prior, Tails

LARGEST_DEFECT = 1e-9  # of an exact solution: its operators vanish up to rounding

__all__ = ["ParametricProblem", "Prior", "Tails"]


class ParametricProblem(ABC):
    r"""A boundary-value problem on the unit interval, or the unit square.

    Attributes:
        coordinates: the names of the $d$ coordinates: `("x",)`, `("x", "t")` or `("x", "y")`.
        linear: whether both operators are affine in the jet.
        prior: the law of $\alpha$. Tails are those of the first parameter.
        alpha_range: the lowest and highest value of each parameter at which there is a solution.
    """

    coordinates: ClassVar[tuple[str, ...]] = ("x",)
    linear: ClassVar[bool] = True
    prior: ClassVar[Prior] = Prior()
    alpha_range: ClassVar[tuple[float, float]]

    @abstractmethod
    def exact(self, *columns: Tensor) -> Tensor:
        r"""Return the exact $u_\alpha$, of the shape of the columns.

        Args:
            *columns: the coordinates, then $\alpha$, tensors of equal shape.
        """

    @abstractmethod
    def residual(self, points: Tensor, jet: Jet) -> Tensor:
        r"""Return $\mathcal N[u]$ `(…, n)`.

        Args:
            points: inside the domain, `(…, n, d + k)`.
            jet: of $u$ at the points, entries `(…, n)`.
        """

    @abstractmethod
    def residual_partials(self, points: Tensor, jet: Jet) -> Jet:
        r"""Return the derivatives of $\mathcal N$ by the entries of the jet, each `(…, n)`.

        Args:
            points: as in `residual`.
            jet: as there.
        """

    @abstractmethod
    def boundary_points(self, alphas: Tensor) -> Tensor:
        r"""Return the boundary points of all `alphas`, `(…, n, d + k)`.

        Args:
            alphas: values of $\alpha$, `(…, k)`.
        """

    @abstractmethod
    def boundary(self, points: Tensor, jet: Jet) -> Tensor:
        r"""Return $\mathcal B[u]$ `(…, n)`.

        Args:
            points: of the boundary, `(…, n, d + k)`.
            jet: of $u$ at the points, entries `(…, n)`.
        """

    @abstractmethod
    def boundary_partials(self, points: Tensor, jet: Jet) -> Jet:
        r"""Return the derivatives of $\mathcal B$ by the entries of the jet, each `(…, n)`.

        Args:
            points: as in `boundary`.
            jet: as there.
        """

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

    def solution(self, points: Tensor) -> Tensor:
        r"""Return the exact $u_\alpha$ at points, `(…, n)`.

        Args:
            points: `(…, n, d + k)`.

        Raises:
            ValueError: for $\alpha$ outside `alpha_range`.
        """
        self.check_alpha(self.alphas_of(points))
        return self.exact(*points.unbind(-1))

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
        """
        columns = self._columns(alphas).unsqueeze(-2)
        shape = (*columns.shape[:-2], len(coordinates))
        blocks = [coordinates.expand(*shape, -1), columns.expand(*shape, -1)]
        return torch.cat(blocks, dim=-1).flatten(-3, -2)

    def limits(self, num_stds: float = 3.0) -> Tensor:
        r"""Return the lowest and the highest point, `(2, d + k)`, float64.

        Args:
            num_stds: how far $\alpha$ is from the mean of its prior there, in its deviations.

        Raises:
            ValueError: for a domain without interior.
        """
        low, high = (list(ends) for ends in zip(*self.box, strict=True))
        if not all(a < b for a, b in self.box):
            raise ValueError(f"domain = {self.box}: must have a low end below its high end")
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
        """
        low, high = self.limits()[:, : len(self.coordinates)].tolist()
        options = {"dtype": alphas.dtype, "device": alphas.device}
        axes = [torch.linspace(a, b, num_points, **options) for a, b in zip(low, high, strict=True)]
        places = torch.cartesian_prod(*axes).reshape(-1, len(axes))
        return self.points_at(places, alphas)

    def _columns(self, alphas: Tensor) -> Tensor:
        r"""Return values of $\alpha$ as columns, `(…, n, k)`."""
        return alphas.unsqueeze(-1) if self.num_parameters == 1 else alphas

    def check(self, *, generator: Generator, num_points: int = 1000) -> None:
        """Check that the exact solution solves the problem.

        Args:
            generator: draws points of the domain.
            num_points: inside the domain, and values of the parameter for points of the boundary.

        Raises:
            ArithmeticError: where an operator does not vanish at the solution.
        """
        alphas = self.prior.sample(num_points, generator=generator)
        inside = self.sample_points(alphas, generator=generator)
        rim = self.boundary_points(alphas)
        cases = {"residual": (self.residual, inside), "boundary": (self.boundary, rim)}
        for name, (operator, points) in cases.items():
            worst = (
                operator(points, jet_of(self.exact, points, self.coordinates)).abs().max().item()
            )
            if not worst < LARGEST_DEFECT:
                where = f"the exact solution of {type(self).__name__}"
                raise ArithmeticError(f"{name} = {worst:g}: must be 0 at {where}")
