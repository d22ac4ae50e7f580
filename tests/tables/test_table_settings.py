"""What is said of tables: from a file or as arguments, all faults at once with their lines."""

import numpy as np
import pandas as pd
import pytest

from ddlib.tables import Settings, TablesError, read_settings, read_sources

FILE = """\
kinds: {stage: [low, middle, high], site: category}
missing: [-999, unknown]
leave_out: [remark]
rename: {"Age ": age, b.csv: {SEX: sex}}
units: {b.csv: {glucose: 18.016, temperature: {factor: 0.5556, offset: -17.78}}}
levels: {sex: {M: m, F: f}, b.csv: {died: {no: 0, yes: 1}}}
decimal: {b.csv: ","}
min_count: 5
"""


def read(tmp_path, text):
    path = tmp_path / "settings.yml"
    path.write_text(text)
    return read_settings(path)


def refused(tmp_path, text):
    with pytest.raises(TablesError) as caught:
        read(tmp_path, text)
    return [line.removeprefix(f"{tmp_path}/settings.yml:") for line in caught.value.faults]


def test_a_file_says_what_arguments_say(tmp_path):
    settings = read(tmp_path, FILE)
    assert settings == Settings(
        kinds={"stage": ["low", "middle", "high"], "site": "category"},
        missing=(-999, "unknown"),
        leave_out=("remark",),
        rename={"Age ": "age", "b.csv": {"SEX": "sex"}},
        units={"b.csv": {"glucose": 18.016, "temperature": {"factor": 0.5556, "offset": -17.78}}},
        levels={"sex": {"M": "m", "F": "f"}, "b.csv": {"died": {"no": 0, "yes": 1}}},
        decimal={"b.csv": ","},
        min_count=5,
    )
    assert settings.kind_of("stage") == ("ordered", ("low", "middle", "high"))
    assert settings.kind_of("age") == (None, ())
    assert settings.missing_in("age") == (-999, "unknown")
    assert settings.renamed("b.csv") == {"Age ": "age", "SEX": "sex"}
    assert settings.renamed("a.csv") == {"Age ": "age"}
    assert settings.unit_in("b.csv", "glucose") == (18.016, 0.0)
    assert settings.unit_in("b.csv", "temperature") == (0.5556, -17.78)
    assert settings.unit_in("a.csv", "glucose") == (1.0, 0.0)
    assert settings.levels_in("b.csv", "died") == {"no": 0, "yes": 1}
    assert settings.levels_in("a.csv", "sex") == {"M": "m", "F": "f"}
    assert settings.decimal_in("b.csv") == ","
    assert settings.decimal_in("a.csv") == "."


def test_nothing_said_is_what_stands_in_the_class(tmp_path):
    assert read(tmp_path, "kinds:\nmissing:\n") == Settings()


WRONG = {
    "kinds: {age: numbre}": ["1: kinds.age = 'numbre'", "number, count, binary"],
    "kinds: {stage: [low]}": ["1: kinds.stage", "two levels"],
    "kinds: [age]": ["1: kinds", "mapping"],
    "missing: -999": ["1: missing", "a list"],
    "missing: {age: 9}": ["1: missing.age", "a list"],
    "leave_out: age": ["1: leave_out", "a list"],
    "rename: {Age: 3}": ["1: rename.Age = 3", "a name"],
    "units: {glucose: 18}": ["1: units.glucose", "must map a source"],
    "units: {b.csv: {glucose: 0}}": ["1: units.b.csv.glucose", "factor"],
    "units: {b.csv: {glucose: {times: 2}}}": ["1: units.b.csv.glucose", "factor"],
    "units: {b.csv: {glucose: .inf}}": ["1: units.b.csv.glucose", "finite"],
    "levels: {sex: m}": ["1: levels.sex", "must map"],
    'decimal: ";"': ["1: decimal = ';'", '"." or ","'],
    "min_count: 0": ["1: min_count = 0", "at least 1"],
    "min_count: 2.5": ["1: min_count = 2.5", "whole number"],
    "\nmincount: 5": ["2: mincount: unknown", "min_count"],
    "kinds: {age: [": ["is not YAML"],
    "- 3": ["1: settings: must be a mapping"],
    "": ["1: is empty"],
    "kinds: {}\nkinds: {}": ["2: kinds", "twice"],
}


@pytest.mark.parametrize("text", WRONG)
def test_a_wrong_setting_gets_one_line_with_its_place(tmp_path, text):
    (line,) = refused(tmp_path, text)
    assert all(part in line for part in WRONG[text]), line


def test_all_wrong_settings_come_at_once(tmp_path):
    lines = refused(tmp_path, "min_count: 0\nkind: {}\ndecimal: x\nkinds: {a: b, c: d}\n")
    assert sorted(line.split(":")[0] for line in lines) == ["1", "2", "3", "4", "4"]
    with pytest.raises(TablesError) as caught:
        Settings(min_count=0, decimal="x")
    assert len(caught.value.faults) == 2


def test_a_file_that_lacks_is_named(tmp_path):
    with pytest.raises(TablesError, match=r"lacks\.yml: cannot be read"):
        read_settings(tmp_path / "lacks.yml")


N = 60
FRAME = pd.DataFrame({"age": 20 + np.arange(N) / 7, "sex": ["m", "f"] * 30, "remark": "x"})


def test_settings_of_columns_and_sources_that_no_table_has_are_told_at_once():
    settings = Settings(
        kinds={"aeg": "number"},
        missing={"sxe": (9,)},
        leave_out=("remarks",),
        rename={"Agee": "age"},
        units={"b": {"age": 2}, "a": {"agge": 2}},
        levels={"sexx": {"m": "f"}},
        decimal={"b.csv": ","},
    )
    with pytest.raises(TablesError) as caught:
        read_sources({"a": FRAME}, settings)
    told = "\n".join(caught.value.faults)
    assert len(caught.value.faults) == 8
    for name in ("aeg", "sxe", "remarks", "Agee", "agge", "sexx", "b.csv"):
        assert f"'{name}' is in no table" in told
    assert "kinds: 'aeg' is in no table; perhaps 'age'?" in told


def test_a_column_may_be_left_out():
    sources = read_sources({"a": FRAME}, Settings(leave_out=("remark", "sex")))
    assert sources.schema.names == ("age",)
    assert sources.notes == ()


def test_renaming_joins_columns_and_makes_no_two_of_one():
    tables = {"a": FRAME, "b": FRAME.rename(columns={"age": "Alter", "sex": "SEX"})}
    settings = Settings(rename={"Alter": "age", "b": {"SEX": "sex"}})
    assert read_sources(tables, settings).schema.names == ("age", "sex")
    with pytest.raises(TablesError, match="a: rename makes 'age' of 'age' and 'sex'"):
        read_sources({"a": FRAME}, Settings(rename={"sex": "age"}))


def test_a_decimal_comma_is_read_where_it_is_said(tmp_path):
    FRAME.round(2).to_csv(tmp_path / "german.csv", sep=";", decimal=",", index=False)
    FRAME.round(2).to_csv(tmp_path / "english.csv", index=False)
    paths = [tmp_path / "german.csv", tmp_path / "english.csv"]
    line = r"^german\.csv: column 'age', row 2: .*set decimal: \{german\.csv: \",\"\}[^\n]*$"
    with pytest.raises(TablesError, match=line):
        read_sources(paths)
    sources = read_sources(paths, Settings(decimal={"german.csv": ","}))
    german, english = sources.tables.values()
    pd.testing.assert_frame_equal(german, english)
    assert sources.schema["age"].decimals == 2


@pytest.mark.parametrize(("factor", "size"), [(1e-200, "e-199"), (1e200, "e+201"), (1e308, "inf")])
def test_units_that_leave_no_usual_size_are_refused(factor, size):
    with pytest.raises(TablesError) as caught:
        read_sources({"a": FRAME}, Settings(units={"a": {"age": factor}}))
    (line,) = caught.value.faults
    assert line.startswith("a: column 'age': its largest value is ")
    assert size in line
    assert "must be from 1e-100 to 1e+100: choose another unit" in line
