"""Features of rows, and moments that add up."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ddlib.sites import Moments, Pattern, Quantiles, Scale, features_of
from ddlib.sites.moments import row_patterns
from ddlib.tables import Column, read_sources
from tests.merge.people import hospitals
from tests.shared.examples import examples
from tests.sites.hospitals import scale_of

NAMES = ("a", "b", "c")
COLUMNS = (
    Column("age", "number", (), 0.0, 1.0, None),
    Column("stage", "ordered", (1, 2, 4), dtype="int64"),
    Column("ward", "category", ("east", "north", "west"), dtype="str"),
    Column("died", "binary", (0, 1), dtype="int64"),
)
LAW = Quantiles(np.array([0.0, 0.5, 1.0]), np.array([0.0, 10.0]), np.array([10.0, 30.0]))


def holed(drawn: np.random.Generator, rows: int) -> np.ndarray:
    """Rows of three features, some of them missing."""
    values = drawn.normal(size=(rows, 3))
    return np.where(drawn.random((rows, 3)) < 0.3, np.nan, values)


def assert_equal(one: Moments, other: Moments) -> None:
    """Assert that moments are the same but for the order of patterns, to rounding."""
    assert one.features == other.features
    ours, theirs = ({p.seen.tobytes(): p for p in m.patterns} for m in (one, other))
    assert ours.keys() == theirs.keys()
    for key, pattern in ours.items():
        assert pattern.rows == theirs[key].rows
        np.testing.assert_allclose(pattern.sums, theirs[key].sums, atol=1e-10)
        np.testing.assert_allclose(pattern.products, theirs[key].products, atol=1e-10)


def test_features_of_all_kinds() -> None:
    scale = Scale.of(COLUMNS, (LAW, None, None, None))
    codes = np.array([[10.0, 0, 2, 1], [np.nan, 2, 0, np.nan], [0.0, 1, 1, 0]])
    assert scale.features == (
        *("age", "stage >= 2", "stage >= 4"),
        *("ward = north", "ward = west", "died >= 1"),
    )
    hidden = np.nan
    np.testing.assert_array_equal(
        features_of(scale, codes),
        [[0, 0, 0, 0, 1, 1], [hidden, 1, 1, 0, 0, hidden], [-4, 1, 0, 1, 0, 0]],
    )
    seen = scale.seen_features(~np.isnan(codes))
    np.testing.assert_array_equal(seen, ~np.isnan(features_of(scale, codes)))


def test_a_scale_shows_no_range_of_rows() -> None:
    sources = read_sources(hospitals())
    scale = scale_of(sources.schema, sources.codes()[0], min_count=10)
    age, seen = sources.schema["age"], scale.schema["age"]
    assert seen.low != age.low
    assert seen.high != age.high
    assert scale.names == sources.schema.names


def test_sums_and_products_are_those_of_the_rows() -> None:
    values = holed(np.random.default_rng(0), 200)
    table = pd.DataFrame(values).assign(shown=[*map(tuple, ~np.isnan(values))])
    moments = Moments.of(NAMES, values)
    assert moments.faults() == []
    for shown, rows in table.groupby("shown"):
        if not any(shown):
            continue
        pattern = next(p for p in moments.patterns if tuple(p.seen.tolist()) == shown)
        own = rows.drop(columns="shown").to_numpy()[:, list(shown)]
        assert pattern.rows == len(own)
        np.testing.assert_allclose(pattern.sums, own.sum(0), rtol=1e-10)
        np.testing.assert_allclose(pattern.products, np.einsum("ni,nj->ij", own, own), rtol=1e-10)
        np.testing.assert_allclose(pattern.scatter, np.cov(own.T, ddof=0) * len(own), atol=1e-10)
    assert moments.rows == (~np.isnan(values)).any(1).sum()
    both = (~np.isnan(values)).astype(float)
    np.testing.assert_array_equal(moments.together, both.T @ both)


@examples(30)
@given(st.integers(0, 10_000), st.integers(1, 4))
def test_shards_in_any_order_add_up_to_the_whole(seed: int, count: int) -> None:
    drawn = np.random.default_rng(seed)
    values = holed(drawn, 60)
    whole = Moments.of(NAMES, values)
    parts = [Moments.of(NAMES, part) for part in np.array_split(drawn.permutation(values), count)]
    assert_equal(sum(parts[1:], parts[0]), whole)
    assert_equal(sum(parts[-2::-1], parts[-1]), whole)


def test_cut_patterns_are_those_of_rows_with_fewer_cells() -> None:
    values = holed(np.random.default_rng(3), 120)
    moments = Moments.of(NAMES, values)
    first = np.array([True, False, False])
    kept = {p.seen.tobytes(): first for p in moments.patterns if p.seen[0]}
    only = np.where([True, False, False], values, np.nan)
    assert_equal(moments.cut(kept), Moments.of(NAMES, only))


def test_moments_of_other_features_do_not_add() -> None:
    values = holed(np.random.default_rng(0), 9)
    with pytest.raises(ValueError, match="features: differ"):
        Moments.of(NAMES, values) + Moments.of(("a", "b", "d"), values)


@pytest.mark.parametrize(
    ("rows", "sums", "products", "said"),
    [
        (-3, [0.0, 0.0], np.eye(2), "rows = -3: must be at least 1"),
        (5, [0.0], np.eye(2), "must be (2,) and (2, 2)"),
        (5, [0.0, np.inf], np.eye(2), "finite"),
        (5, [0.0, 0.0], [[1.0, 0.5], [0.2, 1.0]], "symmetric"),
        (5, [0.0, 0.0], [[1.0, 2.0], [2.0, 1.0]], "no rows have such"),
        (5, [5.0, 0.0], np.eye(2), "no rows have such"),
    ],
)
def test_what_no_rows_could_give_is_told(rows, sums, products, said: str) -> None:
    pattern = Pattern(np.array([True, False, True]), rows, np.array(sums), np.array(products))
    (line,) = Moments(NAMES, (pattern,)).faults()
    assert line.startswith("pattern 1: ")
    assert said in line


@examples(20)
@given(st.integers(1, 140), st.integers(0, 1000))
def test_patterns_of_rows(width: int, seed: int) -> None:
    seen = np.random.default_rng(seed).random((50, width)) < 0.9
    seen[25:] = seen[:25]
    patterns, place = row_patterns(seen)
    np.testing.assert_array_equal(patterns[place], seen)
    assert len(patterns) == len({row.tobytes() for row in seen})
