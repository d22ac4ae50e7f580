"""The same people in two tables, linked by a key."""

import numpy as np
import pandas as pd
import pytest

from ddlib.tables import Settings, TablesError, read_sources
from ddlib.visits import Said
from ddlib.visits.linking import link_tables
from tests.merge.people import hospitals
from tests.visits.tables import long_table, notes, read

TABLE = hospitals(num_rows=120)["a"].reset_index(drop=True)
KEYED = TABLE.assign(nr=np.arange(len(TABLE)) + 7)
LABS, REST = KEYED[["nr", "visits", "age"]], KEYED.drop(columns=["visits", "age"])
SAID = Settings(min_count=3)


def refused(tables, settings=SAID):
    with pytest.raises(TablesError) as caught:
        link_tables(tables, "nr", settings)
    return str(caught.value)


def test_people_have_the_columns_of_both_tables():
    sources = link_tables({"labs": LABS.iloc[::-1], "rest": REST}, "nr", SAID)
    assert sources.labels == ("labs + rest",)
    assert sources.lengths == {"labs": len(TABLE), "rest": len(TABLE)}
    found = sources.tables["labs + rest"]
    wanted = KEYED.iloc[::-1].reset_index(drop=True)
    pd.testing.assert_frame_equal(found, wanted[[*found.columns]], check_dtype=False)
    assert "nr" not in sources.schema


def test_people_of_one_table_lack_what_the_other_has():
    sources = link_tables([LABS.iloc[:40], REST.iloc[20:]], "nr", SAID)
    found = sources.tables["table 1 + table 2"]
    assert len(found) == len(TABLE)
    assert found.age.notna().sum() == 40
    assert found.sex.notna().sum() == len(TABLE) - 20
    assert "20 rows of a second table" in "\n".join(note.text for note in sources.notes)


def test_both_may_show_a_column_where_they_agree():
    some = KEYED.assign(age=KEYED.age.where(KEYED.nr % 2 == 0))
    sources = link_tables([some, LABS], "nr", SAID)
    np.testing.assert_array_equal(sources.tables["table 1 + table 2"].age, TABLE.age)
    other = LABS.assign(age=LABS.age.where(LABS.nr != 9, 1.5))
    line = refused([KEYED, other])
    assert line == (
        "table 1, row 2 and table 2, row 2: column 'age': "
        f"{TABLE.age[2]} and 1.5 for one person (9); must agree"
    )


def test_a_person_has_one_row_in_each_and_a_key():
    twice = pd.concat([LABS, LABS.iloc[[4]]], ignore_index=True)
    assert f"table 1: column 'nr', row {len(LABS)}: repeats row 4; must be one row a" in refused(
        [twice, REST]
    )
    lacking = LABS.assign(nr=LABS.nr.where(LABS.nr != 9))
    assert "table 1: column 'nr', row 2: is empty; must name a person" in refused([lacking, REST])
    assert "table 2: has no column 'nr'; must have it" in refused([LABS, TABLE])


def test_linked_tables_have_no_column_of_sources():
    lines = refused([LABS, REST], Settings(min_count=3, source_column="site"))
    assert "source_column = 'site': must be left out where tables are linked" in lines


def test_tables_that_lack_a_column_in_common_are_advised_to_be_linked():
    with pytest.raises(TablesError, match="no column in common") as caught:
        read_sources([LABS, REST], Settings(min_count=3, kinds={"nr": "key"}))
    assert f"{len(TABLE)} keys of table 1 in table 2 too" in str(caught.value)
    assert "ddlib merge --link nr takes them as one" in str(caught.value)


def test_linked_tables_without_a_key_in_common_are_warned_of():
    table = long_table()
    other = table.assign(id=table.id.map("{:03d}".format))
    line = "column 'id': no key of table 1, table 2 is in another table: nobody there is linked"
    assert line in notes(read([table, other], Said("id", "day", linked=True)))
    assert "nobody" not in notes(read([table, table], Said("id", "day", linked=True)))
    first = table.drop_duplicates("id").drop(columns="day")
    apart = first.assign(id=first.id + 1000)
    for tables, warned in ([first, apart], True), ([first, first], False):
        linked = link_tables(tables, "id", Settings(min_count=2))
        assert any("nobody there is linked" in note.text for note in linked.notes) == warned
