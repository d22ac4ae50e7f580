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

from torch import Generator, Tensor

from ddlib.layout import check_rows
from ddlib.pinn.collocation import Policy
from ddlib.pinn.criteria import BOUNDARY_WEIGHT
from ddlib.pinn.data import LAYOUT
from ddlib.pinn.features import FeatureModel, Features, SineFeatures
from ddlib.pinn.least_squares import LeastSquares, Term
from ddlib.pinn.problem import ParametricProblem


@dataclass(frozen=True)
class FeaturePINN:
    r"""The learner that returns the `FeatureModel` of least loss from rows `(…, m, d + 2)`.

    Its randomness is the draw of `num_features` features; batches of sets share one draw.
    `penalty` is $\lambda$; the weights are $w_d$ of the rows, $w_r$ of the residual and $w_b$ of
    the boundary. At most `num_iterations` of Levenberg-Marquardt are taken.
    """

    problem: ParametricProblem
    policy: Policy
    penalty: float = 1e-4
    num_features: int = 200
    data_weight: float = 1.0
    residual_weight: float = 1.0
    boundary_weight: float = BOUNDARY_WEIGHT
    num_iterations: int = 200

    batched = True

    def __post_init__(self) -> None:
        """Check the settings."""
        if not self.penalty > 0:
            raise ValueError(f"penalty = {self.penalty}: must be above 0")
        for name in ("num_features", "num_iterations"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} = {getattr(self, name)}: must be at least 1")
        for name in ("data_weight", "residual_weight", "boundary_weight"):
            if not getattr(self, name) >= 0:
                raise ValueError(f"{name} = {getattr(self, name)}: must be at least 0")

    def __call__(self, rows: Tensor, *, generator: Generator | None = None) -> FeatureModel:
        """Draw features, and return the model learnt from `rows`.

        Raises `ValueError` for rows of another width, no rows, entries that are not finite, and
        for a missing generator.
        """
        if generator is None:
            raise ValueError("generator = None: must be a torch.Generator, to draw the features")
        return self.learn(rows, self.draw_features(generator=generator))

    def draw_features(self, *, generator: Generator) -> Features:
        """Return one draw of the features."""
        return SineFeatures.draw(self.problem, self.num_features, generator=generator)

    def learn(self, rows: Tensor, features: Features) -> FeatureModel:
        """Return the model learnt from `rows` with these `features`; errors as in a call."""
        system = self.system(rows, features)
        if self.problem.linear or not system.terms:
            return FeatureModel(features, system.solve())
        return FeatureModel(features, system.minimise(self.num_iterations))

    def system(self, rows: Tensor, features: Features) -> LeastSquares:
        r"""Return the least-squares problem $\ell$ in the coefficients."""
        width = len(self.problem.coordinates) + 2
        if rows.shape[-1] != width or rows.ndim < 2 or rows.shape[-2] < 1:
            raise ValueError(
                f"rows: shape {tuple(rows.shape)}; must be (…, m, {width}) with m at least 1"
            )
        check_rows("rows", rows.detach().flatten(0, -2), LAYOUT)
        points = self.policy(rows)
        problem, terms = self.problem, []
        for where, weight, operator, partials in (
            (points.interior, self.residual_weight, problem.residual, problem.residual_partials),
            (points.boundary, self.boundary_weight, problem.boundary, problem.boundary_partials),
        ):
            if weight > 0 and where.shape[-2]:
                jets = features.jet(where), features.base(where)
                terms.append(Term(where, *jets, weight**0.5, operator, partials))
        inputs, scale = rows[..., :-1], self.data_weight**0.5
        values = scale * (rows[..., -1] - features.base(inputs).u)
        return LeastSquares(scale * features.values(inputs), values, tuple(terms), self.penalty)
