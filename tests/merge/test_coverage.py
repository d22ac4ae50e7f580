"""Coverage and checks of sources, against counts by hand, pandas and the true law."""

import math
import re
import warnings
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Generator, Tensor

from ddlib.merge.coverage import coverage
from ddlib.merge.sources import check_sources
from tests.shared.examples import examples

seeds = st.integers(0, 10_000)
NAN = math.nan


def normal(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(shape, generator=Generator().manual_seed(seed), dtype=torch.float64)


def hiding(rows: Tensor, *hidden: int) -> Tensor:
    source = rows.clone()
    source[..., list(hidden)] = NAN
    return source


def two_tables(n: int = 200) -> list[pd.DataFrame]:
    """x is seen with z and y with z, never x with y; all correlations are positive."""
    z, x, y = normal(3, n, seed=1).numpy()
    both = pd.DataFrame({"z": z, "x": 0.8 * z + 0.6 * x, "y": 0.6 * z + 0.8 * y})
    return [both.loc[: n // 2 - 1, ["x", "z"]], both.loc[n // 2 :, ["z", "y"]]]


def test_counts_of_two_tables() -> None:
    cover = coverage(two_tables())
    assert cover.names == ("x", "z", "y")
    expected = [[100, 100, 0], [100, 200, 100], [0, 100, 100]]
    assert cover.counts.to_numpy().tolist() == expected
    assert list(cover.counts.index) == list(cover.counts.columns) == ["x", "z", "y"]
    assert cover.unseen_pairs == [("x", "y")]
    assert cover.summary == (
        "1 of the 3 pairs of variables is never seen together, namely 'x' and 'y': no number "
        "of rows tells their correlation, only an interval for it."
    )


def test_bounds_are_those_of_one_shared_variable() -> None:
    first, second = tables = two_tables()
    xz, yz = first.corr().loc["x", "z"], second.corr().loc["y", "z"]
    (row,) = coverage(tables).bounds().to_dict("records")
    half = math.sqrt((1 - xz**2) * (1 - yz**2))
    assert (row["first"], row["second"], row["rows"]) == ("x", "y", 0)
    assert row["low"] == pytest.approx(xz * yz - half, abs=1e-12)
    assert row["high"] == pytest.approx(xz * yz + half, abs=1e-12)
    assert row["width"] == pytest.approx(2 * half, abs=1e-12)
    assert row["centre"] == pytest.approx(xz * yz, abs=1e-6)


def test_available_cases_are_those_of_pandas() -> None:
    rows = normal(300, 1, 4) @ normal(4, 4, seed=1) + 1e6
    rows[torch.rand(rows.shape, generator=Generator().manual_seed(2)) < 0.3] = NAN
    expected = pd.DataFrame(rows[:, 0].numpy())
    cover = coverage([rows[:100], rows[100:]])
    np.testing.assert_allclose(cover.correlation(), expected.corr(), rtol=0, atol=1e-9)
    number = expected.notna().astype(int).T @ expected.notna().astype(int)
    np.testing.assert_array_equal(cover.counts, number)
    biased = expected.cov() * (number - 1) / number
    np.testing.assert_allclose(cover.covariance, biased, rtol=0, atol=1e-7)


def test_all_seen_needs_no_bounds() -> None:
    cover = coverage([normal(50, 2, 3), normal(20, 2, 3, seed=1)])
    assert cover.unseen_pairs == []
    assert cover.summary == "All pairs of the 3 variables are seen together, in at least 70 rows."
    table = cover.bounds()
    assert len(table) == 0
    assert list(table) == ["first", "second", "rows", "low", "high", "width", "centre"]


def test_noise_is_taken_off_the_variances() -> None:
    clean = normal(200_000, 1, 2) @ torch.tensor([[1.0, 0.7], [0.0, 0.7]], dtype=torch.float64)
    noisy = clean + 0.5 * normal(200_000, 1, 2, seed=1)
    expected = coverage([clean]).correlation().loc["x0", "x1"]
    cover = coverage([noisy])
    assert cover.correlation(noise_std=0.5).loc["x0", "x1"] == pytest.approx(expected, abs=0.01)
    assert cover.correlation().loc["x0", "x1"] < expected - 0.1
    variance = noisy[:, 0].var(0, correction=0) - 0.25
    exact = torch.cov(noisy[:, 0].T, correction=0)[0, 1] / variance.prod().sqrt()
    assert cover.correlation(noise_std=0.5).loc["x0", "x1"] == pytest.approx(exact.item())


def test_a_pair_counts_in_one_slice_or_in_neighbouring_ones() -> None:
    rows = normal(10, 3, 2)
    rows[:4, 0, 1] = NAN  # x1 from slice 1 on
    rows[4:, :, 1] = NAN
    rows[:3, 1:, 0] = NAN  # in three rows x0 is seen in slice 0 only
    cover = coverage([rows], ["a", "b"])
    assert cover.counts.loc["a", "b"] == 1
    assert cover.counts.loc["a", "a"] == 10
    lagged = coverage([rows], ["a", "b"], lagged=True)
    assert lagged.names == ("a[t-1]", "b[t-1]", "a[t]", "b[t]")
    assert lagged.counts.loc["a[t-1]", "b[t]"] == 4
    assert lagged.counts.loc["b[t-1]", "a[t]"] == 1
    assert lagged.counts.loc["a[t]", "a[t]"] == 7
    assert lagged.counts.loc["a[t-1]", "a[t]"] == 7


def test_lagged_correlations_are_those_of_the_windows() -> None:
    rows = normal(40, 4, 2).cumsum(1)
    windows = pd.DataFrame(torch.cat([rows[:, :-1], rows[:, 1:]], 2).flatten(0, 1).numpy())
    cover = coverage([rows], lagged=True)
    np.testing.assert_allclose(cover.correlation(), windows.corr(), rtol=0, atol=1e-12)


def test_lagged_bounds_hold_the_truth() -> None:
    rows = normal(3000, 4, 3).cumsum(1) @ normal(3, 3, seed=5)
    truth = coverage([rows], lagged=True).correlation()
    table = coverage([hiding(rows[:1500], 0), hiding(rows[1500:], 1)], lagged=True).bounds()
    assert {(a[:2], b[:2]) for a, b in zip(table["first"], table["second"], strict=True)} <= {
        ("x0", "x1"),
        ("x1", "x0"),
    }
    assert len(table) == 4
    for row in table.itertuples():
        assert row.low - 0.05 <= truth.loc[row.first, row.second] <= row.high + 0.05
        assert row.low <= row.centre <= row.high


@examples(15)
@given(seeds)
def test_order_of_rows_sources_and_variables_changes_nothing(seed: int) -> None:
    generator = Generator().manual_seed(seed)
    mixing = torch.eye(4) + 0.3 * normal(4, 4, seed=seed + 1)
    rows = normal(90, 2, 4, seed=seed) @ mixing
    sources = [hiding(rows[:30], 0), hiding(rows[30:60], 1, 2), hiding(rows[60:], 0, 2)]
    before = coverage(sources, list("abcd"))
    order = torch.randperm(4, generator=generator)
    mixed = [source[torch.randperm(30, generator=generator)][..., order] for source in sources]
    names = [list("abcd")[i] for i in order]
    after = coverage([mixed[i] for i in torch.randperm(3, generator=generator)], names)
    pd.testing.assert_frame_equal(after.counts.loc[list("abcd"), list("abcd")], before.counts)

    def intervals(table: pd.DataFrame) -> dict[frozenset[str], list[float]]:
        return {
            frozenset((r.first, r.second)): [r.low, r.high, r.centre] for r in table.itertuples()
        }

    old, new = intervals(before.bounds()), intervals(after.bounds())
    assert old.keys() == new.keys() == {frozenset("ab"), frozenset("ac")}
    for pair, values in old.items():
        np.testing.assert_allclose(new[pair], values, rtol=0, atol=1e-7)


@given(seeds)
def test_tables_tensors_and_mappings_agree(seed: int) -> None:
    rows = normal(20, 1, 3, seed=seed)
    tensors = [hiding(rows[:10], 0), hiding(rows[10:], 2)]
    tables = [
        pd.DataFrame(source[:, 0].numpy(), columns=list("abc")).dropna(axis=1) for source in tensors
    ]
    expected = coverage(tensors, list("abc"))
    for cover in (coverage(tables), coverage({"north": tables[0], "south": tables[1]})):
        pd.testing.assert_frame_equal(
            cover.counts.loc[list("abc"), list("abc")], expected.counts, check_dtype=False
        )


def test_tables_may_hold_missing_integers() -> None:
    table = pd.DataFrame({"a": pd.array([1, None, 3], dtype="Int64"), "b": [True, False, True]})
    (rows,), names = check_sources([table])
    assert names == ("a", "b")
    np.testing.assert_array_equal(rows[:, 0], [[1, 1], [NAN, 0], [3, 1]])


def test_a_copied_column_warns_and_pins() -> None:
    first, second = two_tables()
    copied = first.assign(copy=2 * first["x"] + 3)
    with pytest.warns(UserWarning, match=r"sources\[0\]: columns 'x' and 'copy' are perfectly"):
        cover = coverage([copied, second])
    table = cover.bounds().set_index("first")
    np.testing.assert_allclose(
        table.loc["copy", ["low", "high", "centre"]].astype(float),
        table.loc["x", ["low", "high", "centre"]].astype(float),
        atol=1e-6,
    )


def test_sources_without_a_common_column_warn() -> None:
    rows = normal(30, 1, 3)
    sources = [hiding(rows, 2), hiding(rows, 0, 2), hiding(rows, 0, 1)]
    message = (
        r"sources: 2 groups have no column in common \(sources\[0\], sources\[1\]; sources\[2\]\)"
    )
    with pytest.warns(UserWarning, match=message):
        cover = coverage(sources)
    table = cover.bounds()
    assert cover.unseen_pairs == [("x0", "x2"), ("x1", "x2")]
    assert (table["low"] == -1).all()
    assert (table["high"] == 1).all()


def test_a_chain_of_shared_columns_does_not_warn() -> None:
    rows = normal(30, 1, 4)
    sources = [hiding(rows, 2, 3), hiding(rows, 0, 1), hiding(rows, 0, 3)]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        check_sources(sources)


def constant(value: float = 1.0) -> Tensor:
    rows = normal(5, 2, 2)
    rows[..., 1] = value
    return rows


def infinite() -> Tensor:
    rows = normal(5, 2, 2)
    rows[3, 1, 0] = -math.inf
    return rows


GOOD = normal(5, 2, 2)
TABLE = pd.DataFrame({"age": [1.0, 2.0], "dose": [3.0, 5.0]})
NAMES = ["age", "dose"]


@pytest.mark.parametrize(
    ("sources", "names", "message"),
    [
        ([], None, "sources: none given; must be at least one"),
        ({}, None, "sources: none given; must be at least one"),
        (GOOD, None, "sources: a Tensor; must be a sequence or mapping of tables or tensors"),
        (TABLE, None, "sources: a DataFrame; must be a sequence or mapping of tables or tensors"),
        ("north", None, "sources = 'north': must be a sequence or mapping of tables or tensors"),
        ((x for x in [GOOD]), None, "sources: a generator; must be a sequence or mapping of"),
        ([GOOD, TABLE], None, r"sources\[1\]: must be a tensor as the first is"),
        ([TABLE, GOOD], None, r"sources\[1\]: must be a table as the first is"),
        ([TABLE], NAMES, r"names = \['age', 'dose'\]: must be None for tables"),
        ([GOOD], ["age"], r"names = \['age'\]: must be 2 different names"),
        ([GOOD], ["age", "age"], r"names = \['age', 'age'\]: must be 2 different names"),
        ([GOOD, GOOD[0]], None, r"sources\[1\]: shape \(2, 2\); must be \(rows, slices"),
        ([GOOD[:, :, :0]], None, r"sources\[0\]: shape \(5, 2, 0\); must be"),
        ([GOOD, GOOD[:, :1]], None, r"sources\[1\]: 1 slices and 2 variables; must be 2 and 2"),
        ([GOOD, GOOD[..., :1]], None, r"sources\[1\]: 2 slices and 1 variables; must be 2 and 2"),
        ([GOOD, GOOD[:0]], NAMES, r"sources\[1\]: no rows; must be at least 2"),
        ([GOOD[:1]], NAMES, r"sources\[0\]: 1 row; must be at least 2"),
        ([TABLE[:0]], None, r"sources\[0\]: no rows"),
        ({"north": TABLE[:1]}, None, r"sources\['north'\]: 1 row"),
        ([GOOD, GOOD * NAN], NAMES, r"sources\[1\]: sees no column; must see at least one"),
        ([GOOD, infinite()], NAMES, r"sources\[1\]: column 'age' is infinite in row 3; must be"),
        ([constant(), constant()], NAMES, "sources: column 'dose' is constant; must vary"),
        ([constant(0.1)], NAMES, "sources: column 'dose' is constant; must vary"),
        ([GOOD * 1e-200], NAMES, "sources: column 'age' has variance 0.0; must be positive"),
        ([GOOD * 1e200], NAMES, "sources: column 'age' has variance inf; must be positive"),
        ([constant(NAN)] * 2, NAMES, "sources: column 'dose' is NaN in all of them; one must"),
        ([TABLE.assign(age=1j)], None, r"sources\[0\]: column 'age' is complex128; must be real"),
        (
            {"north": TABLE, "south": TABLE.set_axis(["age", "age"], axis=1)},
            None,
            r"sources\['south'\]: column 'age' stands twice; names must be unique",
        ),
        ([TABLE[[]]], None, "sources: no columns; must be at least one"),
    ],
)
def test_bad_sources(sources: object, names: list[str] | None, message: str) -> None:
    for function in (check_sources, coverage):
        with pytest.raises(ValueError, match=message):
            function(sources, names)


def test_what_is_not_counted_alone_is_of_numbers() -> None:
    with pytest.raises(ValueError, match=r"^sources\[0\]: column 'age' is str; must be real$"):
        check_sources([TABLE.assign(age="x")])


@pytest.mark.parametrize("noise_std", [-1.0, NAN, math.inf])
def test_bad_noise(noise_std: float) -> None:
    with pytest.raises(ValueError, match=r"noise_std = .*: must be finite and at least 0"):
        check_sources([GOOD], noise_std=noise_std)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"noise_std": -1.0}, "noise_std = -1.0: must be a finite number, at least 0"),
        ({"noise_std": NAN}, "noise_std = nan: must be a finite number, at least 0"),
        ({"noise_std": math.inf}, "noise_std = inf: must be a finite number, at least 0"),
        ({"noise_std": None}, "noise_std = None: must be a finite number, at least 0"),
        ({"noise_std": [0.1, 0.1]}, "noise_std: a list; must be a finite number, at least 0"),
        ({"noise_std": GOOD}, "noise_std: a Tensor; must be a finite number, at least 0"),
        ({"min_rows": 1}, "min_rows = 1: must be a whole number, at least 2"),
        ({"min_rows": 2.5}, "min_rows = 2.5: must be a whole number, at least 2"),
        ({"min_rows": True}, "min_rows = True: must be a whole number, at least 2"),
        (
            {"noise_std": "a", "min_rows": None},
            "noise_std = 'a': must be a finite number, at least 0; "
            "min_rows = None: must be a whole number, at least 2",
        ),
    ],
)
def test_bad_settings_of_correlations(settings: dict[str, Any], message: str) -> None:
    cover = coverage([GOOD])
    for function in (cover.correlation, cover.bounds):
        with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
            function(**settings)


def test_noise_above_the_data_and_too_few_rows() -> None:
    cover = coverage([GOOD], NAMES)
    with pytest.raises(ValueError, match="noise_std = 9: must be below the standard deviation of"):
        cover.bounds(noise_std=9)
    with pytest.raises(ValueError, match="'age' is seen in 5 rows; must be at least min_rows = 6"):
        cover.bounds(min_rows=6)
    with pytest.raises(ValueError, match="lagged = True: must be False for sources of one slice"):
        coverage([GOOD[:, :1]], lagged=True)


def test_min_rows_leaves_thin_pairs_unknown() -> None:
    first, second = two_tables()
    both = pd.DataFrame({"x": [0.1, 0.7], "y": [0.2, 0.3], "z": [NAN, NAN]})
    cover = coverage([first, second, both])
    assert cover.unseen_pairs == []
    assert cover.bounds()["rows"].tolist() == [2]
    assert cover.correlation(min_rows=2).loc["x", "y"] == pytest.approx(1)  # as of any two rows


def test_a_column_constant_where_its_pair_is_seen() -> None:
    rows = normal(20, 1, 2) + 1e3
    rows[:5, 0, 0] = 7.1
    rows[5:, 0, 1] = NAN
    with pytest.raises(ValueError, match="column 'age' where 'dose' is seen is constant"):
        coverage([rows], NAMES).bounds()


def test_contradicting_sources() -> None:
    # Each pair strongly negative: three such variables do not exist.
    tables = []
    for seed, pair in enumerate(("ab", "bc", "ca")):
        first, noise = normal(2, 50, seed=seed).numpy()
        tables.append(pd.DataFrame({pair[0]: first, pair[1]: -first + 0.1 * noise}))
    with pytest.raises(ValueError, match=r"at most 0\.50") as error:
        coverage(tables).bounds()
    assert "['a', 'b', 'c']" in str(error.value)
    assert len(coverage(tables).bounds(shrinkage=0.5)) == 0


@pytest.mark.parametrize("shrinkage", [0.0, 1.1, NAN, None])
def test_bad_shrinkage(shrinkage: Any) -> None:
    message = f"shrinkage = {shrinkage}: must be a number above 0 and at most 1"
    with pytest.raises(ValueError, match=f"^min_rows = 1: must .*; {message}$"):
        coverage([GOOD]).bounds(min_rows=1, shrinkage=shrinkage)
