"""The order of rows and columns is one of what they hold."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ddlib.copula.order import canonical_order, dense_ranks
from tests.shared.examples import examples


def in_order(ranks: np.ndarray, kinds: list[str]) -> tuple[np.ndarray, list[str]]:
    rows, columns = canonical_order(ranks, kinds)
    return ranks[np.ix_(rows, columns)], [kinds[j] for j in columns]


@examples(80)
@given(st.integers(1, 30), st.integers(1, 5), st.integers(1, 3), st.integers(0, 10_000))
def test_any_permutation_comes_to_the_same(n: int, p: int, levels: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    ranks = random.integers(-1, levels, (n, p))
    kinds = random.choice(["number", "binary"], p).tolist()
    rows, columns = random.permutation(n), random.permutation(p)
    found, of_kind = in_order(ranks, kinds)
    moved, moved_kinds = in_order(ranks[np.ix_(rows, columns)], [kinds[j] for j in columns])
    np.testing.assert_array_equal(found, moved)
    assert of_kind == moved_kinds


def test_interchangeable_columns_have_an_order() -> None:
    ranks = np.array([[0, 1], [1, 0], [0, 0]])
    np.testing.assert_array_equal(
        in_order(ranks, ["binary"] * 2)[0], in_order(ranks[:, ::-1], ["binary"] * 2)[0]
    )


def test_ranks_have_no_units() -> None:
    codes = np.array([[3.5, np.nan], [-1.0, 7.0], [3.5, 7.0]])
    assert dense_ranks(codes).tolist() == [[1, -1], [0, 0], [1, 0]]
    np.testing.assert_array_equal(dense_ranks(codes), dense_ranks(codes * [0.001, 12.0]))


@pytest.mark.parametrize("seed", range(3))
def test_the_order_depends_on_what_rows_hold(seed: int) -> None:
    ranks = np.random.default_rng(seed).integers(0, 50, (40, 3))
    rows, columns = canonical_order(ranks, ["number"] * 3)
    assert sorted(rows) == list(range(40))
    assert sorted(columns) == [0, 1, 2]
    assert list(rows) != list(range(40))
