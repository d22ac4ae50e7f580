"""The quick completion against that of `ddlib.dbn` and closed forms."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from ddlib.copula.completion import Completion
from ddlib.dbn.completion import maximum_entropy_completion
from tests.shared.examples import examples


def covariance(d: int, seed: int) -> np.ndarray:
    rows = np.random.default_rng(seed).normal(size=(2 * d, d))
    return rows.T @ rows * np.outer(np.arange(1, d + 1), np.arange(1, d + 1))


@examples(40)
@given(st.integers(1, 8), st.floats(0, 1), st.integers(0, 10_000))
def test_it_is_the_completion_of_maximum_entropy(d: int, share: float, seed: int) -> None:
    matrix = covariance(d, seed)
    upper = np.triu(np.random.default_rng(seed).random((d, d)) < share, 1)
    known = upper | upper.T | np.eye(d, dtype=bool)
    completed = Completion(known)(matrix)
    scale = np.sqrt(np.outer(matrix.diagonal(), matrix.diagonal()))
    assert np.abs((completed - matrix) / scale)[known].max() <= 1e-14
    wanted = maximum_entropy_completion(torch.from_numpy(matrix), torch.from_numpy(known)).numpy()
    assert np.abs((completed - wanted) / scale).max() <= 1e-8
    np.testing.assert_array_equal(completed, completed.T)


@pytest.mark.parametrize("seed", range(4))
def test_of_many_columns_the_inverse_is_0_where_nothing_is_known(seed: int) -> None:
    d, generator = 130, np.random.default_rng(seed)
    matrix = covariance(d, seed)
    known = np.ones((d, d), dtype=bool)
    known[:20, 100:] = known[100:, :20] = False  # two sources with columns of their own
    for start in range(10, 90, 4):  # utilities of categories
        known[start : start + 3, start : start + 3] = False
    first, second = generator.integers(d, size=(2, 15))
    known[first, second] = known[second, first] = False
    np.fill_diagonal(known, True)
    completed = Completion(known)(matrix)
    scale = np.sqrt(np.outer(matrix.diagonal(), matrix.diagonal()))
    assert np.abs((completed - matrix) / scale)[known].max() <= 1e-14
    assert np.abs(np.linalg.inv(completed) * scale)[~known].max() <= 1e-8
    assert np.linalg.eigvalsh(completed / scale)[0] > 0
    np.testing.assert_array_equal(completed, completed.T)


def test_two_sources_with_one_shared_column_multiply_correlations() -> None:
    matrix = np.array([[1, 0.5, 0.9], [0.5, 1, 0.7], [0.9, 0.7, 1.0]])
    known = np.array([[True, True, False], [True, True, True], [False, True, True]])
    assert Completion(known)(matrix)[0, 2] == pytest.approx(0.35, abs=1e-15)


def test_nothing_shared_is_independent() -> None:
    known = np.kron(np.eye(2, dtype=bool), np.ones((2, 2), dtype=bool))
    completed = Completion(known)(covariance(4, 0))
    assert not completed[:2, 2:].any()


def test_rounds_that_do_not_converge_are_refused() -> None:
    d = 12
    step = np.eye(d, k=1, dtype=bool) | np.eye(d, k=1 - d, dtype=bool)
    with pytest.raises(ArithmeticError, match="the completion changes by"):
        Completion(step | step.T | np.eye(d, dtype=bool), tolerance=-1.0)(covariance(d, 0))
