"""EM against the gradient of the likelihood, scipy's optimiser, least squares and the truth."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import minimize

from ddlib.dbn import (
    LinearGaussianCPDs,
    LinearGaussianDBN,
    SufficientStatistics,
    em_climb,
    fit_em,
    learn_dbn,
)
from tests.shared.examples import examples

seeds = st.integers(0, 10**6)


def sample(network, n, num_slices, seed=0, noise_std=0.0):
    generator = torch.Generator().manual_seed(seed)
    rows = network.sample(n, num_slices, generator=generator)
    return rows + noise_std * torch.randn(rows.shape, generator=generator, dtype=torch.float64)


def sources_of(rows):
    """One source a variable, which hides it."""
    shares = [share.clone() for share in rows.tensor_split(rows.shape[2])]
    for variable, share in enumerate(shares):
        share[:, :, variable] = torch.nan
    return shares


def parameters(network):
    first, later = network.initial, network.transition
    return [
        *[first.bias, first.weights, first.variances],
        *[later.bias, later.weights, later.variances, network.lagged],
    ]


def assert_same(first, second, tolerance):
    for a, b in zip(parameters(first), parameters(second), strict=True):
        torch.testing.assert_close(a, b, rtol=tolerance, atol=tolerance)


class Free:
    """Weights of a structure, biases and log variances of a network as one vector, and log noise.

    A likelihood in these is what EM is to have maximised, without a line of EM.
    """

    def __init__(self, network, structure, noise_std, estimated):
        self.p, self.structure = network.num_variables, structure
        self.noise_std, self.estimated = noise_std, estimated
        within, across = structure[1][self.p :], structure[1][: self.p]
        parts = [network.initial.weights[structure[0]], network.initial.bias]
        parts += [network.initial.variances.log(), network.transition.weights[within]]
        parts += [network.transition.bias, network.transition.variances.log()]
        parts += [network.lagged[across]]
        if estimated:
            parts += [torch.tensor([math.log(noise_std)], dtype=torch.float64)]
        self.sizes, self.start = [len(part) for part in parts], torch.cat(parts).detach()

    def mean_log_likelihood(self, vector, statistics):
        parts = list(vector.split(self.sizes))
        noise_std = parts.pop().exp().expand(self.p) if self.estimated else self.noise_std
        zero = torch.zeros(self.p, self.p, dtype=torch.float64)
        (first, transition), p = self.structure, self.p
        weights = [
            zero.masked_scatter(arcs, values)
            for arcs, values in zip(
                [first, transition[p:], transition[:p]], [parts[0], parts[3], parts[6]], strict=True
            )
        ]
        network = LinearGaussianDBN(
            LinearGaussianCPDs(parts[1], weights[0], parts[2].exp()),
            LinearGaussianCPDs(parts[4], weights[1], parts[5].exp()),
            weights[2],
        )
        return network.mean_log_likelihood(statistics, noise_std=noise_std)

    def gradient(self, vector, statistics):
        vector = vector.clone().requires_grad_()
        value = self.mean_log_likelihood(vector, statistics)
        return value.item(), torch.autograd.grad(value, vector)[0]


@pytest.fixture(scope="module")
def chain():
    """0 → 1 → 2 within a slice, and each variable on its own past: sparse enough for the noise."""
    within = torch.zeros(3, 3, dtype=torch.float64)
    within[0, 1], within[1, 2] = 0.8, -0.7
    variances = torch.tensor([1.0, 0.5, 0.8], dtype=torch.float64)
    bias = torch.tensor([1.0, -2.0, 0.5], dtype=torch.float64)
    return LinearGaussianDBN(
        LinearGaussianCPDs(bias, within, variances),
        LinearGaussianCPDs(-bias, 0.9 * within, variances),
        torch.diag(torch.tensor([0.8, 0.6, -0.5], dtype=torch.float64)),
    )


@examples(12)
@given(
    seed=seeds,
    num_slices=st.integers(1, 3),
    share=st.floats(0, 0.6),
    ridge=st.sampled_from([0.0, 2.0]),
    known=st.booleans(),
    noise_std=st.sampled_from([0.0, 0.3, None]),
)
def test_no_iteration_lowers_the_score(
    make_network, hide, seed, num_slices, share, ridge, known, noise_std
):
    network = make_network(3, seed)
    rows = sample(network, 40, num_slices, seed, noise_std=0.3)
    rows = torch.cat([rows[:12], hide(rows[12:], share, seed)])
    structure = network.structure if known else None
    fit = fit_em([rows], noise_std=noise_std, structure=structure, ridge=ridge, max_iterations=40)
    steps = np.diff(fit.score)
    assert len(fit.score) == len(fit.log_likelihood) <= 1 + 40
    assert (steps >= -1e-9 * (1 + abs(fit.score[-1]))).all()


@pytest.mark.parametrize("noise_std", [0.3, None])
def test_the_networks_themselves_rise_in_likelihood_as_the_scores_say(chain, noise_std):
    sources = sources_of(sample(chain, 90, 2, noise_std=0.3))
    statistics = SufficientStatistics.from_batches(sources)
    arguments = {"noise_std": noise_std, "structure": chain.structure}
    values = []
    for count in range(1, 7):
        fit = fit_em(sources, **arguments, max_iterations=count)
        value = fit.network.mean_log_likelihood(statistics, noise_std=fit.noise_std)
        values.append(value.item())
    assert (np.diff(values) > 0).all()
    # The first score is of the start.
    assert values == pytest.approx(fit.score[1:], rel=1e-12)


def test_the_score_is_the_bic_of_what_was_seen(make_network, hide):
    n, p, num_slices = 200, 3, 3
    rows = hide(sample(make_network(p, 1), n, num_slices, noise_std=0.3), 0.2, 0)
    fit = fit_em([rows], noise_std=0.3)
    first, transition = (int(arcs.sum()) for arcs in fit.network.structure)
    pairs = n * (num_slices - 1)
    penalty = 0.5 * (first + 2 * p) * math.log(n) + 0.5 * (transition + 2 * p) * math.log(pairs)
    value = fit.network.log_likelihood(rows, noise_std=0.3).mean().item()
    assert fit.converged
    assert fit.log_likelihood[-1] == pytest.approx(value, rel=1e-10)
    assert fit.score[-1] == pytest.approx(value - penalty / n, rel=1e-10)


@pytest.mark.parametrize(
    ("num_slices", "ridge"), [(1, 0.0), (2, 0.0), (4, 0.0), (1, 5.0), (2, 5.0)]
)
def test_complete_clean_rows_give_least_squares(make_network, num_slices, ridge):
    """With a ridge too, up to two slices: both shrink covariances by n/(n + ridge)."""
    network = make_network(4, seed=3)
    rows = sample(network, 50, num_slices)
    fit = fit_em([rows], noise_std=0.0, structure=network.structure, ridge=ridge)
    assert fit.converged
    assert_same(fit.network, learn_dbn(rows, structure=network.structure, ridge=ridge), 1e-9)


@pytest.mark.parametrize("noise_std", [0.3, None])
def test_the_likelihood_is_flat_where_em_ends_and_scipy_finds_nothing_better(chain, noise_std):
    sources = sources_of(sample(chain, 600, 3, noise_std=0.3))
    statistics = SufficientStatistics.from_batches(sources)
    fit = fit_em(
        sources, noise_std=noise_std, structure=chain.structure, tolerance=1e-10,
        max_iterations=20_000,
    )  # fmt: skip
    free = Free(fit.network, chain.structure, fit.noise_std, noise_std is None)
    value, gradient = free.gradient(free.start, statistics)
    assert fit.converged
    assert value == pytest.approx(fit.log_likelihood[-1], rel=1e-12)
    assert gradient.abs().max() < 1e-4

    def objective(vector):
        value, gradient = free.gradient(torch.from_numpy(vector), statistics)
        return -value, -gradient.numpy()

    away = free.start + 0.1 * torch.randn(
        len(free.start), generator=torch.Generator().manual_seed(0), dtype=torch.float64
    )
    assert free.gradient(away, statistics)[1].abs().max() > 1e-2
    for start in (free.start, away):
        found = minimize(objective, start.numpy(), jac=True, method="L-BFGS-B", tol=1e-12)
        assert -found.fun == pytest.approx(value, abs=1e-5)


@pytest.mark.parametrize("noise_std", [0.3, pytest.param(None, marks=pytest.mark.nightly)])
def test_many_rows_give_the_truth_within_its_standard_errors(chain, noise_std):
    """Standard errors are those of the observed information at the fit, by autograd."""
    n = 12_000
    sources = sources_of(sample(chain, n, 3, seed=1, noise_std=0.3))
    statistics = SufficientStatistics.from_batches(sources)
    arguments = {"noise_std": noise_std, "structure": chain.structure}
    fit = fit_em(statistics, **arguments, tolerance=1e-9, max_iterations=5000)
    estimated = noise_std is None
    found = Free(fit.network, chain.structure, fit.noise_std, estimated)
    truth = Free(chain, chain.structure, 0.3, estimated)
    hessian = torch.autograd.functional.hessian(
        lambda vector: found.mean_log_likelihood(vector, statistics), found.start
    )
    errors = torch.linalg.inv(-n * hessian).diagonal().sqrt()
    assert ((found.start - truth.start).abs() < 4.5 * errors).all()
    assert errors.max() < 0.1


def test_the_best_of_several_starts_is_kept(make_network, hide):
    rows = hide(sample(make_network(3, 2), 60, 2, noise_std=0.3), 0.4, 1)
    # Stopped long before they converge, the starts end at different scores.
    arguments = {"noise_std": 0.3, "max_iterations": 4}

    def fit(seed, num_starts=4):
        return fit_em([rows], **arguments, num_starts=num_starts, generator=seed)

    def seeded(seed):
        return torch.Generator().manual_seed(seed)

    kept, again, other = fit(seeded(0)), fit(seeded(0)), fit(seeded(1))
    assert len(kept.scores) == 8  # each from no arcs and from every arc
    assert len(set(kept.scores)) == 8
    assert kept.score[-1] == max(kept.scores)
    assert kept.scores == again.scores
    assert_same(kept.network, again.network, 0.0)
    assert kept.scores[:2] == other.scores[:2] == fit(None, 1).scores  # the first is not random
    assert kept.scores[1:] != other.scores[1:]


def test_an_objective_that_falls_is_an_error(make_network, monkeypatch):
    values = iter([-1.0, -2.0])
    honest = em_climb.expect
    monkeypatch.setattr(
        em_climb, "expect", lambda *args: honest(*args)._replace(log_likelihood=next(values))
    )
    rows = sample(make_network(2, 0), 20, 2)
    with pytest.raises(
        ArithmeticError, match=r"objective: fell by 1\.0 nats per row, from -1\.0; must"
    ):
        fit_em([rows], noise_std=0.1, structure=make_network(2, 0).structure)
