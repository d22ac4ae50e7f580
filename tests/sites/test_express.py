"""Moments on another scale: exact for levels, near for numbers."""

import numpy as np
import pytest

from ddlib.sites import Moments, Quantiles, Scale, features_of
from ddlib.sites.express import expressed
from ddlib.tables import Column

OWN = (
    Column("stage", "ordered", (1, 3), dtype="int64"),
    Column("ward", "category", ("north", "south", "west")),
    Column("sex", "binary", ("f", "m")),
)
COMMON = (
    Column("sex", "category", ("d", "f", "m")),
    Column("died", "binary", (0, 1), dtype="int64"),
    Column("stage", "ordered", (1, 2, 3, 4), dtype="int64"),
    Column("ward", "category", ("east", "north", "south", "west")),
)


def test_levels_are_exact() -> None:
    drawn = np.random.default_rng(0)
    codes = np.column_stack([drawn.integers(0, n, 200) for n in (2, 3, 2)]).astype(float)
    codes[drawn.random(codes.shape) < 0.2] = np.nan
    own, common = Scale.of(OWN, (None,) * 3), Scale.of(COMMON, (None,) * 4)
    there = np.full((200, 4), np.nan)
    there[:, 0] = codes[:, 2] + 1
    there[:, 2] = codes[:, 0] * 2
    there[:, 3] = codes[:, 1] + 1
    found = expressed(Moments.of(own.features, features_of(own, codes)), own, common)
    wanted = Moments.of(common.features, features_of(common, there))
    pairs = {p.seen.tobytes(): p for p in wanted.patterns}
    assert {p.seen.tobytes() for p in found.patterns} == pairs.keys()
    for pattern in found.patterns:
        twin = pairs[pattern.seen.tobytes()]
        assert pattern.rows == twin.rows
        np.testing.assert_allclose(pattern.sums, twin.sums, atol=1e-9)
        np.testing.assert_allclose(pattern.products, twin.products, atol=1e-9)


@pytest.mark.parametrize("shift", [0.0, 0.7])
def test_scores_are_near(shift: float) -> None:
    drawn = np.random.default_rng(1)
    values = np.exp(drawn.multivariate_normal([shift, 0], [[1, 0.6], [0.6, 1]], size=3000))
    others = np.exp(drawn.normal(size=(3000, 2)))
    columns = tuple(Column(name, "number", (), 0.0, 1.0, None) for name in "ab")
    parts = [[Quantiles.of(v[:, j], group=10) for v in (values, others)] for j in range(2)]
    own = Scale.of(columns, [part[0] for part in parts])
    common = Scale.of(columns, [Quantiles.mixed(part, [3000, 3000]) for part in parts])
    (found,) = expressed(Moments.of(own.features, features_of(own, values)), own, common).patterns
    (wanted,) = Moments.of(common.features, features_of(common, values)).patterns
    np.testing.assert_allclose(found.sums / 3000, wanted.sums / 3000, atol=0.02)
    np.testing.assert_allclose(found.products / 3000, wanted.products / 3000, atol=0.03)
    assert found.products[0, 0] == pytest.approx(wanted.products[0, 0], rel=0.02)


def test_one_scale_for_all_changes_no_bit() -> None:
    values = np.random.default_rng(2).normal(size=(300, 1))
    columns = (Column("a", "number", (), 0.0, 1.0, None),)
    one, other = (Scale.of(columns, [Quantiles.of(values[:, 0], group=10)]) for _ in range(2))
    moments = Moments.of(one.features, features_of(one, values))
    (found,), (wanted,) = expressed(moments, one, other).patterns, moments.patterns
    np.testing.assert_array_equal(found.sums, wanted.sums)
    np.testing.assert_array_equal(found.products, wanted.products)
