r"""Parametric boundary-value problems: an equation, its boundary, and a parameter $\alpha$.

A *point* is a row of coordinates and $\alpha$: $z=(x,\alpha)$, or $(x,t,\alpha)$ in space-time. For
each $\alpha$ the solution $u_\alpha$ makes two operators vanish: the residual $\mathcal N$ inside
the domain and $\mathcal B$ on its boundary. Both look at the jet of $u$ at a point only.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Generator, Tensor

from ddlib.pinn.jet import Jet, jet_of


@dataclass(frozen=True)
class Prior:
    r"""The law of the parameter, $\alpha\sim N(\mu,\sigma^2)$."""

    mean: float = 0.0
    std: float = 1.0

    def quantile(self, shares: Tensor) -> Tensor:
        r"""Return the $\alpha$ below which these `shares` of the prior lie, of their shape."""
        return self.mean + self.std * torch.special.ndtri(shares)

    def sample(self, count: int, *, generator: Generator) -> Tensor:
        r"""Return `(count,)` values of $\alpha$, float64."""
        return self.mean + self.std * torch.randn(count, dtype=torch.float64, generator=generator)


@dataclass(frozen=True)
class Tails:
    r"""Two tails of the prior: the lowest `lower` and the highest `upper` share of it.

    Training $\alpha$ come from the lower tail, test $\alpha$ from the upper one. Raises
    `ValueError` unless both are above 0 and a gap is left between them.
    """

    lower: float = 0.2
    upper: float = 0.2

    def __post_init__(self) -> None:
        """Check that there is a gap."""
        if not min(self.lower, self.upper) > 0:
            raise ValueError(f"lower = {self.lower}, upper = {self.upper}: must be above 0")
        if not self.lower + self.upper < 1:
            raise ValueError(
                f"lower = {self.lower}, upper = {self.upper}: the tails overlap; their sum must "
                "be below 1"
            )

    def gap(self, prior: Prior) -> tuple[float, float]:
        r"""Return the largest $\alpha$ of the lower tail and the smallest one of the upper tail."""
        ends = prior.quantile(torch.tensor([self.lower, self.upper], dtype=torch.float64))
        # By symmetry: shares near 1 would lose the digits of a small tail.
        return ends[0].item(), 2 * prior.mean - ends[1].item()

    def sample_lower(self, prior: Prior, count: int, *, generator: Generator) -> Tensor:
        r"""Return `(count,)` values of $\alpha$ from the lower tail, float64."""
        shares = torch.rand(count, dtype=torch.float64, generator=generator)
        return prior.quantile(self.lower * shares.clamp_min(1e-12))

    def sample_upper(self, prior: Prior, count: int, *, generator: Generator) -> Tensor:
        r"""Return `(count,)` values of $\alpha$ from the upper tail, float64."""
        shares = torch.rand(count, dtype=torch.float64, generator=generator)
        return 2 * prior.mean - prior.quantile(self.upper * shares.clamp_min(1e-12))


class ParametricProblem(ABC):
    r"""A boundary-value problem on the unit interval, or the unit square of $x$ and $t$.

    Points have shape `(…, n, d + 1)`, $d$ coordinates then $\alpha$; jets and what the operators
    return `(…, n)`.
    """

    coordinates: ClassVar[tuple[str, ...]] = ("x",)
    linear: ClassVar[bool] = True  # whether both operators are affine in the jet
    prior: ClassVar[Prior] = Prior()
    alpha_range: ClassVar[tuple[float, float]]  # where the exact solution can be computed

    @abstractmethod
    def exact(self, *columns: Tensor) -> Tensor:
        r"""Return $u_\alpha$ of coordinates and $\alpha$, tensors of equal shape."""

    @abstractmethod
    def residual(self, points: Tensor, jet: Jet) -> Tensor:
        r"""Return $\mathcal N[u]$."""

    @abstractmethod
    def residual_partials(self, points: Tensor, jet: Jet) -> Jet:
        r"""Return the derivatives of $\mathcal N$ by the entries of the jet."""

    @abstractmethod
    def boundary_points(self, alphas: Tensor) -> Tensor:
        r"""Return the boundary points of each of `alphas` `(…, k)`, as `(…, n, d + 1)`."""

    @abstractmethod
    def boundary(self, points: Tensor, jet: Jet) -> Tensor:
        r"""Return $\mathcal B[u]$ at boundary points."""

    @abstractmethod
    def boundary_partials(self, points: Tensor, jet: Jet) -> Jet:
        r"""Return the derivatives of $\mathcal B$ by the entries of the jet."""

    def solution(self, points: Tensor) -> Tensor:
        r"""Return the exact $u_\alpha$ at `points`, `(…, n)`.

        Raises `ValueError` for $\alpha$ outside `alpha_range`.
        """
        self.check_alpha(points[..., -1])
        return self.exact(*points.unbind(-1))

    def check_alpha(self, alphas: Tensor) -> None:
        """Raise `ValueError` unless all `alphas` are within `alpha_range`."""
        low, high = self.alpha_range
        outside = ~((alphas >= low) & (alphas <= high))
        if outside.any():
            raise ValueError(
                f"alpha = {alphas[outside].flatten()[0].item():g}: must be from {low:g} to "
                f"{high:g} in {type(self).__name__}"
            )

    def limits(self, num_stds: float = 3.0) -> Tensor:
        r"""Return the lowest and highest point `(2, d + 1)`, `num_stds` deviations out."""
        reach = num_stds * self.prior.std
        low = [0.0] * len(self.coordinates) + [self.prior.mean - reach]
        high = [1.0] * len(self.coordinates) + [self.prior.mean + reach]
        return torch.tensor([low, high], dtype=torch.float64)

    def sample_points(self, alphas: Tensor, *, generator: Generator) -> Tensor:
        r"""Return a random point of the domain for each of `alphas` `(n,)`, `(n, d + 1)`."""
        shape = (len(alphas), len(self.coordinates))
        coordinates = torch.rand(shape, dtype=torch.float64, generator=generator)
        return torch.cat([coordinates, alphas[:, None]], dim=1)

    def grid(self, alphas: Tensor, num_points: int) -> Tensor:
        r"""Return a grid for each of `alphas` `(k,)`, `num_points` along each coordinate."""
        axes = [torch.linspace(0, 1, num_points, dtype=torch.float64)] * len(self.coordinates)
        return torch.cartesian_prod(alphas, *axes).roll(-1, dims=1)

    def check(self, *, generator: Generator, num_points: int = 1000) -> None:
        """Raise `ArithmeticError` unless the exact solution solves the problem at random points."""
        alphas = self.prior.sample(num_points, generator=generator)
        inside = self.sample_points(alphas, generator=generator)
        rim = self.boundary_points(alphas)
        for name, points, operator in (
            ("residual", inside, self.residual),
            ("boundary", rim, self.boundary),
        ):
            worst = operator(points, jet_of(self.exact, points)).abs().max().item()
            if not worst < 1e-9:
                raise ArithmeticError(f"{type(self).__name__}: {name} of the solution is {worst}")
