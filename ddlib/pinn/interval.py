r"""Problems on an interval $(a,b)$: a condition at each end, or at its start alone."""

from __future__ import annotations

from typing import ClassVar

import torch
from torch import Generator, Tensor

from ddlib.pinn.checks import check_arguments
from ddlib.pinn.conditions import Condition, Dirichlet
from ddlib.pinn.end_checks import check_conditions, check_kinds, check_order
from ddlib.pinn.jet import Jet
from ddlib.pinn.partials import partials_of
from ddlib.pinn.problem import ParametricProblem
from ddlib.pinn.setting_checks import check_settings

Partials = tuple[Tensor, Tensor]
"""The derivatives of a condition by the value and by the slope, each `(…, n)`."""


class IntervalProblem(ParametricProblem):
    r"""A problem on an interval whose conditions are affine in $u$ and $u'$ at its ends.

    They are given by `conditions`, or by methods `left` and `right` of the same signature.

    Attributes:
        domain: the ends $a$ and $b$.
        conditions: at $a$ and at $b$; None at $b$ where an equation of first order has a condition
            at its start alone.
    """

    domain: ClassVar[tuple[float, float]] = (0.0, 1.0)
    conditions: ClassVar[tuple[Condition, Condition | None]] = (Dirichlet(), Dirichlet())

    @property
    def box(self) -> tuple[tuple[float, float], ...]:
        """The lowest and the highest $x$."""
        return (self.domain,)

    @property
    def has_right(self) -> bool:
        """Whether there is a condition at $b$."""
        check_kinds(self, own=(True, True))
        return self.conditions[1] is not None

    def left(self, alpha: Tensor, u: Tensor, slope: Tensor) -> Tensor:
        r"""Return $\mathcal B_a[u]$, `(…, n)`.

        Args:
            alpha: values of $\alpha$, `(…, n)` or `(…, n, k)`.
            u: $u(a)$, `(…, n)`.
            slope: $u'(a)$, `(…, n)`.

        Raises:
            ValueError: for conditions as `check_kinds` does.
        """
        check_kinds(self, own=(False, True))
        return self.conditions[0](alpha, u, slope)

    def right(self, alpha: Tensor, u: Tensor, slope: Tensor) -> Tensor:
        r"""Return $\mathcal B_b[u]$, `(…, n)`; $u'(b)$ is left free where there is no condition.

        Args:
            alpha: values of $\alpha$, `(…, n)` or `(…, n, k)`.
            u: $u(b)$, `(…, n)`.
            slope: $u'(b)$, `(…, n)`.

        Raises:
            ValueError: where there is no condition, and for conditions as `check_kinds` does.
        """
        check_kinds(self, own=(True, False))
        condition = self.conditions[1]
        if condition is None:
            raise ValueError(f"conditions[1] = None: must be a condition in {type(self).__name__}")
        return condition(alpha, u, slope)

    def left_partials(self, alpha: Tensor) -> Partials:
        r"""Return the derivatives of $\mathcal B_a$ by $u(a)$ and by $u'(a)$, each `(…, n)`.

        Args:
            alpha: values of $\alpha$, `(…, n)` or `(…, n, k)`.
        """
        return self._end_partials(self.left, alpha)

    def right_partials(self, alpha: Tensor) -> Partials:
        r"""Return the derivatives of $\mathcal B_b$ by $u(b)$ and by $u'(b)$, each `(…, n)`.

        Args:
            alpha: values of $\alpha$, `(…, n)` or `(…, n, k)`.

        Raises:
            ValueError: where there is no condition.
        """
        return self._end_partials(self.right, alpha)

    def ends_at(self, alphas: Tensor) -> tuple[Tensor, Tensor]:
        r"""Return the points at $a$ and those at $b$, each `(…, n, 1 + k)`.

        Args:
            alphas: values of $\alpha$, `(…, n)` or `(…, n, k)`.
        """
        low, high = (alphas.new_tensor([[end]]) for end in self.domain)
        return self.points_at(low, alphas), self.points_at(high, alphas)

    def boundary_points(self, alphas: Tensor) -> Tensor:
        r"""Return all left ends, then all right ends that have a condition, `(…, 2n, 1 + k)`.

        Args:
            alphas: values of $\alpha$, `(…, n)` or `(…, n, k)`.
        """
        left, right = self.ends_at(alphas)
        return torch.cat([left, right], dim=-2) if self.has_right else left

    def boundary(self, points: Tensor, jet: Jet) -> Tensor:
        r"""Return $\mathcal B_a[u]$ at left ends and $\mathcal B_b[u]$ at right ends, `(…, n)`.

        Args:
            points: ends, `(…, n, 1 + k)`.
            jet: of $u$ at the points, entries `(…, n)`.
        """
        alpha = self.alphas_of(points)
        left = self.left(alpha, jet.u, jet.x)
        if not self.has_right:
            return left
        return torch.where(self._at_left(points), left, self.right(alpha, jet.u, jet.x))

    def boundary_partials(self, points: Tensor, jet: Jet) -> Jet:
        """Return the derivatives by value, slope and second derivative, each `(…, n)`.

        Args:
            points: as in `boundary`.
            jet: as there.
        """
        alpha = self.alphas_of(points)
        by_u, by_slope = self.left_partials(alpha)
        if self.has_right:
            at_left = self._at_left(points)
            right_by_u, right_by_slope = self.right_partials(alpha)
            by_u = torch.where(at_left, by_u, right_by_u)
            by_slope = torch.where(at_left, by_slope, right_by_slope)
        return Jet(by_u, by_slope, torch.zeros_like(by_u))

    def check(self, *, generator: Generator, num_points: int = 1000) -> None:
        """Check the problem as `ParametricProblem.check` does, and both conditions.

        Args:
            generator: draws points of the domain and jets.
            num_points: inside the domain, and values of the parameters at the ends.

        Raises:
            ValueError: for what does not fit together, conditions that are not affine or ask for
                nothing, one condition of an equation of second order, and slopes alone at both
                ends where the equation leaves a constant free.
            ArithmeticError: where an operator does not vanish at the exact solution.
        """
        check_arguments(generator, num_points)
        check_settings(self)
        kind = type(self)
        own = kind.left is not IntervalProblem.left, kind.right is not IntervalProblem.right
        check_kinds(self, own=own)
        check_conditions(self, generator=generator, num_points=num_points)
        super().check(generator=generator, num_points=num_points)
        check_order(self, generator=generator, num_points=num_points)

    def _at_left(self, points: Tensor) -> Tensor:
        """Return which ends are left ones, `(…, n)`."""
        low, high = self.domain
        return points[..., 0] < (low + high) / 2

    def _end_partials(self, condition: Condition, alpha: Tensor) -> Partials:
        """Return the derivatives of a condition, which is affine: they are the same everywhere."""
        zero = torch.zeros_like(alpha if self.num_parameters == 1 else alpha[..., 0])
        found = partials_of(
            lambda alphas, jet: condition(alphas, jet.u, jet.x), alpha, Jet(zero, zero, zero)
        )
        return found.u, found.x
