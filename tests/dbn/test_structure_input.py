"""What the search takes, what it refuses, and what it must not depend on."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ddlib.dbn import bic_score, hill_climb
from tests.dbn.peers import is_dag, random_rows
from tests.shared.examples import examples


def test_a_matrix_that_is_no_covariance_gives_a_legal_structure():
    rng = np.random.default_rng(0)
    for _ in range(20):
        values = rng.uniform(-1, 1, size=(8, 8))
        np.fill_diagonal(values, 1.0)
        assert is_dag(hill_climb(values + values.T, 50, orders=3))


def test_nothing_to_search_gives_no_arcs():
    assert not hill_climb(np.eye(2), 5, targets=[]).any()
    assert hill_climb(np.zeros((0, 3, 3)), 5).shape == (0, 3, 3)


def test_collinear_parents_of_a_start_are_left_out():
    rng = np.random.default_rng(2)
    cause = rng.normal(size=200)
    effect = cause + rng.normal(size=200)
    covariance = np.cov(np.stack([cause, cause, effect]), ddof=0)
    start = np.zeros((3, 3), dtype=bool)
    start[:2, 2] = True
    assert hill_climb(covariance, 200, start=start)[:, 2].sum() <= 1


def test_a_cycle_through_more_paths_than_64_bits_count_is_seen():
    # 2⁶⁸ paths lead from the first to the last column, from which an arc back would raise BIC.
    start = np.triu(np.ones((70, 70), dtype=bool), 1)
    covariance = np.eye(70)
    covariance[0, -1] = covariance[-1, 0] = 0.5
    assert (hill_climb(covariance, 1, start=start) == start).all()


@examples(60)
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


@examples(30)
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


def test_bad_input_is_refused():
    unit, loop = np.eye(2), np.array([[0, 1], [1, 0]])
    three, pair = np.eye(3), np.array([[0, 0, 1], [0, 0, 1], [0, 0, 0]])
    calls = {
        r"covariance: shape \(2, 3\); must be \(d, d\) or \(B, d, d\)": lambda: hill_climb(
            np.ones((2, 3)), 10
        ),
        r"covariance: shape \(1, 1, 2, 2\); must be \(d, d\)": lambda: hill_climb(
            np.ones((1, 1, 2, 2)), 10
        ),
        r"covariance\[1, 0, 0\] = 0.0: must be above 0": lambda: hill_climb(
            unit * [[[1]], [[0]]], 10
        ),
        r"covariance\[0, 0\] = nan: must be finite": lambda: bic_score(
            np.full((1, 1), np.nan), 10, np.eye(1) > 1
        ),
        r"graph: shape \(3, 3\); must be \(2, 2\) or \(B, 2, 2\)": lambda: bic_score(
            unit, 10, three
        ),
        "size = 0.5: must be finite and at least 1 row": lambda: hill_climb(unit, 0.5),
        "max_parents = -1: must be a whole number, at least 0": lambda: hill_climb(
            unit, 5, max_parents=-1
        ),
        "patience = -2: must be a whole number, at least 0": lambda: hill_climb(
            unit, 5, patience=-2
        ),
        "orders = 0: must be a whole number, at least 1": lambda: hill_climb(unit, 5, orders=0),
        r"targets = \[0, 2\]: must be different columns of 0 to 1": lambda: hill_climb(
            unit, 5, targets=[0, 2]
        ),
        r"targets = \[1, 1\]: must be different columns of 0 to 1": lambda: hill_climb(
            unit, 5, targets=[1, 1]
        ),
        r"forbidden: shape \(1, 1\); must be \(2, 2\)": lambda: hill_climb(
            unit, 5, forbidden=[[1]]
        ),
        r"start: shape \(4, 2, 2\); must be \(2, 2\)$": lambda: hill_climb(
            unit, 5, start=np.zeros((4, 2, 2))
        ),
        r"start: shape \(3, 3\); must be \(1, 2, 2\) or \(2, 2\)": lambda: hill_climb(
            unit[None], 5, start=three
        ),
        "start: its arcs close a cycle; must be acyclic": lambda: hill_climb(unit, 5, start=loop),
        "start: has 1 → 0; must be of arcs into targets, none forbidden": lambda: hill_climb(
            unit, 5, start=loop, forbidden=[[0, 0], [1, 0]]
        ),
        "start: a node has 2 parents; must be 1 at most": lambda: hill_climb(
            three, 5, start=pair, max_parents=1
        ),
    }
    for message, call in calls.items():
        with pytest.raises(ValueError, match=message):
            call()
