"""Intervals of any length and conditions of any kind, against solutions they are made from."""

import itertools

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from ddlib.pinn.collocation import nowhere, prior
from ddlib.pinn.conditions import Dirichlet, Neumann, Robin
from ddlib.pinn.criteria import relative_error
from ddlib.pinn.data import draw_parametric
from ddlib.pinn.feature_pinn import FeaturePINN
from ddlib.pinn.features import FeatureModel, SineFeatures
from ddlib.pinn.hard_boundary import HardBoundaryFeatures, HardBoundaryPINN
from ddlib.pinn.interval import IntervalProblem
from ddlib.pinn.jet import jet_of
from ddlib.pinn.problem import Tails
from ddlib.problem import NotApplicable
from tests.pinn.manufactured import rod
from tests.shared.examples import examples

KINDS = ("Dirichlet", "Neumann", "Robin")
PAIRS = [pair for pair in itertools.product(KINDS, KINDS) if pair != ("Neumann", "Neumann")]
each_pair = pytest.mark.parametrize("kinds", PAIRS, ids="-".join)
domains = st.tuples(st.floats(-2, 2), st.floats(0.5, 2)).map(lambda d: (d[0], d[0] + d[1]))


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def error_of(problem, learner):
    data = draw_parametric(problem, Tails(), generator=seeded())
    return relative_error(data.outside)(learner(data.clean, generator=seeded())).item()


@each_pair
@given(domains, st.sampled_from([0.0, 3.0]))
@examples(10)
def test_conditions_are_those_of_the_solution(kinds, domain, reaction):
    problem = rod(domain, kinds, reaction=reaction)
    problem.check(generator=seeded(), num_points=50)
    points = problem.boundary_points(problem.prior.sample(5, generator=seeded()))
    assert points[:, 0].tolist() == [domain[0]] * 5 + [domain[1]] * 5
    jet = jet_of(problem.exact, points)
    assert (problem.boundary(points, jet).abs() < 1e-11).all()
    shifted = jet._replace(u=jet.u + 1, x=jet.x + 1)
    assert (problem.boundary(points, shifted).abs() > 1e-3).all() or kinds[0] == "Robin"
    low, high = problem.limits()
    assert (low[0].item(), high[0].item()) == domain
    inside = problem.sample_points(problem.prior.sample(50, generator=seeded()), generator=seeded())
    assert ((inside[:, 0] >= domain[0]) & (inside[:, 0] <= domain[1])).all()
    grid = problem.grid(torch.zeros(1, dtype=torch.float64), 3)[:, 0]
    assert grid.tolist() == pytest.approx([domain[0], sum(domain) / 2, domain[1]])


@each_pair
@given(domains, st.integers(0, 100))
@examples(10)
def test_a_hard_boundary_meets_every_condition_whatever_the_coefficients(kinds, domain, seed):
    problem = rod(domain, kinds)
    free = SineFeatures.draw(problem, 8, generator=seeded(seed))
    coefficients = torch.randn(8, dtype=torch.float64, generator=seeded(seed))
    model = FeatureModel(HardBoundaryFeatures(problem, free), coefficients)
    rim = problem.boundary_points(problem.prior.sample(5, generator=seeded(seed)))
    assert problem.boundary(rim, model.jet(rim)).abs().max() < 1e-9
    values = jet_of(lambda *columns: model(torch.stack(columns, -1)), rim)
    for ours, theirs in zip(model.jet(rim).entries, values.entries, strict=True):
        torch.testing.assert_close(ours, theirs, atol=1e-9, rtol=1e-9)


@each_pair
@pytest.mark.parametrize("domain", [(0.0, 1.0), (-1.0, 0.5), (3.0, 5.0)])
def test_a_hard_boundary_is_right_for_every_condition(kinds, domain):
    problem = rod(domain, kinds)
    assert error_of(problem, HardBoundaryPINN(problem, prior(problem), penalty=1e-8)) < 1e-3


@each_pair
def test_a_soft_boundary_is_right_for_every_condition(kinds):
    problem = rod((-1.0, 0.5), kinds)
    assert error_of(problem, FeaturePINN(problem, prior(problem), penalty=1e-8)) < 1e-2


def test_slopes_alone_are_refused_where_the_equation_leaves_a_constant_free():
    problem = rod((0.0, 1.0), ("Neumann", "Neumann"))
    message = (
        "conditions: slopes alone in Rod, whose equation leaves a constant free; must give u at "
        "an end"
    )
    with pytest.raises(ValueError, match=message):
        problem.check(generator=seeded())
    with pytest.raises(NotApplicable, match=r"problem = Rod: must have conditions that an affine"):
        HardBoundaryPINN(problem, nowhere(problem))
    # With a reaction the equation itself fixes the constant; the ansatz still cannot.
    problem = rod((0.0, 1.0), ("Neumann", "Neumann"), reaction=2.0)
    problem.check(generator=seeded())
    assert error_of(problem, FeaturePINN(problem, prior(problem), penalty=1e-8)) < 1e-2
    with pytest.raises(NotApplicable, match=r"problem = Rod: must have conditions that an affine"):
        HardBoundaryPINN(problem, nowhere(problem))


@pytest.mark.parametrize(
    "domain",
    [
        (1.0, 1.0),
        (2.0, 0.0),
        (0.0, float("nan")),
        (0.0, float("inf")),
        (-float("inf"), 0.0),
        (1.0, 0.0, 2.0),
    ],
)
def test_a_domain_without_interior_is_refused(domain):
    problem = rod(domain, ("Dirichlet", "Dirichlet"))
    message = r"domain = .*: must have a low end below its high end, both finite"
    for call in (
        lambda: problem.check(generator=seeded()),
        lambda: FeaturePINN(problem, nowhere(problem)).draw_features(generator=seeded()),
        lambda: problem.grid(torch.zeros(1, dtype=torch.float64), 3),
    ):
        with pytest.raises(ValueError, match=message):
            call()


def test_a_condition_that_is_not_affine_is_refused():
    class Radiating(IntervalProblem):
        linear = False

        def residual(self, points, jet):
            return -jet.xx

        def left(self, alpha, u, slope):
            return slope - alpha * u**4

    with pytest.raises(
        ValueError, match=r"conditions: not affine in u and u' in Radiating; must be affine"
    ):
        Radiating().check(generator=seeded())


class Decay(IntervalProblem):
    """u' = -(1 + α²) u from u(0) = 2, on a longer time."""

    domain = (0.0, 2.0)
    conditions = (Dirichlet(2.0), None)

    def exact(self, *columns):
        time, alpha = columns
        return 2 * (-(1 + alpha.square()) * time).exp()

    def residual(self, points, jet):
        return jet.x + (1 + points[..., 1].square()) * jet.u


def test_a_condition_at_the_start_alone():
    problem = Decay()
    problem.check(generator=seeded())
    alphas = torch.zeros(3, dtype=torch.float64)
    assert problem.boundary_points(alphas).tolist() == [[0.0, 0.0]] * 3
    for kind in (FeaturePINN, HardBoundaryPINN):
        learner = kind(problem, prior(problem), penalty=1e-9, bandwidth=2.0)
        assert error_of(problem, learner) < 2e-2
    with pytest.raises(ValueError, match=r"conditions\[1\] = None: must be a condition in Decay"):
        problem.right(alphas, alphas, alphas)


def test_conditions_by_hand():
    alpha, u, slope = (torch.tensor([v], dtype=torch.float64) for v in (2.0, 3.0, 5.0))
    assert Dirichlet()(alpha, u, slope).item() == 3
    assert Dirichlet(lambda alpha: alpha)(alpha, u, slope).item() == 1
    assert Neumann(1.5)(alpha, u, slope).item() == 3.5
    assert Robin(2.0, lambda alpha: -alpha, 7.0)(alpha, u, slope).item() == 2 * 3 - 2 * 5 - 7
