"""Completed rows against dense conditional Gaussians in numpy, and a smoother of statsmodels."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import multivariate_normal

from ddlib.dbn import SufficientStatistics, draw, impute
from ddlib.dbn.posterior import expect
from tests.shared.examples import examples

seeds = st.integers(0, 10**6)


def seeded(seed):
    return torch.Generator().manual_seed(seed)


def noisy(network, hide, n, num_slices, *, share=0.3, seed=0, noise_std=0.3):
    rows = network.sample(n, num_slices, generator=seeded(seed))
    noise = torch.randn(rows.shape, generator=seeded(seed + 1), dtype=torch.float64)
    return hide(rows + noise_std * noise, share, seed)


def conditional(row, mean, covariance, noise):
    """Mean and covariance of x given the seen entries of one y = x + noise, in numpy."""
    seen = np.flatnonzero(~np.isnan(row))
    inverse = np.linalg.inv(covariance[np.ix_(seen, seen)] + np.diag(noise[seen]))
    gain = covariance[:, seen] @ inverse
    return mean + gain @ (row[seen] - mean[seen]), covariance - gain @ covariance[seen]


@examples(20)
@given(
    seed=seeds,
    shape=st.tuples(st.integers(1, 8), st.integers(1, 3), st.integers(1, 4)),
    share=st.floats(0, 1),
    noise_std=st.sampled_from([0.0, 0.3, "each"]),
)
def test_impute_is_the_conditional_of_the_dense_joint_gaussian(
    make_network, hide, seed, shape, share, noise_std
):
    n, num_slices, p = shape
    network = make_network(p, seed)
    if noise_std == "each":
        noise_std = torch.linspace(0.1, 1, p, dtype=torch.float64)
    rows = noisy(network, hide, n, num_slices, share=share, seed=seed)
    means, covariances = impute(network, rows, noise_std=noise_std)
    assert means.shape == rows.shape
    assert covariances.shape == (n, num_slices * p, num_slices * p)
    joint = [moment.numpy() for moment in network.moments(num_slices)]
    noise = np.tile(np.broadcast_to(np.asarray(noise_std) ** 2, p), num_slices)
    for row, mean, covariance in zip(rows.flatten(1), means.flatten(1), covariances, strict=True):
        expected = conditional(row.numpy(), *joint, noise)
        np.testing.assert_allclose(mean, expected[0], rtol=1e-8, atol=1e-8)
        np.testing.assert_allclose(covariance, expected[1], rtol=1e-8, atol=1e-8)


def test_impute_is_a_kalman_smoother(make_network, hide):
    kalman_smoother = pytest.importorskip("statsmodels.tsa.statespace.kalman_smoother")
    network, p, num_slices, noise_std = make_network(3, seed=8), 3, 7, 0.3
    rows = noisy(network, hide, 4, num_slices, share=0.4, noise_std=noise_std)
    rows[1, 3] = torch.nan  # a slice that is hidden as a whole
    means, covariances = impute(network, rows, noise_std=noise_std)
    effects = np.linalg.inv(np.eye(p) - network.transition.weights.numpy())
    start = [moment.numpy() for moment in network.moments(1)]
    for row, mean, covariance in zip(rows, means, covariances, strict=True):
        model = kalman_smoother.KalmanSmoother(k_endog=p, k_states=p, k_posdef=p)
        model["design"] = model["selection"] = np.eye(p)
        model["obs_cov"] = noise_std**2 * np.eye(p)
        model["transition"] = (network.lagged.numpy() @ effects).T
        model["state_intercept"] = (network.transition.bias.numpy() @ effects)[:, None]
        model["state_cov"] = effects.T @ np.diag(network.transition.variances.numpy()) @ effects
        model.initialize_known(*start)
        model.bind(row.numpy().copy())
        smoothed = model.smooth()
        np.testing.assert_allclose(mean, smoothed.smoothed_state.T, rtol=1e-7, atol=1e-8)
        for t in range(num_slices):
            block = covariance[t * p : (t + 1) * p, t * p : (t + 1) * p]
            expected = smoothed.smoothed_state_cov[:, :, t]
            np.testing.assert_allclose(block, expected, rtol=1e-7, atol=1e-8)


def test_a_forecast_iterates_the_reduced_form(make_network):
    network = make_network(3, seed=2)
    rows = network.sample(5, 2, generator=seeded(0))
    means, covariances = impute(network, rows, num_slices=5)
    torch.testing.assert_close(means[:, :2], rows)
    effects = torch.linalg.inv(torch.eye(3, dtype=torch.float64) - network.transition.weights)
    shocks = effects.T @ torch.diag(network.transition.variances) @ effects
    now, spread = rows[:, 1], torch.zeros(3, 3, dtype=torch.float64)
    for t in range(2, 5):
        now = (network.transition.bias + now @ network.lagged) @ effects
        forward = network.lagged @ effects
        spread = forward.T @ spread @ forward + shocks
        torch.testing.assert_close(means[:, t], now, rtol=1e-8, atol=1e-8)
        block = covariances[0, 3 * t : 3 * t + 3, 3 * t : 3 * t + 3]
        torch.testing.assert_close(block, spread, rtol=1e-8, atol=1e-8)


def test_complete_rows_without_noise_are_themselves(make_network):
    network = make_network(4, seed=1)
    rows = network.sample(6, 3, generator=seeded(0))
    means, covariances = impute(network, rows)
    torch.testing.assert_close(means, rows, rtol=0, atol=1e-10)
    torch.testing.assert_close(covariances, torch.zeros(6, 12, 12).double(), rtol=0, atol=1e-10)


def test_draws_have_the_conditional_mean_and_covariance(make_network):
    network, n = make_network(3, seed=3), 40_000
    mean, covariance = network.moments(2)
    noise = torch.tensor([0.0, 0.3, 0.5], dtype=torch.float64).square().repeat(2)
    row = network.sample(1, 2, generator=seeded(0))
    row[0, 0, 0] = row[0, 1, 1] = torch.nan
    other = row.clone()
    other[0, 1, 1], other[0, 1, 2] = 0.7, torch.nan
    # Two patterns, their rows in turn: what is drawn must stay with its row.
    rows = torch.cat([row, other]).repeat(n, 1, 1)
    drawn = draw(rows, mean, covariance, noise, generator=seeded(1)).flatten(1).numpy()
    for which, given_row in enumerate((row, other)):
        center, spread = conditional(
            given_row.flatten().numpy(), mean.numpy(), covariance.numpy(), noise.numpy()
        )
        sample, variance = drawn[which::2], spread.diagonal().clip(min=0)
        # Seen without noise: variable 0 in slice 1. Its variance is rounding.
        mean_error = (variance / n) ** 0.5
        error = ((np.outer(variance, variance) + spread**2) / n) ** 0.5
        assert (np.abs(sample.mean(0) - center) < 4 * mean_error + 1e-9).all()
        assert (np.abs(np.cov(sample.T) - spread) < 4.5 * error + 1e-9).all()
        assert (variance > 1e-3).sum() == 5


def test_draws_keep_entries_that_were_seen_without_noise(make_network, hide):
    network = make_network(4, seed=3)
    rows = hide(network.sample(50, 3, generator=seeded(1)), 0.3, 0)
    moments, zero = network.moments(3), torch.zeros(12, dtype=torch.float64)
    drawn = draw(rows, *moments, zero, generator=seeded(0))
    seen = ~rows.isnan()
    assert drawn.isfinite().all()
    torch.testing.assert_close(drawn[seen], rows[seen], rtol=1e-12, atol=1e-12)


def test_draws_repeat_with_the_seed_alone(make_network, hide):
    network = make_network(2, seed=0)
    rows = noisy(network, hide, 5, 2)
    arguments = (rows, *network.moments(2), torch.full((4,), 0.09, dtype=torch.float64))
    first, again, other = (draw(*arguments, generator=seeded(seed)) for seed in (0, 0, 1))
    assert torch.equal(first, again)
    assert (first != other).all()


@examples(20)
@given(seed=seeds, share=st.floats(0, 0.9), noise_std=st.sampled_from([0.0, 0.3, "each"]))
def test_the_e_step_is_a_loop_over_rows(make_network, hide, seed, share, noise_std):
    network, n, num_slices, p = make_network(3, seed), 12, 2, 3
    other = make_network(3, seed + 1)  # what the rows come from, not what explains them
    rows = noisy(other, hide, n, num_slices, share=share, seed=seed)
    rows[0, 0, 0], rows[1] = 1.0, torch.nan  # some entry is seen, and a row that shows none
    if noise_std == "each":
        noise_std = torch.linspace(0.1, 1, p, dtype=torch.float64)
    noise = network.noise_variances(noise_std, num_slices)
    mean, covariance = (moment.numpy() for moment in network.moments(num_slices))
    found = expect(
        SufficientStatistics.from_trajectories(rows), *network.moments(num_slices), noise
    )

    means, covariances, errors, total = [], [], [], 0.0
    for row in rows.flatten(1).numpy():
        center, spread = conditional(row, mean, covariance, noise.numpy())
        means.append(center)
        covariances.append(spread)
        seen = np.flatnonzero(~np.isnan(row))
        errors.extend((row[seen] - center[seen]) ** 2 + spread.diagonal()[seen])
        if len(seen):
            measured = covariance[np.ix_(seen, seen)] + np.diag(noise.numpy()[seen])
            total += multivariate_normal(mean[seen], measured).logpdf(row[seen])
    np.testing.assert_allclose(found.mean, np.mean(means, axis=0), rtol=1e-8, atol=1e-8)
    expected = np.mean(covariances, axis=0) + np.cov(np.transpose(means), bias=True)
    np.testing.assert_allclose(found.covariance, expected, rtol=1e-7, atol=1e-8)
    assert found.log_likelihood == pytest.approx(total / n, rel=1e-9)
    assert found.noise_variance == pytest.approx(np.mean(errors), rel=1e-7, abs=1e-9)
    statistics = SufficientStatistics.from_trajectories(rows)
    value = network.mean_log_likelihood(statistics, noise_std=noise_std).item()
    assert found.log_likelihood == pytest.approx(value, rel=1e-10)


def test_bad_input_is_refused(make_network):
    network, rows = make_network(2, seed=0), torch.zeros(3, 2, 2)
    infinite = rows.index_fill(2, torch.tensor([1]), torch.inf)
    moments = network.moments(2)
    calls = {
        "num_slices = 1: must be a whole number, at least the 2 of the data": lambda: impute(
            network, rows, num_slices=1
        ),
        "trajectories: 3 variables; must be 2": lambda: impute(network, torch.zeros(1, 1, 3)),
        r"trajectories: shape \(3, 2\); must be \(rows, slices, variables\)": lambda: impute(
            network, torch.zeros(3, 2)
        ),
        "variable 1 in slice 0 of row 0 is infinite; must be finite or NaN": lambda: impute(
            network, infinite
        ),
        "noise_std = -1.0: must be finite and at least 0": lambda: impute(
            network, rows, noise_std=-1.0
        ),
        r"noise_std: shape \(3,\); must be \(2,\)": lambda: impute(
            network, rows, noise_std=torch.ones(3)
        ),
        "of row 0 is infinite; must be finite": lambda: draw(
            infinite, *moments, torch.zeros(4), generator=seeded(0)
        ),
    }
    for message, call in calls.items():
        with pytest.raises(ValueError, match=message):
            call()
