"""What a model is judged by: zero for the solution, and numbers by hand beside it."""

from dataclasses import dataclass

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from ddlib.pinn import PROBLEMS, DirichletPoisson, ParametricProblem
from ddlib.pinn.collocation import Collocation, prior
from ddlib.pinn.criteria import BOUNDARY_WEIGHT, fit, mean_residual, physics, relative_error
from ddlib.pinn.data import draw_parametric
from ddlib.pinn.features import FeatureModel, SineFeatures
from ddlib.pinn.jet import jet_of
from ddlib.pinn.problem import Tails

each_problem = pytest.mark.parametrize("problem", PROBLEMS.values(), ids=PROBLEMS.keys())


@dataclass(frozen=True)
class Shifted:
    r"""The exact solution, and on top of it a constant and a parabola in x."""

    problem: ParametricProblem
    constant: float = 0.0
    bend: float = 0.0

    def value(self, *columns: Tensor) -> Tensor:
        return self.problem.exact(*columns) + self.constant + self.bend * columns[0].square() / 2

    def __call__(self, points):
        return self.value(*points.unbind(-1))

    def jet(self, points):
        return jet_of(self.value, points, self.problem.coordinates)


def collocation(problem):
    return prior(problem, num_alphas=5)(torch.zeros(1, len(problem.coordinates) + 2))


def clean_rows(problem):
    return draw_parametric(problem, Tails(), generator=torch.Generator().manual_seed(0)).inside


@each_problem
def test_the_solution_has_no_error(problem):
    exact, rows, points = Shifted(problem), clean_rows(problem), collocation(problem)
    assert fit(rows)(exact).item() == 0
    assert relative_error(rows)(exact).item() == 0
    # Operators of size one vanish to 1e-13 or so, and are squared.
    assert mean_residual(problem, points)(exact).item() < 1e-24
    assert physics(problem, points)(exact).item() < 1e-22


@each_problem
def test_errors_of_a_shift_by_hand(problem):
    model, rows = Shifted(problem, constant=0.3), clean_rows(problem)
    assert fit(rows)(model).item() == pytest.approx(0.09, rel=1e-12)
    expected = 0.3 * len(rows) ** 0.5 / rows[:, -1].norm().item()
    assert relative_error(rows)(model).item() == pytest.approx(expected, rel=1e-12)


def test_physics_of_a_shift_and_of_a_bend_by_hand():
    problem = DirichletPoisson()
    points = collocation(problem)
    shifted = Shifted(problem, constant=0.3)
    assert mean_residual(problem, points)(shifted).item() < 1e-24
    assert BOUNDARY_WEIGHT == 64
    assert physics(problem, points)(shifted).item() == pytest.approx(64 * 0.09, rel=1e-12)
    # 0.4 x²/2 has the residual -0.4, no value at the left end and 0.2 at the right one.
    bent = Shifted(problem, bend=0.4)
    assert mean_residual(problem, points)(bent).item() == pytest.approx(0.16, rel=1e-12)
    expected = 0.16 + 64 * 0.2**2 / 2
    assert physics(problem, points)(bent).item() == pytest.approx(expected, rel=1e-12)


@each_problem
def test_physics_is_the_residual_and_64_times_the_boundary(problem):
    model, points = Shifted(problem, constant=0.1, bend=0.2), collocation(problem)
    inside = problem.residual(points.interior, model.jet(points.interior)).square().mean()
    rim = problem.boundary(points.boundary, model.jet(points.boundary)).square().mean()
    assert mean_residual(problem, points)(model).item() == pytest.approx(inside.item(), rel=1e-12)
    assert rim.item() > 1e-3
    expected = (inside + 64 * rim).item()
    assert physics(problem, points)(model).item() == pytest.approx(expected, rel=1e-12)


def random_models(problem, seed, count=3):
    generator = torch.Generator().manual_seed(seed)
    features = SineFeatures.draw(problem, 8, generator=generator)
    coefficients = torch.randn(count, 8, dtype=torch.float64, generator=generator)
    return FeatureModel(features, coefficients)


@each_problem
def test_a_batch_of_models_has_a_number_each(problem):
    models, rows, points = random_models(problem, 0), clean_rows(problem), collocation(problem)
    for criterion in (
        fit(rows),
        relative_error(rows),
        mean_residual(problem, points),
        physics(problem, points),
    ):
        values = criterion(models)
        assert values.shape == (3,)
        for value, coefficients in zip(values, models.coefficients, strict=True):
            alone = criterion(FeatureModel(models.features, coefficients))
            assert alone.shape == ()
            torch.testing.assert_close(value, alone, atol=0, rtol=1e-12)


@given(st.integers(0, 1000), st.floats(-3, 3))
def test_the_weight_is_that_of_the_bound_of_the_error(seed, alpha):
    r"""Inside $[0,1]$ an error is at most an eighth of the residual plus the boundary's defect."""
    problem, model = DirichletPoisson(), random_models(DirichletPoisson(), seed)
    alphas = torch.tensor([alpha], dtype=torch.float64)
    points = Collocation(problem.grid(alphas, 201), problem.boundary_points(alphas))
    residual = problem.residual(points.interior, model.jet(points.interior)).abs()
    defect = problem.boundary(points.boundary, model.jet(points.boundary)).abs()
    error = (model(points.interior) - problem.solution(points.interior)).abs().amax(-1)
    # Between the points of so fine a grid the residual hardly grows.
    bound = 1.01 * residual.amax(-1) / BOUNDARY_WEIGHT**0.5 + defect.amax(-1)
    assert (error <= bound).all()
