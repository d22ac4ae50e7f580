"""L-BFGS against scipy's, the two-loop recursion, and minima that are known."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import minimize

from ddlib.pinn.lbfgs import minimise
from ddlib.pinn.lbfgs_memory import Memory
from tests.shared.examples import examples

SEEDS = st.integers(0, 2**31 - 1)


class Objective:
    """Values and gradients of a function of points `(B, D)`; counts its evaluations."""

    def __init__(self, function):
        self.function, self.num_calls = function, 0

    def __call__(self, points):
        self.num_calls += 1
        with torch.enable_grad():
            points = points.detach().requires_grad_()
            values = self.function(points)
            (gradients,) = torch.autograd.grad(values.sum(), points)
        return values.detach(), gradients


def rosenbrock(points):
    first, second = points[:, :-1], points[:, 1:]
    return (100 * (second - first.square()).square() + (1 - first).square()).sum(-1)


def normal(*shape, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(*shape, dtype=torch.float64, generator=generator)


def quadratics(batch, dim, seed=0):
    """Return curvatures, minima and values of random convex quadratics."""
    factors = normal(batch, dim, dim, seed=seed)
    curvatures = factors @ factors.mT + torch.eye(dim, dtype=torch.float64)
    minima = normal(batch, dim, seed=seed + 1)

    def function(points):
        away = points - minima
        return (away * (curvatures @ away.unsqueeze(-1)).squeeze(-1)).sum(-1) / 2

    return minima, function


def scipy_lbfgs(function, start, **options):
    def value_and_gradient(point):
        value, gradient = Objective(function)(torch.from_numpy(point)[None])
        return value.item(), gradient[0].numpy()

    settings = {"maxcor": 20, "ftol": 0, "gtol": 1e-9} | options
    return minimize(
        value_and_gradient, start.numpy(), jac=True, method="L-BFGS-B", options=settings
    )


@pytest.mark.parametrize("dim", [2, 10])
def test_the_minimum_of_rosenbrock_in_as_few_evaluations_as_scipy(dim):
    for start in torch.rand(
        5, dim, dtype=torch.float64, generator=torch.Generator().manual_seed(1)
    ):
        objective = Objective(rosenbrock)
        found = minimise(objective, start[None], num_steps=500)
        peer = scipy_lbfgs(rosenbrock, start)
        np.testing.assert_allclose(found[0].numpy(), peer.x, atol=1e-7)
        np.testing.assert_allclose(found[0].numpy(), 1.0, atol=1e-7)
        assert objective.num_calls <= 1.3 * peer.nfev + 5


@given(st.integers(1, 4), st.integers(1, 8), SEEDS)
def test_the_minima_of_quadratics(batch, dim, seed):
    minima, function = quadratics(batch, dim, seed)
    found = minimise(Objective(function), normal(batch, dim, seed=seed + 2), num_steps=200)
    torch.testing.assert_close(found, minima, rtol=1e-7, atol=1e-7)


def test_an_ill_conditioned_quadratic_costs_about_one_evaluation_a_step():
    scales = torch.logspace(0, 4, 30, dtype=torch.float64)
    objective = Objective(lambda points: (scales * points.square()).sum(-1) / 2)
    start = torch.ones(1, 30, dtype=torch.float64)
    found = minimise(objective, start, num_steps=1000)
    assert objective(found)[0].item() < 1e-16
    few = Objective(objective.function)
    minimise(few, start, num_steps=100)
    assert 101 <= few.num_calls <= 115


@given(st.integers(0, 30), st.integers(1, 5), SEEDS)
def test_the_value_never_rises(num_steps, history, seed):
    start = 2 * normal(3, 4, seed=seed)
    objective, values = Objective(rosenbrock), [rosenbrock(start)]
    for steps in range(0, num_steps + 1, 5):
        found = minimise(objective, start, num_steps=steps, history=history)
        values.append(rosenbrock(found))
    assert (torch.stack(values).diff(dim=0) <= 0).all()


@given(st.integers(1, 25), SEEDS)
@examples(15)
def test_a_member_does_not_depend_on_the_others(num_steps, seed):
    # Products of a batch may be rounded in another order; Rosenbrock's valley makes that grow.
    start = normal(4, 3, seed=seed)
    together = minimise(Objective(rosenbrock), start, num_steps=num_steps)
    for member, alone in zip(together, start, strict=True):
        single = minimise(Objective(rosenbrock), alone[None], num_steps=num_steps)
        torch.testing.assert_close(member, single[0], rtol=1e-6, atol=1e-6)
    order = torch.randperm(4, generator=torch.Generator().manual_seed(seed))
    permuted = minimise(Objective(rosenbrock), start[order], num_steps=num_steps)
    torch.testing.assert_close(permuted, together[order], rtol=1e-6, atol=1e-6)


def two_loop(gradient, steps, changes):
    """Nocedal's recursion, for one member: pairs from the oldest to the newest."""
    shares, direction = [], gradient.clone()
    for s, y in zip(reversed(steps), reversed(changes), strict=True):
        shares.append((s @ direction) / (s @ y))
        direction -= shares[-1] * y
    direction *= (steps[-1] @ changes[-1]) / (changes[-1] @ changes[-1])
    for s, y, share in zip(steps, changes, reversed(shares), strict=True):
        direction += (share - (y @ direction) / (s @ y)) * s
    return -direction


@given(st.integers(1, 9), SEEDS)
def test_the_direction_is_that_of_the_two_loop_recursion(num_pairs, seed):
    dim, history = 6, 4
    factor = normal(dim, dim, seed=seed)
    curvature = factor @ factor.T + torch.eye(dim, dtype=torch.float64)
    steps = normal(num_pairs, 2, dim, seed=seed + 1)
    gradient = normal(2, dim, seed=seed + 2)
    memory = Memory(gradient, history)
    for pair in steps:
        memory.add(torch.tensor([True, False]), pair, pair @ curvature)
    kept = list(steps[-history:, 0])
    expected = two_loop(gradient[0], kept, [s @ curvature for s in kept])
    direction = memory.direction(gradient)
    torch.testing.assert_close(direction[0], expected, rtol=1e-6, atol=1e-6)
    torch.testing.assert_close(direction[1], -gradient[1], rtol=0, atol=0)


def test_without_steps_and_at_a_minimum_the_start_is_returned():
    start = normal(2, 3)
    assert torch.equal(minimise(Objective(rosenbrock), start, num_steps=0), start)
    ones = torch.ones(1, 3, dtype=torch.float64)
    objective = Objective(rosenbrock)
    assert torch.equal(minimise(objective, ones, num_steps=50), ones)
    assert objective.num_calls == 1


def test_members_without_a_value_or_a_descent_stay_and_the_others_go_on():
    def function(points):
        return torch.stack([points[0].log().sum(), points[1].square().sum()])

    start = torch.tensor([[-1.0, 1.0], [3.0, -2.0]], dtype=torch.float64)
    found = minimise(Objective(function), start, num_steps=50)
    assert torch.equal(found[0], start[0])
    torch.testing.assert_close(found[1], torch.zeros(2, dtype=torch.float64), rtol=0, atol=1e-8)


def test_a_wrong_gradient_ends_the_search():
    calls = []

    def uphill(points):
        calls.append(points)
        assert len(calls) < 100
        return points.square().sum(-1), -2 * points

    start = torch.ones(1, 2, dtype=torch.float64)
    assert torch.equal(minimise(uphill, start, num_steps=50), start)


def test_steps_into_infinite_values_are_shortened():
    objective = Objective(lambda points: (points - points.log()).sum(-1))  # NaN below zero
    start = torch.tensor([[1e-3, 30.0]], dtype=torch.float64)
    found = minimise(objective, start, num_steps=100)
    torch.testing.assert_close(found, torch.ones_like(found), rtol=0, atol=1e-7)


@pytest.mark.parametrize(
    ("setting", "value", "least"), [("num_steps", -1, 0), ("history", 0, 1), ("tolerance", -1.0, 0)]
)
def test_bad_settings_are_refused(setting, value, least):
    settings = {"num_steps": 1, "history": 1, "tolerance": 0.0} | {setting: value}
    with pytest.raises(ValueError, match=f"{setting} = {value}: must be at least {least}"):
        minimise(Objective(rosenbrock), normal(1, 2), **settings)


def test_bad_starts_are_refused():
    with pytest.raises(ValueError, match=r"start: shape \(3,\), torch.float64; must be \(B, D\)"):
        minimise(Objective(rosenbrock), normal(3), num_steps=1)
    with pytest.raises(ValueError, match=r"torch.int64; must be \(B, D\), floating-point"):
        minimise(Objective(rosenbrock), normal(1, 3).long(), num_steps=1)
