"""Which tables are told to change their unit: those that few others agree with."""

import numpy as np
import pandas as pd
import pytest

from ddlib.sites.units import warn_of_units
from ddlib.tables import read_sources
from ddlib.tables.sides import other_side
from tests.sites.hospitals import summary_of


@pytest.mark.parametrize(
    ("middles", "rows", "kept", "changed"),
    [
        ({"a": 3.0, "b": 0.0, "c": 0.2}, {"a": 99, "b": 9, "c": 9}, "b", ["a"]),
        ({"a": 0.2, "b": 0.0, "c": 3.0}, {"a": 9, "b": 9, "c": 99}, "a", ["c"]),
        ({"a": 0.1, "b": 3.0, "c": 3.1}, {"a": 99, "b": 9, "c": 9}, "b", ["a"]),
        # As many tables: those of fewer rows; as many rows: those that come later.
        ({"a": 0.0, "b": 3.0}, {"a": 9, "b": 10}, "b", ["a"]),
        ({"a": 0.0, "b": 3.0}, {"a": 9, "b": 9}, "a", ["b"]),
        ({"a": 3.0, "b": 0.0}, {"a": 9, "b": 9}, "a", ["b"]),
        ({"a": 0.0, "b": 3.0, "c": 0.1, "d": 2.9}, dict.fromkeys("abcd", 9), "a", ["b", "d"]),
    ],
)
def test_the_side_of_fewer_tables_is_changed(middles, rows, kept, changed) -> None:
    assert other_side(middles, rows) == (kept, changed)


def bilirubin(*factors: float) -> dict[str, pd.DataFrame]:
    """Tables of bilirubin around 1 mg/dl, times a factor each."""
    drawn = np.random.default_rng(0)
    return {
        f"site{place}.csv": pd.DataFrame(
            {"bili": np.exp(drawn.normal(size=200) / 3) * factor, "age": drawn.normal(60, 9, 200)}
        )
        for place, factor in enumerate(factors)
    }


@pytest.mark.parametrize(
    ("factors", "units"),
    [
        # 1 mg/dl of bilirubin is 17.104 µmol/l (its molar mass is 584.66 g/mol).
        ((17.104, 1.0, 1.0), "{site0.csv: {bili: 0.058466}}"),
        ((17.104, 1.0, 17.104), "{site1.csv: {bili: 17.104}}"),
        (
            (1.0, 17.104, 1.0, 1.0, 17.104),
            "{site1.csv: {bili: 0.058466}, site4.csv: {bili: 0.058466}}",
        ),
    ],
)
def test_the_tables_that_few_agree_with_are_to_change(factors, units) -> None:
    tables = bilirubin(*factors)
    (line,) = [note.text for note in read_sources(tables).notes if "median" in note.text]
    assert line.endswith(f"set units: {units}")
    (line,) = [note.text for note in warn_of_units({k: summary_of(t) for k, t in tables.items()})]
    names = [name for name in tables if name in units]
    assert f"in the settings of {', '.join(names)}, and summarise anew" in line
    assert units.split(": ")[2].split("}")[0] in line
