"""Sweeps that are undone against those that were never done, and against sweeping anew."""

import numpy as np
import pytest

from ddlib.dbn.search_state import MANY_PARENTS, MOST_UNDONE, SearchState
from ddlib.dbn.sweeps import sweep, undo_sweep

D = MANY_PARENTS + 2 * MOST_UNDONE  # so that sweeps are undone, and done anew in between


def correlations(count: int, d: int, seed: int, apart: float = 1.0) -> np.ndarray:
    rows = np.random.default_rng(seed).normal(size=(count, 3 * d, d))
    rows[:, :, 1:] += 0.5 * rows[:, :, :-1]
    rows[:, :, -1] = rows[:, :, -2] + apart * rows[:, :, -1]
    return np.stack([np.corrcoef(each.T) for each in rows])


def test_to_undo_a_sweep_is_never_to_have_done_it() -> None:
    matrices = correlations(3, 6, 0)
    swept = matrices.copy()
    for columns in ([0, 1, 2], [3, 3, 3], [5, 0, 1]):
        sweep(swept, np.array(columns))
    for columns in ([3, 3, 3], [0, 1, 2], [5, 0, 1]):  # in any order
        undo_sweep(swept, np.array(columns))
    np.testing.assert_allclose(swept, matrices, atol=1e-13)


@pytest.mark.parametrize("apart", [1.0, 1e-3])
def test_gains_of_many_parents_are_those_of_a_fresh_start(apart: float) -> None:
    correlation = correlations(2, D, 1, apart)
    allowed = np.arange(D)[None] != 0  # one target, the first column; all others may be parents
    start = np.repeat(allowed[None], 2, axis=0)
    state = SearchState(correlation, 500.0, allowed, D, start)
    generator, left = np.random.default_rng(2), start.copy()
    gone = [generator.permutation(np.arange(1, D)) for _ in range(2)]
    for parents in zip(*(own[: D - 5] for own in gone), strict=True):
        state.apply(np.array(parents))  # row i of the moves of one target toggles its parent i
        left[[0, 1], 0, parents] = False
        fresh = SearchState(correlation, 500.0, allowed, D, left)
        np.testing.assert_array_equal(state.arcs, fresh.arcs)
        np.testing.assert_allclose(state.gains, fresh.gains, atol=1e-8)
        np.testing.assert_allclose(state.scores, fresh.scores, atol=1e-8)
