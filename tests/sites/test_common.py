"""One scale of what several sites tell."""

import numpy as np
import pandas as pd
import pytest

from ddlib.sites.common import common_scale
from ddlib.sites.scale import Scale
from ddlib.tables import TablesError, read_sources
from tests.sites.hospitals import TABLES, on_one_scale, summary_of


def table(**columns) -> pd.DataFrame:
    """Forty rows of columns, each value as often as the others."""
    base = {"age": np.linspace(20, 80, 40).round(1)}
    return pd.DataFrame({**base, **{name: [*v] * (40 // len(v)) for name, v in columns.items()}})


def joined(first: dict, second: dict) -> Scale:
    return common_scale({"a": summary_of(table(**first)), "b": summary_of(table(**second))})


def test_the_law_is_that_of_all_rows() -> None:
    scale = common_scale({label: summary_of(each) for label, each in TABLES.items()})
    ages = pd.concat([each["age"] for each in TABLES.values()]).dropna().to_numpy()
    at = np.quantile(ages, np.linspace(0.05, 0.95, 19))
    law = scale.laws[scale.names.index("age")]
    assert law is not None
    np.testing.assert_allclose(law.upto(at), (ages <= at[:, None]).mean(1), atol=0.03)


def test_a_scale_that_is_shared_is_kept() -> None:
    summaries = on_one_scale(read_sources(TABLES))
    first = next(iter(summaries.values()))
    assert common_scale(summaries) is first.scale


@pytest.mark.parametrize(
    ("first", "second", "kind", "levels"),
    [
        ([0, 1], [1, 0], "binary", (0, 1)),
        ([0, 1], [0, 1, 2, 3], "ordered", (0, 1, 2, 3)),
        ([0.0, 0.5], [0.5, 1.0], "ordered", (0.0, 0.5, 1.0)),
        (["n", "s"], ["s", "w", "n", "e"], "category", ("e", "n", "s", "w")),
        (["n", "s"], ["s", "w", "other", "x"], "category", ("n", "s", "w", "x", "other")),
    ],
)
def test_levels_of_all_sites(first, second, kind: str, levels) -> None:
    column = joined({"x": first}, {"x": second}).schema["x"]
    assert (column.kind, column.levels) == (kind, levels)


@pytest.mark.parametrize(
    ("first", "second", "said"),
    [
        (["f", "m"], ["female", "male"], "levels clash"),
        ([0, 1], [*np.linspace(0, 7, 40)], "is binary in a, number in b"),
        (
            [0, 1],
            [*np.linspace(0, 7, 40)],
            "a file with kinds: {x: KIND}, or with",
        ),
    ],
)
def test_columns_that_clash_are_refused(first, second, said: str) -> None:
    with pytest.raises(TablesError) as refused:
        joined({"x": first}, {"x": second})
    (line,) = refused.value.faults
    assert line.startswith("column 'x': ")
    assert said in line


def test_sites_without_a_common_column_are_refused() -> None:
    other = summary_of(table(smoker=["no", "yes"]).drop(columns="age"))
    with pytest.raises(TablesError, match=r"^b: no column in common with a; must share one"):
        common_scale({"a": summary_of(table(sex=["f", "m"])), "b": other})
