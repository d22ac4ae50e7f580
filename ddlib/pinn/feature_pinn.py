r"""The feature PINN: a physics-informed learner with a closed form, or nearly so.

From rows $S$ and collocation points it minimises, over the coefficients $c$ of frozen features,

$$\ell(c;S)=w_d\sum_{i}(\hat u_c(z_i)-y_i)^2+w_r\sum_j\mathcal N[\hat u_c](z_j)^2
+w_b\sum_k\mathcal B[\hat u_c](z_k)^2+\lambda\|c\|^2 .$$

For operators that are affine in $u$ this is regularised least squares. Otherwise
Levenberg-Marquardt finds the minimum. The gradient in the rows is that of the minimiser, by the
implicit function theorem: one adjoint solve, no iteration is unrolled.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import inf
from typing import ClassVar

from torch import Generator, Tensor

from ddlib.pinn.affine_features import AffineFeatures
from ddlib.pinn.collocation import Collocation, Policy, asked
from ddlib.pinn.criteria import BOUNDARY_WEIGHT
from ddlib.pinn.data import check_sets
from ddlib.pinn.equation_checks import check_equation
from ddlib.pinn.features import FeatureModel, Features, SineFeatures
from ddlib.pinn.least_squares import LeastSquares, Term
from ddlib.pinn.problem import ParametricProblem
from ddlib.pinn.setting_checks import check_bandwidth, num_bandwidths


@dataclass(frozen=True)
class FeaturePINN:
    r"""The learner that returns the `FeatureModel` of least loss.

    Its randomness is the draw of the features; the sets of a batch share one draw.

    Attributes:
        problem: whose equation the learner knows.
        policy: where it asks for the equation.
        penalty: $\lambda$.
        num_features: how many features are drawn; as many as the problem says unless told.
        data_weight: $w_d$, of the rows.
        residual_weight: $w_r$, of the residual.
        boundary_weight: $w_b$, of the boundary.
        num_iterations: the most steps of Levenberg-Marquardt.
        bandwidth: of the features, as `SineFeatures.draw` takes it.
        batched: True, it learns from many sets at once.

    Raises:
        ValueError: for a problem or a policy that is none, a penalty that is not above 0, counts
            below 1, negative weights, penalty or weights that are not finite, and bandwidths as
            `check_bandwidth` does.
    """

    problem: ParametricProblem
    policy: Policy
    penalty: float = 1e-4
    num_features: int | None = None
    data_weight: float = 1.0
    residual_weight: float = 1.0
    boundary_weight: float = BOUNDARY_WEIGHT
    num_iterations: int = 200
    bandwidth: float | tuple[float, ...] | None = None

    batched: ClassVar[bool] = True

    def __post_init__(self) -> None:
        """Check the settings."""
        check_equation(self.problem, self.policy)
        if not 0 < self.penalty < inf:
            raise ValueError(f"penalty = {self.penalty}: must be finite and above 0")
        counts = {"num_features": self.count, "num_iterations": self.num_iterations}
        for name, count in counts.items():
            if count < 1:
                raise ValueError(f"{name} = {count}: must be at least 1")
        weights = {
            "data_weight": self.data_weight,
            "residual_weight": self.residual_weight,
            "boundary_weight": self.boundary_weight,
        }
        for name, weight in weights.items():
            if not 0 <= weight < inf:
                raise ValueError(f"{name} = {weight}: must be finite and at least 0")
        if self.bandwidth is not None:
            check_bandwidth(self.bandwidth, num_bandwidths(self.problem))

    @property
    def count(self) -> int:
        """The number of features."""
        return self.problem.num_features if self.num_features is None else self.num_features

    def __call__(self, rows: Tensor, *, generator: Generator) -> FeatureModel:
        """Return the model that is learnt from `rows` with newly drawn features.

        Args:
            rows: one set `(m, d + k + 1)` or a batch of them `(…, m, d + k + 1)`.
            generator: draws the features.

        Raises:
            ValueError: for rows as `check_sets` does.
        """
        return self.learn(rows, self.draw_features(generator=generator))

    def draw_features(self, *, generator: Generator) -> Features:
        """Return one draw of the features: `AffineFeatures` where the problem says so, else sines.

        Args:
            generator: draws them.
        """
        kind = AffineFeatures if self.problem.affine else SineFeatures
        return kind.draw(self.problem, self.count, generator=generator, bandwidth=self.bandwidth)

    def learn(self, rows: Tensor, features: Features) -> FeatureModel:
        """Return the model that is learnt from `rows` with these features, in the type of the rows.

        Args:
            rows: one set `(m, d + k + 1)` or a batch of them `(…, m, d + k + 1)`.
            features: what the model is made of.

        Raises:
            ValueError: for rows as `check_sets` does.
        """
        features = features.to(rows)
        system = self.system(rows, features)
        if self.problem.linear or not system.terms:
            return FeatureModel(features, system.solve())
        return FeatureModel(features, system.minimise(self.num_iterations))

    def system(self, rows: Tensor, features: Features) -> LeastSquares:
        r"""Return the least-squares problem $\ell$ in the coefficients.

        Args:
            rows: one set `(m, d + k + 1)` or a batch of them `(…, m, d + k + 1)`.
            features: what the model is made of.

        Raises:
            ValueError: for rows as `check_sets` does.
        """
        check_sets(self.problem, rows)
        features = features.to(rows)
        terms = self._terms(asked(self.policy, rows, self.problem), features)
        points, values = rows[..., :-1], rows[..., -1]
        scale = self.data_weight**0.5
        # In this order, which is that in which the gradients in the rows are added up.
        target = scale * (values - features.base(points).u)
        matrix = scale * features.values(points)
        return LeastSquares(matrix, target, terms, self.penalty)

    def _terms(self, collocation: Collocation, features: Features) -> tuple[Term, ...]:
        """Return the terms of residual and boundary, without those of no weight or no points."""
        problem, inside, rim = self.problem, collocation.interior, collocation.boundary
        terms = []
        for points, weight, operator, partials in (
            (inside, self.residual_weight, problem.residual, problem.residual_partials),
            (rim, self.boundary_weight, problem.boundary, problem.boundary_partials),
        ):
            if weight > 0 and points.shape[-2]:
                jets = features.jet(points), features.base(points)
                terms.append(Term(points, *jets, weight**0.5, operator, partials))
        return tuple(terms)
