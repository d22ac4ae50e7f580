r"""Parametric boundary-value problems: an equation, its boundary, and a parameter $\alpha$.

A *point* is a row of coordinates and $\alpha$: $z=(x,\alpha)$, or $(x,t,\alpha)$ in space-time. Two
operators of the solution's jet vanish: $\mathcal N$ in the domain, $\mathcal B$ on its boundary.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Generator, Tensor

from ddlib.pinn.jet import Jet, jet_of

SMALLEST_SHARE = 1e-12  # of a prior: the quantile of the share 0 is infinite
LARGEST_DEFECT = 1e-9  # of an exact solution: its operators vanish up to rounding


@dataclass(frozen=True)
class Prior:
    r"""The law of the parameter, $\alpha\sim N(\mu,\sigma^2)$.

    Attributes:
        mean: $\mu$.
        std: $\sigma$.
    """

    mean: float = 0.0
    std: float = 1.0

    def quantile(self, shares: Tensor) -> Tensor:
        r"""Return the $\alpha$ below which these shares of the prior lie.

        Args:
            shares: between 0 and 1, of any shape; the result has that shape.
        """
        return self.mean + self.std * torch.special.ndtri(shares)

    def sample(self, count: int, *, generator: Generator) -> Tensor:
        r"""Return random values of $\alpha$, `(count,)`, float64.

        Args:
            count: how many.
            generator: draws them.
        """
        return self.mean + self.std * torch.randn(count, dtype=torch.float64, generator=generator)


@dataclass(frozen=True)
class Tails:
    r"""Two tails of the prior with a gap between, for training and for test $\alpha$.

    Attributes:
        lower: the share of the prior that is the lower tail, of training $\alpha$.
        upper: the share that is the upper tail, of test $\alpha$.

    Raises:
        ValueError: unless both are above 0 and their sum is below 1.
    """

    lower: float = 0.2
    upper: float = 0.2

    def __post_init__(self) -> None:
        """Check that there is a gap."""
        if not min(self.lower, self.upper) > 0:
            raise ValueError(f"lower = {self.lower}, upper = {self.upper}: must be above 0")
        if not self.lower + self.upper < 1:
            raise ValueError(f"lower = {self.lower}, upper = {self.upper}: must sum to below 1")

    def gap(self, prior: Prior) -> tuple[float, float]:
        r"""Return the largest $\alpha$ of the lower tail and the smallest one of the upper tail.

        Args:
            prior: the law that the tails are of.
        """
        ends = prior.quantile(torch.tensor([self.lower, self.upper], dtype=torch.float64))
        return ends[0].item(), 2 * prior.mean - ends[1].item()  # shares near 1 would lose digits

    def sample_lower(self, prior: Prior, count: int, *, generator: Generator) -> Tensor:
        r"""Return random $\alpha$ of the lower tail, `(count,)`, float64.

        Args:
            prior: the law that the tails are of.
            count: how many.
            generator: draws them.
        """
        shares = torch.rand(count, dtype=torch.float64, generator=generator)
        return prior.quantile(self.lower * shares.clamp_min(SMALLEST_SHARE))

    def sample_upper(self, prior: Prior, count: int, *, generator: Generator) -> Tensor:
        r"""Return random $\alpha$ of the upper tail, `(count,)`, float64.

        Args:
            prior: the law that the tails are of.
            count: how many.
            generator: draws them.
        """
        shares = torch.rand(count, dtype=torch.float64, generator=generator)
        return 2 * prior.mean - prior.quantile(self.upper * shares.clamp_min(SMALLEST_SHARE))


class ParametricProblem(ABC):
    r"""A boundary-value problem on the unit interval, or the unit square of $x$ and $t$.

    Attributes:
        coordinates: the names of the $d$ coordinates.
        linear: whether both operators are affine in the jet.
        prior: the law of $\alpha$.
        alpha_range: the lowest and highest $\alpha$ at which the exact solution can be computed.
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
            points: inside the domain, `(…, n, d + 1)`.
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
        r"""Return the boundary points of all `alphas`, `(…, n, d + 1)`.

        Args:
            alphas: values of $\alpha$, `(…, k)`.
        """

    @abstractmethod
    def boundary(self, points: Tensor, jet: Jet) -> Tensor:
        r"""Return $\mathcal B[u]$ `(…, n)`.

        Args:
            points: of the boundary, `(…, n, d + 1)`.
            jet: of $u$ at the points, entries `(…, n)`.
        """

    @abstractmethod
    def boundary_partials(self, points: Tensor, jet: Jet) -> Jet:
        r"""Return the derivatives of $\mathcal B$ by the entries of the jet, each `(…, n)`.

        Args:
            points: as in `boundary`.
            jet: as there.
        """

    def solution(self, points: Tensor) -> Tensor:
        r"""Return the exact $u_\alpha$ at points, `(…, n)`.

        Args:
            points: `(…, n, d + 1)`.

        Raises:
            ValueError: for $\alpha$ outside `alpha_range`.
        """
        self.check_alpha(points[..., -1])
        return self.exact(*points.unbind(-1))

    def check_alpha(self, alphas: Tensor) -> None:
        r"""Check that an exact solution can be computed.

        Args:
            alphas: values of $\alpha$, of any shape.

        Raises:
            ValueError: unless all are within `alpha_range`.
        """
        low, high = self.alpha_range
        outside = ~((alphas >= low) & (alphas <= high))
        if outside.any():
            first, name = alphas[outside].flatten()[0].item(), type(self).__name__
            raise ValueError(f"alpha = {first:g}: must be from {low:g} to {high:g} in {name}")

    def limits(self, num_stds: float = 3.0) -> Tensor:
        r"""Return the lowest and the highest point, `(2, d + 1)`, float64.

        Args:
            num_stds: how far $\alpha$ is from the mean of its prior there, in its deviations.
        """
        reach = num_stds * self.prior.std
        low = [0.0] * len(self.coordinates) + [self.prior.mean - reach]
        high = [1.0] * len(self.coordinates) + [self.prior.mean + reach]
        return torch.tensor([low, high], dtype=torch.float64)

    def sample_points(self, alphas: Tensor, *, generator: Generator) -> Tensor:
        r"""Return a random point of the domain for each value of $\alpha$, `(n, d + 1)`.

        Args:
            alphas: values of $\alpha$, `(n,)`.
            generator: draws the coordinates.
        """
        shape = (len(alphas), len(self.coordinates))
        coordinates = torch.rand(shape, dtype=torch.float64, generator=generator)
        return torch.cat([coordinates, alphas[:, None]], dim=1)

    def grid(self, alphas: Tensor, num_points: int) -> Tensor:
        r"""Return an even grid for each value of $\alpha$, `(k num_points^d, d + 1)`, float64.

        Args:
            alphas: values of $\alpha$, `(k,)`.
            num_points: along each coordinate.
        """
        axes = [torch.linspace(0, 1, num_points, dtype=torch.float64)] * len(self.coordinates)
        return torch.cartesian_prod(alphas, *axes).roll(-1, dims=1)

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
            worst = operator(points, jet_of(self.exact, points)).abs().max().item()
            if not worst < LARGEST_DEFECT:
                where = f"the exact solution of {type(self).__name__}"
                raise ArithmeticError(f"{name} = {worst:g}: must be 0 at {where}")
