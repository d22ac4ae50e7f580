"""Summaries and scales as files: whole when they come back, refused where they were changed."""

import json
from pathlib import Path

import numpy as np
import pytest

from ddlib.sites.common import common_scale
from ddlib.sites.entries import Wrong, law_of
from ddlib.sites.read import is_summary, read_scale, read_summary
from ddlib.sites.summary import Summary
from ddlib.sites.write import scale_text, summary_text
from ddlib.tables import TablesError
from tests.sites.hospitals import TABLES, moments_of, summary_of


@pytest.fixture(scope="module")
def summary() -> Summary:
    return summary_of(TABLES["b"])


def written(folder: Path, text: str) -> Path:
    """The path of a file with a text."""
    path = folder / "site.json"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_summary_comes_back_as_it_was(summary: Summary, tmp_path: Path) -> None:
    again = read_summary(written(tmp_path, summary_text(summary)))
    assert (again.rows, again.min_count, again.shared) == (summary.rows, 10, False)
    assert again.notes == summary.notes
    assert again.scale.columns == summary.scale.columns
    ours, theirs = moments_of(again), moments_of(summary)
    assert ours.keys() == theirs.keys()
    for key, (rows, sums, products) in theirs.items():
        assert ours[key][0] == rows
        np.testing.assert_array_equal(ours[key][1], sums)
        np.testing.assert_allclose(ours[key][2], products, rtol=1e-12)
    for one, other in zip(again.margins, summary.margins, strict=True):
        assert one.seen == other.seen
        if other.counts is not None:
            np.testing.assert_array_equal(one.counts, other.counts)
    assert summary_text(again) == summary_text(summary)


def test_a_shared_scale_comes_back_too(summary: Summary, tmp_path: Path) -> None:
    scale = common_scale({"a": summary_of(TABLES["a"]), "b": summary})
    again = read_scale(written(tmp_path, scale_text(scale)))
    assert scale_text(again) == scale_text(scale)
    assert scale.names == ("age", "visits", "sex", "stage", "ward", "died", "bili")
    assert json.loads(summary_text(summary))["scale"] == "own"


def test_a_person_can_read_it(summary: Summary) -> None:
    lines = summary_text(summary).splitlines()
    assert lines[1:3] == [' "format": "ddlib summary",', ' "version": 1,']
    assert any('"rows of levels": [' in line for line in lines)
    assert max(len(line) for line in lines) < 20 * 210  # a law, in one line


def test_nothing_told_is_of_fewer_rows_than_the_minimum() -> None:
    summary = summary_of(TABLES["b"])
    assert min(pattern.rows for pattern in summary.moments.patterns) >= 10
    counts = [margin.counts for margin in summary.margins if margin.counts is not None]
    assert min(count.min() for count in counts) >= 10
    assert any("patterns of missing cells" in line for line in summary.notes)


def change(entry, *path, to) -> None:
    """Change a field deep in an entry."""
    for key in path[:-1]:
        entry = entry[key]
    entry[path[-1]] = to


@pytest.mark.parametrize(
    ("path", "to", "said"),
    [
        (("version",), 2, "version = 2: must be 1"),
        (("version",), "1", "version = '1': must be 1"),
        (("version",), True, "version = True: must be 1"),
        (("version",), 1.0, "version = 1.0: must be 1"),
        (("rows",), 10**400, "a whole number of 401 digits; must have at most 18"),
        (("patterns", 0, "rows"), 10**400, "a whole number of 401 digits"),
        (("patterns", 0, "sums", 0), 1e308, "pattern 1: sums: are beyond those of"),
        (("patterns", 0, "sums", 0), -1e308, "pattern 1: sums: are beyond those of"),
        (("patterns", 0, "products", 1, 0), 1e308, "pattern 1: products: are greater"),
        (("patterns",), [], "patterns: none; must be at least one"),
        (("format",), "a table", "is no ddlib summary"),
        (("rows",), -5, "rows = -5: must be a whole number, at least 1"),
        (("rows",), 3, "must be at most 3"),
        (("minimum count",), 0, "minimum count = 0"),
        (("minimum count",), "none", "minimum count = 'none'"),
        (("columns",), [], "columns: none"),
        (("columns", 0, "kind"), "key", "kind = 'key'"),
        (("columns", 0, "type"), "object", "type = 'object'"),
        (("columns", 0, "name"), "died", "'died' stands twice"),
        (("columns", 0, "shares", 1), 2.0, "shares: must ascend from 0 to 1"),
        (("columns", 0, "from", 0), 1e9, "from and to: must ascend"),
        (("columns", 0, "from"), [1.0], "one share more"),
        (("columns", 0, "to", -1), 1e301, "from and to: must be from -1e+300 to 1e+300"),
        (("columns", 0, "decimals"), -1, "decimals = -1"),
        (("columns", 2, "rows of levels", 0), -3, "rows of levels"),
        (("columns", 2, "rows of levels", 0), 1, "must sum to"),
        (("columns", 2, "levels"), ["f", "f"], "levels: must be different"),
        (("columns", 2, "levels"), ["f"], "has 1 levels; must have 2"),
        (("features", 0), "x", "features: are not those of the columns"),
        (("patterns", 0, "rows"), -4, "pattern 1: rows = -4"),
        (("patterns", 0, "rows"), 4, "at least 10"),
        (("patterns", 0, "columns", 0), "x", "pattern 1: columns"),
        (("patterns", 0, "sums"), [1.0], "shapes disagree"),
        (("patterns", 0, "products", 1), [1.0], "shapes disagree"),
        (("patterns", 0, "products", 1, 0), "one", "finite numbers"),
        (("patterns", 0, "products", 1, 0), 300.0, "no rows have such"),
        (("patterns", 0, "products", 0, 0), 1e7, "greater than those of"),
        (("patterns", 3, "sums", 2), 20.5, "must equal the products"),
        (("patterns",), {}, "patterns: must be a list"),
        (("notes",), 3, "notes: must be a list"),
        (("scale",), [], "columns: none"),
    ],
)
def test_a_changed_summary_is_refused_in_one_line(
    summary: Summary, tmp_path: Path, path, to, said: str
) -> None:
    entry = json.loads(summary_text(summary))
    change(entry, *path, to=to)
    with pytest.raises(TablesError) as refused:
        read_summary(written(tmp_path, json.dumps(entry)))
    (line,) = refused.value.faults
    assert line.startswith("site.json: ")
    assert said in line
    assert "\n" not in line


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is no JSON"),
        ("[1, 2]", "is no ddlib summary"),
        ('{"format": "ddlib summary", "version": 1, "rows": NaN}', "has NaN"),
        ("{" * 3, "is no JSON"),
        (
            '{"format": "ddlib summary", "rows": ' + "9" * 5000 + "}",
            "a whole number of 5000 digits",
        ),
        ('{"format": "x", "format": "ddlib summary"}', "'format' stands twice in one object"),
        ("[" * 100_000, "is no JSON"),
    ],
)
def test_what_is_no_summary_is_refused_in_one_line(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(TablesError) as refused:
        read_summary(written(tmp_path, text))
    (line,) = refused.value.faults
    assert said in line
    with pytest.raises(TablesError, match="is no"):
        read_scale(written(tmp_path, '{"format": "ddlib summary"}'))


@pytest.mark.parametrize("day", [-719_163.0, 2_932_898.0])
def test_dates_have_years_of_four_digits(day: float) -> None:
    entry = {"kind": "date", "shares": [0, 1], "from": [day], "to": [day]}
    with pytest.raises(Wrong, match="from and to: must be from -719162 to 2932897"):
        law_of(entry, "column 'seen'")
    assert law_of(entry | {"kind": "number"}, "column 'seen'") is not None


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(TablesError, match=r"none\.json: cannot be read"):
        read_summary(tmp_path / "none.json")
    assert is_summary("a.json")
    assert not is_summary("a.csv")
