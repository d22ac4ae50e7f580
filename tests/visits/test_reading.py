"""Long tables are read as they are meant, or refused with a line that says what to change."""

import numpy as np
import pandas as pd
import pytest

from ddlib.visits import Said
from tests.visits.tables import SAID, long_table, notes, read, refused


def assert_same(one, other):
    pd.testing.assert_frame_equal(one, other, check_dtype=False)


def test_a_table_comes_back_as_it_was():
    table = long_table()
    visits = read(table)
    assert_same(visits.table(), table)
    assert visits.changing == ("x", "y", "sign")
    assert visits.num_people == 40
    np.testing.assert_array_equal(visits.counts, table.groupby("id").size())


def test_rows_may_come_in_any_order():
    table = long_table()
    shuffled = table.sample(frac=1, random_state=1)
    found = read(shuffled).table().sort_values(["id", "day"], ignore_index=True)
    assert_same(found, table)


def test_times_may_be_dates_and_people_texts(tmp_path):
    table = long_table()
    dated = table.assign(
        day=pd.Timestamp("2021-03-01") + pd.to_timedelta(table.day, "D"),
        id="p-" + table.id.astype(str),
    )
    dated.to_csv(tmp_path / "a.csv", index=False)
    visits = read([tmp_path / "a.csv"])
    assert_same(visits.table(), dated)
    np.testing.assert_array_equal(visits.gap, table.groupby("id").day.diff().shift(-1))


def test_next_visits_and_gaps_are_those_of_pandas():
    table = long_table()
    visits = read(table)
    after = table.groupby("id")[["x", "y"]].shift(-1).to_numpy()
    np.testing.assert_array_equal(visits.following(visits.codes)[:, 2:4], after)
    np.testing.assert_array_equal(visits.gap, table.groupby("id").day.diff().shift(-1))
    np.testing.assert_array_equal(visits.number, table.groupby("id").cumcount())


def test_a_static_column_fills_all_visits_of_a_person():
    table = long_table()
    again = table.duplicated("id")
    visits = read(table.assign(age=table.age.mask(again), sex=table.sex.mask(again)))
    assert_same(visits.table(), table)


def test_of_a_column_that_is_said_to_be_static_the_first_value_counts():
    table = long_table()
    aged = table.assign(age=table.age + table.day / 365)
    assert "age" in read(aged).changing
    visits = read(aged, Said("id", "day", static=("age",)))
    assert "age" not in visits.changing
    assert_same(visits.table().round(9), table)
    assert "as it is static" in notes(visits)


def test_a_column_that_hardly_changes_is_warned_of():
    table = long_table()
    row = int(table.index[table.duplicated("id")][0])
    table.loc[row, "age"] += 1
    visits = read(table)
    assert "age" in visits.changing
    assert "--static age" in notes(visits)


def test_equal_rows_are_one_visit_and_halves_of_a_visit_are_joined():
    table = long_table()
    halves = pd.concat([table.assign(x=np.nan), table.assign(y=np.nan, sign=np.nan), table])
    visits = read(halves)
    assert_same(visits.table(), table)
    assert f"{2 * len(table)} rows joined" in notes(visits)


def test_people_may_have_numbers_of_any_size():
    table = long_table()
    for factor, kind in ((1.0, "i"), (1e17, "i"), (2.0**62, "f"), (1e60, "f")):
        visits = read(table.assign(id=table.id * factor))
        assert visits.num_people == 40
        assert visits.keys.dtype.kind == kind
        np.testing.assert_array_equal(visits.keys.astype(float), table.id.unique() * factor)


def test_rows_of_one_time_that_do_not_agree_are_refused_by_row_and_value(tmp_path):
    table = pd.concat([long_table(), pd.DataFrame({"id": [1], "day": [0], "x": [99.5]})])
    table.to_csv(tmp_path / "a.csv", index=False)
    line = refused([tmp_path / "a.csv"])
    assert f"a.csv, row 2 and a.csv, row {len(table) + 1}: column 'x'" in line
    assert "99.5 for one person (1) at one time; must agree" in line
    assert "\n" not in line


def test_a_person_may_have_one_visit_and_nobody_need_have_two():
    table = long_table()
    single = read(table.drop_duplicates("id"))
    assert single.counts.max() == 1
    assert single.changing == ()
    assert not single.has_next.any()


def test_all_that_is_wrong_with_people_and_times_comes_at_once(tmp_path):
    table = long_table().astype({"id": object, "day": object})
    table.loc[[3, 7], "id"] = None
    table.loc[4, "day"] = None
    table.to_csv(tmp_path / "a.csv", index=False)
    long_table().drop(columns="day").to_csv(tmp_path / "b.csv", index=False)
    lines = refused([tmp_path / "a.csv", tmp_path / "b.csv"])
    assert "a.csv: column 'id', row 5: is empty; must name a person (and 1 row more)" in lines
    assert "b.csv: has no column 'day'; must have it, and has 'id'" in lines
    table.to_csv(tmp_path / "b.csv", index=False)
    lines = refused([tmp_path / "a.csv", tmp_path / "b.csv"])
    assert "b.csv: column 'day', row 6: is empty; must name a time" in lines


@pytest.mark.parametrize(
    ("said", "change", "line"),
    [
        (Said("id", "sex"), {}, "table 1: column 'sex', row 0: '"),
        (Said("id", "id"), {}, "time = 'id': is the column of people too"),
        (Said("id", "day", static=("agee",)), {}, "static = 'agee': is no column; perhaps 'age'?"),
        (SAID, {"x": "none"}, "column 'x'"),
        (
            SAID,
            {"day": "visit 0"},
            "column 'day', row 0: 'visit 0'; must be a number or a date",
        ),
        (
            SAID,
            {"day": "31/01/2010"},
            "'31/01/2010'; must be written as 2024-01-31 if it is",
        ),
    ],
)
def test_what_cannot_be_is_refused(said, change, line):
    table = long_table().assign(**change)
    if "x" in change:
        table.loc[1:, "x"] = [*map(str, long_table().x[1:])]
    assert line in refused(table, said)


def test_a_name_that_may_be_two_columns_of_a_table_is_refused_and_one_in_backquotes_taken():
    table = long_table().assign(Day=1.0, ID=2)
    lines = refused(table, Said("id", "day", static=("day",))).splitlines()
    assert lines == [
        "id = 'id' may be 'id' or 'ID'; must be in backquotes, as it stands in the table: `id` or "
        "`ID`",
        *["time = 'day' may be 'day' or 'Day'; must be in backquotes, as it stands in the table: "
          "`day` or `Day`"],
        *["static = 'day' may be 'day' or 'Day'; must be in backquotes, as it stands in the "
          "table: `day` or `Day`"],
    ]  # fmt: skip
    plain = read(long_table())
    found = read(table.drop(columns=["Day", "ID"]).assign(X=1.5), Said("`id`", "`day`"))
    np.testing.assert_array_equal(found.time, plain.time)
    assert (found.name, found.clock.name) == ("id", "day")


def test_a_wrong_name_of_people_is_one_line_a_table():
    lines = refused([long_table(), long_table()], Said("patient", "day")).splitlines()
    assert [line.split(";")[0] for line in lines] == [
        "table 1: has no column 'patient'",
        "table 2: has no column 'patient'",
    ]


def test_a_level_needs_people_not_rows():
    table = long_table(people=60)
    often = table.groupby("id").id.transform("size") == 5
    one = table.id == table.id[often].iloc[0]
    lone = table.assign(ward=np.where(one, "x", np.where(table.id % 2, "north", "south")))
    visits = read(lone, min_count=3)
    assert visits.schema["ward"].levels == ("north", "south")
    assert "1 level in fewer than 3 people read as missing" in notes(visits)
    two = table.assign(rare=one.astype(int))
    assert "column 'rare': 1 stands in 1 person; must stand in at least 3" in refused(
        two, min_count=3
    )


def test_a_table_needs_people_not_rows():
    table = long_table()
    few = table[table.id.isin(table.id[table.duplicated("id")].unique()[:4])]
    assert len(few) >= 5
    assert "table 2: has 4 people; must have at least 5" in refused([table, few], min_count=5)


def test_settings_of_columns_hold_and_people_may_be_renamed():
    table = long_table().rename(columns={"id": "patient", "x": "lab x"})
    visits = read(
        table,
        rename={"patient": "id", "lab x": "x"},
        missing={"x": [-9], "id": [-9]},
        kinds={"sign": "ordered"},
        leave_out=["y"],
        units={"table 1": {"x": 10}},
        source_column=None,
    )
    np.testing.assert_allclose(visits.table().x, 10 * long_table().x)
    assert visits.schema.names == ("age", "sex", "x", "sign")


def test_people_of_two_tables_are_different_unless_they_are_linked():
    table = long_table()
    labs, rest = table.drop(columns=["age", "sign"]), table.drop(columns=["x", "y", "sex"])
    apart = read([table.drop(columns="sign"), rest])
    assert apart.num_people == 80
    assert "40 keys of table 1 in table 2 too: taken as different people" in notes(apart)
    linked = read([labs, rest], Said("id", "day", linked=True))
    assert_same(linked.table()[[*table.columns]], table)
    assert linked.changing == ("x", "y", "sign")
    assert "different people" not in notes(linked)


def test_tables_of_the_same_people_without_a_column_in_common_are_to_be_linked():
    table = long_table()
    labs, rest = table[["id", "day", "x"]], table.drop(columns=["x"])
    common, advice = refused([labs, rest]).splitlines()
    assert "no column in common with table 1" in common
    assert advice == (
        "column 'id': 40 keys of table 1 in table 2 too; if they are the same people, say --link id"
    )
    other = rest.assign(id=rest.id + 40)
    assert len(refused([labs, other]).splitlines()) == 1
    assert len(refused([table, table.assign(id=table.id.mask(table.x > 0))]).splitlines()) == 1


def test_a_linked_table_without_time_holds_at_all_visits():
    table = long_table()
    base = table[["id", "age", "sex"]].drop_duplicates("id")
    stranger = pd.DataFrame({"id": [999], "age": [50.0], "sex": ["f"]})
    said = Said("id", "day", linked=True)
    rest = table.drop(columns=["age", "sex"])
    visits = read([pd.concat([stranger, base.iloc[::-1]]), rest], said)
    assert_same(
        visits.table()[[*table.columns]].sort_values(["id", "day"], ignore_index=True), table
    )
    assert visits.changing == ("x", "y", "sign")
    assert visits.num_people == 40
    told = notes(visits)
    assert "table 1: no column 'day': what it shows of a person holds at all visits;" in told
    assert "joined to another" not in told
    lines = refused([pd.concat([base, base.iloc[[3]]], ignore_index=True), rest], said)
    assert lines == (
        "table 1: column 'id', row 40: repeats row 3; must be one row a person where there is no "
        "column 'day'"
    )
    assert "table 1, row 0 and table 2, row 0: column 'sex'" in refused(
        [base.assign(sex="z"), table], said
    )
    assert "table 1: has no column 'day'" in refused([base, base], said)


def test_linked_rows_that_do_not_agree_are_refused():
    table = long_table()
    other = table.assign(x=table.x + 1)
    lines = refused([table, other], Said("id", "day", linked=True)).splitlines()
    assert lines[0].startswith("table 1, row 0 and table 2, row 0: column 'x'")
    assert len(lines) == 6
    assert lines[-1].startswith(f"{len(table) - 5} cells more of one person that do not agree")


def test_the_column_of_sources_is_there_if_it_is_asked_for():
    table = long_table()
    cut = table.id > 20
    visits = read([table[cut], table[~cut]], source_column="site")
    assert visits.schema.names[0] == "site"
    assert "site" not in visits.changing
    assert visits.table().site.tolist() == ["table 1"] * cut.sum() + ["table 2"] * (~cut).sum()


@pytest.mark.parametrize("linked", [False, True])
@pytest.mark.parametrize("text", ["", "id,day,x\n", "id,day,x,x\n1,0,2,3\n", None])
def test_an_unreadable_file_is_a_fault_alone_or_beside_others(tmp_path, text, linked):
    bad = tmp_path / "bad.csv"
    if text is not None:
        bad.write_text(text)
    said = Said("id", "day", linked=linked)
    alone = refused([bad], said)
    assert alone.startswith(str(bad) if text is None else "bad.csv")
    assert refused([long_table(), bad], said).splitlines()[: len(alone.splitlines())] == (
        alone.splitlines()
    )


def test_a_frame_without_rows_is_a_fault():
    assert refused(long_table()[:0]) == "table 1: has no rows; must have rows"


def test_neither_people_nor_times_are_advised_to_be_left_out():
    table = long_table()
    assert "leave_out" not in refused(table.assign(day="31/01/2010"))
    slip = table.day.astype(str).where(table.index != 3, "soon")
    assert refused(table.assign(day=slip)).endswith("row 3: 'soon'; must be a number")


def test_an_empty_column_of_times_is_one_fault():
    table = long_table().assign(day=np.nan)
    rest = f"(and {len(table) - 1} rows more)"
    assert refused(table) == f"table 1: column 'day', row 0: is empty; must name a time {rest}"


def test_columns_that_a_table_lacks_are_warned_of():
    table = long_table(people=60)
    cut = table.id > 30
    visits = read([table[cut].drop(columns="x"), table[~cut].assign(y=np.nan)])
    (told,) = [entry for entry in visits.notes if "has no value of" in entry.text]
    assert told.level == "warning"
    line = "table 1 has no value of 'x'; table 2 has no value of 'y'"
    assert told.text == f"{line}: drawn there by what the other tables tell"
    assert "has no value of" not in notes(read([table[cut], table[~cut]]))
