"""An attack on summaries: of a number that most rows share, read off the rows with another value.

The products of a feature with the number, less the sum of the feature times the score that others
share, are of the rows alone that have another value.
"""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ddlib.sites.features import features_of
from ddlib.sites.read import read_summary
from ddlib.sites.scale import Scale
from ddlib.sites.stream import summarise_files
from ddlib.sites.summary import Summary, summarise
from ddlib.sites.write import summary_text
from ddlib.tables import Column, Schema, Settings
from tests.sites.hospitals import moments_of, scale_of

SCHEMA = Schema(
    (
        *(Column(name, "number", (), 0.0, 100.0) for name in ("age", "height", "dose")),
        Column("sex", "binary", ("f", "m"), dtype="str"),
    )
)


def told_apart(summary: Summary, name: str, value: float) -> list[tuple[np.ndarray, np.ndarray]]:
    """What an attacker reads of rows without a value, weighted by how far they are from it.

    Returns:
        Of each pattern that shows the number, which features it shows, and their sum.
    """
    scale = summary.scale
    column = scale.names.index(name)
    law = scale.laws[column]
    assert law is not None
    score = law.scores(np.array([value]))[0]
    found: list[tuple[np.ndarray, np.ndarray]] = []
    for pattern in summary.moments.patterns:
        feature = scale.places[column].start
        if pattern.seen[feature]:
            place = int(pattern.seen[:feature].sum())
            apart = pattern.sums[place] - pattern.rows * score
            rest = pattern.products[place] - score * pattern.sums
            found.append((pattern.seen, rest / apart if abs(apart) > 1e-6 else 0 * rest))
    return found


def summary_of(table: pd.DataFrame, *, min_count: int = 10, scale: Scale | None = None) -> Summary:
    """The summary of a table."""
    return summarise(SCHEMA, SCHEMA.encode(table), scale=scale, min_count=min_count)


def patients(doses: dict[float, int], rows: int = 200) -> pd.DataFrame:
    """A table in which all have a dose of 5 but a few."""
    drawn = np.random.default_rng(5)
    dose = np.full(rows, 5.0)
    dose[: sum(doses.values())] = np.repeat([*doses], [*doses.values()])
    columns = {name: drawn.normal(50, 9, rows).round(1) for name in ("age", "height")}
    return pd.DataFrame({**columns, "sex": drawn.choice(["f", "m"], rows), "dose": dose})


def test_a_patient_of_another_dose_is_read_off_without_the_rule_alone(tmp_path: Path) -> None:
    table = patients({7.5: 1})
    off = summary_of(table, min_count=1)
    ((seen, record),) = told_apart(off, "dose", 5.0)
    own = features_of(off.scale, SCHEMA.encode(table)[:1])[0]
    np.testing.assert_allclose(record, own[seen], atol=1e-6)  # the whole record
    path = tmp_path / "a.json"
    path.write_text(summary_text(summary_of(table)), "utf-8")
    again = read_summary(path)
    assert not told_apart(again, "dose", 5.0)
    assert [p.rows for p in again.moments.patterns] == [200]
    (line,) = again.notes
    assert "all but one value of a number" in line
    assert "about 200 cells" in line


@pytest.mark.parametrize(
    ("doses", "kept"),
    [
        ({}, True),
        ({7.5: 9}, False),
        ({float(k): 1 for k in range(10, 19)}, False),
        ({7.5: 10}, True),
        ({float(k): 1 for k in range(10, 20)}, True),
    ],
)
def test_a_number_is_told_where_none_or_enough_have_another_value(doses, kept: bool) -> None:
    table = patients(doses)
    summary = summary_of(table)
    assert bool(told_apart(summary, "dose", 5.0)) == kept
    assert bool(told_apart(summary, "age", 5.0))


@pytest.mark.parametrize(("rows", "others"), [(7, 9), (7, 10), (50, 1), (200, 1), (1000, 9)])
def test_batches_count_the_rows_of_other_values_together(
    tmp_path: Path, rows: int, others: int
) -> None:
    table = patients({7.5: others}, rows=600).sample(frac=1, random_state=1)
    table["height"] = table["height"].where(np.arange(600) % 3 > 0)
    table.loc[table["dose"] != 5, "height"] = 50.0  # of one pattern, in several batches
    scale = scale_of(SCHEMA, SCHEMA.encode(table), min_count=10)
    path = tmp_path / "a.parquet"
    table.to_parquet(path)
    found = summarise_files([path], Settings(), scale, rows=rows)
    wanted = summary_of(table, scale=scale)
    assert len(told_apart(found, "dose", 5.0)) == len(told_apart(wanted, "dose", 5.0))
    assert len(told_apart(found, "dose", 5.0)) == (2 if others == 10 else 1)
    assert moments_of(found).keys() == moments_of(wanted).keys()
    assert found.notes == wanted.notes
