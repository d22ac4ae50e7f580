"""Data frames, and tables that do not go together, are refused in lines that name the place."""

import numpy as np
import pandas as pd
import pytest

from ddlib.tables import Settings, TablesError, read_sources


def refused(inputs, settings=None):
    """The lines with which inputs are refused."""
    with pytest.raises(TablesError) as caught:
        read_sources(inputs, settings)
    return caught.value.faults


FRAMES = {
    "columns twice": (pd.DataFrame([[1, 2]] * 20, columns=["a", "a"]), ["'a'", "2 times"]),
    "columns twice as texts": (pd.DataFrame([[1, 2]] * 20, columns=[1, "1"]), ["'1'", "2 times"]),
    "no columns": (pd.DataFrame(index=range(3)), ["no columns"]),
    "no rows": (pd.DataFrame({"a": []}), ["no rows"]),
    "several levels": (
        pd.DataFrame([[1, 2]], columns=pd.MultiIndex.from_tuples([("a", 1), ("a", 2)])),
        ["several levels"],
    ),
    "too wide": (pd.DataFrame(np.zeros((1, 1001))), ["1001 columns"]),
    "complex": (pd.DataFrame({"z": np.full(20, 1j)}), ["'z'", "complex128"]),
    "objects": (pd.DataFrame({"z": [{1: 2}] * 20}), ["'z'", "dict"]),
    "infinite": (
        pd.DataFrame({"z": [1.5, *np.arange(30.0), np.inf]}, index=range(100, 132)),
        ["'z'", "row 131", "finite"],
    ),
}


@pytest.mark.parametrize("name", FRAMES)
def test_a_bad_frame_gets_one_line(name):
    frame, parts = FRAMES[name]
    (line,) = refused({"ward": frame})
    assert line.startswith("ward: ")
    assert all(part in line for part in parts), line


@pytest.mark.parametrize("inputs", [[], {}, [3], {"a": None}, ["a.csv", np.zeros((3, 3))]])
def test_what_is_no_table_is_refused(inputs):
    (line, *_) = refused(inputs)
    assert "must be" in line


def test_tables_without_a_column_in_common_are_refused():
    random = np.random.default_rng(0)
    tables = {
        name: pd.DataFrame(random.normal(size=(30, 2)), columns=list(columns))
        for name, columns in {"a": "xy", "b": "yz", "c": "uv", "d": "vw"}.items()
    }
    (line,) = refused(tables)
    assert line.startswith("c, d: ")
    assert "no column in common with a, b" in line


def test_tables_whose_common_columns_are_left_out_or_nearly_equal_are_told_so():
    ages = np.arange(60) / 7
    same = {name: pd.DataFrame({"land": "DE", name: ages}) for name in "ab"}
    (line,) = refused(same)
    assert "no column in common" in line
    assert "'land'" in line
    near = {
        "a": pd.DataFrame({"Age": ages, "x": ages}),
        "b": pd.DataFrame({"age ": ages, "y": ages}),
    }
    (line,) = refused(near)
    assert all(part in line for part in ("no column in common", "'Age'", "'age '"))


def test_a_table_of_keys_and_free_texts_alone_is_refused_in_one_line():
    (line,) = refused(
        {"a": pd.DataFrame({"id": range(60), "remark": [f"x{i}" for i in range(60)]})}
    )
    assert "no column to merge" in line


def test_numbers_at_one_site_and_texts_at_another_are_refused_in_one_line():
    random = np.random.default_rng(0)
    first = pd.DataFrame({"died": random.integers(0, 2, 60), "age": random.normal(50, 9, 60)})
    second = first.assign(died=first["died"].map({0: "no", 1: "yes"}))
    (line,) = refused({"a": first, "b": second})
    assert all(part in line for part in ("'died'", "numbers", "in a", "text", "in b", "levels"))
    mended = Settings(levels={"b": {"died": {"no": 0, "yes": 1}}})
    assert read_sources({"a": first, "b": second}, mended).schema["died"].levels == (0, 1)


def test_a_table_of_visits_gets_one_clear_line():
    visits = pd.DataFrame(
        {"id": np.repeat(range(40), 3), "day": [0, 30, 60] * 40, "bili": np.arange(120) / 10}
    )
    (line,) = refused({"visits": visits})
    assert all(part in line for part in ("visits: ", "'id'", "40", "120 rows", "one row a person"))
