"""Learners follow the type of the rows."""

import pytest
import torch

from ddlib.pinn import AdvectionDiffusion, NonlinearConduction, RobinPoisson, SquarePoisson
from ddlib.pinn.collocation import at_synthetic, nowhere, prior
from ddlib.pinn.criteria import relative_error
from ddlib.pinn.data import draw_parametric
from ddlib.pinn.feature_pinn import FeaturePINN
from ddlib.pinn.hard_boundary import HardBoundaryPINN
from ddlib.pinn.network_pinn import NetworkPINN
from ddlib.pinn.problem import Tails
from ddlib.pinn.ridge_solve import ridge_solve


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


@pytest.mark.parametrize("problem", [RobinPoisson(), NonlinearConduction(), AdvectionDiffusion()])
@pytest.mark.parametrize("policy", [prior, at_synthetic, nowhere])
@pytest.mark.parametrize("kind", [FeaturePINN, HardBoundaryPINN])
def test_features_of_single_precision(problem, policy, kind):
    data = draw_parametric(problem, Tails(), generator=seeded())
    learner = kind(problem, policy(problem), penalty=1e-2, num_features=60)
    points = data.inside[:50, :-1]
    models = [learner(data.clean.to(dtype), generator=seeded()) for dtype in TYPES]
    for model, dtype in zip(models, TYPES, strict=True):
        assert model.coefficients.dtype == dtype
        assert all(entry.dtype == dtype for entry in (model(points), *model.jet(points).entries))
    exact = data.inside[:50, -1]
    single, double = (model(points).double() for model in models)
    assert (single - double).norm() < 2e-2 * exact.norm()


TYPES = (torch.float32, torch.float64)


def test_single_precision_solves_in_the_plane_and_has_a_gradient():
    problem = SquarePoisson()
    data = draw_parametric(problem, Tails(), generator=seeded(), num_alphas=4, num_rows=8)
    learner = FeaturePINN(problem, at_synthetic(problem), penalty=1e-2, num_features=40)
    rows = data.training.float().requires_grad_()
    error = relative_error(data.inside.float())(learner(rows, generator=seeded()))
    (gradient,) = torch.autograd.grad(error, rows)
    assert error.dtype == gradient.dtype == torch.float32
    assert gradient.isfinite().all()


def test_networks_of_single_precision():
    problem = RobinPoisson()
    data = draw_parametric(problem, Tails(), generator=seeded(), num_alphas=4, num_rows=8)
    learner = NetworkPINN(problem, at_synthetic(problem), widths=(6,), num_adam=10, num_lbfgs=10)
    model = learner(data.clean.float(), generator=seeded())
    assert model.theta.dtype == torch.float32
    assert model(data.inside[:, :-1]).dtype == torch.float32
    start = learner.initial(data.clean.float(), generator=seeded())
    losses = [learner.loss(theta, data.clean.float()) for theta in (start, model.theta)]
    assert losses[1] < losses[0]


@pytest.mark.parametrize("shape", [(5, 9), (9, 5)])
def test_a_tiny_penalty_is_solved_in_single_precision(shape):
    matrix = torch.randn(shape, generator=seeded())
    matrix[:, 1] = matrix[:, 0]
    target = torch.randn(shape[0], generator=seeded())
    found = ridge_solve(matrix, target, 1e-4)
    expected = ridge_solve(matrix.double(), target.double(), 1e-4)
    torch.testing.assert_close(found.double(), expected, atol=2e-3, rtol=2e-3)
