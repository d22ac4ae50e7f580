r"""The hard boundary: features that meet both conditions of an interval, whatever their weights.

An `IntervalProblem` asks for $\mathcal B_0[u]=p\,u(0)+q\,u'(0)+r=0$ and $u(1)=0$, where $p,q,r$
depend on $\alpha$. From every feature $\varphi$ and from the base $g$ an affine function of $x$ is
subtracted,

$$\tilde\varphi=\varphi-c_0-c_1x,\qquad
\begin{pmatrix}p&q\\1&1\end{pmatrix}\begin{pmatrix}c_0\\c_1\end{pmatrix}
=\begin{pmatrix}p\,\varphi(0)+q\,\varphi'(0)\\\varphi(1)\end{pmatrix},$$

so that $\tilde\varphi$ meets the homogeneous conditions at each $\alpha$. For the base, $r$ is
added to the first entry on the right, so that $\tilde g$ meets the conditions themselves, and so
does $\hat u=\tilde g+\sum_kc_k\tilde\varphi_k$ for all $c$ (Lagaris et al. 1998).
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Generator, Tensor

from ddlib.pinn.feature_pinn import FeaturePINN
from ddlib.pinn.features import Features
from ddlib.pinn.interval import IntervalProblem
from ddlib.pinn.jet import Jet
from ddlib.pinn.problem import ParametricProblem
from ddlib.problem import NotApplicable


@dataclass(frozen=True)
class HardBoundaryFeatures:
    r"""The functions of other features, each with its affine part changed to meet the boundary.

    Attributes:
        problem: whose conditions are met; they must tell 1 from $x$, $p\ne q$.
        features: which functions are changed.

    Raises:
        NotApplicable: for a problem that is not an `IntervalProblem`.
    """

    problem: IntervalProblem
    features: Features

    def __post_init__(self) -> None:
        """Check the problem."""
        _interval_problem(self.problem)

    def values(self, points: Tensor) -> Tensor:
        r"""Return $\tilde\varphi_k$ at points, `(…, n, F)`.

        Args:
            points: `(…, n, 2)`.
        """
        constant, slope = self._affine_parts(points)
        return self.features.values(points) - constant - slope * points[..., :1]

    def jet(self, points: Tensor) -> Jet:
        r"""Return the jet of $\tilde\varphi_k$ at points, entries `(…, n, F)`.

        Args:
            points: `(…, n, 2)`.
        """
        constant, slope = self._affine_parts(points)
        free = self.features.jet(points)
        return Jet(free.u - constant - slope * points[..., :1], free.x - slope, free.xx)

    def base(self, points: Tensor) -> Jet:
        r"""Return the jet of $\tilde g$ at points, entries `(…, n)`.

        Args:
            points: `(…, n, 2)`.
        """
        x, alpha = points.unbind(-1)
        at_left, at_right = _ends(points)
        left, right = self.features.base(at_left), self.features.base(at_right)
        by_u, by_slope = self.problem.left_partials(alpha)
        defect = self.problem.left(alpha, left.u, left.x)
        constant, slope = _affine(by_u, by_slope, defect, right.u)
        free = self.features.base(points)
        return Jet(free.u - constant - slope * x, free.x - slope, free.xx)

    def _affine_parts(self, points: Tensor) -> tuple[Tensor, Tensor]:
        r"""Return $c_0$ and $c_1$ of each feature at each point's $\alpha$, `(…, n, F)`."""
        at_left, at_right = _ends(points)
        left, right = self.features.jet(at_left), self.features.values(at_right)
        partials = self.problem.left_partials(points[..., 1])
        by_u, by_slope = (partial.unsqueeze(-1) for partial in partials)
        homogeneous = by_u * left.u + by_slope * left.x
        return _affine(by_u, by_slope, homogeneous, right)


@dataclass(frozen=True)
class HardBoundaryPINN(FeaturePINN):
    """The feature PINN whose models meet the boundary exactly; its boundary term is idle.

    The attributes are those of `FeaturePINN`.

    Raises:
        NotApplicable: for a problem that is not an `IntervalProblem`.
        ValueError: for settings as `FeaturePINN` does.
    """

    def __post_init__(self) -> None:
        """Check the problem and the settings."""
        _interval_problem(self.problem)
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


def _ends(points: Tensor) -> tuple[Tensor, Tensor]:
    r"""Return `points` `(…, n, 2)` moved to $x=0$ and to $x=1$."""
    alpha = points[..., 1]
    return (
        torch.stack([torch.zeros_like(alpha), alpha], dim=-1),
        torch.stack([torch.ones_like(alpha), alpha], dim=-1),
    )


def _affine(by_u: Tensor, by_slope: Tensor, left: Tensor, right: Tensor) -> tuple[Tensor, Tensor]:
    r"""Return $c_0,c_1$ with $p\,c_0+q\,c_1$ = `left` and $c_0+c_1$ = `right`."""
    determinant = by_u - by_slope
    return (left - by_slope * right) / determinant, (by_u * right - left) / determinant
