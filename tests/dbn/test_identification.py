"""Ranks against worked examples, networks of equal moments, and derivatives by numpy.

The oracle builds the moments slice by slice and takes each derivative by a step into the complex
plane, Im C(θ + ih)/h: a finite difference without its rounding (Squire and Trapp 1998).
"""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from ddlib import dbn
from ddlib.dbn import LinearGaussianCPDs, LinearGaussianDBN, identify, seen_together
from tests.shared.examples import examples

STEP = 1e-30
cases = given(
    p=st.integers(1, 4),
    num_slices=st.integers(1, 3),
    noise_unknown=st.booleans(),
    share=st.sampled_from([0.2, 0.5, 0.8]),
    seed=st.integers(0, 10**6),
)


def cpds(weights: dict[tuple[int, int], float], *variances: float) -> LinearGaussianCPDs:
    spread = torch.tensor(variances, dtype=torch.float64)
    matrix = torch.zeros(len(spread), len(spread), dtype=torch.float64)
    for (i, j), weight in weights.items():
        matrix[i, j] = weight
    return LinearGaussianCPDs(torch.zeros_like(spread), matrix, spread)


def slice_alone(first: LinearGaussianCPDs) -> LinearGaussianDBN:
    return LinearGaussianDBN(first, first, torch.zeros_like(first.weights))


NO_ARC, ARC = slice_alone(cpds({}, 1.0, 0.6)), slice_alone(cpds({(0, 1): 0.5}, 1.0, 0.6))
CHAIN = slice_alone(cpds({(0, 2): 0.8, (2, 1): 0.6}, 1.0, 0.5, 0.7))  # x → z → y, as x, y, z
ENDS_APART = ~torch.tensor([[0, 1, 0], [1, 0, 0], [0, 0, 0]], dtype=torch.bool)
OWN_PAST = LinearGaussianDBN(cpds({}, 1.0), cpds({}, 0.5), torch.tensor([[0.8]]))
ALL_ARCS = LinearGaussianDBN(
    cpds({(0, 1): 0.4}, 1.0, 0.8),
    cpds({(0, 1): 0.6}, 0.5, 0.4),
    torch.tensor([[0.6, 0.5], [-0.5, 0.3]]),
)


def one_a_slice(num_slices: int) -> Tensor:
    """What sources show that see one of two variables in each slice, in every order."""
    times = torch.arange(num_slices).repeat_interleave(2)
    return (times[:, None] != times) | torch.eye(2 * num_slices, dtype=torch.bool)


EXAMPLES = {  # network, slices, seen, whether the noise is unknown; unknowns, moments, rank
    "two with an arc": (ARC, 1, None, True, 4, 3, 3),
    "two without an arc": (NO_ARC, 1, None, True, 3, 3, 2),
    "chain": (CHAIN, 1, None, True, 6, 6, 6),
    "chain, ends apart": (CHAIN, 1, ENDS_APART, True, 6, 5, 5),
    "chain, ends apart, noise known": (CHAIN, 1, ENDS_APART, False, 5, 5, 5),
    "own past, two slices": (OWN_PAST, 2, None, True, 4, 3, 3),
    "own past, three slices": (OWN_PAST, 3, None, True, 4, 6, 4),
    "one per slice, two slices": (ALL_ARCS, 2, one_a_slice(2), False, 10, 8, 8),
    "one per slice, three slices": (ALL_ARCS, 3, one_a_slice(3), False, 10, 18, 10),
    "nothing seen": (OWN_PAST, 1, torch.zeros(1, 1, dtype=torch.bool), False, 1, 0, 0),
}


@pytest.mark.parametrize("name", EXAMPLES)
def test_worked_examples(name: str) -> None:
    network, num_slices, seen, noise_unknown, unknowns, moments, rank = EXAMPLES[name]
    found = identify(network, num_slices, seen=seen, noise_unknown=noise_unknown)
    assert list(found.row.values()) == [unknowns, moments, rank, rank == unknowns]
    assert found.identified == (found.undetermined == ())


def test_unknowns_are_named_as_the_network_does() -> None:
    first, within = cpds({(1, 0): 0.3}, 1.0, 1.0), cpds({}, 0.5, 0.5)
    network = LinearGaussianDBN(first, within, torch.tensor([[0.8, 0.2], [0.0, 0.1]]))
    found = identify(network, 2, noise_unknown=True).unknowns
    assert found[:5] == ("W₀[1, 0]", "s₀²[0]", "s₀²[1]", "s²[0]", "s²[1]")
    assert found[5:] == ("A[0, 0]", "A[0, 1]", "A[1, 1]", "σ²")


def test_some_unknowns_are_determined_where_others_are_not() -> None:
    found = identify(ARC, 1, seen=torch.eye(2, dtype=torch.bool))
    assert found.undetermined == ("W₀[0, 1]", "s₀²[1]")


def test_a_chain_and_three_slices_tell_their_noise_by_hand() -> None:
    x, _, z = CHAIN.moments(1, noise_std=0.3)[1].numpy()
    assert z[2] - x[2] * z[1] / x[1] == pytest.approx(0.3**2, abs=1e-14)
    first, _, _ = OWN_PAST.moments(3, noise_std=0.3)[1].numpy()
    assert first[0] - first[1] ** 2 / first[2] == pytest.approx(0.3**2, abs=1e-14)


def from_covariance(covariance: Tensor) -> LinearGaussianCPDs:
    """Densities of two variables with an arc."""
    (first, both), (_, second) = covariance.tolist()
    return cpds({(0, 1): both / first}, first, second - both**2 / first)


def test_with_an_arc_other_weights_and_noise_have_the_same_moments() -> None:
    identity = torch.eye(2, dtype=torch.float64)
    moments = ARC.moments(1, noise_std=0.3)[1]
    other = from_covariance(moments - 0.1**2 * identity)
    assert abs(other.weights - ARC.initial.weights)[0, 1] > 0.03
    torch.testing.assert_close(other.moments()[1] + 0.1**2 * identity, moments, rtol=0, atol=1e-15)


def test_one_a_slice_other_correlations_have_the_same_moments_until_the_third_slice() -> None:
    covariance = ALL_ARCS.moments(2)[1]
    start, across, later = covariance[:2, :2].clone(), covariance[:2, 2:], covariance[2:, 2:]
    start[0, 1] = start[1, 0] = 0.1
    transition = torch.linalg.solve(start, across)
    within = from_covariance(later - transition.T @ start @ transition)
    lagged = transition @ torch.linalg.inv(within.reduced_form())
    other = LinearGaussianDBN(from_covariance(start), within, lagged)

    def apart(num_slices: int) -> float:
        difference = other.moments(num_slices)[1] - ALL_ARCS.moments(num_slices)[1]
        return difference[one_a_slice(num_slices)].abs().max().item()

    assert apart(2) < 1e-14
    assert apart(3) > 0.01


def random_network(p: int, seed: int) -> LinearGaussianDBN:
    generator = torch.Generator().manual_seed(seed)
    return LinearGaussianDBN.random(p, generator=generator, edge_probability=0.4)


def random_seen(size: int, share: float, seed: int) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    flags = (torch.rand(size, size, generator=generator) < share).triu()
    return flags | flags.T


def by_hand(parameters: list[np.ndarray], num_slices: int) -> np.ndarray:
    """Covariance of all slices, by the recursion from slice to slice."""
    first, first_variances, within, variances, lagged = parameters
    start, effects = (np.linalg.inv(np.eye(len(w)) - w) for w in (first, within))
    transition, shocks = lagged @ effects, effects.T @ np.diag(variances) @ effects
    rows = [[start.T @ np.diag(first_variances) @ start]]
    for _ in range(1, num_slices):
        across = [row[-1] @ transition for row in rows]
        last = transition.T @ rows[-1][-1] @ transition + shocks
        past = [block.T for block in across]
        rows = [[*row, block] for row, block in zip(rows, across, strict=True)] + [[*past, last]]
    return np.block(rows)


def jacobian_by_hand(network: LinearGaussianDBN, num_slices: int, seen: Tensor, noise_unknown):
    """Derivative of the moments that are seen, a column for each unknown, over its full length."""
    first, later = network.initial, network.transition
    tensors = [first.weights, first.variances, later.weights, later.variances, network.lagged]
    values = [tensor.numpy().astype(complex) for tensor in tensors]
    columns = []
    for value in values[: 2 if num_slices == 1 else 5]:
        for index in zip(*value.nonzero(), strict=True):
            value[index] += 1j * STEP
            columns.append(by_hand(values, num_slices).imag / STEP)
            value[index] -= 1j * STEP
    if noise_unknown:
        columns.append(np.eye(len(seen)))
    pairs = seen.triu().numpy()
    return np.stack([column[pairs] / np.linalg.norm(column) for column in columns], axis=1)


def rank_of(matrix: np.ndarray) -> int:
    return int((np.linalg.svd(matrix, compute_uv=False) > 1e-9).sum()) if matrix.size else 0


@examples(50)
@cases
def test_rank_and_null_space_against_numpy(p, num_slices, noise_unknown, share, seed):
    network, seen = random_network(p, seed), random_seen(num_slices * p, share, seed)
    found = identify(network, num_slices, seen=seen, noise_unknown=noise_unknown)
    jacobian = jacobian_by_hand(network, num_slices, seen, noise_unknown)
    assert jacobian.shape == (found.num_moments, found.num_unknowns)
    assert found.rank == rank_of(jacobian)
    # The null space moves an unknown if and only if its column depends on the others.
    others = [rank_of(np.delete(jacobian, column, axis=1)) for column in range(jacobian.shape[1])]
    dependent = np.array(others) == found.rank
    assert found.undetermined == tuple(np.array(found.unknowns)[dependent])


@examples(30)
@cases
def test_order_and_units_of_the_variables_do_not_matter(p, num_slices, noise_unknown, share, seed):
    network, seen = random_network(p, seed), random_seen(num_slices * p, share, seed)
    order = torch.randperm(p, generator=torch.Generator().manual_seed(seed))
    entries = (torch.arange(num_slices)[:, None] * p + order).flatten()
    units = torch.logspace(-3, 3, p, dtype=torch.float64) ** (not noise_unknown)
    ratio = units / units[:, None]

    def moved(part: LinearGaussianCPDs) -> LinearGaussianCPDs:
        weights = part.weights[order][:, order] * ratio
        return LinearGaussianCPDs(part.bias[order], weights, part.variances[order] * units**2)

    lagged = network.lagged[order][:, order] * ratio
    other = LinearGaussianDBN(moved(network.initial), moved(network.transition), lagged)
    found = identify(network, num_slices, seen=seen, noise_unknown=noise_unknown)
    same = identify(other, num_slices, seen=seen[entries][:, entries], noise_unknown=noise_unknown)
    assert (same.rank, same.num_moments) == (found.rank, found.num_moments)
    assert len(same.undetermined) == len(found.undetermined)


@examples(30)
@cases
def test_more_pairs_seen_never_lower_the_rank(p, num_slices, noise_unknown, share, seed):
    network, size = random_network(p, seed), num_slices * p
    fewer = random_seen(size, share, seed)
    few, more, most = (
        identify(network, num_slices, seen=seen, noise_unknown=noise_unknown)
        for seen in (fewer, fewer | random_seen(size, share, seed + 1), None)
    )
    assert few.rank <= more.rank <= most.rank
    assert set(most.undetermined) <= set(more.undetermined) <= set(few.undetermined)
    assert most.identified or noise_unknown  # complete, clean rows tell all


def test_seen_together_is_what_some_row_shows(hide, generator: torch.Generator) -> None:
    rows = torch.randn(6, 3, 3, generator=generator)
    sources = [hide(rows[:3], 0.3, 0), hide(rows[3:], 0.7, 1)]
    shown = (~torch.cat(sources).flatten(1).isnan()).tolist()
    expected = [[any(row[i] and row[j] for row in shown) for j in range(9)] for i in range(9)]
    assert seen_together(sources).tolist() == expected
    assert seen_together(dbn.SufficientStatistics.from_batches(sources)).tolist() == expected


def test_bad_arguments_are_refused() -> None:
    lopsided = torch.eye(4, dtype=torch.bool)
    lopsided[2, 1] = True
    for message, (num_slices, seen) in {
        "num_slices = 0: must be a whole number, at least 1": (0, None),
        r"seen: shape \(4, 4\); must be \(6, 6\)": (3, lopsided),
        r"seen: torch.float32; must be bool": (2, torch.eye(4)),
        r"seen\[2, 1\] = True: must equal seen\[1, 2\] of the same pair": (2, lopsided),
    }.items():
        with pytest.raises(ValueError, match=message):
            identify(ALL_ARCS, num_slices, seen=seen)
    pair = LinearGaussianCPDs(torch.zeros(2, 1), torch.zeros(2, 1, 1), torch.ones(2, 1))
    batch = LinearGaussianDBN(pair, pair, torch.zeros(2, 1, 1))
    with pytest.raises(ValueError, match=r"lagged: shape \(2, 1, 1\); must be of one network"):
        identify(batch, 2)
    with pytest.raises(ValueError, match=r"sources\[0\]: shape \(2, 2\); must be \(rows, slices"):
        seen_together([torch.zeros(2, 2)])
