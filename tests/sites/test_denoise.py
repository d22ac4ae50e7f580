"""Correlations from noisy sums: known limits, an oracle for the shrinkage, always a correlation."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ddlib.sites.clipped import Frame
from ddlib.sites.denoise import NoisySums, denoised

OWNERS = np.array([0, 1, 2, 2, 3])
D, P, ROWS = 5, 4, 400.0
FRAME = Frame(OWNERS, np.zeros(D), np.eye(D), 10.0)
PAIRS = len(FRAME.pairs[0])
TRUE = np.linspace(-0.3, 0.4, PAIRS)


def sums(products, noise: float, seen: float = ROWS, size: float = ROWS * D) -> NoisySums:
    together = np.full(P * (P - 1) // 2, seen)
    return NoisySums(ROWS, np.full(P, seen), together, np.asarray(products), size, noise)


def test_without_noise_correlations_are_those_of_the_sums():
    matrix, worth = denoised(FRAME, sums(ROWS * TRUE, 1e-9))
    assert matrix[FRAME.pairs] == pytest.approx(TRUE, abs=1e-5)
    assert worth == pytest.approx(ROWS)


def test_sums_over_rows_that_show_a_pair_are_divided_by_these():
    matrix, worth = denoised(FRAME, sums(100 * TRUE, 1e-9, seen=100.0, size=100.0 * D))
    assert matrix[FRAME.pairs] == pytest.approx(TRUE, abs=1e-5)
    assert worth == pytest.approx(100)


def test_what_the_norm_took_away_is_given_back():
    matrix, _ = denoised(FRAME, sums(ROWS * TRUE / 1.25, 1e-9, size=ROWS * D / 1.25))
    assert matrix[FRAME.pairs] == pytest.approx(TRUE, abs=1e-5)


def test_noise_costs_as_many_rows_as_its_variance_says():
    noise = 0.02  # of a correlation, far less than correlations vary
    _, worth = denoised(FRAME, sums(ROWS * TRUE, noise * ROWS))
    assert worth == pytest.approx(1 / (1 / ROWS + noise**2), rel=0.01)


def test_noise_alone_leaves_what_is_known_of_correlations_of_any_table():
    noise = np.random.default_rng(0).normal(0, 500.0, PAIRS)
    matrix, worth = denoised(FRAME, sums(0.5 * noise, 500.0))
    assert matrix == pytest.approx(np.eye(D), abs=1e-4)
    assert worth == pytest.approx(1 / (1 / ROWS + 0.04), rel=0.03)


def test_shrinking_has_a_smaller_error_than_the_noisy_sums():
    generator = np.random.default_rng(1)
    raw, own = [], []
    for _ in range(300):
        noisy = TRUE + generator.normal(0, 0.3, PAIRS)
        matrix, _ = denoised(FRAME, sums(ROWS * noisy, 0.3 * ROWS))
        raw.append(np.square(noisy - TRUE).mean())
        own.append(np.square(matrix[FRAME.pairs] - TRUE).mean())
    # The linear estimate that knows the variance of the truth has v τ² / (v + τ²).
    best = 1 / (1 / np.square(TRUE).mean() + 1 / 0.09)
    assert np.mean(own) < 2 * best < 0.8 * np.mean(raw)


@given(
    st.lists(st.floats(-3000, 3000), min_size=PAIRS, max_size=PAIRS),
    st.sampled_from([1e-6, 1.0, 50.0, 1e4]),
    st.floats(1, ROWS),
    st.floats(-1e5, 1e5),
)
def test_whatever_the_noise_the_result_is_a_correlation(products, noise, seen, size):
    matrix, worth = denoised(FRAME, sums(products, noise, seen, size))
    assert np.linalg.eigvalsh(matrix)[0] > 0
    assert (matrix == matrix.T).all()
    own = OWNERS[:, None] == OWNERS
    assert matrix[own] == pytest.approx(np.eye(D)[own], abs=1e-9)
    assert np.abs(matrix).max() <= 1 + 1e-9
    assert 1 <= worth <= ROWS


def test_one_column_has_nothing_to_correlate():
    alone = Frame(np.zeros(2, dtype=int), np.zeros(2), np.eye(2), 2.0)
    told = NoisySums(9.0, np.ones(1), np.zeros(0), np.zeros(0), 2.0, 1.0)
    matrix, worth = denoised(alone, told)
    assert (matrix == np.eye(2)).all()
    assert worth == 9
