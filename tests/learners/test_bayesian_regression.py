"""Bayesian regression against scikit-learn and torch, and the theorem on d rows."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import ConstantKernel, DotProduct
from sklearn.linear_model import BayesianRidge
from torch.distributions import MultivariateNormal, kl_divergence

from ddlib.learners.bayesian_regression import BayesianRegression, Posterior, predictive_loss
from ddlib.learners.ridge import random_linear_law


def sample(num_rows, generator, *, dim=3, num_responses=2):
    law = random_linear_law(dim, num_responses, noise_std=0.3, generator=generator)
    return law.sample(num_rows, generator=generator)


def gaussian_process(rows, *, dim, noise_std, prior_std):
    """The same model in function space: no weights, no covariance of them."""
    kernel = ConstantKernel(prior_std**2) * DotProduct(sigma_0=0.0, sigma_0_bounds="fixed")
    process = GaussianProcessRegressor(kernel, alpha=noise_std**2, optimizer=None)
    return process.fit(rows[:, :dim].numpy(), rows[:, dim:].numpy())


def assert_same(learnt, model, *, tolerance=1e-9):
    torch.testing.assert_close(learnt.mean, model.mean, atol=tolerance, rtol=tolerance)
    torch.testing.assert_close(learnt.covariance, model.covariance, atol=tolerance, rtol=tolerance)


def test_posterior_against_bayesian_ridge(generator):
    rows = sample(40, generator, num_responses=1)
    reference = BayesianRidge(fit_intercept=False).fit(rows[:, :3].numpy(), rows[:, 3].numpy())
    # The reference estimates both scales; the posterior given them is the one to compare.
    learner = BayesianRegression(
        1, noise_std=reference.alpha_**-0.5, prior_std=reference.lambda_**-0.5
    )
    posterior = learner(rows)
    np.testing.assert_allclose(posterior.mean[:, 0], reference.coef_, rtol=1e-9)
    np.testing.assert_allclose(posterior.covariance, reference.sigma_, rtol=1e-9, atol=1e-15)


def test_prediction_against_a_gaussian_process(generator):
    rows = sample(30, generator)
    training, test = rows[:20], rows[20:]
    posterior = BayesianRegression(2, noise_std=0.4, prior_std=1.5)(training)
    process = gaussian_process(training, dim=3, noise_std=0.4, prior_std=1.5)
    mean, std = process.predict(test[:, :3].numpy(), return_std=True)
    np.testing.assert_allclose(test[:, :3] @ posterior.mean, mean, atol=1e-9)
    density = stats.norm(mean, np.sqrt(std**2 + 0.4**2)).logpdf(test[:, 3:].numpy())
    loss = predictive_loss(test, posterior, 0.4).item()
    assert loss == pytest.approx(-density.sum(1).mean(), rel=1e-8)


def test_kl_against_torch(generator):
    learner = BayesianRegression(2, noise_std=0.4, prior_std=1.5)
    p, q = learner(sample(20, generator)), learner(sample(5, generator))
    expected = kl_divergence(
        MultivariateNormal(p.mean.T, p.covariance), MultivariateNormal(q.mean.T, q.covariance)
    ).sum()
    assert p.kl(q).item() == pytest.approx(expected.item(), rel=1e-10)
    assert p.kl(q).shape == ()
    assert p.kl(p).item() == pytest.approx(0.0, abs=1e-12)


def test_kl_refuses_another_number_of_responses(generator):
    rows = sample(10, generator, num_responses=3)
    p = BayesianRegression(3, noise_std=0.4, prior_std=1.5)(rows)
    with pytest.raises(ValueError, match=r"shape \(3, 1\); must be \(3, 3\)"):
        p.kl(Posterior(p.mean[:, :1], p.covariance))


def test_a_set_speaks_for_as_many_rows_as_it_stands_for(generator):
    rows = sample(4, generator)
    few = BayesianRegression(2, noise_std=0.4, prior_std=1.5, effective_size=20)(rows)
    all_rows = BayesianRegression(2, noise_std=0.4, prior_std=1.5)(rows.repeat(5, 1))
    assert_same(few, all_rows, tolerance=1e-12)


@given(
    st.integers(1, 6),
    st.integers(1, 3),
    st.integers(1, 9),
    st.integers(0, 3),
    st.sampled_from([None, 1, 50]),
    st.integers(0, 10**6),
)
def test_rows_for_is_a_right_inverse_of_the_learner(dim, responses, count, spare, size, seed):
    generator = torch.Generator().manual_seed(seed)
    rows = sample(count, generator, dim=dim, num_responses=responses)
    model = BayesianRegression(responses, noise_std=0.6, prior_std=1.7)(rows)
    learner = BayesianRegression(responses, noise_std=0.6, prior_std=1.7, effective_size=size)
    num_rows = min(dim, count) + spare
    found = learner.rows_for(model, num_rows)
    assert found.shape == (num_rows, dim + responses)
    assert_same(learner(found), model)


def test_as_many_rows_as_inputs_carry_the_posterior_of_all_and_fewer_do_not(generator):
    rows = sample(200, generator)
    learner = BayesianRegression(2, noise_std=0.3, prior_std=1.0, effective_size=200)
    target = learner(rows)
    assert target.kl(learner(learner.rows_for(target, 3))).item() == pytest.approx(0.0, abs=1e-9)
    assert target.kl(learner(rows[:3])).item() > 1.0
    with pytest.raises(ValueError, match=r"num_rows = 2: must be at least the rank .* 3"):
        learner.rows_for(target, 2)


def test_the_prior_is_carried_by_a_row_of_zeros():
    learner = BayesianRegression(2, noise_std=0.3, prior_std=0.7)
    eye = torch.eye(3, dtype=torch.float64)
    rows = learner.rows_for(Posterior(torch.zeros(3, 2, dtype=torch.float64), 0.49 * eye), 1)
    assert (rows == 0).all()
    with pytest.raises(ValueError, match="num_rows = 0: must be at least"):
        learner.rows_for(learner(rows), 0)


@pytest.mark.parametrize(
    ("variances", "mean", "message"),
    [
        ([0.5, 1.1], [0.0, 0.0], "from 0.5 to 1.1; must be above 0 and at most prior_std² = 1"),
        ([-0.5, 0.5], [0.0, 0.0], "from -0.5 to 0.5; must be above 0"),
        ([0.0, 0.5], [0.0, 0.0], "from 0 to 0.5; must be above 0"),
        ([0.5, 1.0], [1.0, 0.2], "mean has length 0.2 where the covariance is the prior's"),
    ],
)
def test_rows_for_refuses_what_no_data_give(variances, mean, message):
    covariance = torch.tensor(variances, dtype=torch.float64).diag()
    model = Posterior(torch.tensor(mean, dtype=torch.float64)[:, None], covariance)
    with pytest.raises(ValueError, match=message):
        BayesianRegression(1, noise_std=0.5, prior_std=1.0).rows_for(model, 5)


@pytest.mark.parametrize("size", [None, 30])
def test_gradient_in_the_rows(size, generator):
    rows = sample(2, generator)
    learner = BayesianRegression(2, noise_std=0.4, prior_std=1.5, effective_size=size)
    target = learner(sample(20, generator))

    def outputs(rows):
        model = learner(rows)
        return model.mean, model.covariance, target.kl(model), predictive_loss(rows, model, 0.4)

    assert torch.autograd.gradcheck(outputs, rows.requires_grad_())


@pytest.mark.parametrize(
    ("settings", "name"),
    [
        ((0, 0.1, 1.0), "num_responses"),
        ((1, 0.0, 1.0), "noise_std"),
        ((1, float("nan"), 1.0), "noise_std"),
        ((1, 0.1, -1.0), "prior_std"),
        ((1, 0.1, 1.0, 0), "effective_size"),
    ],
)
def test_bad_settings_are_refused(settings, name):
    with pytest.raises(ValueError, match=f"{name} = .*must be"):
        BayesianRegression(*settings)
