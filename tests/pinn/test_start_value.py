"""Equations that are defined for some u only: they say a u at which they are, and are solved."""

import math

import pytest
import torch

from ddlib.pinn import Dirichlet, IntervalProblem, Prior
from ddlib.pinn.affine_features import AffineFeatures
from ddlib.pinn.collocation import at_synthetic, prior
from ddlib.pinn.data import rows_at
from ddlib.pinn.feature_pinn import FeaturePINN
from ddlib.pinn.features import SineFeatures
from ddlib.pinn.fine_solve import fine_solution
from ddlib.pinn.network_pinn import NetworkPINN
from ddlib.problem import NotApplicable

THIRD = 12**-0.5


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


class Root(IntervalProblem):
    """u'' = √u, with the solution (x/√12 + 1 + α/10)⁴."""

    linear = False
    start_value = 1.0
    conditions = (
        Dirichlet(lambda alpha: (1 + alpha / 10) ** 4),
        Dirichlet(lambda alpha: (THIRD + 1 + alpha / 10) ** 4),
    )

    def exact(self, *columns):
        x, alpha = columns
        return (THIRD * x + 1 + alpha / 10) ** 4

    def residual(self, points, jet):
        return jet.xx - jet.u.sqrt()


def variant(residual, **parts):
    known = {"exact": IntervalProblem.exact, "residual": lambda self, points, jet: residual(jet)}
    return type("Own", (Root,), {**known, **parts})()


SOME = {
    "root": lambda jet: jet.xx - jet.u.sqrt(),
    "logarithm": lambda jet: jet.xx - jet.u.log(),
    "inverse": lambda jet: jet.xx - 1 / jet.u,
    "slope": lambda jet: jet.xx - (1 - jet.x.square()).sqrt() / jet.u,
}
each = pytest.mark.parametrize("residual", SOME.values(), ids=SOME.keys())


@each
def test_what_is_defined_near_the_start_passes(residual):
    for start in (1.0, 0.5, 2.0):
        variant(residual, start_value=start).check(generator=seeded())


@each
def test_a_start_at_which_the_equation_is_not_defined_is_refused(residual):
    message = (
        r"^residual(_partials\.u)? = -?(inf|nan) at x = .*: must be finite at u = start_value = 0$"
    )
    with pytest.raises(ValueError, match=message):
        variant(residual, start_value=0.0).check(generator=seeded())


def test_an_equation_that_is_not_defined_around_its_start_is_refused():
    broken = variant(lambda jet: jet.xx - (jet.u - 1 + 1e-9).sqrt())
    message = r"^residual = nan at x = .*: must be finite near u = start_value = 1$"
    with pytest.raises(ValueError, match=message):
        broken.check(generator=seeded())


@each
def test_what_is_defined_for_some_u_is_not_linear(residual):
    message = "^linear = True: must be False in Own, whose residual is not affine in the jet$"
    with pytest.raises(ValueError, match=message):
        variant(residual, linear=True).check(generator=seeded())


def test_a_fine_solve_begins_at_the_start():
    problem = Root()
    problem.check(generator=seeded())
    points = problem.grid(torch.tensor([-1.0, 2.0], dtype=torch.float64), 9)
    found = fine_solution(problem, points)
    torch.testing.assert_close(found, problem.exact(*points.unbind(-1)), rtol=0, atol=1e-7)


def test_a_feature_pinn_begins_at_the_start():
    problem = Root()
    points = problem.grid(torch.linspace(-2, 2, 5, dtype=torch.float64), 5)
    rows = rows_at(problem, points)
    model = FeaturePINN(problem, prior(problem))(rows[:10], generator=seeded())
    assert (model(points) - rows[:, -1]).abs().max() < 2e-3


def test_a_network_begins_near_the_start():
    fern = type("Fern", (Root,), {"start_value": 50.0})()
    rows = torch.tensor([[0.5, 0.0, 50.0]], dtype=torch.float64)
    learner = NetworkPINN(fern, at_synthetic(fern), num_adam=1, num_lbfgs=0)
    model = learner(rows, generator=seeded())
    assert abs(model(rows[:, :-1]).item() - 50) < 5


@pytest.mark.parametrize("kind", [SineFeatures, AffineFeatures])
def test_the_base_is_the_start(kind):
    features = kind.draw(Root(), 4, generator=seeded())
    base = features.base(torch.zeros(3, 2, dtype=torch.float64))
    assert torch.equal(base.u, torch.ones(3, dtype=torch.float64))
    assert not base.x.any()
    assert not base.xx.any()


@pytest.mark.parametrize("learner", [FeaturePINN, NetworkPINN])
def test_a_learner_that_cannot_begin_says_so(learner):
    problem = type("Own", (Root,), {"start_value": -9.0})()
    rows = torch.tensor([[0.5, 0.0, 1.0]], dtype=torch.float64)
    message = (
        r"^loss = nan where a learner begins: must be finite, so that `start_value` of the problem"
    )
    with pytest.raises(ArithmeticError, match=message):
        learner(problem, at_synthetic(problem))(rows, generator=seeded())


def test_a_solver_without_a_solution_names_the_parameter():
    bratu = variant(lambda jet: jet.xx - jet.u.log(), start_value=-1.0)
    points = bratu.grid(torch.tensor([0.5], dtype=torch.float64), 3)
    with pytest.raises(NotApplicable, match=r"at alpha = \[0\.5\]; must have a solution there"):
        bratu.solution(points)


def test_the_unit_of_x_does_not_matter():
    for low, length in ((0.0, 1e-3), (-2e3, 1e3)):

        def residual(self, points, jet, length=length):
            return jet.xx - 9 * jet.u / length**2

        parts = {
            "domain": (low, low + length),
            "conditions": (Dirichlet(1.0), Dirichlet(0.0)),
            "linear": True,
            "prior": Prior(),
            "residual": residual,
        }
        fin = type("Fin", (IntervalProblem,), parts)()
        points = fin.grid(torch.zeros(1, dtype=torch.float64), 5)
        share = (points[:, 0] - low) / length
        expected = torch.sinh(3 * (1 - share)) / math.sinh(3)
        torch.testing.assert_close(fin.solution(points), expected, rtol=0, atol=1e-7)
