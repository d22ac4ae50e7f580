"""The Gaussian case against scipy, and the theorem on d + 1 rows."""

import math
import re

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from torch.distributions import MultivariateNormal, kl_divergence

from ddlib.learners.gaussian import GaussianMLE, expected_excess, random_gaussian


def test_cross_entropy_against_scipy_and_the_entropy(generator):
    law, model = (random_gaussian(3, generator=generator) for _ in range(2))
    rows = law.sample(200_000, generator=generator).numpy()
    density = stats.multivariate_normal(model.mean.numpy(), model.covariance.numpy())
    values = -density.logpdf(rows)
    standard_error = values.std() / len(rows) ** 0.5
    assert abs(law.cross_entropy(model).item() - values.mean()) < 4 * standard_error
    exact = stats.multivariate_normal(law.mean.numpy(), law.covariance.numpy()).entropy()
    assert law.entropy().item() == pytest.approx(exact, abs=1e-12)
    assert law.cross_entropy(law).item() == pytest.approx(exact, abs=1e-12)


def test_mle_against_numpy(generator):
    rows = random_gaussian(3, generator=generator).sample(20, generator=generator)
    model = GaussianMLE()(rows)
    np.testing.assert_allclose(model.mean, rows.numpy().mean(0), atol=1e-13)
    np.testing.assert_allclose(model.covariance, np.cov(rows.T, bias=True), atol=1e-13)


@given(st.integers(1, 8), st.integers(0, 20), st.integers(0, 10**6))
def test_rows_for_reproduces_the_model_exactly_from_d_plus_one_rows_on(dim, spare, seed):
    generator = torch.Generator().manual_seed(seed)
    model = random_gaussian(dim, generator=generator)
    rows = GaussianMLE().rows_for(model, dim + 1 + spare, generator=generator)
    learnt = GaussianMLE()(rows)
    torch.testing.assert_close(learnt.mean, model.mean, atol=1e-10, rtol=0)
    torch.testing.assert_close(learnt.covariance, model.covariance, atol=1e-10, rtol=0)


def test_fewer_than_d_plus_one_rows_are_refused(generator):
    model = random_gaussian(3, generator=generator)
    with pytest.raises(ValueError, match="3; a Gaussian of 3 columns needs at least 4"):
        GaussianMLE().rows_for(model, 3, generator=generator)
    with pytest.raises(ValueError, match="needs at least 4"):
        GaussianMLE()(torch.zeros(3, 3))


def test_the_loss_is_least_at_the_learners_model(generator):
    """Its gradient vanishes there, and the parameters give the model back."""
    rows = random_gaussian(3, generator=generator).sample(7, generator=generator)
    learner = GaussianMLE(pseudo_rows=1.5)
    model = learner(rows)
    factor = torch.linalg.cholesky(torch.linalg.inv(model.covariance))
    theta = torch.cat([factor, -(factor.T @ model.mean)[None]]).requires_grad_()
    value = learner.loss(theta, rows)
    (gradient,) = torch.autograd.grad(value, theta)
    torch.testing.assert_close(gradient, torch.zeros_like(gradient), atol=1e-10, rtol=0)
    again = learner.model(theta.detach())
    torch.testing.assert_close(again.mean, model.mean)
    torch.testing.assert_close(again.covariance, model.covariance)
    nudged = theta.detach() + 0.01 * torch.randn(4, 3, dtype=torch.float64, generator=generator)
    assert learner.loss(nudged, rows) > value


def test_parameters_without_a_density_are_refused():
    with pytest.raises(FloatingPointError, match="take a smaller step size"):
        GaussianMLE().model(torch.zeros(3, 2, dtype=torch.float64))


@pytest.mark.parametrize("spare", [0, 4])
def test_rows_for_undoes_the_prior_of_pseudo_rows(spare, generator):
    model = random_gaussian(3, generator=generator)
    learner = GaussianMLE(pseudo_rows=0.2)
    learnt = learner(learner.rows_for(model, 4 + spare, generator=generator))
    torch.testing.assert_close(learnt.covariance, model.covariance, atol=1e-10, rtol=0)
    with pytest.raises(ValueError, match="below the prior's share of it, 100"):
        GaussianMLE(pseudo_rows=100.0).rows_for(model, 4, generator=generator)


@pytest.mark.parametrize("inflation", [0.8, 1.0, 13 / 7, 3.0])
def test_the_expected_excess_is_the_mean_over_many_draws(inflation, generator):
    """Over draws of rows of one law; 13/7 is the best inflation of 12 rows of 3 columns."""
    law = random_gaussian(3, generator=generator)
    num_draws, num_rows = 20_000, 12
    rows = law.sample(num_draws * num_rows, generator=generator).reshape(num_draws, num_rows, 3)
    means = rows.mean(1)
    centred = rows - means[:, None]
    covariances = inflation * centred.mT @ centred / num_rows
    models = MultivariateNormal(means, covariances)
    excess = kl_divergence(MultivariateNormal(law.mean, law.covariance), models)
    standard_error = excess.std().item() / num_draws**0.5
    closed_form = expected_excess(3, num_rows, inflation)
    assert standard_error < 0.02 * closed_form
    assert abs(excess.mean().item() - closed_form) < 4 * standard_error


@given(st.integers(1, 8), st.integers(0, 200))
def test_the_covariance_should_be_inflated(dim, spare):
    num_rows = dim + 3 + spare
    best = (num_rows + 1) / (num_rows - dim - 2)
    gain = expected_excess(dim, num_rows) - expected_excess(dim, num_rows, best)
    assert gain == pytest.approx(dim / 2 * (best - 1 - math.log(best)), abs=1e-10)
    for other in (0.99 * best, 1.01 * best):
        assert expected_excess(dim, num_rows, other) > expected_excess(dim, num_rows, best)


def test_many_rows_cost_half_a_parameter_each():
    assert expected_excess(4, 100_000) == pytest.approx(14 / 200_000, rel=1e-3)


def test_impossible_arguments_of_the_expected_excess_are_refused():
    with pytest.raises(ValueError, match=r"^num_rows = 6: must be a whole number, at least 7$"):
        expected_excess(4, 6)
    message = "dim = 0: must be a whole number, at least 1; inflation = 0.0: must be a finite"
    with pytest.raises(ValueError, match=f"^{message} number above 0$"):
        expected_excess(0, 6, 0.0)


WHOLE = "must be a whole number, at least"


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"pseudo_rows": -1.0}, "pseudo_rows = -1.0: must be a finite number, at least 0"),
        ({"pseudo_rows": math.inf}, "pseudo_rows = inf: must be a finite number, at least 0"),
        ({"pseudo_rows": None}, "pseudo_rows = None: must be a finite number, at least 0"),
        ({"num_steps": -1}, f"num_steps = -1: {WHOLE} 1"),
        ({"num_steps": 2.5}, f"num_steps = 2.5: {WHOLE} 1"),
        ({"num_steps": True}, f"num_steps = True: {WHOLE} 1"),
        ({"step_size": math.nan}, "step_size = nan: must be a finite number above 0"),
        ({"step_size": 0.0}, "step_size = 0.0: must be a finite number above 0"),
        ({"step_size": "a"}, "step_size = 'a': must be a finite number above 0"),
        (
            {"pseudo_rows": math.nan, "num_steps": 0, "step_size": math.inf},
            f"pseudo_rows = nan: must be a finite number, at least 0; num_steps = 0: {WHOLE} 1; "
            "step_size = inf: must be a finite number above 0",
        ),
    ],
)
def test_impossible_settings_are_refused(settings, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        GaussianMLE(**settings)


@pytest.mark.parametrize("dim", [0, -1, 2.5, True, None])
def test_impossible_dimensions_are_refused(dim, generator):
    with pytest.raises(ValueError, match=f"^dim = {dim}: {WHOLE} 1$"):
        random_gaussian(dim, generator=generator)


@pytest.mark.parametrize("num_rows", [-1, 2.5, True, None])
def test_impossible_numbers_of_rows_are_refused(num_rows, generator):
    law = random_gaussian(2, generator=generator)
    with pytest.raises(ValueError, match=f"^num_rows = {num_rows}: {WHOLE} 0$"):
        law.sample(num_rows, generator=generator)


@pytest.mark.parametrize("wrong", [None, 0])
def test_nothing_is_drawn_without_a_generator(wrong, generator):
    law = random_gaussian(2, generator=generator)
    for function in (random_gaussian, law.sample):
        with pytest.raises(TypeError, match=f"^generator = {wrong}: must be a torch.Generator$"):
            function(2, generator=wrong)
