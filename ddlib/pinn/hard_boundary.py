r"""The hard boundary: features that meet both conditions of an interval, whatever their weights.

An `IntervalProblem` on $(a,b)$ asks for $p\,u(a)+q\,u'(a)+r=0$ and $p'u(b)+q'u'(b)+r'=0$, where
the coefficients depend on $\alpha$. From every feature $\varphi$ and from the base $g$ an affine
function of $x$ is subtracted,

$$\tilde\varphi=\varphi-c_0-c_1x,\qquad
\begin{pmatrix}p&pa+q\\p'&p'b+q'\end{pmatrix}\begin{pmatrix}c_0\\c_1\end{pmatrix}
=\begin{pmatrix}p\,\varphi(a)+q\,\varphi'(a)\\p'\varphi(b)+q'\varphi'(b)\end{pmatrix},$$

so that $\tilde\varphi$ meets the homogeneous conditions at each $\alpha$. For the base, $r$ and
$r'$ are added on the right, so that $\tilde g$ meets the conditions themselves, and so does
$\hat u=\tilde g+\sum_kc_k\tilde\varphi_k$ for all $c$ (Lagaris et al. 1998). Where there is a
condition at $a$ alone, a constant is subtracted, $c_1=0$.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Generator, Tensor

from ddlib.pinn.collocation import over_prior
from ddlib.pinn.feature_pinn import FeaturePINN
from ddlib.pinn.features import Features
from ddlib.pinn.interval import IntervalProblem
from ddlib.pinn.jet import Jet
from ddlib.pinn.problem import ParametricProblem
from ddlib.problem import NotApplicable

SMALLEST_DETERMINANT = 1e-6  # of the conditions, relative to their coefficients


@dataclass(frozen=True)
class HardBoundaryFeatures:
    r"""The functions of other features, each with its affine part changed to meet the boundary.

    Attributes:
        problem: whose conditions are met.
        features: which functions are changed.

    Raises:
        NotApplicable: for a problem that is not an `IntervalProblem`, and for conditions that an
            affine function of $x$ cannot meet: slopes alone, for one.
    """

    problem: IntervalProblem
    features: Features

    def __post_init__(self) -> None:
        """Check the problem."""
        _check_solvable(_interval_problem(self.problem))

    def to(self, like: Tensor) -> HardBoundaryFeatures:
        """Return the same features in the type and on the device of a tensor.

        Args:
            like: the tensor.
        """
        return replace(self, features=self.features.to(like))

    def values(self, points: Tensor) -> Tensor:
        r"""Return $\tilde\varphi_k$ at points, `(…, n, F)`.

        Args:
            points: `(…, n, 1 + k)`.
        """
        free = self.features.values(points)
        points = points.to(free)
        constant, slope = self._affine_parts(points)
        return free - constant - slope * points[..., :1]

    def jet(self, points: Tensor) -> Jet:
        r"""Return the jet of $\tilde\varphi_k$ at points, entries `(…, n, F)`.

        Args:
            points: `(…, n, 1 + k)`.
        """
        free = self.features.jet(points)
        points = points.to(free.u)
        constant, slope = self._affine_parts(points)
        return Jet(free.u - constant - slope * points[..., :1], free.x - slope, free.xx)

    def base(self, points: Tensor) -> Jet:
        r"""Return the jet of $\tilde g$ at points, entries `(…, n)`.

        Args:
            points: `(…, n, 1 + k)`.
        """
        free = self.features.base(points)
        points = points.to(free.u)
        problem, alpha = self.problem, self.problem.alphas_of(points)
        at_left, at_right = problem.ends_at(alpha)
        start, end = self.features.base(at_left), self.features.base(at_right)
        left = problem.left(alpha, start.u, start.x)
        right = problem.right(alpha, end.u, end.x) if problem.has_right else torch.zeros_like(left)
        constant, slope = _solve(_matrix(problem, alpha), left, right)
        return Jet(free.u - constant - slope * points[..., 0], free.x - slope, free.xx)

    def _affine_parts(self, points: Tensor) -> tuple[Tensor, Tensor]:
        r"""Return $c_0$ and $c_1$ of each feature at each point's $\alpha$, `(…, n, F)`."""
        problem, alpha = self.problem, self.problem.alphas_of(points)
        at_left, at_right = problem.ends_at(alpha)
        left = _homogeneous(problem.left_partials(alpha), self.features.jet(at_left))
        if problem.has_right:
            right = _homogeneous(problem.right_partials(alpha), self.features.jet(at_right))
        else:
            right = torch.zeros_like(left)
        matrix = _matrix(problem, alpha)
        return _solve(tuple(entry.unsqueeze(-1) for entry in matrix), left, right)


@dataclass(frozen=True)
class HardBoundaryPINN(FeaturePINN):
    """The feature PINN whose models meet the boundary exactly; its boundary term is idle.

    The attributes are those of `FeaturePINN`.

    Raises:
        NotApplicable: for a problem as `HardBoundaryFeatures` does.
        ValueError: for settings as `FeaturePINN` does.
    """

    def __post_init__(self) -> None:
        """Check the problem and the settings."""
        _check_solvable(_interval_problem(self.problem))
        super().__post_init__()

    def draw_features(self, *, generator: Generator) -> HardBoundaryFeatures:
        """Return one draw of the features, changed to meet the boundary.

        Args:
            generator: draws them.
        """
        free = super().draw_features(generator=generator)
        return HardBoundaryFeatures(_interval_problem(self.problem), free)


def _interval_problem(problem: ParametricProblem) -> IntervalProblem:
    """Return `problem`; raise `NotApplicable` unless it is an `IntervalProblem`."""
    if not isinstance(problem, IntervalProblem):
        raise NotApplicable(
            f"problem = {type(problem).__name__}: must be an IntervalProblem for a hard boundary, "
            "with a condition at each end of an interval"
        )
    return problem


Matrix = tuple[Tensor, ...]
"""The entries of a matrix of two rows and two columns, row by row."""


def _matrix(problem: IntervalProblem, alpha: Tensor) -> Matrix:
    r"""Return the matrix of $c_0$ and $c_1$ at each $\alpha$, entries `(…, n)`."""
    low, high = problem.domain
    by_u, by_slope = problem.left_partials(alpha)
    top = (by_u, by_u * low + by_slope)
    if not problem.has_right:
        return (*top, torch.zeros_like(by_u), torch.ones_like(by_u))
    by_u, by_slope = problem.right_partials(alpha)
    return (*top, by_u, by_u * high + by_slope)


def _homogeneous(partials: tuple[Tensor, Tensor], jet: Jet) -> Tensor:
    """Return the linear part of a condition at each feature, `(…, n, F)`."""
    by_u, by_slope = (partial.unsqueeze(-1) for partial in partials)
    return by_u * jet.u + by_slope * jet.x


def _solve(matrix: Matrix, left: Tensor, right: Tensor) -> tuple[Tensor, Tensor]:
    r"""Return $c_0,c_1$, by Cramer's rule."""
    a, b, c, d = matrix
    determinant = a * d - b * c
    return (d * left - b * right) / determinant, (a * right - c * left) / determinant


def _check_solvable(problem: IntervalProblem) -> None:
    """Raise `NotApplicable` unless an affine function can meet the conditions over the prior."""
    alphas = over_prior(problem)
    a, b, c, d = _matrix(problem, alphas)
    determinant = a * d - b * c
    size = (a.abs() + b.abs()) * (c.abs() + d.abs())
    regular = determinant.abs() > SMALLEST_DETERMINANT * size
    one_sign = (determinant > 0).all() or (determinant < 0).all()
    if not (regular.all() and one_sign):
        raise NotApplicable(
            f"problem = {type(problem).__name__}: must have conditions that an affine function of "
            "x can meet, for a hard boundary; slopes alone leave its constant free"
        )
