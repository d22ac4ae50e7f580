"""The distance between transitions, and the error of their effects by clamped equations."""

from itertools import combinations, product

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from ddlib.dbn import (
    LinearGaussianCPDs,
    LinearGaussianDBN,
    cpdag,
    intervention_error,
    learn_dbn,
    structural_hamming_distance,
)
from tests.dbn.peers import is_dag
from tests.dbn.transitions import arcs_of, equivalent_dags, random_transition
from tests.shared.examples import examples

SEEDS = st.integers(0, 10**6)


def structure(within, lagged):
    """A structure as `LinearGaussianDBN` has it, its first slice without arcs."""
    arcs = torch.from_numpy(np.concatenate([lagged, within]))
    return torch.zeros(len(within), len(within), dtype=torch.bool), arcs


def near(rng, within, lagged):
    """Toggle one entry of each at random, the one within a slice if that leaves it acyclic."""
    p, changed, lags = len(within), within.copy(), lagged.copy()
    changed[tuple(rng.integers(p, size=2))] ^= True
    lags[tuple(rng.integers(p, size=2))] ^= True
    return (changed if is_dag(changed) else within), lags


def reversed_arc(rng, within, lagged):
    """Reverse one arc at random if that leaves it acyclic: often an equivalent transition."""
    changed, arcs = within.copy(), np.argwhere(within)
    if len(arcs):
        i, j = rng.choice(arcs)
        changed[i, j], changed[j, i] = False, True
    return (changed if is_dag(changed) else within), lagged


def some_transitions(seed, p):
    """Three transitions, of which the later are often like the first."""
    rng = np.random.default_rng(seed)
    first = random_transition(rng, p)
    changes = [near, reversed_arc, lambda rng, *arcs: random_transition(rng, p)]
    return rng, first, *(changes[rng.integers(3)](rng, *first) for _ in range(2))


def labels(within, lagged):
    """What each pair of nodes is joined by, in words."""
    graph, p = cpdag(within, lagged).tolist(), len(within)
    kinds = {(True, True): "undirected", (True, False): "there", (False, True): "back"}
    found = {("lagged", i, j): "arc" for i, j in product(range(p), repeat=2) if lagged[i, j]}
    for i, j in combinations(range(p), 2):
        if graph[i][j] or graph[j][i]:
            found["within", i, j] = kinds[graph[i][j], graph[j][i]]
    return found


@examples(60)
@given(seed=SEEDS, p=st.integers(1, 5))
def test_distance_is_a_metric_that_counts_edges(seed, p):
    _, *transitions = some_transitions(seed, p)
    a, b, c = (structure(*arcs) for arcs in transitions)
    distance = structural_hamming_distance(a, b)
    first, second = (labels(*arcs) for arcs in transitions[:2])
    assert type(distance) is int
    edges = first.keys() | second.keys()
    assert distance == sum(first.get(edge) != second.get(edge) for edge in edges)
    assert structural_hamming_distance(b, a) == distance
    through = structural_hamming_distance(a, c) + structural_hamming_distance(c, b)
    assert distance <= through


@examples(60)
@given(seed=SEEDS, p=st.integers(1, 4))
def test_distance_is_zero_where_transitions_are_equivalent(seed, p):
    rng, (within, lagged), *others = some_transitions(seed, p)
    dags = equivalent_dags(rng, within, lagged)
    for dag in dags:
        assert structural_hamming_distance(structure(within, lagged), structure(dag, lagged)) == 0
    for other, lags in others:
        same = (lags == lagged).all() and any((other == dag).all() for dag in dags)
        distance = structural_hamming_distance(structure(within, lagged), structure(other, lags))
        assert (distance == 0) == same


@examples(40)
@given(seed=SEEDS, p=st.integers(1, 6))
def test_relabelled_variables_change_no_distance_and_no_error(seed, p):
    rng, first, second, _ = some_transitions(seed, p)
    order = rng.permutation(p)

    def relabelled(arcs):
        return [graph[order][:, order] for graph in arcs]

    graph = cpdag(*first)[order][:, order]
    assert torch.equal(cpdag(*relabelled(first)), graph)
    old = structural_hamming_distance(structure(*first), structure(*second))
    new = (structure(*relabelled(arcs)) for arcs in (first, second))
    assert structural_hamming_distance(*new) == old
    weights = [[rng.normal(size=(p, p)) * graph for graph in arcs] for arcs in (first, second)]
    error = intervention_error(*(network_of(*pair) for pair in weights))
    new_error = intervention_error(*(network_of(*relabelled(pair)) for pair in weights))
    assert new_error == pytest.approx(error, rel=1e-9, abs=1e-12)


def test_distance_is_of_transitions_alone(make_network):
    network, other = make_network(4, seed=3), make_network(4, seed=5)
    mixed = LinearGaussianDBN(other.initial, network.transition, network.lagged)
    assert not torch.equal(mixed.structure[0], network.structure[0])
    assert structural_hamming_distance(mixed.structure, network.structure) == 0
    assert intervention_error(mixed, network) == 0.0
    collider = arcs_of(3), torch.cat([arcs_of(3), arcs_of(3, (0, 1), (2, 1))])
    chain = arcs_of(3), torch.cat([arcs_of(3, (0, 2)), arcs_of(3, (0, 1), (1, 2))])
    assert structural_hamming_distance(chain, collider) == 3  # a lagged arc and two edges within


def network_of(within, lagged):
    """A network of these weights, whose slices all have the arcs of a transition."""
    p = len(within)
    bias, ones = torch.arange(p), torch.ones(p)
    cpds = LinearGaussianCPDs(bias, torch.as_tensor(within), ones)
    return LinearGaussianDBN(cpds, cpds, torch.as_tensor(lagged))


def clamped_mean(network, i, value):
    """Means (2, p) of two neighbouring slices after variable i of the first is set to a value."""
    p = network.num_variables
    flat = network.unroll(3)  # slice 0 comes before the two, and follows another law
    weights, bias = flat.weights.numpy().copy(), flat.bias.numpy().copy()
    weights[:, p + i], bias[p + i] = 0.0, value
    return np.linalg.solve(np.eye(3 * p) - weights.T, bias).reshape(3, p)[1:]


def clamped_effects(network):
    """Differences of these means for values one unit apart, over all that is not set."""
    found = []
    for i in range(network.num_variables):
        now, later = clamped_mean(network, i, 2.5) - clamped_mean(network, i, 1.5)
        found += [*np.delete(now, i), *later]
    return np.array(found)


@examples(40)
@given(seed=SEEDS, p=st.integers(1, 5))
def test_intervention_error_is_that_of_clamped_equations(make_network, seed, p):
    network, law = make_network(p, seed), make_network(p, seed + 1)
    differences = clamped_effects(network) - clamped_effects(law)
    assert len(differences) == p * (2 * p - 1)
    error = intervention_error(network, law)
    assert type(error) is float
    assert error == pytest.approx(np.sqrt(np.mean(differences**2)), rel=1e-9, abs=1e-12)
    assert intervention_error(law, network) == error
    assert intervention_error(law, law) == 0.0


def test_known_errors():
    still = torch.zeros(2, 2)
    assert intervention_error(*(network_of(still[:1, :1], [[a]]) for a in (0.5, 0.3))) == (
        pytest.approx(0.2)
    )
    # The same density by x_0 → x_1 and x_1 → x_0: two of the six effects are 0.5 off.
    there = torch.tensor([[0.0, 0.5], [0.0, 0.0]])
    error = intervention_error(network_of(there, still), network_of(there.T, still))
    assert error == pytest.approx(0.5 * (2 / 6) ** 0.5)


def test_what_is_learnt_from_more_rows_is_nearer(make_network):
    law = make_network(4, seed=2)
    few, many = (
        learn_dbn(law.sample(n, 3, generator=torch.Generator().manual_seed(0)))
        for n in (20, 20_000)
    )
    distances = [structural_hamming_distance(fit.structure, law.structure) for fit in (few, many)]
    errors = [intervention_error(fit, law) for fit in (few, many)]
    assert distances[0] > distances[1] == 0
    assert errors[0] > 10 * errors[1]
