"""The feature PINN: minimisers and their gradients against scipy, unrolling and the loop."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy.optimize import least_squares

from ddlib.pinn import PROBLEMS, NonlinearConduction, RobinPoisson
from ddlib.pinn.collocation import at_alphas, at_synthetic, nowhere, over_prior, prior, train_tail
from ddlib.pinn.criteria import relative_error
from ddlib.pinn.data import draw_parametric, rows_at
from ddlib.pinn.feature_pinn import FeaturePINN
from ddlib.pinn.features import FeatureModel
from ddlib.pinn.problem import Tails
from ddlib.problem import learns_batches

each_problem = pytest.mark.parametrize("problem", PROBLEMS.values(), ids=PROBLEMS.keys())
POLICIES = {
    "at_synthetic": at_synthetic,
    "at_alphas": lambda p: at_alphas(p, over_prior(p, num_alphas=2, num_stds=1.0), num_points=3),
    "train_tail": lambda p: train_tail(p, Tails(), num_alphas=2),
    "prior": lambda p: prior(p, num_alphas=3, num_stds=1.0),
    "nowhere": nowhere,
}
each_policy = pytest.mark.parametrize("policy", POLICIES.values(), ids=POLICIES.keys())


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def small(problem, policy, **settings):
    """A learner of few features, with a penalty at which the minimum is well conditioned."""
    return FeaturePINN(problem, policy(problem), **{"penalty": 0.1, "num_features": 12} | settings)


def some_rows(problem, count=3, seed=1):
    """Rows near the solution: exact values and noise of 0.1."""
    generator = seeded(seed)
    alphas = problem.prior.sample(count, generator=generator)
    rows = rows_at(problem, problem.sample_points(alphas, generator=generator))
    rows[:, -1] += 0.1 * torch.randn(count, dtype=torch.float64, generator=generator)
    return rows


def residuals(learner, rows, features, coefficients):
    """The terms of the loss that are squared, from the model's jet: no code of the solver's."""
    model, points = FeatureModel(features, coefficients), learner.policy(rows)
    problem = learner.problem
    parts = [learner.data_weight**0.5 * (model(rows[:, :-1]) - rows[:, -1])]
    for where, weight, operator in (
        (points.interior, learner.residual_weight, problem.residual),
        (points.boundary, learner.boundary_weight, problem.boundary),
    ):
        if len(where):
            parts.append(weight**0.5 * operator(where, model.jet(where)))
    return torch.cat([*parts, learner.penalty**0.5 * coefficients])


@each_problem
@each_policy
def test_gradient_in_the_rows_against_finite_differences(problem, policy):
    learner = small(problem, policy)
    features = learner.draw_features(generator=seeded())
    rows = some_rows(problem).requires_grad_()
    assert torch.autograd.gradcheck(lambda rows: learner.learn(rows, features).coefficients, rows)


@each_problem
@each_policy
def test_the_gradient_of_the_loss_vanishes_at_the_minimiser(problem, policy):
    learner, rows = small(problem, policy), some_rows(problem)
    features = learner.draw_features(generator=seeded())
    found = learner.learn(rows, features).coefficients.requires_grad_()
    loss = residuals(learner, rows, features, found).square().sum()
    (gradient,) = torch.autograd.grad(loss, found)
    assert gradient.abs().max().item() < 1e-8
    system = learner.system(rows, features)
    assert system.loss(found).item() == pytest.approx(loss.item(), rel=1e-12)
    step = 1e-3 * torch.randn(20, 12, dtype=torch.float64, generator=seeded())
    assert all(system.loss(found + e) > loss for e in step)


@each_problem
@pytest.mark.parametrize("policy", [at_synthetic, POLICIES["prior"]])
def test_minimiser_against_scipy(problem, policy):
    learner, rows = small(problem, policy, penalty=1e-3), some_rows(problem, 5)
    features = learner.draw_features(generator=seeded())

    def vector(coefficients):
        return residuals(learner, rows, features, torch.from_numpy(coefficients)).numpy()

    found = least_squares(vector, np.zeros(12), jac="3-point", xtol=1e-14, ftol=1e-14, gtol=1e-12)
    assert 2 * found.cost > 1e-6
    ours = learner.learn(rows, features).coefficients
    np.testing.assert_allclose(ours, found.x, atol=1e-6)


def unrolled(system, num_steps):
    """Gauss-Newton from 0, every step on the graph."""
    coefficients = system.zero
    ridge = system.penalty * torch.eye(system.features.shape[-1], dtype=torch.float64)
    for _ in range(num_steps):
        jacobian, defects = system.linearise(coefficients)
        gradient = jacobian.mT @ defects + system.penalty * coefficients
        coefficients = coefficients - torch.linalg.solve(jacobian.mT @ jacobian + ridge, gradient)
    return coefficients


@each_problem
@pytest.mark.parametrize("policy", [at_synthetic, POLICIES["prior"]])
def test_implicit_gradient_against_the_unrolled_one(problem, policy):
    learner, rows = small(problem, policy), some_rows(problem).requires_grad_()
    features = learner.draw_features(generator=seeded())
    weights = torch.randn(12, dtype=torch.float64, generator=seeded(3))
    ours = learner.learn(rows, features).coefficients
    theirs = unrolled(learner.system(rows, features), 60)
    torch.testing.assert_close(ours, theirs, atol=1e-9, rtol=0)
    gradients = [torch.autograd.grad(c @ weights, rows)[0] for c in (ours, theirs)]
    assert gradients[1].abs().max().item() > 1e-5
    torch.testing.assert_close(*gradients, atol=1e-7, rtol=1e-6)


@each_problem
@each_policy
def test_a_batch_of_sets_is_a_loop(problem, policy):
    learner = small(problem, policy)
    sets = torch.stack([some_rows(problem, 4, seed) for seed in range(5)])
    points = problem.limits()
    models = learner(sets, generator=seeded())
    assert learns_batches(learner)
    assert models.coefficients.shape == (5, 12)
    assert models(points).shape == models.jet(points).xx.shape == (5, 2)
    for i, rows in enumerate(sets):
        alone = learner(rows, generator=seeded())
        assert alone(points).shape == (2,)
        # Nonlinear ones stop together, alone earlier, where the last Newton step is exact to 1e-9.
        torch.testing.assert_close(models.coefficients[i], alone.coefficients, atol=1e-8, rtol=0)
        torch.testing.assert_close(models(points)[i], alone(points), atol=1e-7, rtol=0)


@each_problem
def test_gradients_of_a_batch_do_not_mix(problem):
    learner = small(problem, at_synthetic)
    sets = torch.stack([some_rows(problem, 3, seed) for seed in range(3)]).requires_grad_()
    values = learner(sets, generator=seeded())(problem.limits()).sum(-1)
    (gradient,) = torch.autograd.grad(values[1], sets)
    assert gradient[1].abs().max().item() > 1e-3
    assert (gradient[[0, 2]] == 0).all()


@each_problem
def test_a_function_in_the_span_is_recovered(problem):
    learner = small(problem, nowhere, penalty=1e-14)
    features = learner.draw_features(generator=seeded())
    truth = FeatureModel(features, torch.randn(12, dtype=torch.float64, generator=seeded(2)))
    points, fresh = (some_rows(problem, 80, seed)[:, :-1] for seed in (3, 4))
    model = learner.learn(torch.cat([points, truth(points)[:, None]], dim=1), features)
    torch.testing.assert_close(model(fresh), truth(fresh), atol=1e-5, rtol=0)


def median_error(problem, num_features):
    errors = []
    for seed in range(7):
        data = draw_parametric(problem, Tails(), generator=seeded(seed))
        learner = FeaturePINN(problem, prior(problem), penalty=1e-8, num_features=num_features)
        model = learner(data.clean, generator=seeded(seed))
        errors.append(relative_error(data.outside)(model).item())
    return float(np.median(errors))


@pytest.mark.parametrize(
    "problem",
    [RobinPoisson(), pytest.param(NonlinearConduction(), marks=pytest.mark.nightly)],
)
def test_error_beyond_the_gap_falls_with_the_number_of_features(problem):
    errors = [median_error(problem, num_features) for num_features in (25, 50, 100, 200)]
    assert errors == sorted(errors, reverse=True)
    assert errors[-1] < 1e-2 < errors[0]


def test_only_the_equation_tells_what_lies_beyond_the_gap():
    problem = RobinPoisson()
    data, errors = draw_parametric(problem, Tails(), generator=seeded()), {}
    for policy in (nowhere, prior):
        model = FeaturePINN(problem, policy(problem))(data.clean, generator=seeded())
        errors[policy] = relative_error(data.outside)(model).item()
    assert errors[nowhere] > 0.1 > 0.01 > errors[prior]


@each_problem
def test_weights_and_penalty_count_relative_to_each_other(problem):
    rows, learner = some_rows(problem), small(problem, at_synthetic)
    scaled = replace(
        learner, penalty=0.5, data_weight=5.0, residual_weight=5.0, boundary_weight=320.0
    )
    torch.testing.assert_close(
        learner(rows, generator=seeded()).coefficients,
        scaled(rows, generator=seeded()).coefficients,
        atol=1e-9,
        rtol=0,
    )


@each_problem
def test_without_weight_the_physics_is_nowhere(problem):
    rows = some_rows(problem)
    without = small(problem, at_synthetic, residual_weight=0.0, boundary_weight=0.0)
    coefficients = without(rows, generator=seeded()).coefficients
    expected = small(problem, nowhere)(rows, generator=seeded()).coefficients
    assert torch.equal(coefficients, expected)


@each_problem
def test_a_seed_is_a_draw_and_leaves_the_global_state_alone(problem):
    learner, rows, state = small(problem, at_synthetic), some_rows(problem), torch.get_rng_state()
    points = problem.limits()
    first, again, other = (learner(rows, generator=seeded(s))(points) for s in (0, 0, 1))
    assert torch.equal(torch.get_rng_state(), state)
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
