import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.distributions import MultivariateNormal

from ddlib.dbn import kalman
from tests.shared.examples import examples


def draw(network, n, num_slices, seed=0):
    return network.sample(n, num_slices, generator=torch.Generator().manual_seed(seed))


def filter_log_likelihood(network, rows, noise_variance=0.0):
    parameters = network.initial, network.transition, network.lagged
    return kalman.filter_log_likelihood(*parameters, rows, noise_variance)


def dense_log_likelihood(network, rows, noise_variance=0.0):
    """Density of the seen entries of each row under the joint Gaussian of all slices."""
    n, num_slices, p = rows.shape
    noise = torch.as_tensor(noise_variance, dtype=torch.float64).expand(p).repeat(num_slices)
    mean, covariance = network.moments(num_slices)
    covariance = covariance + torch.diag(noise)
    density = torch.zeros(n, dtype=torch.float64)
    for i, row in enumerate(rows.flatten(1)):
        seen = ~row.isnan()
        if seen.any():
            joint = MultivariateNormal(mean[seen], covariance[seen][:, seen])
            density[i] = joint.log_prob(row[seen])
    return density


def assert_dense(network, rows, noise_variance=0.0):
    found = filter_log_likelihood(network, rows, noise_variance)
    expected = dense_log_likelihood(network, rows, noise_variance)
    torch.testing.assert_close(found, expected, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("noise_variance", [0.0, 0.09, torch.tensor([0.1, 0.0, 0.5, 1.0])])
@pytest.mark.parametrize("num_slices", [1, 2, 5])
def test_scattered_hidden_entries_are_marginalised(make_network, hide, num_slices, noise_variance):
    network = make_network(4, seed=num_slices)
    assert_dense(network, hide(draw(network, 40, num_slices), 0.4, seed=1), noise_variance)


@pytest.mark.parametrize("noise_variance", [0.0, 0.2])
@pytest.mark.parametrize("blind", [[0], [1, 2], [3], [0, 1, 2], [1, 2, 3]])
def test_slices_may_be_hidden_as_a_whole(make_network, hide, blind, noise_variance):
    network = make_network(3, seed=5)
    rows = hide(draw(network, 10, 4), 0.2, seed=3)
    rows[:, blind] = torch.nan
    assert_dense(network, rows, noise_variance)


@examples(40)
@given(
    p=st.integers(1, 5),
    num_slices=st.integers(1, 4),
    n=st.integers(0, 12),
    share=st.floats(0, 1),
    noise_variance=st.sampled_from([0.0, 1e-6, 0.09, 4.0]),
    seed=st.integers(0, 10**6),
)
def test_any_mask_gives_the_density_of_the_seen_entries(
    make_network, hide, p, num_slices, n, share, noise_variance, seed
):
    network = make_network(p, seed)
    assert_dense(network, hide(draw(network, n, num_slices, seed), share, seed), noise_variance)


def test_rows_that_share_a_pattern_are_batched_without_mixing(make_network, hide, monkeypatch):
    network = make_network(3, seed=2)
    rows = draw(network, 300, 3)
    rows[:150, 1, 0] = torch.nan  # groups of many sizes: 150 rows, 100 rows, and single ones
    rows[250:] = hide(rows[250:], 0.5, seed=4)
    rows = rows[torch.randperm(300, generator=torch.Generator().manual_seed(0))]
    assert_dense(network, rows, 0.1)
    monkeypatch.setattr(kalman, "BATCH_ENTRIES", 1)
    monkeypatch.setattr(kalman, "GROUP_ROWS", 7)
    assert_dense(network, rows, 0.1)


def test_agrees_with_the_state_space_model_of_statsmodels(make_network, hide):
    kalman_filter = pytest.importorskip("statsmodels.tsa.statespace.kalman_filter")
    p, num_slices, noise_variance = 3, 6, 0.25
    network = make_network(p, seed=8)
    rows = hide(draw(network, 8, num_slices), 0.3, seed=9)
    rows[0, 2] = torch.nan
    effects = network.transition.reduced_form()
    shift, shock = network.transition.moments()
    expected = []
    for row in rows.numpy():
        peer = kalman_filter.KalmanFilter(k_endog=p, k_states=p)
        peer.bind(np.asfortranarray(row.T))
        peer["design"] = peer["selection"] = np.eye(p)
        peer["obs_cov"] = noise_variance * np.eye(p)
        peer["transition"] = (network.lagged @ effects).T.numpy()
        peer["state_intercept"] = shift[:, None].numpy()
        peer["state_cov"] = shock.numpy()
        peer.initialize_known(*[moment.numpy() for moment in network.initial.moments()])
        expected.append(peer.loglike())
    found = filter_log_likelihood(network, rows, noise_variance)
    np.testing.assert_allclose(found, expected, rtol=1e-9)


def test_a_row_that_hides_all_has_zero_nats(make_network):
    network = make_network(3, seed=1)
    rows = torch.full((4, 3, 3), torch.nan, dtype=torch.float64)
    assert torch.equal(filter_log_likelihood(network, rows, 0.1), torch.zeros(4).double())


def test_rows_far_from_zero_and_many_slices_stay_exact(make_network, hide):
    network = make_network(3, seed=6)
    rows = hide(draw(network, 5, 60) + 100.0, 0.3, seed=7)
    assert_dense(network, rows, 0.09)


@pytest.mark.parametrize("noise_variance", [0.0, 0.3])
def test_gradient_in_the_rows_is_that_of_the_dense_density(make_network, hide, noise_variance):
    network = make_network(3, seed=4)
    rows = hide(draw(network, 6, 3), 0.3, seed=5).requires_grad_()
    (found,) = torch.autograd.grad(filter_log_likelihood(network, rows, noise_variance).sum(), rows)
    (true,) = torch.autograd.grad(dense_log_likelihood(network, rows, noise_variance).sum(), rows)
    torch.testing.assert_close(found, true)


def test_wrong_arguments_are_named(make_network):
    network = make_network(3, seed=0)
    rows = draw(network, 2, 2)
    with pytest.raises(ValueError, match="rows: 2 variables; must be 3"):
        filter_log_likelihood(network, rows[:, :, :2])
    for noise_variance, name in {
        -0.1: "-0.1",
        float("nan"): "nan",
        torch.tensor([0.1, torch.inf, 0.1]): r"tensor\(\[0.1000,    inf, 0.1000\]\)",
    }.items():
        with pytest.raises(ValueError, match=f"noise_variance = {name}: must be finite and at"):
            filter_log_likelihood(network, rows, noise_variance)
    with pytest.raises(ValueError, match=r"noise_variance: shape \(2,\); must be \(\) or \(3,\)"):
        filter_log_likelihood(network, rows, torch.ones(2))
