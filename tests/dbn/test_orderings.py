"""Sparse orders, and the parents that nodes choose along them."""

from itertools import permutations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from ddlib.dbn.orderings import select_parents, sparse_orders
from tests.dbn.peers import random_rows, regression_score
from tests.shared.examples import examples


def every_arc(m, d):
    return ~np.eye(m, d, dtype=bool)


def test_a_known_order_is_drawn_up_from_its_end():
    # 0 → 2 ← 1 with 2 → 3: 3, then 2 come last, for another last node would need more arcs.
    weights = np.zeros((4, 4))
    weights[[0, 1, 2], [2, 2, 3]] = [0.8, -0.9, 1.1]
    effects = np.linalg.inv(np.eye(4) - weights)
    covariance = effects.T @ effects
    scale = np.sqrt(covariance.diagonal())
    correlation = (covariance / np.outer(scale, scale))[None]
    places = sparse_orders(correlation, 500, every_arc(4, 4), 1)
    assert places[0, 3] == 3
    assert places[0, 2] == 2
    arcs = select_parents(correlation, 500, every_arc(4, 4), 4, places)
    assert ((weights != 0) == arcs[0].T).all()


def test_orders_differ_in_their_last_node_and_heed_forbidden_arcs():
    correlation = np.corrcoef(random_rows(np.random.default_rng(0), 200, 6).T)[None]
    places = sparse_orders(correlation, 200, every_arc(4, 6), 4)
    assert (np.sort(places) == np.arange(4)).all()
    assert sorted(places.argmax(axis=1)) == [0, 1, 2, 3]
    chain = np.full((1, 3, 3), 0.5) + 0.5 * np.eye(3)
    for order in permutations(range(3)):
        allowed = np.argsort(order)[:, None] > np.argsort(order)
        assert sparse_orders(chain, 500, allowed, 1)[0].tolist() == np.argsort(order).tolist()


@examples(40)
@given(seed=st.integers(0, 10**6), limit=st.integers(0, 4), copies=st.integers(0, 2))
def test_forward_selection_is_that_of_least_squares(seed, limit, copies):
    rng = np.random.default_rng(seed)
    rows = random_rows(rng, 80, 5)
    rows = np.column_stack([rows, rows[:, :copies]])
    d, m = rows.shape[1], 4
    allowed, place = every_arc(m, d) & (rng.random((m, d)) < 0.8), rng.permutation(m)
    arcs = select_parents(np.corrcoef(rows.T)[None], 80, allowed, limit, place[None])[0]
    assert not (arcs & ~allowed).any()
    assert arcs.sum(axis=1).max() <= limit
    for j in range(m):
        free = [i for i in np.flatnonzero(allowed[j]) if i >= m or place[i] < place[j]]
        # A copy adds nothing to its original, and only comes in its stead.
        score, parents = regression_score(rows, j, []), []
        while len(parents) < limit:
            others = [i for i in free if i not in parents]
            gains = [regression_score(rows, j, [*parents, i]) - score for i in others]
            if max(gains, default=0) < 1e-6:
                break
            parents.append(others[int(np.argmax(np.array(gains) > max(gains) - 1e-7))])
            score += max(gains)
        if copies == 0:
            assert sorted(parents) == np.flatnonzero(arcs[j]).tolist()
        chosen = list(np.flatnonzero(arcs[j]))
        assert np.linalg.matrix_rank(rows[:, chosen]) == len(chosen)
