"""A column that says which table a row is of: its levels, what it leaves alone, and refusals."""

import numpy as np
import pandas as pd
import pytest

from ddlib.tables import Settings, TablesError, read_settings, read_sources

N = 40
ROWS = np.arange(N)
RANDOM = np.random.default_rng(0)
NORTH = pd.DataFrame({"age": RANDOM.normal(60, 10, N).round(1), "sex": ["m", "f"] * (N // 2)})
SOUTH = pd.DataFrame({"age": RANDOM.normal(61, 10, N).round(1), "glucose": ROWS / 7})
TABLES = {"north": NORTH, "south": SOUTH}
SITE = Settings(source_column="site")


def refused(tables, settings=SITE):
    with pytest.raises(TablesError) as caught:
        read_sources(tables, settings)
    return list(caught.value.faults)


@pytest.mark.parametrize(("count", "kind"), [(2, "binary"), (3, "category")])
def test_each_row_has_the_label_of_its_table_and_all_else_is_as_without(count, kind):
    tables = dict([*TABLES.items(), ("east", NORTH[::-1])][:count])
    plain, told = read_sources(tables), read_sources(tables, SITE)
    assert (told.schema["site"].kind, told.schema["site"].levels) == (kind, tuple(sorted(tables)))
    assert told.schema.names == ("site", *plain.schema.names)
    for label, table in told.tables.items():
        assert table["site"].tolist() == [label] * len(table)
        pd.testing.assert_frame_equal(table.drop(columns="site"), plain.tables[label])
    codes, source = told.codes()
    levels = np.array(told.schema["site"].levels)
    assert levels[codes[:, 0].astype(int)].tolist() == np.array(told.labels)[source].tolist()
    np.testing.assert_array_equal(codes[:, 1:], plain.codes()[0])


@pytest.mark.parametrize("labels", [("NA", "-999"), ("2", "10"), ("None", "unknown")])
def test_a_label_is_a_level_whatever_it_looks_like(labels):
    tables = dict(zip(labels, TABLES.values(), strict=True))
    settings = Settings(source_column="site", missing=(-999, "unknown"))
    told = read_sources(tables, settings)
    assert set(told.schema["site"].levels) == set(labels)
    assert not np.isnan(told.codes()[0][:, 0]).any()


def test_levels_write_labels_differently_and_may_join_two_tables(tmp_path):
    path = tmp_path / "settings.yml"
    path.write_text("source_column: site\nlevels: {site: {north: N, east: N}}\n")
    sources = read_sources({**TABLES, "east": NORTH[::-1]}, read_settings(path))
    assert sources.schema["site"].levels == ("N", "south")
    assert set(sources.tables["east"]["site"]) == {"N"}


def test_a_row_that_shows_nothing_else_is_left_out():
    empty = pd.DataFrame({"age": [np.nan] * 3})
    found = read_sources({**TABLES, "north": pd.concat([NORTH, empty])}, SITE)
    np.testing.assert_array_equal(found.codes()[0], read_sources(TABLES, SITE).codes()[0])


def test_it_is_no_column_in_common():
    (line,) = refused({"north": NORTH, "south": SOUTH[["glucose"]]})
    assert "south: no column in common with north" in line


def test_a_table_of_few_rows_is_refused_once():
    (line,) = refused({**TABLES, "east": NORTH.head(2)})
    assert line.startswith("east: has 2 rows; must have at least 10")


def test_one_table_has_no_use_for_it():
    sources = read_sources({"north": NORTH}, SITE)
    assert sources.schema.names == ("age", "sex")
    assert [note.text for note in sources.notes] == [
        "column 'site': is 'north' in all rows: left out"
    ]


def test_what_a_table_lacks_is_a_guess_there():
    (text,) = [n.text for n in read_sources(TABLES, SITE).notes if "guessed" in n.text]
    assert "north lacks 'glucose'; south lacks 'sex'" in text
    assert not [n for n in read_sources(TABLES).notes if "guessed" in n.text]
    others = NORTH.assign(age=NORTH["age"].to_numpy()[::-1])
    assert not read_sources({"a": NORTH, "b": others}, SITE).notes


def test_where_sites_differ_in_level_the_advice_is_the_option():
    tables = {"north": NORTH, "south": SOUTH.assign(age=SOUTH["age"] + 200)}
    (note,) = [note for note in read_sources(tables).notes if "median" in note.text]
    assert "if their people differ, set source_column: site" in note.text
    (note,) = [note for note in read_sources(tables, SITE).notes if "median" in note.text]
    assert "source_column" not in note.text


def test_a_name_that_is_a_column_is_refused_beside_all_else_that_is_wrong():
    lines = refused(
        {"north": NORTH.rename(columns={"sex": "sX"}), "south": SOUTH.assign(age=np.inf)},
        Settings(source_column="sex", rename={"sX": "sex"}),
    )
    assert lines[0] == "source_column = 'sex': is a column of north; must be a new name"
    assert any("finite" in line for line in lines[1:])


def test_a_name_that_was_left_out_is_free():
    settings = Settings(source_column="sex", leave_out=("sex",))
    assert read_sources(TABLES, settings).schema["sex"].levels == ("north", "south")


@pytest.mark.parametrize(
    ("given", "line"),
    [
        ({"source_column": 3}, "source_column = 3: must be the name of a new column, such as site"),
        ({"source_column": "."}, "source_column = '.': must be the name of a new column"),
        ({"source_column": " "}, "source_column = ' ': must be the name of a new column"),
        (
            {"source_column": "site", "kinds": {"site": "category"}},
            "kinds.site: is the source_column, a category; must be left out of kinds",
        ),
    ],
)
def test_what_is_no_new_name_is_refused(given, line):
    with pytest.raises(TablesError) as caught:
        Settings(**given)
    assert caught.value.faults[0].startswith(line)
