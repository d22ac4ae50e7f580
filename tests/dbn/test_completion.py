"""Completions against closed forms, grids of eigenvalues, random search and scipy.optimize."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import minimize
from torch import Tensor

from ddlib.dbn.completion import correlation_bounds, maximum_entropy_completion
from tests.dbn.known_entries import cliques, cycle, with_entries
from tests.shared.examples import examples

seeds = st.integers(0, 10_000)


def random_correlation(d: int, seed: int) -> Tensor:
    rows = np.random.default_rng(seed).normal(size=(d, 2 * d))
    return torch.from_numpy(np.corrcoef(rows))


def all_but(d: int, *pairs: tuple[int, int]) -> Tensor:
    known = torch.ones(d, d, dtype=torch.bool)
    for i, j in pairs:
        known[i, j] = known[j, i] = False
    return known


def test_one_shared_variable_gives_the_interval_of_the_literature() -> None:
    xz, yz = 0.8, 0.6
    low, high = correlation_bounds(*with_entries(3, {(0, 2): xz, (1, 2): yz}))
    half = math.sqrt((1 - xz**2) * (1 - yz**2))  # 0.48
    assert low[0, 1] == pytest.approx(xz * yz - half, abs=1e-14) == pytest.approx(0.0, abs=1e-14)
    assert high[0, 1] == pytest.approx(xz * yz + half, abs=1e-14)
    centre = maximum_entropy_completion(*with_entries(3, {(0, 2): xz, (1, 2): yz}))
    assert centre[0, 1] == pytest.approx(xz * yz, abs=1e-12)


@pytest.mark.parametrize("seed", range(5))
def test_one_unknown_pair_against_a_grid_of_eigenvalues(seed: int) -> None:
    correlation = random_correlation(5, seed)
    low, high = correlation_bounds(correlation, all_but(5, (1, 3)))
    grid = np.linspace(-1, 1, 20_001)
    trial = np.repeat(correlation.numpy()[None], len(grid), 0)
    trial[:, 1, 3] = trial[:, 3, 1] = grid
    feasible = grid[np.linalg.eigvalsh(trial)[:, 0] >= 0]
    assert low[1, 3] == pytest.approx(feasible[0], abs=1.01e-4)
    assert high[1, 3] == pytest.approx(feasible[-1], abs=1.01e-4)


@pytest.mark.parametrize("pairs", [((0, 1), (2, 3)), ((0, 1), (0, 2))])
def test_two_unknown_pairs_against_a_grid_of_eigenvalues(pairs: tuple) -> None:
    correlation = random_correlation(4, 3)
    low, high = correlation_bounds(correlation, all_but(4, *pairs))
    grid = np.linspace(-1, 1, 501)
    first, second = (g.ravel() for g in np.meshgrid(grid, grid))
    trial = np.repeat(correlation.numpy()[None], len(first), 0)
    for values, (i, j) in zip((first, second), pairs, strict=True):
        trial[:, i, j] = trial[:, j, i] = values
    feasible = np.linalg.eigvalsh(trial)[:, 0] >= 0
    for values, pair in zip((first, second), pairs, strict=True):
        inside = values[feasible]
        # Inside always; near the tip a grid misses some steps.
        assert low[pair] <= inside.min() <= low[pair] + 0.01
        assert high[pair] - 0.01 <= inside.max() <= high[pair]


def test_a_four_cycle_has_the_intersection_of_its_triangles() -> None:
    # With one diagonal the cycle is two triangles, which is chordal: theirs are all conditions.
    angles = (0.9, 1.3, 0.7, 1.6)
    low, high = correlation_bounds(*cycle(*angles))
    first, second = (angles[0], angles[1]), (angles[2], angles[3])
    assert low[0, 2] == pytest.approx(max(math.cos(sum(t)) for t in (first, second)), abs=2e-9)
    expected = min(math.cos(t[0] - t[1]) for t in (first, second))
    assert high[0, 2] == pytest.approx(expected, abs=2e-9)


def test_a_chain_has_the_extreme_sum_of_its_angles() -> None:
    angles = (0.3, 0.5, 0.7, 0.9)
    entries = {(i, i + 1): math.cos(a) for i, a in enumerate(angles)}
    low, high = correlation_bounds(*with_entries(5, entries))
    assert low[0, 4] == pytest.approx(math.cos(sum(angles)), abs=2e-9)
    assert high[0, 4] == pytest.approx(1.0, abs=2e-9)
    assert low[0, 2] == pytest.approx(math.cos(0.8), abs=1e-14)  # in closed form
    assert low[0, 3] == pytest.approx(math.cos(1.5), abs=2e-9)


@pytest.mark.parametrize("seed", range(3))
def test_random_completions_stay_inside_and_come_near(seed: int) -> None:
    correlation = random_correlation(5, seed)
    pairs = [(0, 2), (1, 3), (2, 4)]
    low, high = correlation_bounds(correlation, all_but(5, *pairs))
    generator = np.random.default_rng(seed)
    best = np.stack([[correlation[p].item() for p in pairs]] * 6)  # one search per bound
    for scale in np.geomspace(0.5, 1e-4, 60):
        trials = best[:, None] + scale * generator.normal(size=(6, 400, 3))
        full = np.broadcast_to(correlation.numpy(), (6, 400, 5, 5)).copy()
        for k, (i, j) in enumerate(pairs):
            full[..., i, j] = full[..., j, i] = trials[..., k]
        feasible = np.linalg.eigvalsh(full)[..., 0] >= 0
        for k, pair in enumerate(pairs):
            inside = trials[..., k][feasible]
            assert (low[pair].item() <= inside).all()
            assert (inside <= high[pair].item()).all()
        for b in range(6):
            k, sign = b // 2, 1 - 2 * (b % 2)
            value = np.where(feasible[b], sign * trials[b, :, k], -np.inf)
            if value.max() > sign * best[b, k]:
                best[b] = trials[b, value.argmax()]
    for k, pair in enumerate(pairs):
        assert best[2 * k, k] == pytest.approx(high[pair].item(), abs=0.01)
        assert best[2 * k + 1, k] == pytest.approx(low[pair].item(), abs=0.01)


@pytest.mark.parametrize("sign", [1, -1])
def test_bounds_agree_with_scipy(sign: int) -> None:
    # Every completion is UUᵀ: the factor is free, the known entries are equations.
    d, known = 5, cliques(5, [0, 1, 2], [2, 3], [0, 3, 4])
    correlation = random_correlation(d, 4)
    low, high = correlation_bounds(correlation, known)
    rows, columns = np.nonzero(np.triu(known.numpy()))
    target = correlation.numpy()[rows, columns]
    start = np.linalg.cholesky(maximum_entropy_completion(correlation, known).numpy()).ravel()

    def residual(factor: np.ndarray) -> np.ndarray:
        u = factor.reshape(d, d)
        return (u @ u.T)[rows, columns] - target

    for i, j in np.argwhere(np.triu(~known.numpy())):
        result = minimize(
            lambda factor, i=i, j=j: -sign * factor.reshape(d, d)[i] @ factor.reshape(d, d)[j],
            start,
            method="SLSQP",
            constraints={"type": "eq", "fun": residual},
            options={"maxiter": 500, "ftol": 1e-13},
        )
        assert abs(residual(result.x)).max() < 1e-8
        bound = (high if sign > 0 else low)[i, j].item()
        assert -sign * result.fun == pytest.approx(bound, abs=1e-5)


@pytest.mark.parametrize("d", [6, 12])
@pytest.mark.parametrize("seed", range(3))
def test_maximum_entropy_has_zeros_in_the_inverse(d: int, seed: int) -> None:
    generator = np.random.default_rng(seed)
    groups = [generator.permutation(d)[: d * 6 // 10].tolist() for _ in range(3)]
    known, scale = cliques(d, *groups), torch.linspace(0.1, 30, d, dtype=torch.float64)
    covariance = random_correlation(d, seed) * torch.outer(scale, scale)
    centre = maximum_entropy_completion(covariance, known)
    inverse = torch.linalg.inv(centre) * torch.outer(scale, scale)
    assert inverse[~known].abs().max() < 1e-10
    torch.testing.assert_close(centre[known], covariance[known], rtol=1e-14, atol=0)
    # The matrix that the entries are from is another completion.
    assert torch.logdet(centre) >= torch.logdet(covariance)
    low, high = correlation_bounds(covariance, known)
    inside = centre / torch.outer(scale, scale)
    assert ((low - 1e-12 <= inside) & (inside <= high + 1e-12)).all()


def test_bounds_collapse_when_every_pair_is_known() -> None:
    correlation = random_correlation(6, 0)
    known = torch.ones(6, 6, dtype=torch.bool)
    for result in correlation_bounds(correlation, known):
        torch.testing.assert_close(result, correlation, rtol=0, atol=1e-15)
    torch.testing.assert_close(maximum_entropy_completion(correlation, known), correlation)


def test_nothing_known_bounds_nothing() -> None:
    low, high = correlation_bounds(torch.eye(4), torch.eye(4, dtype=torch.bool))
    assert (low - 2 * torch.eye(4) == -1).all()
    assert (high == 1).all()


@examples(15)
@given(seeds)
def test_relabelling_and_units_change_nothing(seed: int) -> None:
    generator = np.random.default_rng(seed)
    correlation = random_correlation(5, seed)
    known = torch.from_numpy(generator.random((5, 5)) < 0.6)
    known = known | known.T | torch.eye(5, dtype=torch.bool)
    order, scale = generator.permutation(5), torch.from_numpy(generator.uniform(0.1, 9, 5))
    mixed = (correlation * torch.outer(scale, scale))[np.ix_(order, order)]
    before = correlation_bounds(correlation, known)
    after = correlation_bounds(mixed, known[np.ix_(order, order)])
    for old, new in zip(before, after, strict=True):
        torch.testing.assert_close(new, old[np.ix_(order, order)], rtol=0, atol=3e-9)
        assert (before[0] - 1e-12 <= correlation).all()
        assert (correlation <= before[1] + 1e-12).all()
