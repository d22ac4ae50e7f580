r"""Parametric boundary-value problems: an equation, its boundary, and parameters $\alpha$.

A *point* is a row of $d$ coordinates and $k$ parameters: $z=(x,\alpha)$, $(x,t,\alpha)$ in
space-time, $(x,y,\alpha_1,\dots,\alpha_k)$ in the plane. Two operators of the solution's jet
vanish: $\mathcal N$ in the domain, $\mathcal B$ on its boundary.

Values of $\alpha$ are `(…, n)` where there is one parameter, `(…, n, k)` where there are several.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar

from torch import Generator, Tensor

from ddlib.pinn.checks import check_problem
from ddlib.pinn.domain import Domain
from ddlib.pinn.jet import Jet
from ddlib.pinn.partials import partials_of
from ddlib.pinn.point_checks import check_points
from ddlib.pinn.prior import Prior, Tails

__all__ = ["ParametricProblem", "Prior", "Tails"]


class ParametricProblem(Domain, ABC):
    r"""A boundary-value problem, on the unit interval or the unit square unless told.

    Attributes:
        coordinates: the names of the $d$ coordinates: `("x",)`, `("x", "t")` or `("x", "y")`.
        prior: the law of $\alpha$. Tails are those of the first parameter.
        alpha_range: the lowest and highest value of each parameter at which there is a solution.
        linear: whether both operators are affine in the jet.
        affine: whether $u_\alpha$ is affine in $\alpha$: then features are made so.
        num_features: how many features a solution needs, for an error of about 1e-3.
        start_value: a value of $u$ at which both operators are defined. Solvers begin there.
    """

    linear: ClassVar[bool] = True
    start_value: ClassVar[float] = 0.0
    num_features: ClassVar[int] = 200
    affine: ClassVar[bool] = False

    @property
    def bandwidth(self) -> float | tuple[float, ...]:
        r"""How fast solutions vary along each column of a point, or one number for all.

        It is the deviation of the features' frequencies on a point scaled to $[-1,1]$. A sine of
        wavenumber $k$ on an interval of length $L$ needs about $kL/2$. Features of a problem that
        is `affine` have one along the coordinates only.
        """
        return 1.0

    def exact(self, *columns: Tensor) -> Tensor:
        r"""Return the exact $u_\alpha$, of the shape of the columns; not every problem has one.

        Args:
            *columns: the coordinates, then the parameters, tensors of equal shape.

        Raises:
            NotImplementedError: where there is none.
        """
        raise NotImplementedError(f"exact: none in {type(self).__name__}; must be `solution`")

    @abstractmethod
    def residual(self, points: Tensor, jet: Jet) -> Tensor:
        r"""Return $\mathcal N[u]$ `(…, n)`.

        Args:
            points: inside the domain, `(…, n, d + k)`.
            jet: of $u$ at the points, entries `(…, n)`.
        """

    def residual_partials(self, points: Tensor, jet: Jet) -> Jet:
        r"""Return the derivatives of $\mathcal N$ by the entries of the jet, each `(…, n)`.

        They come from automatic differentiation. Written by hand they are computed faster.

        Args:
            points: as in `residual`.
            jet: as there.
        """
        return partials_of(self.residual, points, jet)

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

    def boundary_partials(self, points: Tensor, jet: Jet) -> Jet:
        r"""Return the derivatives of $\mathcal B$ by the entries of the jet, each `(…, n)`.

        They come from automatic differentiation. Written by hand they are computed faster.

        Args:
            points: as in `boundary`.
            jet: as there.
        """
        return partials_of(self.boundary, points, jet)

    @property
    def has_exact(self) -> bool:
        """Whether the problem says what its exact solution is."""
        return type(self).exact is not ParametricProblem.exact

    def solution(self, points: Tensor) -> Tensor:
        r"""Return $u_\alpha$ at points, `(…, n)`: the exact one, or else that of a fine solve.

        Args:
            points: `(…, n, d + k)`.

        Raises:
            ValueError: for points that are no such tensor, $\alpha$ outside `alpha_range`, and
                places outside the domain where there is no exact solution.
            NotApplicable: where there is no exact solution, and a fine solve cannot be done.
        """
        check_points(self, points)
        self.check_alpha(self.alphas_of(points))
        if self.has_exact:
            return self.exact(*points.unbind(-1))
        return self.fine_solution(points)

    def fine_solution(self, points: Tensor) -> Tensor:
        r"""Return a numerical $u_\alpha$ at points, `(…, n)`, solved anew for each $\alpha$.

        On an interval it is that of scipy's `solve_bvp`, to about 1e-8; on a rectangle that of
        finite differences, to about 1e-5. A problem with a better solver of its own overrides this
        method.

        Args:
            points: `(…, n, d + k)`.

        Raises:
            ValueError: for places outside the domain.
            NotApplicable: for an equation or a domain that these solvers cannot take.
        """
        # Imported late: scipy's solvers take half a second, and most problems do without.
        from ddlib.pinn.fine_solve import fine_solution

        return fine_solution(self, points)

    def check(self, *, generator: Generator, num_points: int = 1000) -> None:
        """Check that what the problem says of itself fits together.

        Attributes have a meaning, both operators return a finite value at each point for jets near
        `start_value` and depend on the jet, the residual on a derivative, their derivatives are
        those of automatic differentiation, `linear` is True only where both are affine in the jet,
        and both vanish at the exact solution, if there is one.

        Args:
            generator: draws points of the domain and jets.
            num_points: inside the domain, and values of the parameters for points of the boundary.

        Raises:
            ValueError: for what does not fit together.
            ArithmeticError: where an operator does not vanish at the exact solution.
        """
        check_problem(self, generator=generator, num_points=num_points)
