"""Codes of a table and back: types, ranges and levels are those of the columns."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ddlib.tables import Column, Schema, TablesError, read_sources
from ddlib.tables.columns import decimals_of

N = 40
ROWS = np.arange(N)
TABLE = pd.DataFrame(
    {
        "id": 100 + ROWS,
        "age": 30 + ROWS / 10,
        "visits": ROWS % 23,
        "died": ROWS % 2,
        "sex": np.where(ROWS % 3 == 0, "m", "f"),
        "stage": 1 + ROWS % 3,
        "ward": np.array(["u", "v", "w"])[ROWS % 3],
        "seen": pd.date_range("2020-01-30", periods=N),
        "female": ROWS % 2 == 0,
        "moment": pd.date_range("2020-01-30 08:30:00.123456", periods=N, freq="37h"),
    }
)
SCHEMA = read_sources([TABLE]).schema
CODES = SCHEMA.encode(read_sources([TABLE]).tables["table 1"])


def test_a_schema_is_a_sequence_of_columns_by_name():
    assert SCHEMA.names == tuple(TABLE.columns)
    assert SCHEMA["died"] == Column("died", "binary", (0, 1), dtype="int64")
    assert len(SCHEMA) == 10
    assert "age" in SCHEMA
    assert "Age" not in SCHEMA
    assert SCHEMA.without_keys().names == tuple(TABLE.columns[1:])
    with pytest.raises(KeyError):
        SCHEMA["Age"]


def test_codes_are_values_places_of_levels_and_days():
    codes = pd.DataFrame(CODES, columns=SCHEMA.without_keys().names)
    assert np.array_equal(codes["age"], TABLE["age"])
    assert np.array_equal(codes["visits"], TABLE["visits"])
    assert np.array_equal(codes["died"], TABLE["died"])
    assert np.array_equal(codes["sex"], TABLE["sex"] == "m")
    assert np.array_equal(codes["stage"], TABLE["stage"] - 1)
    assert np.array_equal(codes["ward"], ROWS % 3)
    assert np.array_equal(codes["female"], TABLE["female"])
    days = (TABLE["seen"] - pd.Timestamp("1970-01-01")).dt.days
    assert np.array_equal(codes["seen"], days)


def test_decoding_gives_the_table_back_with_its_types():
    back = SCHEMA.decode(CODES)
    expected = TABLE.drop(columns="id").astype(
        {"seen": "datetime64[us]", "moment": "datetime64[us]"}
    )
    pd.testing.assert_frame_equal(back, expected.astype({"sex": "str", "ward": "str"}))
    assert not SCHEMA.faults(back)


def test_missing_cells_stay_missing_in_types_that_have_them():
    codes = CODES.copy()
    codes[3] = np.nan
    back = SCHEMA.decode(codes)
    assert back.iloc[3].isna().all()
    assert back.notna().sum().eq(N - 1).all()
    assert [str(back[name].dtype) for name in ("visits", "died", "female", "age", "sex")] == [
        "Int64", "Int64", "boolean", "float64", "str",
    ]  # fmt: skip
    assert not SCHEMA.faults(back)
    assert np.array_equal(SCHEMA.encode(back), codes, equal_nan=True)


def test_a_column_that_lacks_has_no_codes():
    codes = SCHEMA.encode(TABLE[["sex", "age"]])
    seen = dict(zip(SCHEMA.without_keys().names, ~np.isnan(codes).any(0), strict=True))
    assert [name for name, there in seen.items() if there] == ["age", "sex"]


@given(
    st.lists(st.lists(st.floats(-1e6, 1e6) | st.just(np.nan), min_size=9, max_size=9), min_size=1)
)
def test_any_codes_become_rows_that_pass_the_check(rows):
    back = SCHEMA.decode(np.array(rows))
    assert not SCHEMA.faults(back)
    assert np.array_equal(back.isna(), np.isnan(rows))
    again = SCHEMA.decode(SCHEMA.encode(back))
    pd.testing.assert_frame_equal(again, back)


@st.composite
def some_sources(draw):
    """Two tables with columns of all kinds in common, cells missing anywhere."""
    random = np.random.default_rng(draw(st.integers(0, 10**6)))
    kinds = draw(st.lists(st.sampled_from(sorted(MAKERS)), min_size=1, max_size=5))
    tables = []
    for size in (60, 45):
        table = {f"{kind}{i}": MAKERS[kind](random, size) for i, kind in enumerate(kinds)}
        frame = pd.DataFrame({"all": random.normal(size=size), **table})
        holes = random.random(frame.shape) < draw(st.sampled_from([0.0, 0.15]))
        tables.append(frame.astype(object).where(~holes, None).infer_objects())
    return tables


def plain(table):
    """The cells of a table, by row, None where missing."""
    rows = table.astype(object).to_numpy().tolist()
    return [[None if pd.isna(cell) else cell for cell in row] for row in rows]


FIRST = pd.Timestamp("1912-02-29")
MAKERS = {
    "number": lambda random, n: (
        (random.normal(5, 9, n).round(random.integers(0, 5)) + 0.5).round(5)
    ),
    "exact": lambda random, n: random.normal(5, 9, n) * 1e-7,
    "count": lambda random, n: random.poisson(20, n),
    "binary": lambda random, n: random.integers(0, 2, n),
    "truth": lambda random, n: random.random(n) < 0.5,
    "texts": lambda random, n: random.choice(["a", "b c", "ü"], n),
    "halves": lambda random, n: random.choice([0, 0.5, 1.0], n),
    "date": lambda random, n: FIRST + pd.to_timedelta(random.integers(0, 40000, n), "D"),
    "moment": lambda random, n: FIRST + pd.to_timedelta(random.integers(0, 10**15, n), "us"),
}  # fmt: skip


@given(some_sources())
def test_tables_pass_their_schema_and_come_back_from_their_codes(tables):
    sources = read_sources(tables)
    codes, source = sources.codes()
    assert codes.shape == (len(source), len(sources.schema.without_keys()))
    for index, table in enumerate(sources.tables.values()):
        own = codes[source == index]
        assert not sources.schema.faults(table)
        back = sources.schema.decode(own)
        assert np.array_equal(sources.schema.encode(back), own, equal_nan=True)
        pd.testing.assert_frame_equal(
            back[table.columns], table, check_dtype=False, check_index_type=False
        )
        given = tables[index].loc[tables[index].notna().any(axis=1), table.columns]
        assert plain(given) == plain(table)


FAULTS = {
    "an unknown column": (TABLE.assign(more=1), ["'more'", "unknown"]),
    "a column that lacks": (TABLE.drop(columns="sex"), ["'sex'", "must be there"]),
    "texts for numbers": (TABLE.assign(age="old"), ["'age'", "must be float64"]),
    "numbers for texts": (TABLE.assign(sex=1), ["'sex'", "must be str"]),
    "truth for 0 and 1": (TABLE.assign(died=True), ["'died'", "must be int64"]),
    "0 and 1 for truth": (TABLE.assign(female=1), ["'female'", "must be bool"]),
    "texts for dates": (TABLE.assign(seen="2020-02-01"), ["'seen'", "must be datetime64"]),
    "an unknown level": (TABLE.assign(ward="x"), ["'ward'", "'x'", "'u', 'v', 'w'"]),
    "a number too large": (TABLE.assign(age=99.0), ["'age'", "30.0 to 33.9"]),
    "a number too small": (TABLE.assign(visits=-1), ["'visits'", "0.0 to 22.0"]),
    "a date too late": (
        TABLE.assign(seen=pd.Timestamp("2021-01-01")), ["'seen'", "2020-01-30", "2020-03-09"],
    ),
    "a time of day": (
        TABLE.assign(seen=pd.Timestamp("2020-02-01 08:00")), ["'seen'", "0 decimals"],
    ),
    "too many decimals": (TABLE.assign(age=30.25), ["'age'", "at most 1 decimals"]),
    "parts of a count": (TABLE.assign(visits=1.5), ["'visits'", "must be int64"]),
}  # fmt: skip


@pytest.mark.parametrize("name", FAULTS)
def test_a_table_that_is_not_of_the_schema_is_told_in_one_line(name):
    table, parts = FAULTS[name]
    (line,) = SCHEMA.faults(table)
    assert all(part in line for part in parts), line


def test_the_table_passes_and_several_faults_are_told_together():
    assert SCHEMA.faults(TABLE) == []
    assert len(SCHEMA.faults(TABLE.assign(age=99.0, ward="x").drop(columns="sex"))) == 3


def test_codes_of_other_values_are_refused_all_at_once():
    with pytest.raises(TablesError) as caught:
        SCHEMA.encode(TABLE.assign(age="old", sex="x"))
    assert [line.split(":")[0] for line in caught.value.faults] == ["column 'age'", "column 'sex'"]
    with pytest.raises(ValueError, match="must be"):
        SCHEMA.decode(CODES[:, 1:])
    with pytest.raises(ValueError, match="'id': is a key"):
        SCHEMA["id"].decode(ROWS)


def test_the_level_other_takes_what_is_unknown_but_no_level_that_is_known():
    column = Column("ward", "category", ("1", "2", "other"), dtype="str")
    codes = column.encode(pd.Series([1, 2, 3, None], dtype="Int64"))
    assert np.array_equal(codes, [0, 1, 2, np.nan], equal_nan=True)
    stage = Column("stage", "ordered", (1, 2, 4), dtype="int64")
    assert stage.encode(pd.Series([0, 2, 9])).tolist() == [0, 1, 2]


def test_a_schema_of_keys_has_no_codes():
    keys = Schema((Column("id", "key", dtype="int64"),))
    assert keys.encode(TABLE).shape == (N, 0)


def test_noise_in_the_last_digits_is_neither_a_decimal_nor_out_of_range():
    sums = np.array([0.1 + 0.2, *np.arange(60) * 0.1 + 0.3, 0.7 + 0.1 + 0.1])
    sources = read_sources([pd.DataFrame({"x": sums, "beside": np.arange(62) / 7})])
    schema, (table,) = sources.schema, sources.tables.values()
    assert schema["x"].decimals == 1
    assert schema.faults(table) == []
    assert [*map(str, table["x"][:3])] == ["0.3", "0.3", "0.4"]
    assert (schema.decode(schema.encode(table))["x"] == table["x"]).all()


@pytest.mark.parametrize("size", [1e-5, 0.3, 1.0, 700.0, 1e9])
def test_numbers_of_full_precision_have_no_decimals_that_were_made_up(size):
    values = size * np.random.default_rng(0).normal(size=50)
    exact = next((k for k in range(16) if np.array_equal(np.round(values, k), values)), None)
    assert decimals_of(values) == exact
