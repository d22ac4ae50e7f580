"""What tables may mean differently is named, with what to write; what is written mends it."""

import re

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ddlib.tables import Settings, read_settings, read_sources

N = 90
ROWS = np.arange(N)
RANDOM = np.random.default_rng(0)
AGE = RANDOM.normal(60, 10, N).round(1)
GLUCOSE = np.exp(RANDOM.normal(np.log(100), 0.2, N)).round(0)


def warnings(sources, *columns):
    """The texts of the warnings, of some columns."""
    told = [note for note in sources.notes if note.level == "warning"]
    return [note.text for note in told if not columns or set(columns) & set(note.columns)]


@pytest.fixture
def advised(tmp_path):
    """The settings that a text says to write, its last part, as read from a file."""

    def read(text):
        path = tmp_path / "settings.yml"
        path.write_text(re.search(r"set (\w+: [\[{].*)", text)[1])
        return read_settings(path)

    return read


def test_tables_that_agree_have_no_warning():
    frame = pd.DataFrame(
        {"age": AGE, "sex": ["m", "f"] * 45, "glucose": GLUCOSE, "stage": ROWS % 4}
    )
    other = frame.assign(age=frame["age"] + 0.1).iloc[::-1]  # other people
    sources = read_sources({"a": frame, "b": other, "c": frame[["age", "sex"]]})
    assert sources.notes == ()


@pytest.mark.parametrize("name", ["age ", "Age", "AGE", " age"])
def test_names_that_are_nearly_equal_are_named_and_mapped(name, advised):
    first, second = pd.DataFrame({"age": AGE, "x": ROWS}), pd.DataFrame({name: AGE, "x": ROWS})
    sources = read_sources({"a": first, "b": second})
    (text,) = warnings(sources)
    assert all(part in text for part in ("'age'", repr(name), "(a)", "(b)"))
    mended = read_sources({"a": first, "b": second}, advised(text))
    assert mended.schema.names == ("age", "x")
    assert not warnings(mended)


def test_names_that_differ_in_signs_are_nearly_equal_and_others_are_not():
    frames = [
        pd.DataFrame({"alk.phos": AGE, "x": ROWS, "x1": ROWS}),
        pd.DataFrame({"Alk_Phos": AGE, "x": ROWS, "x2": ROWS}),
    ]
    (text,) = warnings(read_sources(frames))
    assert "'alk.phos'" in text
    assert "'Alk_Phos'" in text


@pytest.mark.parametrize(
    ("codes", "values"),
    [
        ([-999], np.where(ROWS % 9, AGE, -999)),
        ([-1], np.where(ROWS % 9, ROWS, -1)),
        ([-9], np.where(ROWS % 9, ROWS % 2, -9)),
        ([-9, -8], np.where(ROWS % 9, ROWS % 2, -9 + ROWS % 2)),
        ([999, 888], np.where(ROWS % 9, AGE, 888 + 111 * (ROWS % 2))),
        ([9], np.where(ROWS % 9, 1 + ROWS % 3, 9)),
        ([99], np.where(ROWS % 9, ROWS % 8, 99)),
    ],
)
def test_codes_for_missing_are_proposed_not_guessed(codes, values, advised):
    frame = pd.DataFrame({"x": values, "age": AGE})
    kept = read_sources({"a": frame, "b": frame[["age"]]}, Settings(min_count=2))
    (text,) = warnings(kept)
    assert kept.tables["a"]["x"].isna().sum() == 0
    assert "'x'" in text
    settings = advised(text)
    assert set(settings.missing) == set(codes)
    (note,) = [note for note in kept.notes if note.level == "warning"]
    assert note.sources == ("a",)
    told = read_sources({"a": frame, "b": frame[["age"]]}, settings)
    assert np.array_equal(told.tables["a"]["x"].isna(), np.isin(values, codes))
    assert not warnings(told)


@pytest.mark.parametrize(
    "values",
    [
        ROWS - 60,
        ROWS,
        ROWS % 10,
        RANDOM.normal(0, 1, N),
        np.append(ROWS[:-1] * 10, 999),
        [-1, 1] * 45,
    ],
)
def test_values_within_the_others_are_no_codes(values):
    assert not warnings(read_sources([pd.DataFrame({"x": values, "age": AGE})]))


def test_words_for_missing_are_proposed_and_those_of_pandas_are_read(tmp_path, advised):
    sex = np.where(ROWS % 8 == 0, "unknown", np.where(ROWS % 2, "m", "f"))
    frame = pd.DataFrame({"sex": sex, "age": np.where(ROWS % 9, AGE.astype(str), "NA")})
    frame.loc[3, "sex"] = "n/a"
    frame.to_csv(tmp_path / "a.csv", index=False)
    sources = read_sources([tmp_path / "a.csv"])
    (text,) = warnings(sources)
    assert "'unknown'" in text
    assert sources.schema["sex"].levels == ("f", "m", "unknown")
    assert sources.schema["age"].kind == "number"
    assert [note.text for note in sources.notes if note.level == "note"] == [
        "column 'sex': 'n/a' read as missing", "column 'age': 'NA' read as missing",
    ]  # fmt: skip
    assert read_sources([tmp_path / "a.csv"], advised(text)).schema["sex"].levels == ("f", "m")


def test_a_word_for_missing_that_kinds_lists_is_a_level():
    frame = pd.DataFrame({"land": ["NA", "US", "DE"] * 30, "age": AGE})
    settings = Settings(kinds={"land": ["DE", "NA", "US"]})
    assert read_sources([frame], settings).schema["land"].levels == ("DE", "NA", "US")


def test_missing_codes_of_one_column_leave_the_others():
    frame = pd.DataFrame({"x": [*AGE[:-1], -9], "y": [*AGE[:-1], -9]})
    sources = read_sources([frame], Settings(missing={"x": (-9,)}))
    assert sources.tables["table 1"]["x"].isna().tolist() == [False] * (N - 1) + [True]
    assert sources.tables["table 1"]["y"].notna().all()


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (["m", "f"], ["M", "F"]),
        (["no", "yes"], ["0_no", "1_yes"]),
        (["male", "female"], ["m", "f"]),
        (["not done", "done"], ["Not  done", "done"]),
        (["yes", "no"], ["y", "n"]),
    ],
)
def test_levels_written_differently_are_named_and_mapped(first, second, advised):
    tables = {
        "a": pd.DataFrame({"x": first * 45, "age": AGE}),
        "b": pd.DataFrame({"x": second * 30, "age": AGE[:60]}),
    }
    told = warnings(read_sources(tables), "x")
    (text,) = [text for text in told if "taken as different" in text]
    assert all(repr(level) in text for level in set(first) ^ set(second))
    mended = read_sources(tables, advised(text))
    assert mended.schema["x"].levels == tuple(sorted(first))
    assert not [text for text in warnings(mended, "x") if "taken as different" in text]


@pytest.mark.parametrize(
    ("first", "second", "levels"),
    [("1", "True", {"True": "1"}), ("0", "false", {"false": "0"}), ("TRUE", "1.0", None)],
)
def test_truth_values_beside_their_numbers_in_one_column_may_mean_the_same(
    first, second, levels, advised
):
    column = [first] * 45 + [second] * 30 + ["other"] * 15
    told = warnings(read_sources([pd.DataFrame({"x": column, "age": AGE})]), "x")
    (text,) = [text for text in told if "taken as different" in text]
    assert text.startswith(f"column 'x': levels {first!r} and {second!r} may mean the same")
    settings = advised(text)
    assert settings.levels == {"x": levels or {second: first}}
    mended = read_sources([pd.DataFrame({"x": column, "age": AGE})], settings)
    assert mended.schema["x"].levels == (first, "other")
    assert not [text for text in warnings(mended, "x") if "taken as different" in text]


UNITS = {
    # values at one site, values at the other, the factor to write
    "glucose in mg/dL and mmol/L": (GLUCOSE, (GLUCOSE[:60] / 18.016).round(1), 18.016),
    "creatinine in µmol/L and mg/dL": (GLUCOSE, (GLUCOSE[:60] / 88.42).round(2), 88.42),
    "weight in kg and lb": (AGE + 20, ((AGE[:60] + 20) * 2.2046).round(1), 1 / 2.2046),
    "length in cm and m": (AGE + 100, (AGE[:60] + 100) / 100, 100),
    "length in m and cm": ((AGE + 100) / 100, AGE[:60] + 100, 0.01),
    "age in years and months": (AGE, (AGE[:60] * 12).round(), 1 / 12),
}


@pytest.mark.parametrize("name", UNITS)
def test_units_that_differ_are_told_with_both_medians_and_the_mapping(name, advised):
    first, second, factor = UNITS[name]
    tables = {
        "north.csv": pd.DataFrame({"x": first, "sex": ["m", "f"] * 45}),
        "south.csv": pd.DataFrame({"x": second, "sex": ["m", "f"] * 30}),
    }
    (text,) = warnings(read_sources(tables))
    for label, values in (("north.csv", first), ("south.csv", second)):
        assert f"{np.median(values):.4g} in {label}" in text
    settings = advised(text)
    assert settings.unit_in("south.csv", "x") == (pytest.approx(factor, rel=1e-3), 0.0)
    mended = read_sources(tables, settings)
    assert not warnings(mended)
    medians = [mended.tables[label]["x"].median() for label in tables]
    assert medians[0] == pytest.approx(medians[1], rel=0.15)


@pytest.mark.parametrize(
    ("name", "factor"),
    [("glucose", 18.016), ("bilirubin", 17.104), ("creatinine", 88.42), ("Trig", 88.57)],
)
def test_of_factors_that_are_as_near_that_of_the_name_is_proposed(name, factor, advised):
    other = 17.5 if factor < 20 else 88.5  # between two factors
    tables = {
        "a": pd.DataFrame({name: GLUCOSE, "age": AGE}),
        "b": pd.DataFrame({name: GLUCOSE[:60] / other, "age": AGE[:60]}),
    }
    (text,) = warnings(read_sources(tables))
    assert advised(text).unit_in("b", name) == (factor, 0.0)


@pytest.mark.parametrize("name", ["temperature", "temp", "body_temp", "x"])
def test_degrees_are_not_mended_by_a_factor(name, advised):
    celsius = RANDOM.normal(37, 0.6, N).round(1)
    tables = {
        "a": pd.DataFrame({name: celsius, "age": AGE}),
        "b": pd.DataFrame({name: (celsius * 1.8 + 32).round(1), "age": AGE}).head(80),
    }
    (text,) = warnings(read_sources(tables))
    settings = advised(text)
    assert settings.unit_in("b", name) == pytest.approx((1 / 1.8, -32 / 1.8), abs=0.01)
    mended = read_sources(tables, settings)
    assert not warnings(mended)
    assert np.allclose(mended.tables["b"][name], celsius[:80], atol=0.1)


def test_values_in_another_unit_have_no_more_digits_than_a_number_needs():
    tables = {
        "a": pd.DataFrame({"x": AGE, "y": ROWS}),
        "b": pd.DataFrame({"x": (AGE / 18).round(1), "y": ROWS}),
    }
    schema = read_sources(tables, Settings(units={"b": {"x": 18.02}})).schema
    assert schema["x"].decimals == 3


@given(st.integers(0, 10**6), st.sampled_from([1.0, 1e-3, 250.0]))
def test_sites_of_one_unit_are_not_suspected_whatever_the_unit(seed, unit):
    random = np.random.default_rng(seed)
    shift = random.normal(0, 0.3, 3)  # patients differ a little between sites
    frames = [
        pd.DataFrame({"lab": np.exp(random.normal(s, 0.8, n)) * unit, "z": random.normal(s, 1, n)})
        for s, n in zip(shift, (30, 60, 200), strict=True)
    ]
    assert not any("units" in text for text in warnings(read_sources(frames)))


def test_a_key_in_two_tables_is_noticed():
    first = pd.DataFrame({"id": 500 + ROWS, "age": AGE})
    second = pd.DataFrame({"id": 580 + ROWS, "age": AGE})
    (text,) = warnings(read_sources({"a": first, "b": second, "c": first[["age"]]}))
    assert all(part in text for part in ("'id'", "10 keys", "a", "b", "--link id"))
    assert not warnings(read_sources({"a": first, "b": second.assign(id=900 + ROWS)}))


def test_keys_that_sites_write_in_their_own_way_are_keys():
    first = pd.DataFrame({"patient_id": 500 + ROWS, "age": AGE})
    second = pd.DataFrame({"patient_id": [f"B{i:04}" for i in ROWS], "age": AGE})
    assert read_sources([first, second]).schema["patient_id"].kind == "key"


def test_levels_that_a_site_lacks_are_noted_and_known_there():
    first = pd.DataFrame({"died": ROWS % 2, "age": AGE})
    second = pd.DataFrame({"died": 0, "age": AGE})
    sources = read_sources({"a": first, "b": second})
    assert sources.schema["died"].levels == (0, 1)
    shifted, note = sources.notes  # half of one site died, and nobody at the other
    assert (shifted.level, shifted.columns) == ("warning", ("died",))
    assert (note.level, note.columns, note.sources) == ("note", ("died",), ("b",))
    assert "b lacks" in note.text


def test_a_table_that_is_another_in_every_cell_is_told(tmp_path):
    first = pd.DataFrame({"age": AGE, "crp": GLUCOSE})
    for name in ("north.csv", "copy.csv"):
        first.to_csv(tmp_path / name, index=False)
    paths = [tmp_path / "north.csv", tmp_path / "copy.csv"]
    told = "copy.csv: equals north.csv in every cell: if it is a copy, its rows count twice"
    assert told in warnings(read_sources(paths))
    for settings in (None, Settings(source_column="site")):
        told = warnings(
            read_sources({"a": first, "b": first, "c": first[["crp", "age"]]}, settings)
        )
        assert [line.split(": if")[0] for line in told if "every cell" in line] == [
            "b: equals a in every cell",
            "c: equals a in every cell, in another order of columns",
            "c: equals b in every cell, in another order of columns",
        ]
    other = first.assign(age=first["age"].where(ROWS > 0, 61.0))
    assert not warnings(read_sources([first, other]))


def test_a_copy_is_told_in_whatever_order_and_kind_of_file(tmp_path):
    first = pd.DataFrame(
        {"age": AGE, "crp": GLUCOSE, "ward": np.where(ROWS % 3, ["east", "west"] * 45, None)}
    )
    first.to_csv(tmp_path / "a.csv", index=False)
    first.to_csv(tmp_path / "b.csv.gz", index=False)
    shuffled = first.sample(frac=1, random_state=0)
    shuffled.to_csv(tmp_path / "c.csv", index=False)
    shuffled[["ward", "crp", "age"]].to_parquet(tmp_path / "d.parquet", index=False)
    for name, told in (
        ("b.csv.gz", ""),
        ("c.csv", ", in another order of rows"),
        ("d.parquet", ", in another order of rows and columns"),
    ):
        line = f"{name}: equals a.csv in every cell{told}: if it is a copy, its rows count twice"
        assert warnings(read_sources([tmp_path / "a.csv", tmp_path / name])) == [line]
    # Each column has the same values, and no row the same cells.
    mixed = first.assign(crp=np.roll(GLUCOSE, 1))
    assert not [line for line in warnings(read_sources([first, mixed])) if "every cell" in line]
