"""An attack on summaries: subtract what patterns tell from what columns tell. No few rows are left.

A column of 437 rows, of which patterns show 428, would tell of 9: how many have which level.
"""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ddlib.sites.read import read_summary
from ddlib.sites.settle import told_count
from ddlib.sites.stream import summarise_files
from ddlib.sites.summary import Summary, summarise
from ddlib.sites.write import summary_text
from ddlib.tables import Column, Schema, Settings
from ddlib.tables.columns import WITH_LEVELS
from tests.sites.hospitals import moments_of, summary_of

DATA = Path("book/data")
INDO = pd.read_csv(DATA / "indo_rct.csv")
TABLES = {
    "pbc": pd.read_csv(DATA / "pbc.csv"),
    "indo": INDO,
    "one clinic": INDO[INDO["site"] == "1_UM"],
    "other clinics": INDO[INDO["site"] != "1_UM"],
    **{name: pd.read_csv(DATA / f"hospital_{name}.csv") for name in "abc"},
}


def differences(summary: Summary) -> list[int]:
    """What is left of rows less a column's, and of these less those of patterns, by level."""
    found = [summary.rows - summary.moments.rows]
    scale = summary.scale
    for column, place, margin in zip(scale.columns, scale.places, summary.margins, strict=True):
        shown = [p for p in summary.moments.patterns if p.seen[place.start]]
        found += [summary.rows - margin.seen, margin.seen - sum(p.rows for p in shown)]
        if column.kind not in WITH_LEVELS:
            continue
        assert margin.counts is not None
        levels = np.zeros(len(column.levels))
        for pattern in shown:
            start = int(pattern.seen[: place.start].sum())
            sums = pattern.sums[start : start + len(column.levels) - 1]
            if column.kind == "category":
                levels += [pattern.rows - sums.sum(), *sums]
            else:
                levels += -np.diff([pattern.rows, *sums, 0.0])
        found += np.rint(margin.counts - levels).astype(int).tolist()
        found += margin.counts.tolist()
    return found


def assert_hidden(summary: Summary, least: int) -> None:
    """Assert that no difference, and no number of rows of a level, is of few rows."""
    assert all(rows == 0 or rows >= least for rows in differences(summary))


@pytest.mark.parametrize("name", TABLES)
@pytest.mark.parametrize("least", [1, 5, 10, 25])
def test_no_few_rows_are_left_of_margins_less_patterns(name: str, least: int) -> None:
    assert_hidden(summary_of(TABLES[name], min_count=least), least)


@pytest.mark.parametrize("rows", [60, 10_000])
def test_nor_of_those_of_batches(tmp_path: Path, rows: int) -> None:
    path = tmp_path / "a.parquet"
    TABLES["other clinics"].to_parquet(path)
    own = summarise_files([path], Settings(), rows=rows)
    assert_hidden(own, 10)
    shared = summarise_files([path], Settings(), own.scale, rows=rows)
    assert_hidden(shared, 10)
    assert moments_of(shared).keys() == moments_of(own).keys()
    assert not own.moments.faults()


def test_nor_of_those_on_a_scale_whose_levels_are_rare_here() -> None:
    scale = summary_of(INDO).scale
    codes = scale.schema.encode(INDO[[*scale.names]].iloc[:130])
    assert_hidden(summarise(scale.schema, codes, scale=scale), 10)


SCHEMA = Schema(
    (
        Column("x", "number", (), 0.0, 1.0),
        Column("y", "number", (), 0.0, 1.0),
        Column("sex", "binary", ("f", "m")),
    )
)


def lacking(num_missing: int, rows: int = 60) -> np.ndarray:
    """Codes of rows, some of which lack sex: the others have 25 women and as many men or more."""
    drawn = np.random.default_rng(2)
    codes = np.column_stack([drawn.random((rows, 2)), np.arange(rows) >= 25]).astype(float)
    codes[-num_missing:, 2] = np.nan
    return codes


def test_a_column_is_told_of_the_rows_of_its_patterns_where_few_gave_it_up() -> None:
    # The pattern without sex is filled up to 10 rows with 4 of those that show it.
    codes = lacking(6)
    found = summarise(SCHEMA, codes)
    assert found.rows == 60
    assert [margin.seen for margin in found.margins] == [60, 60, 50]
    assert found.notes == (
        "patterns of missing cells in fewer than 10 rows joined to others: "
        "fewer than 10 cells left out of the moments",
    )
    assert summarise(SCHEMA, lacking(12)).margins[2].seen == 48
    assert summarise(SCHEMA, codes, min_count=1).margins[2].seen == 54


def test_rows_of_no_pattern_are_in_nothing_that_is_told() -> None:
    found = summarise(SCHEMA, lacking(3))
    assert found.rows == 57
    assert [margin.seen for margin in found.margins] == [57, 57, 57]
    assert found.notes[0].endswith(", among them all of fewer than 10 rows")


def test_the_scale_is_that_of_the_rows_that_are_told(tmp_path: Path) -> None:
    codes = lacking(6)[:, :2]
    codes[-6:, 1] = np.nan
    found = summarise(Schema(SCHEMA.columns[:2]), codes)
    (law, own) = found.scale.laws[1], found.margins[1].law
    assert law is not None
    assert law is own
    assert found.margins[1].seen == 50
    shown = [p for p in found.moments.patterns if p.seen[1]]
    assert [p.rows for p in shown] == [50]
    path = tmp_path / "a.json"
    path.write_text(summary_text(found), "utf-8")
    assert read_summary(path).rows == 60


@pytest.mark.parametrize(
    ("count", "least", "words"),
    [
        (1, 10, "fewer than 10 rows"),
        (9, 10, "fewer than 10 rows"),
        (14, 10, "about 10 rows"),
        (23, 10, "about 20 rows"),
        (23, 5, "about 25 rows"),
        (1, 1, "1 row"),
    ],
)
def test_small_numbers_are_hidden_in_words(count: int, least: int, words: str) -> None:
    assert told_count(count, least, "row") == words
