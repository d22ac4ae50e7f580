"""The points of each collocation policy."""

import pytest
import torch

from ddlib.pinn import PROBLEMS
from ddlib.pinn.collocation import at_alphas, at_synthetic, nowhere, prior, train_tail
from ddlib.pinn.problem import Tails

# Several parameters are tested in `test_several`.
ONE_PARAMETER = {name: p for name, p in PROBLEMS.items() if p.num_parameters == 1}
each_problem = pytest.mark.parametrize("problem", ONE_PARAMETER.values(), ids=ONE_PARAMETER.keys())


def column(*values):
    return torch.tensor(values, dtype=torch.float64)


def some_rows(problem, generator, shape=(6,)):
    width = len(problem.coordinates) + 2
    return torch.rand(*shape, width, dtype=torch.float64, generator=generator)


def assert_fixed(problem, policy, alphas, num_points, generator):
    """The policy asks at a grid of these alphas and at their boundary, whatever the rows."""
    for rows in (some_rows(problem, generator), some_rows(problem, generator, (3, 2))):
        points = policy(rows)
        assert torch.equal(points.interior, problem.grid(alphas, num_points))
        assert torch.equal(points.boundary, problem.boundary_points(alphas))


@each_problem
@pytest.mark.parametrize("shape", [(6,), (3, 6)])
def test_synthetic_points_are_those_of_the_rows_and_have_a_gradient(problem, shape, generator):
    rows = some_rows(problem, generator, shape).requires_grad_()
    points = at_synthetic(problem)(rows)
    assert torch.equal(points.interior, rows[..., :-1])
    assert torch.equal(points.boundary, problem.boundary_points(rows[..., -2]))
    interior = torch.autograd.grad(points.interior.sum(), rows, retain_graph=True)[0]
    boundary = torch.autograd.grad(points.boundary.sum(), rows)[0]
    ends = points.boundary.shape[-2] / 6
    expected = torch.zeros_like(rows)
    expected[..., :-1] = 1.0
    assert torch.equal(interior, expected)
    # A row moves the boundary by its alpha only.
    expected[..., :-2] = 0.0
    assert torch.equal(boundary, expected * ends)


@each_problem
def test_given_alphas_get_a_grid_each(problem, generator):
    alphas = problem.prior.sample(4, generator=generator)
    assert_fixed(problem, at_alphas(problem, alphas), alphas, 15, generator)
    assert_fixed(problem, at_alphas(problem, alphas, num_points=3), alphas, 3, generator)


@each_problem
def test_train_tail_stays_below_the_gap(problem, generator):
    tails = Tails(0.3, 0.1)
    policy = train_tail(problem, tails, num_alphas=7)
    alphas = policy(some_rows(problem, generator)).interior[:, -1].unique()
    assert len(alphas) == 7
    assert alphas.max().item() < tails.gap(problem.prior)[0]
    normal = torch.distributions.Normal(*column(problem.prior.mean, problem.prior.std))
    shares = 0.3 * column(1, 3, 5, 7, 9, 11, 13) / 14
    torch.testing.assert_close(normal.cdf(alphas), shares, atol=1e-12, rtol=1e-12)
    assert_fixed(problem, policy, alphas, 15, generator)
    assert len(train_tail(problem, tails)(alphas).interior[:, -1].unique()) == 20


@each_problem
def test_prior_reaches_both_tails(problem, generator):
    mean, std = problem.prior.mean, problem.prior.std
    steps = torch.linspace(-2.8, 2.8, 20, dtype=torch.float64)
    alphas = prior(problem)(some_rows(problem, generator)).interior[:, -1].unique()
    torch.testing.assert_close(alphas, mean + std * steps, atol=1e-13, rtol=1e-13)
    narrow = prior(problem, num_alphas=3, num_stds=1.0)(alphas).boundary[:, -1].unique()
    expected = mean + std * column(-1, 0, 1)
    torch.testing.assert_close(narrow, expected, atol=1e-14, rtol=1e-14)


@each_problem
def test_nowhere_is_empty(problem, generator):
    points = nowhere(problem)(some_rows(problem, generator))
    assert points.interior.shape == points.boundary.shape == (0, len(problem.coordinates) + 1)
