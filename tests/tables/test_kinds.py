"""The kinds of columns: inferred from values and names, or as they are set."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ddlib.tables import Column, Settings, TablesError, read_sources

DATA = Path(__file__).parents[2] / "book" / "data"
HOSPITALS = [DATA / f"hospital_{letter}.csv" for letter in "abc"]
N = 120
ROWS = np.arange(N)


def column(values, name="x", settings=None):
    """The column that values make in a table, beside a number that all tables have."""
    table = pd.DataFrame({"beside": ROWS / 7, name: values})
    return read_sources([table], settings).schema[name]


def refused(values, name="x", settings=None):
    """The lines that refuse values."""
    with pytest.raises(TablesError) as caught:
        column(values, name, settings)
    return caught.value.faults


def cycle(*levels):
    return [levels[i % len(levels)] for i in range(N)]


INFERRED = {
    "numbers": (ROWS / 10, Column("x", "number", (), 0.0, 11.9, 1, "float64")),
    "numbers with three decimals": (ROWS / 8, Column("x", "number", (), 0.0, 14.875, 3, "float64")),
    "sums of decimals": (
        np.array([0.1 + 0.2, 0.7 + 0.1 + 0.1, *np.arange(1, N - 1) * 0.1]),
        Column("x", "number", (), 0.1, 11.8, 1, "float64"),
    ),
    "a third has no end": (ROWS / 3, Column("x", "number", (), 0.0, 119 / 3, None, "float64")),
    "negative whole numbers": (ROWS - 9, Column("x", "number", (), -9.0, 110.0, 0, "int64")),
    "counts": (ROWS * 3, Column("x", "count", (), 0.0, 357.0, 0, "int64")),
    "counts as texts": ([str(i) for i in ROWS], Column("x", "count", (), 0.0, 119.0, 0, "int64")),
    "counts with a missing cell": (
        [None, *ROWS[1:].tolist()], Column("x", "count", (), 1.0, 119.0, 0, "int64"),
    ),
    "numbers so large that all are whole": (
        2.0**53 + 4.0 * ROWS,
        Column("x", "number", (), 2.0**53, 2.0**53 + 476, 0, "float64"),
    ),
    "whole floats": (ROWS.astype(float), Column("x", "count", (), 0.0, 119.0, 0, "float64")),
    "0 and 1": (cycle(1, 0), Column("x", "binary", (0, 1), dtype="int64")),
    "0 and 1 as floats with a missing cell": (
        [None, *cycle(1.0, 0.0)[1:]], Column("x", "binary", (0, 1), dtype="int64"),
    ),
    "1 and 2": (cycle(1, 2), Column("x", "binary", (1, 2), dtype="int64")),
    "a half and a third": (cycle(0.5, 0.25), Column("x", "binary", (0.25, 0.5), dtype="float64")),
    "two texts": (cycle("m", "f"), Column("x", "binary", ("f", "m"), dtype="str")),
    "truth values": (cycle(True, False), Column("x", "binary", (False, True), dtype="bool")),
    "truth as texts": (cycle("TRUE", "false"), Column("x", "binary", (False, True), dtype="bool")),
    "stages": (cycle(1, 2, 3, 4), Column("x", "ordered", (1, 2, 3, 4), dtype="int64")),
    "halves": (cycle(0, 0.5, 1), Column("x", "ordered", (0.0, 0.5, 1.0), dtype="float64")),
    "halves as texts": (
        cycle("0", "0.5", "1"), Column("x", "ordered", (0.0, 0.5, 1.0), dtype="float64"),
    ),
    "texts": (cycle("b", "a10", "a9"), Column("x", "category", ("a9", "a10", "b"), dtype="str")),
    "codes with zeros": (
        cycle("007", "010", "100"), Column("x", "category", ("007", "010", "100"), dtype="str"),
    ),
    "a categorical": (
        pd.Categorical(cycle("b", "a", "c"), ["c", "b", "a"], ordered=False),
        Column("x", "category", ("a", "b", "c"), dtype="str"),
    ),
    "days": (
        pd.date_range("1970-01-03", periods=N),
        Column("x", "date", (), 2.0, 121.0, 0, "datetime64[us]"),
    ),
    "days as texts": (
        pd.date_range("1970-01-03", periods=N).astype(str),
        Column("x", "date", (), 2.0, 121.0, 0, "datetime64[us]"),
    ),
    "two days": (
        cycle("1970-01-02", "1970-01-03"), Column("x", "date", (), 1.0, 2.0, 0, "datetime64[us]"),
    ),
    "moments": (
        pd.date_range("1970-01-01", periods=N, freq="6h", tz="UTC"),
        Column("x", "date", (), 0.0, 29.75, None, "datetime64[us]"),
    ),
    "texts that all differ": ([f"note {i}" for i in ROWS], Column("x", "key", dtype="str")),
}  # fmt: skip


@pytest.mark.parametrize("name", INFERRED)
def test_values_say_what_a_column_is(name):
    values, expected = INFERRED[name]
    assert column(values) == expected


@pytest.mark.parametrize("dtype", ["Int64", "int64[pyarrow]", "int8", "uint16", "Sparse[int]"])
def test_whole_numbers_of_all_dtypes_are_counts(dtype):
    assert column(pd.Series(ROWS).astype(dtype)) == Column("x", "count", (), 0, 119, 0, "int64")


@pytest.mark.parametrize(
    "dtype", ["Float64", "float[pyarrow]", "float32", "Sparse[float]", "object"]
)
def test_numbers_of_all_dtypes_have_the_decimals_that_they_show(dtype):
    found = column(pd.Series(ROWS / 10).astype(dtype))
    assert found == Column("x", "number", (), 0.0, 11.9, 1, "float64")


@pytest.mark.parametrize("dtype", ["boolean", "bool[pyarrow]", "object"])
def test_truth_of_all_dtypes_is_binary(dtype):
    found = column(pd.Series(cycle(True, False)).astype(dtype))
    assert found == Column("x", "binary", (False, True), dtype="bool")


@pytest.mark.parametrize("dtype", ["string", "object", "string[pyarrow]", "category"])
def test_texts_of_all_dtypes_are_categories(dtype):
    assert column(pd.Series(cycle("a", "b", "c")).astype(dtype)).levels == ("a", "b", "c")


@pytest.mark.parametrize(
    "name",
    [
        "id",
        "ID",
        "patient_id",
        "PatientID",
        "patient",
        "MRN",
        "subject no",
        "usubjid",
        "Subject.Nr",
    ],
)
def test_a_persons_number_is_a_key_and_said(name):
    table = pd.DataFrame({"beside": ROWS / 7, name: 1000 + ROWS})
    sources = read_sources([table])
    assert sources.schema[name] == Column(name, "key", dtype="int64")
    assert sources.schema.without_keys().names == ("beside",)
    assert [note.columns for note in sources.notes] == [(name,)]
    assert sources.tables["table 1"][name].tolist() == list(1000 + ROWS)
    assert sources.codes()[0].shape == (N, 1)


@pytest.mark.parametrize(("name", "first"), [("X", 1), ("Unnamed: 0", 0), ("rownames", 1)])
def test_a_column_that_counts_the_rows_is_a_key_in_whatever_order(name, first):
    for rows in (ROWS, ROWS[::-1].copy()):
        assert column(first + rows, name) == Column(name, "key", dtype="int64")
    assert column(ROWS // 2, name).kind == "count"
    assert column(2 * ROWS, "X").kind == "count"


def test_a_persons_number_that_a_table_repeats_is_no_measurement_for_few_people_too():
    (line,) = refused(ROWS % 15, "patient_id")
    assert "15 values in 120 rows" in line
    table = pd.DataFrame({"beside": ROWS / 7, "patient_id": ROWS % 15})
    sources = read_sources([table], Settings(kinds={"patient_id": "key"}))
    (warning,) = [note for note in sources.notes if note.level == "warning"]
    assert warning.columns == ("patient_id",)
    assert "different people" in warning.text


def test_a_person_who_stands_twice_is_named_by_the_row():
    (line,) = refused(np.where(ROWS == 50, 7, ROWS), "id")
    assert "row 50" in line
    assert "row 7" in line


@pytest.mark.parametrize("name", ["site", "hospital_id", "center", "ward no"])
def test_numbers_of_places_are_categories(name):
    assert column(cycle(1, 2, 3), name) == Column(name, "category", (1, 2, 3), dtype="int64")


@pytest.mark.parametrize("name", ["fluid", "acid", "valid", "nodes", "index_hr", "weight"])
def test_names_that_only_look_like_a_persons_are_measurements(name):
    assert column(ROWS * 2, name).kind == "count"


def test_a_text_that_may_be_a_key_is_left_out_with_a_warning_that_says_how_to_keep_it():
    table = pd.DataFrame({"beside": ROWS / 7, "remark": [f"seen by {i}" for i in ROWS]})
    (warning,) = read_sources([table]).notes
    assert (warning.level, warning.columns) == ("warning", ("remark",))
    assert "kinds: {remark: category}" in warning.text


def test_kinds_are_as_they_are_set():
    assert column(cycle(1, 2, 3), settings=Settings({"x": "number"})).kind == "number"
    assert column(cycle(1, 2, 3), settings=Settings({"x": "category"})).levels == (1, 2, 3)
    assert column(cycle(1, 2, 3), settings=Settings({"x": "key"})).kind == "key"
    assert column(ROWS % 7, settings=Settings({"x": "ordered"})).levels == tuple(range(7))
    given = Settings({"x": ["low", "middle", "high"]})
    ordered = Column("x", "ordered", ("low", "middle", "high"), dtype="str")
    assert column(cycle("high", "low", "middle"), settings=given) == ordered
    assert column(cycle(3, 1, 2), settings=Settings({"x": [3, 2, 1]})).levels == (3, 2, 1)


def test_values_that_are_not_of_the_kind_that_is_set_are_refused_with_their_place():
    values = cycle("high", "low", "middle")
    values[6] = "hihg"
    (line,) = refused(values, settings=Settings({"x": ["low", "middle", "high"]}))
    assert all(
        part in line for part in ("table 1: ", "'x'", "row 6", "'hihg'", "low, middle, high")
    )
    (line,) = refused(ROWS - 1, settings=Settings({"x": "count"}))
    assert all(part in line for part in ("table 1: ", "'x'", "row 0", "-1", "at least 0"))
    (line,) = refused(cycle(1, 2, 3), settings=Settings({"x": "binary"}))
    assert all(part in line for part in ("'x'", "3 values", "must have 2"))
    (line,) = refused(cycle("a", "b"), settings=Settings({"x": "number"}))
    assert all(part in line for part in ("table 1: ", "'x'", "row 0", "'a'", "119 rows more"))
    (line,) = refused(cycle("2020-01-01", "soon"), settings=Settings({"x": "date"}))
    assert all(part in line for part in ("table 1: ", "'x'", "row 1", "'soon'", "a date"))


def test_the_trial_in_three_hospitals_has_the_kinds_that_a_doctor_would_say():
    schema = read_sources(HOSPITALS).schema
    kinds = {kind: {c.name for c in schema if c.kind == kind} for kind in {c.kind for c in schema}}
    assert kinds == {
        "number": {"age", "bili", "albumin", "alk.phos", "ast", "protime"},
        "count": {"trig", "platelet", "chol", "copper"},
        "binary": {"sex", "hepato", "spiders", "ascites", "died"},
        "ordered": {"edema", "stage"},
    }
    assert schema["edema"].levels == (0.0, 0.5, 1.0)
    assert schema["stage"].levels == (1, 2, 3, 4)
    assert schema["sex"].levels == ("f", "m")
    assert (schema["bili"].decimals, schema["albumin"].decimals) == (1, 2)


def test_other_real_trial_has_texts_as_they_came():
    schema = read_sources([DATA / "indo_rct.csv"], Settings(min_count=1)).schema
    assert schema["outcome"] == Column("outcome", "binary", ("0_no", "1_yes"), dtype="str")
    assert schema["site"].kind == "category"
    assert schema["age"].kind == "count"


@pytest.mark.parametrize(("seed", "cut"), [(0, 20), (1, 50), (2, 100)])
def test_rows_and_cuts_do_not_decide_the_kinds(seed, cut):
    table = pd.DataFrame(
        {
            "a": ROWS / 10,
            "b": cycle(0, 1),
            "c": cycle(1, 2, 3),
            "d": cycle("u", "v", "w"),
            "e": ROWS,
        }
    )
    whole = read_sources([table]).schema
    shuffled = table.sample(frac=1, random_state=seed)
    parts = [shuffled.iloc[:cut], shuffled.iloc[cut:]]
    assert read_sources(parts).schema == whole
    assert read_sources(parts[::-1]).schema == whole


def test_categoricals_say_what_they_are():
    stage = pd.Categorical(["low", "mid", "high"] * 40, ["low", "mid", "high"], ordered=True)
    levels = ("low", "mid", "high")
    assert column(pd.Series(stage)) == Column("x", "ordered", levels, dtype="str")
    assert column(pd.Series(pd.Categorical(ROWS % 4))).kind == "category"
    assert column(pd.Series(pd.Categorical(ROWS % 2))).kind == "binary"
    frames = [pd.DataFrame({"x": stage, "age": ROWS}), pd.DataFrame({"x": [*levels] * 40})]
    assert read_sources(frames).schema["x"].kind == "category"
