"""The hard boundary: exact for every coefficient and every alpha, with the right jets."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from ddlib.pinn import (
    PROBLEMS,
    BurgersFront,
    DirichletPoisson,
    NonlinearConduction,
    RobinPoisson,
)
from ddlib.pinn.collocation import at_synthetic, nowhere, prior
from ddlib.pinn.criteria import relative_error
from ddlib.pinn.data import draw_parametric
from ddlib.pinn.feature_pinn import FeaturePINN
from ddlib.pinn.features import FeatureModel, SineFeatures
from ddlib.pinn.hard_boundary import HardBoundaryFeatures, HardBoundaryPINN
from ddlib.pinn.interval import IntervalProblem
from ddlib.pinn.jet import Jet, jet_of
from ddlib.pinn.problem import Tails
from ddlib.problem import NotApplicable

INTERVALS = {n: p for n, p in PROBLEMS.items() if isinstance(p, IntervalProblem)}
each_interval = pytest.mark.parametrize("problem", INTERVALS.values(), ids=INTERVALS.keys())


class Mixed(RobinPoisson):
    """A condition with a value, a slope and a constant, all of which depend on alpha."""

    def left(self, alpha, u, slope):
        return (2 + alpha.sin()) * u - alpha.exp() * slope + alpha**2 - 1

    def left_partials(self, alpha):
        return 2 + alpha.sin(), -alpha.exp()


each_condition = pytest.mark.parametrize(
    "problem", [*INTERVALS.values(), Mixed()], ids=[*INTERVALS, "Mixed"]
)


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def hard(problem, num_features=12, seed=0):
    features = SineFeatures.draw(problem, num_features, generator=seeded(seed))
    return HardBoundaryFeatures(problem, features)


def some_points(problem, count=8, seed=1):
    generator = seeded(seed)
    alphas = problem.prior.sample(count, generator=generator)
    return problem.sample_points(alphas, generator=generator)


def defect(problem, model, alphas):
    rim = problem.boundary_points(alphas)
    return problem.boundary(rim, model.jet(rim)).abs().max().item()


@each_condition
@given(st.integers(0, 1000), st.lists(st.floats(-3, 3), min_size=1, max_size=5))
def test_boundary_is_met_whatever_the_coefficients(problem, seed, stds):
    coefficients = torch.randn(4, 12, dtype=torch.float64, generator=seeded(seed))
    model = FeatureModel(hard(problem, seed=seed), coefficients)
    alphas = problem.prior.mean + problem.prior.std * torch.tensor(stds, dtype=torch.float64)
    # A dozen features of size one, coefficients up to 4 and factors up to e³: 1e-13 or so.
    assert defect(problem, model, alphas) < 1e-11
    free = FeatureModel(hard(problem, seed=seed).features, coefficients)
    assert defect(problem, free, alphas) > 1e-3


@each_condition
def test_jets_against_autograd(problem):
    features, points = hard(problem), some_points(problem)
    jets = features.jet(points)
    torch.testing.assert_close(features.values(points), jets.u, atol=1e-13, rtol=1e-13)
    for k in range(12):
        expected = jet_of(
            lambda *columns, k=k: features.values(torch.stack(columns, -1))[..., k], points
        )
        for ours, theirs in zip(jets.entries, expected.entries, strict=True):
            torch.testing.assert_close(ours[:, k], theirs, atol=1e-11, rtol=1e-11)
    expected = jet_of(lambda *columns: features.base(torch.stack(columns, -1)).u, points)
    for ours, theirs in zip(features.base(points).entries, expected.entries, strict=True):
        torch.testing.assert_close(ours, theirs, atol=1e-13, rtol=1e-13)


@each_interval
def test_the_base_is_the_straight_line_between_the_conditions(problem):
    """By hand: alpha (1 - x) where the value is given, 0 where the condition is homogeneous.

    It is alpha itself where there is a condition at the start alone.
    """
    points = some_points(problem)
    x, alpha = points.unbind(-1)
    expected = torch.zeros_like(x) if isinstance(problem, RobinPoisson) else alpha * (1 - x)
    if not problem.has_right:
        expected = alpha
    torch.testing.assert_close(hard(problem).base(points).u, expected, atol=1e-15, rtol=1e-14)


@each_condition
def test_a_base_of_its_own_is_corrected_too(problem):
    """Features that meet the boundary already are left as they are, and so is their base."""
    once = hard(problem)
    twice, points = HardBoundaryFeatures(problem, once), some_points(problem)
    for first, second in (
        (once.jet(points), twice.jet(points)),
        (once.base(points), twice.base(points)),
    ):
        torch.testing.assert_close(Jet(*first), Jet(*second), atol=1e-12, rtol=0)


@each_condition
def test_only_an_affine_part_is_taken_away(problem):
    """At one alpha, the difference to the free features has no curvature in x."""
    features = hard(problem)
    points = problem.grid(torch.tensor([0.7], dtype=torch.float64), 9)
    difference = features.features.values(points) - features.values(points)
    assert difference.diff(n=2, dim=0).abs().max().item() < 1e-12
    assert difference.abs().max().item() > 0.1


@each_condition
@pytest.mark.parametrize("shape", [(2, 4), (2, 2, 2)])
def test_features_do_not_mind_how_points_are_batched(problem, shape):
    features, points = hard(problem), some_points(problem)
    batched = points.unflatten(0, shape)
    for function in (features.jet, features.base):
        for ours, theirs in zip(function(points).entries, function(batched).entries, strict=True):
            whole = theirs.flatten(0, len(shape) - 1)
            torch.testing.assert_close(ours, whole, atol=1e-13, rtol=1e-13)


@each_interval
@pytest.mark.parametrize("policy", [prior, at_synthetic, nowhere])
def test_a_learnt_model_meets_the_boundary(problem, policy):
    data = draw_parametric(problem, Tails(), generator=seeded())
    learner = HardBoundaryPINN(problem, policy(problem), num_features=40)
    model = learner(data.training[:30], generator=seeded())
    assert isinstance(model.features, HardBoundaryFeatures)
    assert defect(problem, model, torch.linspace(-1, 1, 21, dtype=torch.float64)) < 1e-10


@each_interval
@pytest.mark.parametrize("policy", [prior, at_synthetic])
def test_gradient_in_the_rows_against_finite_differences(problem, policy):
    learner = HardBoundaryPINN(problem, policy(problem), penalty=0.1, num_features=10)
    features = learner.draw_features(generator=seeded())
    points = some_points(problem, 3)
    rows = torch.cat([points, problem.solution(points)[:, None] + 0.1], dim=1).requires_grad_()
    assert torch.autograd.gradcheck(lambda rows: learner.learn(rows, features).coefficients, rows)


@each_interval
def test_a_batch_of_sets_is_a_loop(problem):
    learner = HardBoundaryPINN(problem, at_synthetic(problem), penalty=0.1, num_features=10)
    points = [some_points(problem, 4, seed) for seed in range(3)]
    sets = torch.stack([torch.cat([p, problem.solution(p)[:, None]], dim=1) for p in points])
    models = learner(sets, generator=seeded())
    for i, rows in enumerate(sets):
        alone = learner(rows, generator=seeded()).coefficients
        torch.testing.assert_close(models.coefficients[i], alone, atol=1e-8, rtol=0)


@pytest.mark.parametrize("problem", [DirichletPoisson(), RobinPoisson(), NonlinearConduction()])
def test_a_hard_boundary_helps_beyond_the_gap(problem):
    data = draw_parametric(problem, Tails(), generator=seeded())
    errors = [
        relative_error(data.outside)(kind(problem, prior(problem))(data.clean, generator=seeded()))
        for kind in (HardBoundaryPINN, FeaturePINN)
    ]
    assert errors[0] < 0.5 * errors[1] < 0.05


def test_a_problem_without_two_ends_is_refused():
    problem = BurgersFront()
    features = SineFeatures.draw(problem, 3, generator=seeded())
    message = (
        "problem = BurgersFront: must be an IntervalProblem for a hard boundary, with a condition "
        "at each end of an interval"
    )
    with pytest.raises(NotApplicable, match=message):
        HardBoundaryPINN(problem, nowhere(problem))
    with pytest.raises(NotApplicable, match=message):
        HardBoundaryFeatures(problem, features)


def test_bad_settings_are_refused():
    problem = NonlinearConduction()
    with pytest.raises(ValueError, match=r"penalty = 0\.0: must be finite and above 0"):
        HardBoundaryPINN(problem, nowhere(problem), penalty=0.0)
