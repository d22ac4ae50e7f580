"""A summary whose parts contradict each other is refused."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ddlib.sites.private import private_summary
from ddlib.sites.read import read_summary
from ddlib.sites.summary import summarise
from ddlib.sites.write import summary_text
from ddlib.tables import Column, Schema, TablesError

SCHEMA = Schema(
    (
        Column("x", "number", (), -5.0, 5.0),
        Column("grade", "category", ("high", "low", "mid"), dtype="str"),
        Column("stage", "ordered", (1, 2, 3), dtype="int64"),
    )
)


def codes(rows: int = 300) -> np.ndarray:
    """Codes of rows, some of which lack stage."""
    drawn = np.random.default_rng(1)
    found = np.column_stack(
        [drawn.standard_normal(rows), drawn.integers(0, 3, rows), drawn.integers(0, 3, rows)]
    )
    found[:50, 2] = np.nan
    return found


def entry_of(tmp_path: Path, change: Callable[[dict[str, Any]], None]) -> Path:
    """The path of a summary that was changed."""
    entry = json.loads(summary_text(summarise(SCHEMA, codes())))
    change(entry)
    path = tmp_path / "site.json"
    path.write_text(json.dumps(entry), encoding="utf-8")
    return path


def whole(entry: dict[str, Any]) -> dict[str, Any]:
    """The pattern of all columns."""
    return next(pattern for pattern in entry["patterns"] if len(pattern["columns"]) == 3)


def together(entry: dict[str, Any]) -> None:
    """One row is both low and mid."""
    whole(entry)["products"][2][1] += 1


def beyond(entry: dict[str, Any]) -> None:
    """One row of stage 3 is not of stage 2 or above."""
    whole(entry)["products"][4][3] -= 1


def fewer(entry: dict[str, Any]) -> None:
    """The column says of fewer rows than patterns do."""
    column = entry["columns"][0]
    column["rows"] = 240


def moved(entry: dict[str, Any]) -> None:
    """A level has fewer rows than in patterns, another more."""
    counts = entry["columns"][1]["rows of levels"]
    counts[0], counts[2] = counts[0] - 1, counts[2] + 1


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (together, "column 'grade': two levels stand in one row; must stand in none"),
        (beyond, "column 'stage': rows of a level are none of those of the levels below"),
        (fewer, "column 'x': 240 rows, but 300 in patterns that show it; must be at least as many"),
        (moved, "column 'grade': rows of levels: "),
    ],
)
def test_parts_that_contradict_each_other_are_refused(tmp_path: Path, change, said: str) -> None:
    with pytest.raises(TablesError) as refused:
        read_summary(entry_of(tmp_path, change))
    (line,) = refused.value.faults
    assert line.startswith("site.json: ")
    assert said in line


@pytest.mark.parametrize("least", [1, 10, 60])
def test_what_a_site_writes_is_read(tmp_path: Path, least: int) -> None:
    path = tmp_path / "site.json"
    path.write_text(summary_text(summarise(SCHEMA, codes(), min_count=least)), "utf-8")
    assert read_summary(path).rows == 300


def test_counts_with_noise_need_not_agree(tmp_path: Path) -> None:
    told = private_summary(SCHEMA, codes(), epsilon=1.0, delta=1e-6)
    path = tmp_path / "site.json"
    path.write_text(summary_text(told), "utf-8")
    assert read_summary(path).min_count is None
