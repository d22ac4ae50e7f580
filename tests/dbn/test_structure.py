from functools import lru_cache
from itertools import combinations, permutations, product

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ddlib.dbn import bic_score, hill_climb
from ddlib.dbn.structure import is_acyclic


def random_rows(rng, n, d, density=0.6):
    """Rows of a random linear-Gaussian network in a random order of its columns."""
    weights = np.triu(rng.normal(size=(d, d)) * (rng.random((d, d)) < density), 1)
    rows = rng.normal(size=(n, d)) @ np.linalg.inv(np.eye(d) - weights)
    return rows[:, rng.permutation(d)]


def regression_score(rows, j, parents):
    """BIC of one node from the residuals of a least-squares regression."""
    n = len(rows)
    design = np.column_stack([np.ones(n), rows[:, parents]])
    coefficients = np.linalg.lstsq(design, rows[:, j], rcond=None)[0]
    variance = np.mean((rows[:, j] - design @ coefficients) ** 2)
    return -n / 2 * (np.log(2 * np.pi * variance) + 1) - (len(parents) + 2) / 2 * np.log(n)


def best_score(rows):
    """The highest BIC of any DAG: each node's best parents among its predecessors, by order."""
    d = rows.shape[1]
    score = {
        (j, frozenset(parents)): regression_score(rows, j, list(parents))
        for j in range(d)
        for size in range(d)
        for parents in combinations(set(range(d)) - {j}, size)
    }

    def best_given(j, before):
        return max(value for (node, set_), value in score.items() if node == j and set_ <= before)

    return max(
        sum(best_given(j, frozenset(order[:place])) for place, j in enumerate(order))
        for order in permutations(range(d))
    )


def moves(graph):
    """Every acyclic graph one move away: arcs toggled, then arcs reversed, in column order."""
    pairs = list(permutations(range(len(graph)), 2))
    for reverse, (i, j) in product([False, True], pairs):
        candidate = graph.copy()
        candidate[i, j] = not graph[i, j]
        if reverse:
            candidate[j, i] = True
        if (graph[i, j] or not reverse) and is_dag(candidate):
            yield candidate


def greedy_search(rows):
    """Hill climbing as it is told, one regression at a time; also the first of tied moves."""
    d = rows.shape[1]
    score = lru_cache(None)(lambda j, parents: regression_score(rows, j, list(parents)))

    def total(graph):
        return sum(score(j, tuple(np.flatnonzero(graph[:, j]))) for j in range(d))

    graph = np.zeros((d, d), dtype=bool)
    while True:
        gains = [(total(candidate) - total(graph), candidate) for candidate in moves(graph)]
        best = max(gain for gain, _ in gains)
        if best < 1e-8:
            return graph
        graph = next(candidate for gain, candidate in gains if gain > best - 1e-8)


def is_dag(graph):
    return nx.is_directed_acyclic_graph(nx.from_numpy_array(graph, create_using=nx.DiGraph))


@pytest.mark.parametrize("seed", range(5))
def test_score_is_that_of_least_squares(seed):
    rng = np.random.default_rng(seed)
    rows = random_rows(rng, 40, 5) * [1, 10, 0.1, 1, 1] + rng.normal(size=5)
    graph = np.triu(rng.random((5, 5)) < 0.6, 1)
    expected = [regression_score(rows, j, list(np.flatnonzero(graph[:, j]))) for j in range(5)]
    np.testing.assert_allclose(bic_score(np.cov(rows.T, ddof=0), 40, graph), expected)


# Greedy search stops at local optima: measured on 100 draws, 2 % of them at 3 columns, 7 % at 4.
@pytest.mark.parametrize(("d", "num_cases", "share"), [(3, 40, 0.9), (4, 30, 0.85)])
def test_hill_climbing_nearly_always_finds_the_best_of_all_dags(d, num_cases, share):
    rng = np.random.default_rng(0)
    gaps = []
    for _ in range(num_cases):
        rows = random_rows(rng, 100, d, density=0.3)
        covariance = np.cov(rows.T, ddof=0)
        found = bic_score(covariance, 100, hill_climb(covariance, 100)).sum()
        gaps.append(best_score(rows) - found)
    assert min(gaps) > -1e-8
    assert np.mean(np.array(gaps) < 1e-8) >= share


# In seeds 23 and 43 a reversal is the best move and leads elsewhere than additions alone.
@pytest.mark.parametrize("seed", [0, 1, 2, 3, 23, 43])
def test_search_takes_the_moves_of_a_plain_greedy_search(seed):
    rows = random_rows(np.random.default_rng(seed), 60, 5)
    found = hill_climb(np.cov(rows.T, ddof=0), 60)
    assert found.any()
    assert (found == greedy_search(rows)).all()


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 10**6),
    n=st.integers(2, 30),
    d=st.integers(1, 8),
    limit=st.integers(0, 8),
    copies=st.integers(0, 3),
    size=st.floats(1, 1e8),
)
def test_any_covariance_gives_a_legal_structure(seed, n, d, limit, copies, size):
    # Too few rows and copied columns make the covariance singular; sizes stretch every gain.
    rng = np.random.default_rng(seed)
    rows = rng.normal(size=(n, d)) * 10.0 ** rng.integers(-6, 6, d)
    rows = np.column_stack([rows, *[rows[:, rng.integers(d)] for _ in range(copies)]])
    covariance = np.cov(rows.T, ddof=0).reshape(d + copies, d + copies)
    targets = rng.permutation(d + copies)[: rng.integers(1, d + copies + 1)]
    forbidden = rng.random(covariance.shape) < 0.3
    graph = hill_climb(covariance, size, targets=targets, forbidden=forbidden, max_parents=limit)
    assert is_dag(graph)
    assert graph.sum(0).max() <= limit
    assert not (graph & forbidden).any()
    assert not np.delete(graph, targets, axis=1).any()


@pytest.mark.parametrize("seed", [7, 12, 14])
def test_search_ends_where_rounding_turns_gains_into_a_circle(seed):
    rng = np.random.default_rng(seed)
    rows = rng.normal(size=(30, 6))
    rows = np.column_stack([rows, rows[:, :3] + 1e-4 * rng.normal(size=(30, 3))])
    assert is_dag(hill_climb(np.cov(rows.T, ddof=0), 1e8))


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10**6), data=st.data())
def test_units_of_a_column_do_not_matter(seed, data):
    rows = random_rows(np.random.default_rng(seed), 50, 5)
    powers = data.draw(st.lists(st.integers(-20, 20), min_size=5, max_size=5))
    scaled = rows * 2.0 ** np.array(powers)  # exact in floating point
    expected = hill_climb(np.cov(rows.T, ddof=0), 50)
    assert (hill_climb(np.cov(scaled.T, ddof=0), 50) == expected).all()


def test_a_collider_is_recovered():
    rng = np.random.default_rng(0)
    first, second = rng.normal(size=(2, 20_000))
    child = first + second + rng.normal(size=20_000)
    graph = hill_climb(np.cov(np.stack([first, second, child]), ddof=0), 20_000)
    assert np.argwhere(graph).tolist() == [[0, 2], [1, 2]]


def test_a_copied_column_takes_the_place_of_its_original_once():
    rng = np.random.default_rng(1)
    cause = rng.normal(size=500)
    effect = cause + rng.normal(size=500)
    graph = hill_climb(np.cov(np.stack([cause, cause, effect]), ddof=0), 500)
    assert (graph | graph.T)[0, 1]
    assert graph[[0, 1], 2].sum() + graph[2, [0, 1]].sum() == 1


@settings(max_examples=50, deadline=None)
@given(seed=st.integers(0, 10**6), d=st.integers(1, 8))
def test_acyclicity_is_that_of_networkx(seed, d):
    rng = np.random.default_rng(seed)
    graph = rng.random((d, d)) < rng.random() * 0.5
    assert is_acyclic(graph) == is_dag(graph)


def test_bad_input_is_refused():
    calls = {
        r"square, got shape \(2, 3\)": lambda: hill_climb(np.ones((2, 3)), 10),
        "positive diagonal": lambda: hill_climb(np.zeros((2, 2)), 10),
        "covariance must be finite": lambda: bic_score(np.full((1, 1), np.nan), 10, np.eye(1) > 1),
        "size must be finite and at least 1 row, got 0.5": lambda: hill_climb(np.eye(2), 0.5),
        "max_parents must be at least 0, got -1": lambda: hill_climb(np.eye(2), 5, max_parents=-1),
    }
    for message, call in calls.items():
        with pytest.raises(ValueError, match=message):
            call()
