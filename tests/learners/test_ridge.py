"""The ridge case against scikit-learn, brute force, and the theorem on rank."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import minimize
from sklearn.linear_model import Ridge as ScikitRidge

from ddlib.learners.ridge import LinearLaw, Ridge, random_linear_law, squared_error


def test_learner_against_scikit_learn(generator):
    law = random_linear_law(3, 2, noise_std=0.3, generator=generator)
    rows = law.sample(30, generator=generator)
    theta = Ridge(num_responses=2, penalty=0.1)(rows)
    # scikit-learn's penalty stands beside the sum of squares, ours beside the mean.
    reference = ScikitRidge(alpha=0.1 * 30, fit_intercept=False).fit(rows[:, :3], rows[:, 3:])
    np.testing.assert_allclose(theta, reference.coef_.T, atol=1e-10)


def test_risk_is_the_expected_squared_error(generator):
    law = random_linear_law(3, 2, noise_std=0.3, generator=generator)
    theta = torch.randn(3, 2, dtype=torch.float64, generator=generator)
    task = torch.tensor([0.7, 0.3], dtype=torch.float64)
    rows = law.sample(400_000, generator=generator)
    sampled = squared_error(rows, theta, task).item()
    assert law.risk(theta, task).item() == pytest.approx(sampled, rel=0.02)


@given(st.integers(1, 6), st.integers(1, 4), st.integers(0, 3), st.integers(0, 10**6))
def test_rows_for_is_a_right_inverse_of_the_learner(dim, num_responses, spare, seed):
    generator = torch.Generator().manual_seed(seed)
    theta = torch.randn(dim, num_responses, dtype=torch.float64, generator=generator)
    learner = Ridge(num_responses, penalty=0.37)
    rows = learner.rows_for(theta, min(dim, num_responses) + spare)
    torch.testing.assert_close(learner(rows), theta, atol=1e-10, rtol=0)


def test_rows_for_refuses_a_rank_above_the_budget():
    with pytest.raises(ValueError, match="num_rows = 1: must be at least the rank of theta, 2"):
        Ridge(2, penalty=0.1).rows_for(torch.eye(2, dtype=torch.float64), 1)


def test_no_row_learns_better_than_the_bound(generator):
    """One row against a numerical minimum over all rows, from many starts."""
    law = random_linear_law(2, 2, noise_std=0.0, generator=generator)
    task = torch.tensor([0.8, 0.2], dtype=torch.float64)
    learner = Ridge(2, penalty=0.1)

    def value(flat):
        return law.risk(learner(torch.from_numpy(flat).reshape(1, 4)), task).item()

    starts = np.random.default_rng(0).normal(size=(10, 4))
    found = min(minimize(value, start, method="BFGS").fun for start in starts)
    bound = law.risk(law.best_weights(task, 1), task).item()
    assert found == pytest.approx(bound, rel=1e-5)


@given(
    st.integers(1, 5),
    st.integers(1, 4),
    st.integers(1, 4),
    st.integers(0, 5),
    st.integers(0, 10**6),
)
def test_no_weights_of_that_rank_are_better(dim, num_responses, num_rows, rank, seed):
    """Random weights, also near the best, where the covariance is singular and tasks are 0."""
    generator = torch.Generator().manual_seed(seed)

    def normal(*shape):
        return torch.randn(*shape, dtype=torch.float64, generator=generator)

    factor = normal(dim, min(rank, dim))
    law = LinearLaw(normal(dim, num_responses), factor @ factor.T, noise_std=0.5)
    task = normal(num_responses).clamp(min=0)
    best = law.best_weights(task, num_rows)
    assert torch.linalg.matrix_rank(best) <= num_rows
    values, vectors = torch.linalg.eigh(law.covariance)
    root = values.clamp(min=0).sqrt()[:, None] * vectors.T
    cut = torch.linalg.svdvals(root @ law.weights * task.sqrt())[num_rows:].square().sum()
    least = law.risk(best, task)
    torch.testing.assert_close(least, 0.25 * task.sum() + cut, atol=1e-10, rtol=0)
    for size in (1e-3, 0.1, 1.0, 10.0):
        u, s, vt = torch.linalg.svd(best + size * normal(*best.shape), full_matrices=False)
        s[num_rows:] = 0.0
        assert law.risk((u * s) @ vt, task) >= least - 1e-10


def test_best_weights_ignore_a_response_of_weight_zero(generator):
    law = random_linear_law(3, 2, noise_std=0.5, generator=generator)
    task = torch.tensor([1.0, 0.0], dtype=torch.float64)
    best = law.best_weights(task, 1)
    torch.testing.assert_close(best[:, 0], law.weights[:, 0])
    assert (best[:, 1] == 0).all()
    assert law.risk(best, task).item() == pytest.approx(0.25)


def test_enough_rows_carry_the_law(generator):
    law = random_linear_law(4, 3, noise_std=0.5, generator=generator)
    task = torch.ones(3, dtype=torch.float64)
    torch.testing.assert_close(law.best_weights(task, 3), law.weights)


@pytest.mark.parametrize("settings", [(0, 0.1), (1, 0.0), (1, -1.0)])
def test_bad_settings_are_refused(settings):
    with pytest.raises(ValueError, match="must be"):
        Ridge(*settings)


def test_sampling_has_the_covariance_asked_for(generator):
    covariance = torch.tensor([[2.0, 0.5], [0.5, 1.0]], dtype=torch.float64)
    law = LinearLaw(torch.zeros(2, 1, dtype=torch.float64), covariance, noise_std=0.1)
    rows = law.sample(100_000, generator=generator)
    torch.testing.assert_close(torch.cov(rows[:, :2].T), covariance, atol=0.05, rtol=0)
    assert rows[:, 2].std().item() == pytest.approx(0.1, rel=0.02)
