"""Settings that were written read tables as they were: kinds, levels, codes."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from ddlib.tables import Settings, read_settings, read_sources
from ddlib.tables.written import settings_text

DATA = Path(__file__).parents[2] / "book" / "data"
HOSPITALS = [DATA / f"hospital_{letter}.csv" for letter in "abc"]
N = 120


def again(inputs, settings, folder):
    """Sources as they are read, and as they are read with the settings that are written of them."""
    found = read_sources(inputs, settings)
    path = folder / "settings.yml"
    path.write_text(settings_text(found, inputs, settings), encoding="utf-8")
    return found, read_sources(inputs, read_settings(path)), path.read_text(encoding="utf-8")


def assert_same(found, wanted):
    assert found.schema == wanted.schema
    assert found.labels == wanted.labels
    for label, table in wanted.tables.items():
        pd.testing.assert_frame_equal(found.tables[label], table)


def odd(seed=0):
    """A table with columns of all kinds, of which some look like others or are pooled."""
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "age": rng.normal(60, 9, N).round(1),
            "true": rng.choice(["yes", "no"], N),
            "null: # x": rng.choice(["1e5", "0o7", "on", '"', "a\tb\\"], N),
            "naïve\u2028name": rng.poisson(3, N),
            "patient id": np.arange(N) + 1000 * (seed + 1),
            "seen": pd.Timestamp("2024-01-31") + pd.to_timedelta(rng.integers(0, 99, N), "D"),
            "few": np.repeat(["a", "b", "c", "d"], [55, 57, 4, 4]),
            "stage": np.repeat([1.0, 2.5, 4.5, 5.0], [50, 40, 26, 4]),
            "grade": pd.Categorical(rng.choice(["mid", "low", "high"], N),
                                    ["low", "mid", "high"], ordered=True),
            "flag": rng.random(N) < 0.5,
            "site no": rng.integers(1, 5, N),
            "same": 1,
            "code": np.where(np.arange(N) % 9 == 0, -999, rng.integers(0, 90, N)),
        }
    )  # fmt: skip


@pytest.mark.parametrize(
    "settings",
    [
        Settings(),
        Settings(kinds={"stage": [1, 2.5, 4.5, 5], "site no": "number"}, min_count=3),
        Settings(missing={"code": (-999,)}, leave_out=("same",), source_column="hospital"),
        Settings(
            rename={"b": {"age": "Alter"}},
            units={"a": {"age": {"factor": 2.0, "offset": -1e-05}}},
            levels={"few": {"c": "a", "d": "b: {"}, "a": {"true": {"yes": "no", "no": "yes"}}},
        ),
    ],
)
def test_what_is_written_reads_the_tables_as_they_were(tmp_path, settings):
    found, same, text = again({"a": odd(0), "b": odd(1)}, settings, tmp_path)
    assert_same(same, found)
    given = read_settings(tmp_path / "settings.yml")
    for name in ("missing", "leave_out", "rename", "units", "levels", "min_count", "source_column"):
        assert getattr(given, name) == getattr(settings, name)
    assert "\t" not in text


def test_all_kinds_of_the_hospitals_are_there_and_others_can_read_it(tmp_path):
    found, same, text = again(HOSPITALS, Settings(), tmp_path)
    assert_same(same, found)
    kinds = yaml.safe_load(text)["kinds"]
    assert kinds == {column.name: column.kind for column in found.schema}
    assert "  stage: ordered  # 1 < 2 < 3 < 4" in text


def test_what_is_to_be_decided_stands_in_comments(tmp_path):
    found, _, text = again([odd()], Settings(), tmp_path)
    told = text.partition("# To decide:\n")[2].splitlines()
    assert len(told) == sum(note.level == "warning" for note in found.notes)
    assert any("-999" in line and line.startswith("# - ") for line in told)


@given(
    names=st.lists(st.text(min_size=1, max_size=6).filter(str.strip), min_size=1, max_size=4,
                   unique_by=str.strip),
    levels=st.lists(st.text(min_size=1, max_size=6).filter(str.strip), min_size=2, max_size=4,
                    unique_by=str.strip),
)  # fmt: skip
def test_any_names_and_levels_come_back(tmp_path_factory, names, levels):
    names = [name for name in names if name.isprintable() and name == name.strip()]
    levels = [level for level in levels if level.isprintable()]
    if not names or len(levels) < 2:
        return
    cells = [levels[i % len(levels)] for i in range(N)]
    frame = pd.DataFrame({"beside it": np.arange(N) / 7, **dict.fromkeys(names, cells)})
    try:
        read_sources([frame])
    except ValueError:  # levels that may be numbers in a way that is not read
        return
    found, same, _ = again([frame], Settings(), tmp_path_factory.mktemp("any"))
    assert_same(same, found)
