"""Numerical solutions against exact ones, and what the solvers refuse."""

import numpy as np
import pytest
import torch
from scipy.integrate import solve_bvp

from ddlib.pinn import PROBLEMS, BurgersFront, CornerLaplace, SquarePoisson
from ddlib.pinn.conditions import Dirichlet
from ddlib.pinn.data import draw_parametric, rows_at
from ddlib.pinn.fine_solve import fine_solution
from ddlib.pinn.interval import IntervalProblem
from ddlib.pinn.problem import ParametricProblem, Tails
from ddlib.problem import NotApplicable
from tests.pinn.manufactured import CoolingPlate, Plate, rod

INTERVALS = {n: p for n, p in PROBLEMS.items() if isinstance(p, IntervalProblem)}
each_interval = pytest.mark.parametrize("problem", INTERVALS.values(), ids=INTERVALS.keys())


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def error_of(problem, num_alphas):
    alphas = problem.prior.sample(num_alphas, generator=seeded())
    points = problem.grid(alphas, 11)
    found, expected = fine_solution(problem, points), problem.exact(*points.unbind(-1))
    return ((found - expected).norm() / expected.norm()).item()


@each_interval
def test_intervals_against_exact_solutions(problem):
    assert error_of(problem, 3) < 1e-6


@pytest.mark.parametrize(
    "kinds", [("Neumann", "Dirichlet"), ("Dirichlet", "Robin"), ("Robin", "Neumann")]
)
def test_conditions_of_every_kind_against_exact_solutions(kinds):
    assert error_of(rod((-1.0, 0.5), kinds), 2) < 1e-6


@pytest.mark.parametrize("problem", [SquarePoisson(), Plate(), CoolingPlate()])
def test_rectangles_against_exact_solutions(problem):
    assert error_of(problem, 2) < 2e-5


def test_space_and_time_against_the_exact_solution():
    assert error_of(BurgersFront(), 2) < 1e-3


class Radiator(IntervalProblem):
    """u'' = u⁴ with u(0) = 1 + α/10 and u(1) = 0.5: nobody has a formula for it."""

    linear = False
    conditions = (Dirichlet(lambda alpha: 1 + alpha / 10), Dirichlet(0.5))

    def residual(self, points, jet):
        return -jet.xx + jet.u.pow(4)


def test_a_problem_without_exact_solution_against_scipy():
    problem = Radiator()
    problem.check(generator=seeded())
    points = problem.grid(torch.tensor([0.7], dtype=torch.float64), 9)
    nodes = np.linspace(0, 1, 21)
    found = solve_bvp(
        lambda x, u: np.stack([u[1], u[0] ** 4]),
        lambda a, b: np.array([a[0] - 1.07, b[0] - 0.5]),
        nodes,
        np.zeros((2, 21)),
        tol=1e-8,
    )
    np.testing.assert_allclose(problem.solution(points), found.sol(points[:, 0])[0], atol=1e-6)
    data = draw_parametric(problem, Tails(), generator=seeded(), num_alphas=5, num_rows=20)
    assert data.training.isfinite().all()
    assert not torch.equal(data.clean, data.training)


def test_results_have_the_shape_and_the_type_of_the_points():
    points = torch.zeros(2, 3, 2, dtype=torch.float32)
    points[..., 0] = torch.linspace(0, 1, 3)
    found = Radiator().solution(points)
    assert found.shape == (2, 3)
    assert found.dtype == torch.float32
    assert torch.equal(found[0], found[1])
    assert rows_at(Radiator(), points[0]).shape == (3, 3)


def test_a_solution_of_one_s_own_goes_first():
    class Known(Radiator):
        def fine_solution(self, points):
            return points.sum(-1)

    points = torch.rand(4, 2, dtype=torch.float64, generator=seeded())
    assert torch.equal(Known().solution(points), points.sum(-1))


class Bent(Radiator):
    """(u'')³ = u: not affine in u''."""

    def residual(self, points, jet):
        return jet.xx.pow(3) + jet.xx - jet.u - 3


class Loose(Radiator):
    """An equation of second order with a condition at its start alone."""

    conditions = (Dirichlet(1.0), None)


class Inside(Plate):
    """A problem on a square that has a boundary point inside."""

    exact = ParametricProblem.exact

    def boundary_points(self, alphas):
        return self.points_at(torch.full((1, 2), 0.4, dtype=torch.float64), alphas)


@pytest.mark.parametrize(
    ("problem", "message"),
    [
        (Bent(), r"fine solution of Bent: residual not affine in xx, the highest derivative; must"),
        (Loose(), r"fine solution of Loose: 1 conditions; must be 2"),
        (Inside(), r"fine solution of Inside: boundary points inside the rectangle; must have"),
    ],
)
def test_what_the_solvers_cannot_take_is_refused(problem, message):
    points = problem.limits(0.5)[:1]
    with pytest.raises(NotApplicable, match=message) as raised:
        problem.solution(points)
    assert "\n" not in str(raised.value)


def test_an_l_is_no_rectangle():
    points = CornerLaplace().grid(torch.ones(1, dtype=torch.float64), 2)
    with pytest.raises(NotApplicable, match=r"fine solution of CornerLaplace: boundary points in"):
        fine_solution(CornerLaplace(), points)
