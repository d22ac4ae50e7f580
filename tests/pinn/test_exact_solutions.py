"""The exact solutions against conservation laws, scipy's solvers and calculus by hand."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import solve_bvp, solve_ivp

from ddlib.pinn import BurgersFront, DirichletPoisson, NonlinearConduction, RobinPoisson
from ddlib.pinn.jet import jet_of


def column(*values):
    return torch.tensor(values, dtype=torch.float64)


def exact_jet(problem, points):
    return jet_of(problem.exact, points)


@given(st.floats(-2.4, 2.4), st.sampled_from([0.5, 1.0, 2.0]))
def test_flux_of_the_conduction_is_the_same_everywhere(alpha, beta):
    problem = NonlinearConduction(beta)
    jet = exact_jet(problem, problem.grid(column(alpha), 30))
    flux = torch.exp(beta * jet.u) * jet.x
    # (e^{βu}/β)' is the flux, so that it is the difference of e^{βu}/β between the ends.
    expected = torch.full_like(flux, (1 - np.exp(beta * alpha)) / beta)
    torch.testing.assert_close(flux, expected, atol=1e-12, rtol=1e-11)


@pytest.mark.parametrize("problem", [DirichletPoisson(), RobinPoisson()])
@given(st.floats(-4, 4))
def test_heat_that_leaves_is_heat_that_is_made(problem, alpha):
    slope = exact_jet(problem, problem.grid(column(alpha), 2)).x
    assert (slope[1] - slope[0]).item() == pytest.approx(-1.0, abs=1e-14)


@pytest.mark.parametrize("alpha", [0.4, 1.0, 1.7])
def test_mass_of_a_front_changes_by_what_flows_in(alpha):
    problem = BurgersFront()
    nodes, weights = np.polynomial.legendre.leggauss(40)
    nodes, weights = torch.from_numpy((nodes + 1) / 2), torch.from_numpy(weights / 2)

    def points(x, t):
        return torch.stack(torch.broadcast_tensors(x, t, column(alpha)), dim=-1)

    mass = [weights @ problem.solution(points(nodes, column(t))) for t in (0.0, 1.0)]
    flux = []
    for x in (0.0, 1.0):
        jet = exact_jet(problem, points(column(x), nodes))
        flux.append(weights @ (jet.u.square() / 2 - problem.viscosity * jet.x))
    assert (mass[1] - mass[0]).item() == pytest.approx((flux[0] - flux[1]).item(), abs=1e-12)


def bvp(slope_of, conditions, alpha):
    """Return scipy's solution, from a straight line as a first guess, and its points."""
    x = np.linspace(0, 1, 41)
    guess = np.stack([alpha * (1 - x), np.full_like(x, -alpha)])
    found = solve_bvp(slope_of, conditions, x, guess, tol=1e-8, max_nodes=10_000)
    assert found.success
    points = torch.cartesian_prod(torch.from_numpy(x), column(alpha))
    return found.sol(x)[0], points


@pytest.mark.parametrize("alpha", [-2.0, 0.0, 1.5])
def test_robin_against_a_solver_of_boundary_value_problems(alpha):
    found, points = bvp(
        lambda x, u: np.stack([u[1], -np.ones_like(x)]),
        lambda a, b: np.array([a[1] - np.exp(alpha) * a[0], b[0]]),
        alpha,
    )
    np.testing.assert_allclose(RobinPoisson().solution(points), found, atol=1e-7)


@pytest.mark.parametrize(("alpha", "beta"), [(-1.2, 1.0), (0.7, 1.0), (1.0, 2.0)])
def test_conduction_against_a_solver_of_boundary_value_problems(alpha, beta):
    found, points = bvp(
        lambda x, u: np.stack([u[1], -beta * u[1] ** 2]),
        lambda a, b: np.array([a[0] - alpha, b[0]]),
        alpha,
    )
    np.testing.assert_allclose(NonlinearConduction(beta).solution(points), found, atol=1e-7)


def test_burgers_against_the_method_of_lines():
    """Central differences of second order, from the exact start and ends; error below h²."""
    problem, n = BurgersFront(), 101
    x, alpha = torch.linspace(0, 1, n, dtype=torch.float64), 1.3
    h = 1 / (n - 1)

    def exact(t):
        rows = torch.stack([x, torch.full_like(x, t), torch.full_like(x, alpha)], dim=-1)
        return problem.solution(rows).numpy()

    def slope(t, inner):
        ends = exact(t)[[0, -1]]
        u = np.concatenate([ends[:1], inner, ends[1:]])
        first, second = (u[2:] - u[:-2]) / (2 * h), (u[2:] - 2 * u[1:-1] + u[:-2]) / h**2
        return -u[1:-1] * first + problem.viscosity * second

    found = solve_ivp(slope, (0, 1), exact(0.0)[1:-1], method="BDF", rtol=1e-7, atol=1e-9)
    np.testing.assert_allclose(exact(1.0)[1:-1], found.y[:, -1], atol=h**2)


def test_burgers_residual_of_a_manufactured_function(generator):
    points = torch.rand(20, 3, dtype=torch.float64, generator=generator)
    x, t, _ = points.unbind(-1)
    problem = BurgersFront(viscosity=0.1)
    residual = problem.residual(points, jet_of(lambda x, t, alpha: x.sin() * t.exp(), points))
    grown = t.exp()
    expected = 1.1 * x.sin() * grown + x.sin() * x.cos() * grown.square()
    torch.testing.assert_close(residual, expected, atol=1e-13, rtol=1e-13)
