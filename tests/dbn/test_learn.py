import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from ddlib.dbn import (
    LinearGaussianCPDs,
    LinearGaussianDBN,
    SufficientStatistics,
    fit_weights,
    hill_climb,
    learn_dbn,
)
from tests.shared.examples import examples


@pytest.fixture(scope="module")
def known():
    """A network whose structure the data identify: colliders, and a lag into every node."""
    first, within, lagged = torch.zeros(3, 4, 4, dtype=torch.float64)
    first[0, 2] = first[1, 2] = 0.7  # 0 → 2 ← 1, 2 → 3
    first[2, 3] = -0.6
    within[3, 1], within[0, 1] = 0.6, -0.5
    lagged.fill_diagonal_(0.5)
    lagged[2, 0] = 0.5
    bias = torch.tensor([1.0, -2.0, 0.0, 30.0], dtype=torch.float64)
    variances = torch.tensor([1.0, 0.5, 0.3, 2.0], dtype=torch.float64)
    return LinearGaussianDBN(
        LinearGaussianCPDs(bias, first, variances),
        LinearGaussianCPDs(-bias, within, variances),
        lagged,
    )


def parameters(network):
    first, later = network.initial, network.transition
    return [
        *[first.bias, first.weights, first.variances],
        *[later.bias, later.weights, later.variances, network.lagged],
    ]


def assert_same(first, second, tolerance=1e-9):
    for a, b in zip(parameters(first), parameters(second), strict=True):
        torch.testing.assert_close(a, b, rtol=tolerance, atol=tolerance)


def sample(network, n, num_slices, seed=0):
    return network.sample(n, num_slices, generator=torch.Generator().manual_seed(seed))


def test_the_true_network_is_recovered_from_many_rows(known):
    learned = learn_dbn(sample(known, 100_000, 3))
    for found, true in zip(learned.structure, known.structure, strict=True):
        assert torch.equal(found, true)
    # Standard errors are at most √(2/100 000) ≈ 0.005 of these scales; biases carry means of 30.
    for found, true in zip(parameters(learned), parameters(known), strict=True):
        limit = 0.7 if true.abs().max() == 30 else 0.03
        assert (found - true).abs().max() < limit


def test_weights_are_least_squares(make_network):
    network = make_network(3, seed=4)
    rows = sample(network, 25, 4)
    learned = learn_dbn(rows, structure=network.structure)
    pairs = torch.cat([rows[:, :-1], rows[:, 1:]], dim=2).reshape(-1, 6).numpy()
    tasks = [(rows[:, 0].numpy(), learned.initial, learned.initial.weights, 0)]
    stacked = torch.cat([learned.lagged, learned.transition.weights])
    tasks.append((pairs, learned.transition, stacked, 3))
    for table, cpds, weights, offset in tasks:
        for j in range(3):
            parents = np.flatnonzero(weights[:, j])
            design = np.column_stack([np.ones(len(table)), table[:, parents]])
            target = table[:, offset + j]
            expected = np.linalg.lstsq(design, target, rcond=None)[0]
            actual = [cpds.bias[j], *weights[parents, j]]
            np.testing.assert_allclose(actual, expected, rtol=1e-7, atol=1e-8)
            residual = np.mean((target - design @ expected) ** 2)
            assert float(cpds.variances[j]) == pytest.approx(residual, rel=1e-8)


def test_weights_are_a_maximum_of_the_likelihood(make_network):
    network = make_network(3, seed=1)
    statistics = SufficientStatistics.from_trajectories(sample(network, 30, 2))
    learned = learn_dbn(statistics)
    values = [value.clone().requires_grad_() for value in parameters(learned)]
    first, later = LinearGaussianCPDs(*values[:3]), LinearGaussianCPDs(*values[3:6])
    LinearGaussianDBN(first, later, values[6]).mean_log_likelihood(statistics).backward()
    assert learned.lagged.any()
    for value in values:
        free = value.grad if value.ndim == 1 else value.grad[value != 0]  # weights: arcs only
        assert (free.abs() < 1e-7).all()


@examples(20)
@given(seed=st.integers(0, 10**6), num_slices=st.integers(1, 3), repeats=st.integers(2, 5))
def test_effective_size_is_as_if_rows_were_repeated(make_network, seed, num_slices, repeats):
    rows = sample(make_network(3, seed), 12, num_slices, seed)
    repeated = learn_dbn(rows.repeat(repeats, 1, 1), ridge=2.0)
    assert_same(learn_dbn(rows, effective_size=12 * repeats, ridge=2.0), repeated)


def test_effective_size_decides_how_many_arcs_are_worth_it():
    rows = torch.randn(50, 1, 6, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    few, many = (int(learn_dbn(rows, effective_size=size).structure[0].sum()) for size in (5, 5000))
    assert few < many


def test_transitions_count_every_pair_of_slices(make_network):
    rows = sample(make_network(4, seed=7), 8, 6)
    pairs = torch.cat([rows[:, :-1], rows[:, 1:]], dim=2).reshape(-1, 8).numpy()
    covariance = np.cov(pairs.T, ddof=0)
    by_pairs, by_rows = (
        hill_climb(covariance, size, targets=range(4, 8))[:, 4:] for size in (8 * 5, 8)
    )
    assert (by_pairs != by_rows).any()
    assert (learn_dbn(rows).structure[1].numpy() == by_pairs).all()


@examples(20)
@given(seed=st.integers(0, 10**6), num_slices=st.integers(1, 3))
def test_order_of_rows_does_not_matter_and_statistics_suffice(make_network, seed, num_slices):
    rows = sample(make_network(4, seed), 30, num_slices, seed)
    learned = learn_dbn(rows)
    assert_same(learn_dbn(rows.flip(0)), learned, 1e-7)
    halves = [SufficientStatistics.from_trajectories(part) for part in rows.split(17)]
    assert_same(learn_dbn(halves[0] + halves[1]), learned, 1e-7)


@examples(20)
@given(seed=st.integers(0, 10**6), power=st.integers(0, 25))
def test_data_far_from_zero_give_the_same_weights(make_network, seed, power):
    rows = (sample(make_network(3, seed), 30, 2, seed) * 2**20).round() / 2**20
    near, far = learn_dbn(rows), learn_dbn(rows + 2.0**power)
    torch.testing.assert_close(
        far.transition.weights, near.transition.weights, rtol=1e-6, atol=1e-6
    )
    torch.testing.assert_close(far.lagged, near.lagged, rtol=1e-6, atol=1e-6)
    torch.testing.assert_close(far.initial.variances, near.initial.variances, rtol=1e-6, atol=1e-6)


def test_ridge_shrinks_covariances_and_keeps_variances():
    # One parent: the weight and the explained covariance shrink by n/(n + ridge), the variance of
    # the child does not.
    rows = sample(LinearGaussianDBN.random(2, generator=torch.Generator().manual_seed(3)), 40, 1)
    arcs = torch.tensor([[False, True], [False, False]])
    structure = (arcs, torch.zeros(4, 2, dtype=torch.bool))
    plain, shrunk = (learn_dbn(rows, ridge=r, structure=structure).initial for r in (0.0, 10.0))
    torch.testing.assert_close(shrunk.weights, 0.8 * plain.weights)
    torch.testing.assert_close(shrunk.moments()[1].diagonal(), plain.moments()[1].diagonal())


def test_one_slice_repeats_as_transition(make_network):
    learned = learn_dbn(sample(make_network(3, seed=0), 40, 1))
    assert torch.equal(learned.transition.weights, learned.initial.weights)
    assert not learned.lagged.any()
    _, covariance = learned.moments(2)
    torch.testing.assert_close(covariance[3:, 3:], learned.moments(1)[1])


@pytest.mark.parametrize("n", [2, 3, 4])
@pytest.mark.parametrize("num_slices", [1, 2, 3])
@pytest.mark.parametrize("max_parents", [None, 9])
def test_few_rows_give_few_parents(make_network, n, num_slices, max_parents):
    rows = sample(make_network(6, seed=2), n, num_slices)
    learned = learn_dbn(rows, effective_size=1e4, max_parents=max_parents)
    initial, transition = learned.structure
    num_pairs = n * max(num_slices - 1, 1)
    assert initial.sum(0).max() == n - 2
    assert transition.sum(0).max() == num_pairs - 2
    assert learned.log_likelihood(rows).isfinite().all()


def test_a_copied_column_gives_finite_parameters(make_network):
    rows = sample(make_network(3, seed=2), 50, 2)
    rows = torch.cat([rows, rows[:, :, :2], 3 * rows[:, :, :1] + 1], dim=2)
    learned = learn_dbn(rows)
    floor = 1e-9 * rows[:, 0].var(0, correction=0)
    assert all(value.isfinite().all() for value in parameters(learned))
    assert (learned.initial.variances >= floor * (1 - 1e-6)).all()
    assert learned.log_likelihood(rows).isfinite().all()


def test_collinear_parents_share_their_weight():
    covariance = torch.tensor([[1.0, 1.0, 0.6], [1.0, 1.0, 0.6], [0.6, 0.6, 1.0]]).double()
    arcs = torch.tensor([[False, False, True]] * 2 + [[False] * 3])
    _, weights, variances = fit_weights(torch.zeros(3).double(), covariance, arcs)
    expected = torch.tensor([0.3, 0.3, 0.0]).double()
    torch.testing.assert_close(weights[:, 2], expected, rtol=0.0, atol=1e-3)
    assert float(weights[:, 2].sum()) == pytest.approx(0.6)
    assert float(variances[2]) == pytest.approx(1 - 0.6**2)


def test_max_parents_is_kept(make_network):
    rows = sample(make_network(6, seed=0), 500, 2)
    free, bounded = learn_dbn(rows).structure[1], learn_dbn(rows, max_parents=1).structure[1]
    assert free.sum(0).max() > 1
    assert bounded.sum(0).max() == 1


def test_gradients_reach_the_rows(make_network):
    network = make_network(3, seed=5)
    rows = sample(network, 8, 3, seed=1).requires_grad_()
    retrieved = sample(network, 20, 3, seed=2)
    retrieved[:10, :, 0] = torch.nan
    statistics = SufficientStatistics.from_trajectories(retrieved)

    def objective(rows):
        learned = learn_dbn(rows, structure=network.structure, ridge=0.5)
        return learned.mean_log_likelihood(statistics, noise_std=0.3)

    assert torch.autograd.gradcheck(objective, (rows,))
