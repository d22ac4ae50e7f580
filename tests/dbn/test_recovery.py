"""The graph of a transition: by enumeration of its class, and by pgmpy."""

from itertools import combinations, product

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from ddlib.dbn import cpdag
from tests.dbn.transitions import all_dags, arcs_of, equivalent_dags, random_transition
from tests.shared.examples import examples


def graph_of_class(dags):
    """The union of all DAGs: an arc is there alone if all have it, else its edge is undirected."""
    return dags.any(axis=0)


@pytest.mark.parametrize("p", [1, 2])
def test_every_small_transition_has_the_graph_of_its_class(p):
    rng = np.random.default_rng(0)
    for within, bits in product(all_dags(p), product([False, True], repeat=p * p)):
        lagged = np.reshape(bits, (p, p))
        expected = graph_of_class(equivalent_dags(rng, within, lagged))
        assert (cpdag(within, lagged).numpy() == expected).all()


@pytest.mark.parametrize("p", [3, 4])
@pytest.mark.parametrize("density", [0.0, 0.15, 0.5])
def test_every_dag_has_the_graph_of_its_class(p, density):
    rng, seen = np.random.default_rng(p), set()
    for within in all_dags(p):
        if within.tobytes() not in seen:
            lagged = rng.random((p, p)) < density
            members = equivalent_dags(rng, within, lagged)
            for dag in members:
                assert (cpdag(dag, lagged).numpy() == graph_of_class(members)).all()
            seen |= {dag.tobytes() for dag in members}
    assert len(seen) == len(all_dags(p)) == {3: 25, 4: 543}[p]


@examples(60)
@given(seed=st.integers(0, 10**6), p=st.integers(1, 7), joined=st.booleans())
def test_graph_is_that_of_pgmpy(seed, p, joined):
    # pgmpy 1.1.2 has no knowledge of time for a DAG, and so each lagged node gets two parents of
    # its own, whose v-structure makes its arcs compelled. Arcs among these nodes change nothing.
    base = pytest.importorskip("pgmpy.base")
    within, lagged = random_transition(np.random.default_rng(seed), p)
    dag = base.DAG()
    dag.add_nodes_from(range(p))
    dag.add_edges_from(((side, i), ("past", i)) for side in "ab" for i in range(p))
    dag.add_edges_from((("past", i), j) for i, j in np.argwhere(lagged).tolist())
    dag.add_edges_from(np.argwhere(within).tolist())
    if joined:
        dag.add_edges_from((("past", i), ("past", j)) for i, j in combinations(range(p), 2))
    found, expected = dag.to_pdag(), np.zeros((p, p), dtype=bool)
    assert all(isinstance(node, int) for edge in found.undirected_edges for node in edge)
    both = {(j, i) for i, j in found.undirected_edges} | found.undirected_edges
    for i, j in found.directed_edges | both:
        if isinstance(i, int):
            expected[i, j] = True
    assert (cpdag(within, lagged).numpy() == expected).all()


CHAIN, FORK, COLLIDER = [(0, 1), (1, 2)], [(1, 0), (1, 2)], [(0, 1), (2, 1)]


@pytest.mark.parametrize(
    ("within", "lagged", "directed", "undirected"),
    [
        (CHAIN, [], [], CHAIN),
        (FORK, [], [], CHAIN),
        (COLLIDER, [], COLLIDER, []),
        (CHAIN, [(0, 0)], CHAIN, []),  # rule 1, twice: a lagged parent directs all
        (CHAIN, [(2, 1)], CHAIN, []),  # a v-structure with a lagged parent
        (CHAIN, [(0, 0), (0, 1)], [(1, 2)], [(0, 1)]),  # a lagged parent of both shields theirs
    ],
)
def test_known_graphs(within, lagged, directed, undirected):
    flipped = [(j, i) for i, j in undirected]
    expected = arcs_of(3, *directed, *undirected, *flipped)
    assert torch.equal(cpdag(arcs_of(3, *within), arcs_of(3, *lagged)), expected)
