"""Patterns of few rows are joined, so that none is told."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ddlib.sites.moments import row_patterns
from ddlib.sites.patterns import joined
from tests.shared.examples import examples


def told(kept: np.ndarray) -> dict[tuple[bool, ...], int]:
    """Rows of each pattern that is left."""
    patterns, place = row_patterns(kept)
    rows = np.bincount(place, minlength=len(patterns))
    pairs = zip(patterns.tolist(), rows.tolist(), strict=True)
    return {tuple(shown): count for shown, count in pairs if any(shown)}


@examples(60)
@given(
    st.integers(0, 100_000),
    st.integers(2, 9),
    st.integers(1, 300),
    st.integers(1, 12),
    st.integers(1, 30),
    st.booleans(),
)
def test_every_pattern_told_has_enough_rows(seed, width, count, least, most, fill) -> None:
    drawn = np.random.default_rng(seed)
    share = drawn.uniform(0.2, 1.0, width)
    codes = np.where(
        drawn.random((count, width)) < share, drawn.normal(size=(count, width)), np.nan
    )
    seen, place = row_patterns(~np.isnan(codes))
    rows = np.bincount(place)
    found = joined(seen, rows, min_count=least, most=most, fill=fill)
    kept = found.of_rows(place, codes)
    assert not (kept & np.isnan(codes)).any()
    left = told(kept)
    assert all(rows >= least for rows in left.values())
    assert len(left) <= most
    if rows.min() >= least and len(seen) <= most:
        np.testing.assert_array_equal(kept, ~np.isnan(codes))
    order = drawn.permutation(count)
    again = found.of_rows(place[order], codes[order])
    np.testing.assert_array_equal(again, kept[order])


def test_a_rare_pattern_gives_up_what_a_frequent_one_lacks() -> None:
    seen = np.array([[1, 1, 1, 1], [1, 1, 0, 0], [1, 1, 1, 0], [0, 0, 0, 1]], dtype=bool)
    kept = joined(seen, np.array([300, 40, 1, 2]), min_count=10).kept
    np.testing.assert_array_equal(kept[[0, 1]], seen[[0, 1]])
    np.testing.assert_array_equal(kept[2], seen[1])  # 1 cell; filling would take 9 of the first
    np.testing.assert_array_equal(kept[3], np.zeros(4))  # 2 cells; filling would take 8 × 3


def test_rare_patterns_meet_in_what_both_show() -> None:
    seen = np.array([[1, 1, 1], [1, 0, 1], [0, 1, 1]], dtype=bool)
    found = joined(seen, np.array([15, 6, 7]), min_count=10)
    np.testing.assert_array_equal(found.kept, [[1, 1, 1], [0, 0, 1], [0, 0, 1]])
    assert found.moves == ()


def test_a_rare_pattern_is_filled_up_where_that_loses_the_least() -> None:
    seen = np.array([[1, 1, 1, 1], [1, 1, 1, 0]], dtype=bool)
    found = joined(seen, np.array([40, 7]), min_count=10)
    np.testing.assert_array_equal(found.kept, seen)
    ((before, after, count),) = found.moves
    np.testing.assert_array_equal([before, after], seen)
    assert count == 3
    alone = joined(seen, np.array([40, 7]), min_count=10, fill=False)
    assert not alone.kept[1].any()


@pytest.mark.parametrize("rows", [3, 40])
def test_one_pattern_alone(rows: int) -> None:
    kept = joined(np.ones((1, 3), dtype=bool), np.array([rows]), min_count=10).kept
    assert kept.all() == (rows >= 10)
