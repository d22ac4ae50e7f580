"""Sums over rows of bounded norm: what one person can move, against brute force."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from ddlib.sites.clipped import GRID, Frame

OWNERS = np.array([0, 1, 1, 1, 2, 3, 3])
D = len(OWNERS)
CELL = st.one_of(st.just(np.nan), st.floats(-1e6, 1e6), st.sampled_from([0.0, 1.0, -4.0, 4.0]))
ROW = arrays(np.float64, D, elements=CELL)


def frame(norm: float = 3.0, seed: int = 0) -> Frame:
    """A frame with any means, and covariances within columns."""
    generator = np.random.default_rng(seed)
    root = np.where(OWNERS[:, None] == OWNERS, generator.normal(size=(D, D)), 0.0) + np.eye(D)
    return Frame(OWNERS, generator.normal(size=D), root @ root.T, norm)


def table(num_rows: int) -> np.ndarray:
    generator = np.random.default_rng(num_rows)
    features = generator.standard_normal((num_rows, D))
    features[generator.random(features.shape) < 0.2] = np.nan
    return features


@given(ROW, st.sampled_from([0.5, 2.6, 5.9]))
def test_no_person_moves_sums_by_more_than_the_sensitivity(row, norm):
    own, others = frame(norm), table(20)
    both = np.vstack([others, row])
    moved = own.product_sums(both) - own.product_sums(others)
    assert np.linalg.norm(moved.astype(float)) <= own.product_sensitivity
    pairs = own.seen_sums(both) - own.seen_sums(others)
    assert np.linalg.norm(pairs.astype(float)) <= own.pair_sensitivity


def test_the_sensitivity_is_no_looser_than_a_row_needs():
    # Equal sizes in all columns: then the bound of `product_sensitivity` is met.
    own = Frame(np.arange(4), np.zeros(4), np.eye(4), 8.0)
    moved = own.product_sums(np.full((1, 4), 1e9)).astype(float)
    assert np.linalg.norm(moved) == pytest.approx(own.product_sensitivity, rel=1e-2)
    seen = own.seen_sums(np.zeros((1, 4)))
    assert np.linalg.norm(seen.astype(float)) == own.pair_sensitivity


def test_rows_are_whole_numbers_within_the_norm():
    own = frame(2.0)
    x = own.rows(table(300))
    assert (x == np.rint(x)).all()
    assert (np.linalg.norm(x, axis=1) <= 2.0 * GRID).all()


@pytest.mark.parametrize("norm", [1.0, 3.0, 50.0])
def test_no_row_hangs_on_the_others_to_the_last_bit(norm):
    own, features = frame(norm, seed=4), table(301)
    x = own.rows(features)
    order = np.random.default_rng(0).permutation(301)
    assert (own.rows(features[order]) == x[order]).all()
    assert (np.vstack([own.rows(row[None]) for row in features]) == x).all()


def test_sums_are_those_of_a_loop_over_rows():
    own, features = frame(2.0), table(25)
    x = own.rows(features)
    products = [sum(row[i] * row[j] for row in x) for i, j in zip(*own.pairs, strict=True)]
    assert own.product_sums(features)[:-1].tolist() == products
    assert (OWNERS[own.pairs[0]] != OWNERS[own.pairs[1]]).all()
    assert len(products) == D * (D - 1) / 2 - 4  # three pairs within one column, one in another
    seen = ~np.isnan(features[:, [0, 1, 4, 5]])  # all features of a column are missing together
    together = [
        sum(bool(row[a] and row[b]) for row in seen) for a, b in zip(*own.column_pairs, strict=True)
    ]
    assert own.seen_sums(features).tolist() == together


def test_wide_norms_keep_the_covariance():
    generator = np.random.default_rng(0)
    own = frame(50.0)
    features = own.mean + generator.standard_normal((4000, D)) @ own.root
    products, size = own.scaled(own.product_sums(features))
    assert products / 4000 == pytest.approx(np.zeros(len(products)), abs=0.06)
    assert size / 4000 == pytest.approx(D, rel=0.05)


@pytest.mark.parametrize(("rho", "wanted"), [(1e-6, 1.0), (0.01, None), (100.0, 5.0)])
def test_the_norm_is_as_great_as_the_noise_allows(rho, wanted):
    own = Frame.of(OWNERS, np.zeros(D), np.eye(D), rows=5000, rho=rho)
    if wanted is None:  # then a correlation of all rows has noise of 0.02
        noise = own.product_sensitivity / GRID**2 / np.sqrt(2 * rho) / 5000
        assert noise == pytest.approx(0.02)
    else:
        assert own.norm**2 / D == pytest.approx(wanted)
