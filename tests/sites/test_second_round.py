"""On a scale that sites share, a site's levels are those that its first summary tells."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ddlib.sites.common import common_scale
from ddlib.sites.scale import Scale
from ddlib.sites.stream import summarise_files
from ddlib.sites.summary import Summary, summarise
from ddlib.sites.tables import read_site
from ddlib.tables import Settings, TablesError
from tests.sites.hospitals import summary_of

ROWS = 200
LEVELS = {
    "two texts and a rare one": (["0_no", "1_yes", "NA_NA"], [0.6, 0.38, 0.02]),
    "two numbers and a rare one": ([0, 1, 9], [0.6, 0.38, 0.02]),
    "texts, some rare": ([*"abcdefg"], [0.4, 0.4, 0.04, 0.04, 0.04, 0.04, 0.04]),
    "numbers, some rare": ([1, 2, 3, 4], [0.5, 0.44, 0.03, 0.03]),
}


def drawn(levels: list, shares: list, rows: int = ROWS) -> pd.DataFrame:
    """A table in which levels have exact shares."""
    random = np.random.default_rng(4)
    counts = np.rint(np.array(shares) * rows).astype(int)
    column = random.permutation(np.repeat(np.array(levels, dtype=object), counts))
    table = pd.DataFrame({"x": random.normal(size=len(column)).round(3)})
    return table.assign(level=pd.Series(column).infer_objects())


def both_rounds(path: Path, settings: Settings | None = None) -> tuple[Summary, Summary]:
    """What a site tells on its own scale, and on that of itself and a site of common levels."""
    settings = settings or Settings()
    own = read_site([path], settings)
    first = summarise(own.schema, own.codes)
    scale = common_scale({"one": first, "two": first})
    again = read_site([path], settings, scale)
    return first, summarise(again.schema, again.codes, scale=scale)


@pytest.mark.parametrize("name", LEVELS)
def test_rare_levels_are_read_as_in_the_first_round(tmp_path: Path, name: str) -> None:
    path = tmp_path / "site.csv"
    drawn(*LEVELS[name]).to_csv(path, index=False)
    first, second = both_rounds(path)
    assert first.scale.columns == second.scale.columns
    place = first.scale.names.index("level")
    one, two = (each.margins[place].counts for each in (first, second))
    assert one is not None
    np.testing.assert_array_equal(one, two)


def test_levels_in_an_order_that_settings_say(tmp_path: Path) -> None:
    path = tmp_path / "site.csv"
    drawn(["low", "mid", "high", "highest"], [0.4, 0.3, 0.28, 0.02]).to_csv(path, index=False)
    first, second = both_rounds(path, Settings(kinds={"level": ["low", "mid", "high", "highest"]}))
    counts = second.margins[second.scale.names.index("level")].counts
    assert first.scale.schema["level"].levels == ("low", "mid", "high")
    np.testing.assert_array_equal(counts, [80, 60, 60])


def scale_of(levels: list) -> Scale:
    """A scale whose levels have even shares."""
    random = np.random.default_rng(1)
    table = pd.DataFrame({"x": random.normal(size=40 * len(levels)), "level": levels * 40})
    return summary_of(table).scale


CLASHES = {
    "ordered": ([1, 2, 3, 4], [20, 30, 40]),
    "binary": (["male", "female"], ["m", "f"]),
    "category with other": ([*"abc"], ["x", "y", "other"]),
}


@pytest.mark.parametrize("name", CLASHES)
def test_levels_of_which_the_scale_has_none_are_refused(tmp_path: Path, name: str) -> None:
    own, others = CLASHES[name]
    table = drawn(own, [1 / len(own)] * len(own), 40 * len(own))
    table.to_csv(tmp_path / "site.csv", index=False)
    table.to_parquet(tmp_path / "site.parquet")
    scale = scale_of(others)
    calls = [
        lambda: read_site([tmp_path / "site.csv"], Settings(), scale),
        lambda: summarise_files([tmp_path / "site.parquet"], Settings(), scale),
    ]
    for call in calls:
        with pytest.raises(TablesError, match=r"column 'level': levels clash \(the scale: .*site"):
            call()


def test_levels_that_the_scale_lacks_in_part_are_warned_of(tmp_path: Path) -> None:
    path = tmp_path / "site.csv"
    for own, others, words in (
        ([1, 2, 3, 5], [1, 2, 3, 4], "the nearest one"),
        ([*"abd"], [*"abc"], "missing"),
        ([*"abd"], ["a", "b", "other"], "'other'"),
    ):
        drawn(own, [1 / len(own)] * len(own), 40 * len(own)).to_csv(path, index=False)
        notes = read_site([path], Settings(), scale_of(others)).notes
        line = f"column 'level': levels that the scale lacks are read as {words}"
        assert line in [note.text for note in notes if note.level == "warning"]
