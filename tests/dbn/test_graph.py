import networkx as nx
import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from ddlib.dbn.graph import count_paths, is_acyclic
from tests.dbn.peers import is_dag
from tests.shared.examples import examples


@examples(50)
@given(seed=st.integers(0, 10**6), d=st.integers(1, 8))
def test_acyclicity_is_that_of_networkx(seed, d):
    rng = np.random.default_rng(seed)
    graph = rng.random((d, d)) < rng.random() * 0.5
    assert is_acyclic(graph) == is_dag(graph)
    others = rng.random((2, 3, d, d)) < rng.random((2, 3, 1, 1)) * 0.5
    expected = [[is_dag(other) for other in row] for row in others]
    assert is_acyclic(others).tolist() == expected


@examples(30)
@given(seed=st.integers(0, 10**6), d=st.integers(1, 7))
def test_paths_are_counted_one_by_one(seed, d):
    rng = np.random.default_rng(seed)
    order = rng.permutation(d)
    graphs = np.triu(rng.random((2, d, d)) < 0.6, 1)[:, order][:, :, order]
    for graph, paths in zip(graphs, count_paths(graphs), strict=True):
        network = nx.from_numpy_array(graph, create_using=nx.DiGraph)
        for i in range(d):
            for j in range(d):
                count = 1 if i == j else len(list(nx.all_simple_paths(network, i, j)))
                assert paths[i, j] == count
