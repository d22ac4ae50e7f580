"""What carries no information changes nothing but order and units."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ddlib.copula import Copula
from tests.copula.rows import KINDS, mixed_rows, quick_fit
from tests.shared.examples import examples

seeds = st.integers(0, 10_000)


def assert_same(found: Copula, wanted: Copula, units: np.ndarray | float = 1.0) -> None:
    """Assert that copulas agree to 1e-9, `found` in other units."""
    pairs = [(found.correlation, wanted.correlation)]
    pairs += zip(found.correlations, wanted.correlations, strict=True)
    pairs += [(draw / units, other) for draw, other in zip(found.draws, wanted.draws, strict=True)]
    rows = found.sample(50, seed=3) / units, wanted.sample(50, seed=3)
    pairs += [rows, (found.seen, wanted.seen), (found.known, wanted.known)]
    for first, second in pairs:
        np.testing.assert_allclose(first, second, rtol=1e-9, atol=1e-9)


@examples(15)
@given(seeds)
def test_the_order_of_rows_changes_nothing(seed: int) -> None:
    rows = mixed_rows(seed)
    order = np.random.default_rng(seed).permutation(len(rows))
    wanted, found = quick_fit(rows), quick_fit(rows[order])
    np.testing.assert_array_equal(found.correlation, wanted.correlation)
    for draw, other in zip(found.draws, wanted.draws, strict=True):
        np.testing.assert_array_equal(draw, other[order])
    np.testing.assert_array_equal(found.sample(9, seed=1), wanted.sample(9, seed=1))


@examples(15)
@given(seeds)
def test_the_order_of_columns_changes_their_order_alone(seed: int) -> None:
    rows = mixed_rows(seed)
    order = np.random.default_rng(seed).permutation(len(KINDS))
    wanted = quick_fit(rows)
    found = quick_fit(rows[:, order], [KINDS[j] for j in order])
    numbers = np.arange(len(wanted.correlation))
    cells = np.ix_(*[np.concatenate([numbers[wanted.places[j]] for j in order])] * 2)
    np.testing.assert_array_equal(found.correlation, wanted.correlation[cells])
    np.testing.assert_array_equal(found.known, wanted.known[cells])
    np.testing.assert_array_equal(found.seen, wanted.seen[np.ix_(order, order)])
    for draw, other in zip(found.draws, wanted.draws, strict=True):
        np.testing.assert_array_equal(draw, other[:, order])


@examples(15)
@given(seeds, st.lists(st.floats(1e-6, 1e6), min_size=2, max_size=2))
def test_units_change_units_alone(seed: int, factors: list[float]) -> None:
    rows = mixed_rows(seed)
    units = np.array([factors[0], 1, 1, 1, 1, factors[1]])
    assert_same(quick_fit(rows * units), quick_fit(rows), units)


@pytest.mark.parametrize("seed", range(3))
def test_rows_that_show_nothing_change_nothing(seed: int) -> None:
    rows = mixed_rows(seed)
    empty = np.full((20, len(KINDS)), np.nan)
    wanted, found = quick_fit(rows), quick_fit(np.vstack([empty, rows]))
    np.testing.assert_array_equal(found.correlation, wanted.correlation)
    for draw, other in zip(found.draws, wanted.draws, strict=True):
        np.testing.assert_array_equal(draw[20:], other)
        assert not np.isnan(draw[:20]).any()
    assert not np.array_equal(found.draws[0][:20], found.draws[1][:20])


def test_copied_rows_get_draws_of_their_own() -> None:
    rows = np.repeat(mixed_rows(0)[:1], 60, axis=0)
    rows = np.vstack([rows, mixed_rows(1)])
    missing = np.isnan(rows[0])
    assert missing.any()
    drawn = quick_fit(rows).draws[0][:60, missing]
    assert len(np.unique(drawn, axis=0)) > 1


def test_the_same_seed_gives_the_same_bits_and_another_gives_others() -> None:
    rows = mixed_rows(0)
    one, two, other = quick_fit(rows, seed=5), quick_fit(rows, seed=5), quick_fit(rows, seed=6)
    np.testing.assert_array_equal(one.correlation, two.correlation)
    np.testing.assert_array_equal(one.draws, two.draws)
    assert not np.array_equal(one.correlation, other.correlation)
    generator = quick_fit(rows, seed=np.random.default_rng(5))
    np.testing.assert_array_equal(one.draws, generator.draws)


def test_nothing_draws_from_the_global_stream_or_changes_the_rows() -> None:
    rows = mixed_rows(0)
    kept, state = rows.copy(), np.random.get_state()[1].copy()  # noqa: NPY002
    quick_fit(rows).sample(3, seed=0)
    np.testing.assert_array_equal(rows, kept)
    np.testing.assert_array_equal(np.random.get_state()[1], state)  # noqa: NPY002
