"""Rows with the moments of a network, so that learning from them returns it."""

import numpy as np
import pytest
import torch

from ddlib.dbn import DBNLearner, LinearGaussianCPDs, LinearGaussianDBN, fit_em, learn_dbn
from ddlib.dbn.exact_rows import exact_rows
from ddlib.distillers.exact import Exact
from ddlib.problem import DistillationProblem, TrainingCriterion, distill


def seeded(seed):
    return torch.Generator().manual_seed(seed)


def assert_same(learned, network, num_slices, tolerance=1e-10):
    pairs = [(learned.initial, network.initial)]
    if num_slices > 1:
        pairs.append((learned.transition, network.transition))
        torch.testing.assert_close(learned.lagged, network.lagged, rtol=tolerance, atol=tolerance)
    for found, wanted in pairs:
        for name in ("bias", "weights", "variances"):
            values = getattr(found, name), getattr(wanted, name)
            torch.testing.assert_close(*values, rtol=tolerance, atol=tolerance)


def least(p, num_slices):
    return p + 1 if num_slices == 1 else 2 * p + 1


@pytest.mark.parametrize("p", [1, 3, 5])
@pytest.mark.parametrize("num_slices", [1, 2, 3, 10])
def test_learning_returns_the_network_from_the_least_number_of_rows_on(make_network, p, num_slices):
    network = make_network(p, seed=p)
    fewest = least(p, num_slices)
    for num_rows in (fewest, fewest + 1, 2 * fewest + 7):
        rows = exact_rows(network, num_rows, num_slices, generator=seeded(num_rows))
        assert rows.shape == (num_rows, num_slices, p)
        assert_same(learn_dbn(rows, structure=network.structure), network, num_slices)


@pytest.mark.parametrize("num_slices", [1, 2, 3, 10])
def test_one_row_fewer_is_refused(make_network, num_slices):
    network, fewest = make_network(3, seed=0), least(3, num_slices)
    with pytest.raises(
        ValueError, match=f"num_rows = {fewest - 1}: must be at least {fewest} for 3"
    ):
        exact_rows(network, fewest - 1, num_slices, generator=seeded(0))
    with pytest.raises(ValueError, match="num_slices = 0: must be a whole number, at least 1"):
        exact_rows(network, fewest, 0, generator=seeded(0))


@pytest.mark.parametrize("num_slices", [2, 4, 10])
def test_each_pair_of_neighbouring_slices_has_the_moments_of_the_network(make_network, num_slices):
    network, p = make_network(3, seed=1), 3
    rows = exact_rows(network, 11, num_slices, generator=seeded(0))
    mean, covariance = (moment.numpy() for moment in network.moments(num_slices))
    flat = rows.flatten(1).numpy()
    np.testing.assert_allclose(flat.mean(0), mean, rtol=1e-10, atol=1e-10)
    found = np.cov(flat.T, bias=True)
    for start in range(0, (num_slices - 1) * p, p):
        pair = slice(start, start + 2 * p)
        np.testing.assert_allclose(
            found[pair, pair], covariance[pair, pair], rtol=1e-10, atol=1e-10
        )


def test_rows_are_random_and_repeat_with_the_seed(make_network):
    network = make_network(2, seed=0)
    first, again, other = (exact_rows(network, 8, 3, generator=seeded(seed)) for seed in (0, 0, 1))
    assert torch.equal(first, again)
    assert (first != other).all()


def test_the_learner_must_know_how_many_slices_its_rows_have(make_network):
    network = make_network(3, seed=0)
    with pytest.raises(
        ValueError, match="num_slices = None: must be given, here or to the learner"
    ):
        DBNLearner().rows_for(network, 9, generator=seeded(0))
    told = DBNLearner().rows_for(network, 9, 2, generator=seeded(0))
    assert torch.equal(DBNLearner(num_slices=2).rows_for(network, 9, generator=seeded(0)), told)


@pytest.mark.parametrize("num_slices", [1, 3])
def test_exact_distillation_gives_the_model_that_was_wanted(make_network, num_slices):
    network = make_network(3, seed=2)
    problem = DistillationProblem(
        DBNLearner(structure=network.structure, num_slices=num_slices),
        TrainingCriterion(lambda model: model.lagged.sum()),
        torch.zeros(9, num_slices, 3, dtype=torch.float64),
    )
    result = distill(problem, Exact(network), num_steps=5, generator=seeded(0))
    assert [snapshot.step for snapshot in result.snapshots] == [0, 1]
    assert result.rows.shape == (9, num_slices, 3)
    assert_same(problem.learner(result.rows), network, num_slices)


def test_the_search_too_finds_the_law_when_the_set_speaks_for_many_rows():
    """Every arc is strong, so what is found has none too few: its law is the network's."""
    weights = torch.zeros(3, 3, dtype=torch.float64)
    weights[0, 2] = weights[1, 2] = 0.8
    cpds = LinearGaussianCPDs(torch.zeros(3), weights, torch.ones(3))
    network = LinearGaussianDBN(cpds, cpds, 0.6 * torch.eye(3, dtype=torch.float64))
    rows = exact_rows(network, 7, 2, generator=seeded(0))
    learned = DBNLearner(effective_size=10_000)(rows)
    for found, wanted in zip(learned.moments(2), network.moments(2), strict=True):
        torch.testing.assert_close(found, wanted, rtol=1e-10, atol=1e-10)


def test_em_is_reproduced_by_as_many_rows_as_its_moments_need(make_network, hide):
    network = make_network(3, seed=4)
    rows = network.sample(300, 2, generator=seeded(0))
    noise = 0.3 * torch.randn(rows.shape, generator=seeded(1), dtype=torch.float64)
    sources = [hide(rows + noise, 0.3, 2)]
    fitted = fit_em(sources, noise_std=0.3, structure=network.structure).network
    few = exact_rows(fitted, 7, 2, generator=seeded(3))
    assert_same(learn_dbn(few, structure=network.structure), fitted, 2)
