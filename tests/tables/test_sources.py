"""Tables read together: their codes, what changes nothing, and what importing them costs."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ddlib.tables import Note, Settings, TablesError, read_sources

DATA = Path(__file__).parents[2] / "book" / "data"
HOSPITALS = {letter: pd.read_csv(DATA / f"hospital_{letter}.csv") for letter in "abc"}
SOURCES = read_sources(HOSPITALS)


def pooled(sources):
    """The pooled codes as a table, by name of column, without the table they are of."""
    return pd.DataFrame(sources.codes()[0], columns=sources.schema.without_keys().names)


def test_codes_are_those_of_the_tables_one_after_another():
    codes, source = SOURCES.codes()
    assert SOURCES.labels == ("a", "b", "c")
    assert np.bincount(source).tolist() == [len(table) for table in HOSPITALS.values()]
    assert codes.shape == (212, 17)
    for index, table in enumerate(HOSPITALS.values()):
        own = pd.DataFrame(codes[source == index], columns=SOURCES.schema.names)
        assert own["bili"].tolist() == table["bili"].tolist()
        assert own["sex"].tolist() == [float(sex == "m") for sex in table["sex"]]
        assert set(own.columns[own.isna().all()]) == set(SOURCES.schema.names) - set(table)


def test_tables_show_how_many_rows_have_what():
    for label, table in HOSPITALS.items():
        own = SOURCES.tables[label].notna().sum()
        assert own.to_dict() == table.notna().sum().to_dict()


def test_frames_and_files_of_one_content_are_one(tmp_path):
    files = read_sources({letter: DATA / f"hospital_{letter}.csv" for letter in "abc"})
    assert files.schema == SOURCES.schema
    assert files.notes == SOURCES.notes
    for letter, table in HOSPITALS.items():
        table.to_parquet(tmp_path / f"{letter}.parquet")
        table.to_csv(tmp_path / f"{letter}.tsv.gz", sep="\t", index=False)
    for ending in ("parquet", "tsv.gz"):
        again = read_sources({letter: tmp_path / f"{letter}.{ending}" for letter in "abc"})
        assert again.schema == SOURCES.schema
        assert np.array_equal(again.codes()[0], SOURCES.codes()[0], equal_nan=True)


def test_what_is_given_is_not_changed():
    before = {label: table.copy() for label, table in HOSPITALS.items()}
    sources = read_sources(HOSPITALS)
    sources.tables["a"].loc[0, "age"] = 0.0
    for label, table in HOSPITALS.items():
        pd.testing.assert_frame_equal(table, before[label])


@pytest.mark.parametrize("seed", range(3))
def test_order_of_rows_columns_and_sources_and_a_cut_change_nothing(seed):
    random = np.random.default_rng(seed)
    labels = random.permutation(list("abc"))
    tables = {}
    for label in labels:
        table = HOSPITALS[label].sample(frac=1, random_state=seed)
        table = table[random.permutation(table.columns)]
        tables[label] = table
    tables["rest"] = tables["b"].iloc[20:]
    tables["b"] = tables["b"].iloc[:20]
    found = read_sources(tables)
    assert {column.name: column for column in found.schema} == {c.name: c for c in SOURCES.schema}
    assert not [note for note in found.notes if note.level == "warning"]
    first, second = pooled(SOURCES), pooled(found)[list(SOURCES.schema.names)]
    by = list(SOURCES.schema.names)
    pd.testing.assert_frame_equal(
        first.sort_values(by, ignore_index=True), second.sort_values(by, ignore_index=True)
    )


@pytest.mark.parametrize("seed", range(3))
def test_other_names_change_nothing_but_names(seed):
    names = SOURCES.schema.names
    new = dict(zip(names, np.random.default_rng(seed).permutation(names), strict=True))
    found = read_sources({label: table.rename(columns=new) for label, table in HOSPITALS.items()})
    assert found.schema.names == tuple(new[name] for name in names)
    assert np.array_equal(found.codes()[0], SOURCES.codes()[0], equal_nan=True)


def test_a_unit_that_is_set_gives_the_codes_of_the_other_unit():
    tables = {**HOSPITALS, "b": HOSPITALS["b"].assign(bili=HOSPITALS["b"]["bili"] * 16)}
    found = read_sources(tables, Settings(units={"b": {"bili": 1 / 16}}))
    assert found.schema == SOURCES.schema
    assert np.array_equal(found.codes()[0], SOURCES.codes()[0], equal_nan=True)


def test_warnings_come_first_and_say_what_they_are_about():
    table = HOSPITALS["b"].assign(id=range(len(HOSPITALS["b"])), same=1)
    notes = read_sources({**HOSPITALS, "b": table}).notes
    assert [note.level for note in notes] == ["warning", "note"]
    assert all(isinstance(note, Note) and note.columns and note.sources for note in notes)
    assert all("\n" not in note.text for note in notes)


def test_a_table_with_all_that_people_have_in_it_is_told_at_once():
    n = 60
    rows = np.arange(n)
    table = pd.DataFrame(
        {
            "patient_id": 7000 + rows,
            "Age": np.where(rows % 15, 40 + rows / 7, -999).round(1),
            "remark": [f"seen on {i}" for i in rows],
            "admitted": pd.date_range("2024-01-01", periods=n).astype(str),
            "sex": ["m", "f"] * 30,
        }
    )
    other = pd.DataFrame({"age ": 40 + rows / 6, "sex": ["M", "f"] * 30})
    sources = read_sources({"a": table, "b": other})
    kinds = {column.name: column.kind for column in sources.schema}
    assert kinds == {
        "patient_id": "key",
        "Age": "number",
        "remark": "key",
        "admitted": "date",
        "sex": "category",
        "age ": "number",
    }
    told = [note.columns for note in sources.notes if note.level == "warning"]
    assert sorted(told) == [("Age",), ("Age", "age "), ("remark",), ("sex",)]


def test_a_site_without_an_event_is_accepted():
    tables = {**HOSPITALS, "c": HOSPITALS["c"].assign(died=0)}
    sources = read_sources(tables)
    assert sources.schema["died"].levels == (0, 1)
    (shifted,) = [note for note in sources.notes if note.level == "warning"]
    assert shifted.columns == ("died",)
    assert "more than chance" in shifted.text


def test_visits_are_refused_in_one_line_and_read_where_one_row_a_person_is_kept():
    visits = pd.concat(
        [HOSPITALS["a"].assign(id=range(len(HOSPITALS["a"])), day=day) for day in (0, 90)]
    )
    with pytest.raises(TablesError) as caught:
        read_sources({"visits": visits})
    (line,) = caught.value.faults
    assert "visits" in line
    assert "'id'" in line
    first = visits.drop_duplicates("id").drop(columns="day")
    sources = read_sources({"first": first}, Settings(min_count=5))
    assert sources.tables["first"]["id"].is_unique


def test_importing_and_reading_tables_loads_no_other_room_and_no_learning_library():
    code = (
        "import sys; from ddlib.tables import read_sources\n"
        f"read_sources({[str(DATA / f'hospital_{letter}.csv') for letter in 'abc']})\n"
        "print(*sorted({name.split('.')[0] for name in sys.modules}"
        " & {'torch', 'sklearn', 'scipy', 'matplotlib', 'pydantic'}),"
        " *sorted({'.'.join(name.split('.')[:2]) for name in sys.modules if name[:6] == 'ddlib.'}))"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.split() == [
        f"ddlib.{name}" for name in ("arguments", "near", "settings", "spreadsheets", "tables")
    ]
