import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import multivariate_normal

from ddlib.dbn import LinearGaussianCPDs, LinearGaussianDBN, SufficientStatistics, learn_dbn
from tests.shared.examples import examples


def seeded(seed):
    return torch.Generator().manual_seed(seed)


def dense_moments(network, num_slices):
    """Joint mean and covariance by the forward recursion over slices, in plain numpy."""
    p = network.num_variables
    mean, cov = np.zeros((num_slices, p)), np.zeros((num_slices, p, num_slices, p))
    for t in range(num_slices):
        cpds = network.initial if t == 0 else network.transition
        effects = np.linalg.inv(np.eye(p) - cpds.weights.numpy())
        noise = effects.T @ np.diag(cpds.variances.numpy()) @ effects
        if t == 0:
            mean[0], cov[0, :, 0] = cpds.bias.numpy() @ effects, noise
            continue
        forward = network.lagged.numpy() @ effects
        mean[t] = cpds.bias.numpy() @ effects + mean[t - 1] @ forward
        cov[t, :, t] = forward.T @ cov[t - 1, :, t - 1] @ forward + noise
        for s in range(t):
            cov[s, :, t] = cov[s, :, t - 1] @ forward
            cov[t, :, s] = cov[s, :, t].T
    return mean.ravel(), cov.reshape(num_slices * p, num_slices * p)


def permuted(network, order):
    def cpds(old):
        return LinearGaussianCPDs(
            old.bias[order], old.weights[order][:, order], old.variances[order]
        )

    lagged = network.lagged[order][:, order]
    return LinearGaussianDBN(cpds(network.initial), cpds(network.transition), lagged)


@pytest.mark.parametrize(("p", "num_slices"), [(1, 1), (1, 3), (4, 1), (5, 2), (3, 5)])
def test_log_likelihood_is_that_of_the_dense_joint_gaussian(make_network, p, num_slices):
    network = make_network(p, seed=p)
    rows = network.sample(20, num_slices, generator=torch.Generator().manual_seed(0))
    mean, cov = dense_moments(network, num_slices)
    expected = multivariate_normal(mean, cov).logpdf(rows.flatten(1).numpy())
    np.testing.assert_allclose(network.log_likelihood(rows), expected, rtol=1e-10, atol=1e-10)
    np.testing.assert_allclose(network.moments(num_slices)[1], cov, rtol=1e-10, atol=1e-12)


def test_hidden_entries_are_marginalised_and_noise_is_added(make_network, hide):
    network = make_network(4, seed=3)
    noise_std = torch.tensor([0.1, 0.0, 0.5, 1.0], dtype=torch.float64)
    rows = network.sample(30, 3, generator=torch.Generator().manual_seed(1))
    rows = hide(rows, 0.4, seed=2)
    mean, cov = dense_moments(network, 3)
    cov = cov + np.diag(np.tile(noise_std.numpy() ** 2, 3))
    expected = []
    for row in rows.flatten(1).numpy():
        seen = np.flatnonzero(~np.isnan(row))
        expected.append(multivariate_normal(mean[seen], cov[np.ix_(seen, seen)]).logpdf(row[seen]))
    actual = network.log_likelihood(rows, noise_std=noise_std)
    np.testing.assert_allclose(actual, expected, rtol=1e-10, atol=1e-10)


def test_log_likelihood_is_that_of_a_kalman_filter(make_network, hide):
    kalman_filter = pytest.importorskip("statsmodels.tsa.statespace.kalman_filter")
    network, p, noise_std = make_network(3, seed=8), 3, 0.3
    rows = hide(network.sample(5, 6, generator=torch.Generator().manual_seed(4)), 0.3, seed=5)
    effects = np.linalg.inv(np.eye(p) - network.transition.weights.numpy())
    for row in rows:  # a filter that is bound again keeps its first series: one for each row
        model = kalman_filter.KalmanFilter(k_endog=p, k_states=p, k_posdef=p)
        model["design"] = model["selection"] = np.eye(p)
        model["obs_cov"] = noise_std**2 * np.eye(p)
        model["transition"] = (network.lagged.numpy() @ effects).T
        model["state_intercept"] = (network.transition.bias.numpy() @ effects)[:, None]
        model["state_cov"] = effects.T @ np.diag(network.transition.variances.numpy()) @ effects
        model.initialize_known(*dense_moments(network, 1))
        model.bind(row.numpy().copy())
        actual = float(network.log_likelihood(row[None], noise_std=noise_std))
        assert actual == pytest.approx(model.loglike(), rel=1e-9)


def test_a_row_that_hides_everything_has_zero_nats(make_network):
    network = make_network(3, seed=0)
    rows = torch.full((2, 2, 3), torch.nan)
    rows[1, 0, 0] = 1.0
    density = network.log_likelihood(rows)
    assert density[0] == 0.0
    assert density[1] != 0.0
    mean = network.mean_log_likelihood(SufficientStatistics.from_trajectories(rows))
    torch.testing.assert_close(mean, density.mean())


@examples(30)
@given(
    seed=st.integers(0, 10**6),
    shape=st.tuples(st.integers(1, 12), st.integers(1, 3), st.integers(1, 4)),
    share=st.floats(0, 1),
    noise_std=st.floats(0, 2),
)
def test_statistics_give_the_mean_of_the_rows(make_network, hide, seed, shape, share, noise_std):
    n, num_slices, p = shape
    network = make_network(p, seed)
    rows = network.sample(n, num_slices, generator=torch.Generator().manual_seed(seed))
    rows = hide(rows, share, seed)
    statistics = SufficientStatistics.from_trajectories(rows)
    actual = network.mean_log_likelihood(statistics, noise_std=noise_std)
    expected = network.log_likelihood(rows, noise_std=noise_std).mean()
    torch.testing.assert_close(actual, expected, rtol=1e-9, atol=1e-9)


@examples(20)
@given(seed=st.integers(0, 10**6), data=st.data())
def test_likelihood_follows_relabelled_variables(make_network, hide, seed, data):
    order = data.draw(st.permutations(range(4)))
    network = make_network(4, seed)
    rows = network.sample(5, 2, generator=torch.Generator().manual_seed(seed))
    rows = hide(rows, 0.3, seed)
    torch.testing.assert_close(
        permuted(network, order).log_likelihood(rows[:, :, order]), network.log_likelihood(rows)
    )


def test_sample_has_the_moments(make_network):
    network, n = make_network(4, seed=5), 200_000
    rows = network.sample(n, 3, generator=torch.Generator().manual_seed(0)).flatten(1)
    mean, cov = (torch.from_numpy(value) for value in dense_moments(network, 3))
    var = cov.diagonal()
    # Five standard errors: of a mean √(σ²/n), of a covariance √((σ_i²σ_j² + c_ij²)/n).
    assert ((rows.mean(0) - mean).abs() < 5 * (var / n).sqrt()).all()
    assert ((rows.T.cov() - cov).abs() < 5 * ((torch.outer(var, var) + cov**2) / n).sqrt()).all()


def test_same_seed_same_rows(make_network):
    network = make_network(3, seed=1)
    first, again = (
        network.sample(4, 2, generator=torch.Generator().manual_seed(7)) for _ in range(2)
    )
    assert torch.equal(first, again)
    assert not torch.equal(first[0], first[1])


def test_gradients_reach_the_parameters(make_network):
    network = make_network(3, seed=2)
    rows = network.sample(6, 2, generator=torch.Generator().manual_seed(0))
    statistics = SufficientStatistics.from_trajectories(rows)
    arcs = network.transition.structure

    def objective(bias, weights, variances, lagged):
        transition = LinearGaussianCPDs(bias, weights * arcs, variances)
        candidate = LinearGaussianDBN(network.initial, transition, lagged)
        return candidate.mean_log_likelihood(statistics, noise_std=0.2)

    old = network.transition
    values = [old.bias, old.weights, old.variances, network.lagged]
    inputs = [value.clone().requires_grad_() for value in values]
    assert torch.autograd.gradcheck(objective, inputs)


def test_a_batch_of_networks_is_each_of_them_gradients_included(make_network, hide):
    """Random rows give random graphs: the batch holds networks of different structures."""
    rows = torch.stack([make_network(3, k).sample(15, 3, generator=seeded(k)) for k in range(4)])
    retrieved = hide(make_network(3, 9).sample(40, 3, generator=seeded(9)), 0.2, seed=9)
    statistics = SufficientStatistics.from_trajectories(retrieved)

    def values(rows):
        network = learn_dbn(rows, ridge=0.5)
        return network, network.mean_log_likelihood(statistics, noise_std=0.3)

    together = rows.clone().requires_grad_()
    batch, scores = values(together)
    assert scores.shape == (4,)
    weights = torch.tensor([1.0, -2.0, 3.0, 0.5], dtype=torch.float64)
    (gradient,) = torch.autograd.grad(scores @ weights, together)
    graphs = set()
    for k in range(4):
        alone = rows[k].clone().requires_grad_()
        network, score = values(alone)
        graphs.add(tuple(network.structure[1].flatten().tolist()))
        for whole, own in zip(batch.moments(3), network.moments(3), strict=True):
            torch.testing.assert_close(whole[k], own, rtol=1e-10, atol=1e-10)
        torch.testing.assert_close(scores[k], score, rtol=1e-10, atol=1e-10)
        (own,) = torch.autograd.grad(weights[k] * score, alone)
        torch.testing.assert_close(gradient[k], own, rtol=1e-8, atol=1e-10)
    assert len(graphs) > 1


def test_the_likelihood_is_differentiable_in_the_rows_it_was_learned_from(make_network, hide):
    network = make_network(2, seed=3)
    rows = network.sample(7, 2, generator=seeded(0))
    retrieved = hide(network.sample(20, 2, generator=seeded(1)), 0.3, seed=2)
    statistics = SufficientStatistics.from_trajectories(retrieved)

    def score(rows):
        learned = learn_dbn(rows, structure=network.structure)
        return learned.mean_log_likelihood(statistics, noise_std=0.3)

    inputs = rows.clone().requires_grad_()
    assert torch.autograd.gradcheck(score, (inputs,))
    batch = torch.stack([rows, rows.flip(0) + 0.1]).requires_grad_()
    assert torch.autograd.gradcheck(score, (batch,))
    # Central differences by hand, of which gradcheck is another make.
    (gradient,) = torch.autograd.grad(score(inputs), inputs)
    step = 1e-5
    for entry in [(0, 0, 0), (3, 1, 1), (6, 0, 1)]:
        change = torch.zeros_like(rows)
        change[entry] = step
        slope = (score(rows + change) - score(rows - change)) / (2 * step)
        assert gradient[entry].item() == pytest.approx(slope.item(), rel=1e-6, abs=1e-9)
    assert gradient.abs().max() > 1e-3
