"""Partials by automatic differentiation: against those by hand, and differentiated again."""

import pytest
import torch

from ddlib.pinn import PROBLEMS
from ddlib.pinn.collocation import at_synthetic, prior
from ddlib.pinn.data import rows_at
from ddlib.pinn.feature_pinn import FeaturePINN
from ddlib.pinn.jet import Jet
from ddlib.pinn.operator_cases import random_jet
from ddlib.pinn.partials import partials_of
from ddlib.pinn.problem import ParametricProblem
from tests.pinn.manufactured import CoolingPlate, Plate

EVERY = {**PROBLEMS, "Plate": Plate(), "CoolingPlate": CoolingPlate()}
each_problem = pytest.mark.parametrize("problem", EVERY.values(), ids=EVERY.keys())


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def by_autograd(problem):
    """The same problem without partials by hand."""
    names = ("residual_partials", "boundary_partials")
    return type(
        type(problem).__name__,
        (type(problem),),
        {name: getattr(ParametricProblem, name) for name in names},
    )()


def some_rows(problem, count=3):
    alphas = problem.prior.sample(count, generator=seeded(1))
    rows = rows_at(problem, problem.sample_points(alphas, generator=seeded(2)))
    rows[:, -1] += 0.1
    return rows


@each_problem
def test_partials_by_hand_are_those_of_autograd(problem):
    alphas = problem.prior.sample(20, generator=seeded())
    inside = problem.sample_points(alphas, generator=seeded())
    for points, operator, by_hand in (
        (inside, problem.residual, problem.residual_partials),
        (problem.boundary_points(alphas), problem.boundary, problem.boundary_partials),
    ):
        jet = random_jet(problem, (2, len(points)), generator=seeded())
        found = partials_of(operator, points, jet)
        assert not any(entry.requires_grad for entry in found.entries)
        expected = by_hand(points.expand(2, -1, -1), jet)
        for ours, theirs in zip(found.entries, expected.entries, strict=True):
            torch.testing.assert_close(ours, theirs.expand_as(ours), atol=1e-13, rtol=1e-13)


@each_problem
@pytest.mark.parametrize("policy", [at_synthetic, lambda p: prior(p, num_alphas=3, num_stds=1.0)])
def test_minimisers_and_gradients_with_autograd_partials(problem, policy):
    other, rows = by_autograd(problem), some_rows(problem).requires_grad_()
    found = []
    for one in (problem, other):
        learner = FeaturePINN(one, policy(one), penalty=0.1, num_features=12)
        features = learner.draw_features(generator=seeded())
        coefficients = learner.learn(rows, features).coefficients
        found.append((coefficients, *torch.autograd.grad(coefficients.sum(), rows)))
    torch.testing.assert_close(found[0], found[1], atol=1e-9, rtol=1e-9)
    assert torch.autograd.gradcheck(lambda rows: learner.learn(rows, features).coefficients, rows)


def test_entries_that_share_a_tensor_are_told_apart():
    zero = torch.zeros(3, dtype=torch.float64, requires_grad=True)
    points = torch.ones(3, 2, dtype=torch.float64)
    found = partials_of(lambda points, jet: 2 * jet.u - jet.xx, points, Jet(zero, zero, zero))
    assert [entry.tolist() for entry in found.entries] == [[2.0] * 3, [0.0] * 3, [-1.0] * 3]


def test_an_operator_without_the_jet_has_no_partials():
    points = torch.ones(3, 2, dtype=torch.float64)
    jet = Jet(*torch.ones(3, 3, dtype=torch.float64))
    for there in (points, points.clone().requires_grad_()):
        found = partials_of(lambda points, jet: points[..., 0], there, jet)
        assert all((entry == 0).all() for entry in found.entries)


def test_partials_are_differentiable_in_points_and_jet():
    def operator(points, jet):
        return points[..., 0].exp() * jet.u.pow(3) + jet.x.sin() * jet.xx

    def partials(points, *entries):
        return tuple(partials_of(operator, points, Jet(*entries)).entries)

    inputs = [
        torch.randn(shape, dtype=torch.float64, generator=seeded(k)).requires_grad_()
        for k, shape in enumerate([(4, 2), (4,), (4,), (4,)])
    ]
    assert torch.autograd.gradcheck(partials, inputs)
    with torch.no_grad():
        assert not any(entry.requires_grad for entry in partials(*inputs))
