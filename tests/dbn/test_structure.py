from functools import lru_cache
from itertools import combinations, permutations, product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ddlib.dbn import bic_score, hill_climb
from ddlib.dbn.graph import is_acyclic
from tests.dbn.peers import is_dag, random_rows, regression_score
from tests.shared.examples import examples


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


@pytest.mark.parametrize("seed", range(5))
def test_score_is_that_of_least_squares(seed):
    rng = np.random.default_rng(seed)
    rows = random_rows(rng, 40, 5) * [1, 10, 0.1, 1, 1] + rng.normal(size=5)
    graph = np.triu(rng.random((5, 5)) < 0.6, 1)
    expected = [regression_score(rows, j, list(np.flatnonzero(graph[:, j]))) for j in range(5)]
    np.testing.assert_allclose(bic_score(np.cov(rows.T, ddof=0), 40, graph), expected)


# Measured on six such draws of each kind: at 3 columns the search finds the best of 99.7 %, and of
# 93 % from no arcs; at 4 of 91 % on average, of no draw less than 88 %, and of 79 % from no arcs.
# With all orders and patience it finds the best of all.
@pytest.mark.parametrize(("d", "num_cases", "share"), [(3, 40, 0.97), (4, 60, 0.85)])
def test_the_best_of_all_dags_is_nearly_always_found(d, num_cases, share):
    rng = np.random.default_rng(0)
    rows = [random_rows(rng, 100, d, density=0.5) for _ in range(num_cases)]
    covariance = np.stack([np.cov(sample.T, ddof=0) for sample in rows])
    best = np.array([best_score(sample) for sample in rows])

    def share_optimal(**options):
        gap = best - bic_score(covariance, 100, hill_climb(covariance, 100, **options)).sum(axis=1)
        assert gap.min() > -1e-8
        return np.mean(gap < 1e-8)

    found, from_no_arcs = share_optimal(), share_optimal(start=np.zeros((d, d)))
    assert found >= share
    assert 1 - found <= (1 - from_no_arcs) / 2
    assert share_optimal(patience=4, orders=d) >= 0.98


# Measured on 100 such networks of 12 columns: better than from no arcs on 73, worse on 14.
def test_an_order_is_a_better_start_than_no_arcs():
    rng = np.random.default_rng(0)
    covariance = random_batch(rng, 60, 12, n=500, density=0.4)
    forbidden = np.zeros((12, 12), dtype=bool)
    forbidden[:, :6] = True
    limits = {"targets": range(6, 12), "forbidden": forbidden}
    found = total_score(covariance, hill_climb(covariance, 500, **limits), 500)
    greedy = hill_climb(covariance, 500, start=np.zeros((12, 12)), **limits)
    gain = found - total_score(covariance, greedy, 500)
    assert (gain > 1e-6).sum() >= 2 * (gain < -1e-6).sum()
    assert gain.mean() > 0


# In seeds 23 and 43 a reversal is the best move and leads elsewhere than additions alone.
@pytest.mark.parametrize("seed", [0, 1, 2, 3, 23, 43])
def test_search_takes_the_moves_of_a_plain_greedy_search(seed):
    rows = random_rows(np.random.default_rng(seed), 60, 5)
    found = hill_climb(np.cov(rows.T, ddof=0), 60, start=np.zeros((5, 5)))
    assert found.any()
    assert (found == greedy_search(rows)).all()


def random_batch(rng, num_sets, d, n=60, density=0.6):
    rows = [random_rows(rng, n, d, density) for _ in range(num_sets)]
    return np.stack([np.cov(sample.T, ddof=0) for sample in rows])


def total_score(covariance, graph, size=60):
    return bic_score(covariance, size, graph).sum(axis=-1)


@pytest.mark.parametrize("options", [{}, {"patience": 5}, {"orders": 3}])
def test_no_legal_move_raises_the_score(options):
    covariance = random_batch(np.random.default_rng(3), 4, 6)
    found = hill_climb(covariance, 60, **options)
    for moments, graph in zip(covariance, found, strict=True):
        scores = [total_score(moments, candidate) for candidate in moves(graph)]
        assert max(scores) <= total_score(moments, graph) + 1e-7


@examples(25)
@given(
    seed=st.integers(0, 10**6),
    num_sets=st.integers(1, 6),
    num_targets=st.integers(1, 7),
    patience=st.integers(0, 4),
    orders=st.integers(1, 4),
    limit=st.integers(1, 7),
)
def test_a_batch_gives_what_its_members_give_alone(
    seed, num_sets, num_targets, patience, orders, limit
):
    rng = np.random.default_rng(seed)
    covariance = random_batch(rng, num_sets, 7)
    options = {
        "targets": rng.permutation(7)[:num_targets],
        "max_parents": limit,
        "patience": patience,
        "orders": orders,
    }

    def search(moments):
        return hill_climb(moments, 60, **options)

    batch = search(covariance)
    assert batch.shape == covariance.shape
    assert (batch == np.stack([search(moments) for moments in covariance])).all()
    scores = [
        bic_score(moments, 60, graph) for moments, graph in zip(covariance, batch, strict=True)
    ]
    np.testing.assert_allclose(bic_score(covariance, 60, batch), scores, rtol=1e-12)


@examples(20)
@given(seed=st.integers(0, 10**6), patience=st.integers(0, 4))
def test_score_never_falls_with_patience_or_orders(seed, patience):
    covariance = random_batch(np.random.default_rng(seed), 3, 7)

    def score(patience, orders):
        return total_score(covariance, hill_climb(covariance, 60, patience=patience, orders=orders))

    one = score(patience, 1)
    assert (score(patience + 1, 1) >= one - 1e-7).all()
    assert (score(patience + 5, 1) >= one - 1e-7).all()
    two = score(patience, 2)
    assert (two >= one - 1e-7).all()
    assert (score(patience, 5) >= two - 1e-7).all()
    assert (score(patience, 8) == score(patience, 7)).all()  # there are no more than targets


@examples(30)
@given(seed=st.integers(0, 10**6), patience=st.integers(0, 3), orders=st.integers(1, 3))
def test_relabelled_columns_give_the_relabelled_structure(seed, patience, orders):
    rng = np.random.default_rng(seed)
    covariance, labels = random_batch(rng, 1, 6)[0], rng.permutation(6)
    relabelled = np.empty_like(covariance)
    relabelled[np.ix_(labels, labels)] = covariance

    def search(moments, targets):
        return hill_climb(moments, 60, targets=targets, patience=patience, orders=orders)

    # Ties follow the order of `targets`, and so these keep the old one.
    expected, found = search(covariance, range(6)), search(relabelled, labels)
    assert (found[np.ix_(labels, labels)] == expected).all()
    np.testing.assert_allclose(
        bic_score(relabelled, 60, found)[labels], bic_score(covariance, 60, expected)
    )


@examples(30)
@given(seed=st.integers(0, 10**6), limit=st.integers(1, 5), patience=st.integers(0, 3))
def test_search_goes_on_from_its_start(seed, limit, patience):
    rng = np.random.default_rng(seed)
    covariance, order = random_batch(rng, 3, 6), rng.permutation(6)
    forbidden = rng.random((6, 6)) < 0.2
    start = np.triu(rng.random((3, 6, 6)) < 0.4, 1)[:, order[:, None], order] & ~forbidden
    start &= start.cumsum(axis=1) <= limit
    limits = {"forbidden": forbidden, "max_parents": limit, "patience": patience}
    found = hill_climb(covariance, 60, start=start, **limits)
    assert (total_score(covariance, found) >= total_score(covariance, start) - 1e-7).all()
    assert is_acyclic(found).all()
    assert not (found & forbidden).any()
    assert found.sum(axis=1).max() <= limit
    again = hill_climb(covariance, 60, start=found, **limits | {"patience": 0})
    assert (again == found).all()
    shared = hill_climb(covariance, 60, start=start[0], **limits)
    assert (shared[0] == found[0]).all()
