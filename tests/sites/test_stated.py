"""Columns as a site states them, and its cells within them."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ddlib.sites.stated import read_stated, stated_codes
from ddlib.tables import Column, TablesError

FILE = """
age: {from: 0, to: 120, decimals: 0}
bili: {from: 0.1, to: 50}
visits: {from: 0, to: 40, kind: count}
seen: {from: 2010-01-01, to: 2026-12-31}
died: [0, 1]
stage: {levels: [1, 2, 3, 4], kind: ordered}
ward: [east, north, west]
"""
TABLE = pd.DataFrame(
    {
        "age": ["51", "-3", "", "old"],
        "bili": ["0.5", "90", "NA", "1"],
        "visits": ["2", "3.0", "100", "4"],
        "seen": ["2020-05-01", "1999-01-01", "soon", "2026-12-31"],
        "died": ["0", "1", "2", "1.0"],
        "stage": ["1", "4", "5", "2"],
        "ward": ["west", "east", "south", "north"],
        "name": ["Ann", "Bob", "Cid", "Dan"],
    }
)
NAN = np.nan


def stated(tmp_path, text=FILE):
    path = tmp_path / "bounds.yml"
    path.write_text(text, encoding="utf-8")
    return read_stated(path)


@pytest.fixture(scope="module")
def every_kind(tmp_path_factory):
    text = f"{FILE}alive: [false, true]\ndose: [0.5, 1.5]\n"
    return stated(tmp_path_factory.mktemp("bounds"), text)


def test_a_file_states_columns(tmp_path):
    assert stated(tmp_path).columns == (
        Column("age", "number", (), 0.0, 120.0, 0, "int64"),
        Column("bili", "number", (), 0.1, 50.0),
        Column("visits", "count", (), 0.0, 40.0, 0, "int64"),
        Column("seen", "date", (), 14610.0, 20818.0, 0, "datetime64[us]"),
        Column("died", "binary", (0, 1), dtype="int64"),
        Column("stage", "ordered", (1, 2, 3, 4), dtype="int64"),
        Column("ward", "category", ("east", "north", "west"), dtype="str"),
    )


def test_cells_are_brought_within_what_is_stated(tmp_path):
    codes, notes = stated_codes(stated(tmp_path), TABLE, "a.csv")
    wanted = [
        [51, 0.5, 2, 18383, 0, 0, 2],
        [0, 50, 3, 14610, 1, 3, 0],
        [NAN, NAN, 40, NAN, NAN, NAN, NAN],
        [NAN, 1, 4, 20818, 1, 1, 1],
    ]
    assert codes == pytest.approx(np.array(wanted, dtype=float), nan_ok=True)
    told = {line.columns[0]: line.text for line in notes}
    assert "2 cells are nothing that is stated" in told["age"]
    assert "visits" not in told


def test_types_of_a_data_frame_are_read_alike(tmp_path):
    own = TABLE.assign(
        age=[51.0, -3.0, NAN, NAN],
        died=pd.array([0, 1, None, 1], dtype="Int64"),
        seen=pd.to_datetime(["2020-05-01", "1999-01-01", None, "2026-12-31"]),
    )
    codes, _ = stated_codes(stated(tmp_path), own, "a.csv")
    assert codes == pytest.approx(stated_codes(stated(tmp_path), TABLE, "a.csv")[0], nan_ok=True)


def test_truth_values_are_read_in_any_case(tmp_path):
    table = pd.DataFrame({"died": ["TRUE", "false", "no", None]})
    codes, _ = stated_codes(stated(tmp_path, "died: [false, true]"), table, "a.csv")
    assert codes[:, 0] == pytest.approx([1, 0, NAN, NAN], nan_ok=True)
    native = pd.DataFrame({"died": [True, False]})
    assert stated_codes(stated(tmp_path, "died: [false, true]"), native, "")[0].tolist() == [
        [1],
        [0],
    ]


def test_a_column_that_lacks_is_refused(tmp_path):
    line = r"a\.csv: lacks column 'age', which the bounds state; must have it, or the bounds must "
    with pytest.raises(TablesError, match=line):
        stated_codes(stated(tmp_path), TABLE.drop(columns="age"), "a.csv")


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("age: 3", "age: must be {from: 0, to: 120} or a list of levels"),
        ("age: {low: 3}", "age: must be {from"),
        ("age: {from: 3, to: 3}", "from = 3, to = 3: must be two numbers, from below to"),
        ("age: {from: 3}", "from = 3, to = None: must be"),
        ("age: {from: 0, to: .inf}", "must be two numbers"),
        ("age: {from: 0, to: 9, kind: key}", "kind = 'key': must be number or count"),
        ("age: {from: 0, to: 9, unit: y}", "unit: unknown; must be one of decimals, from, kind"),
        ("age: {from: 0, to: 9, decimals: 1.5}", "decimals = 1.5: must be a whole number"),
        ("n: {from: 0.5, to: 9, kind: count}", "a count: must have whole bounds"),
        ("day: {from: 2020-01-01, to: 2019-01-01}", "must be two days such as 2026-01-31"),
        ("day: {from: 2020-01-01, to: soon}", "must be two days"),
        ("ward: [east]", "levels: must list at least two levels, each once"),
        ("ward: [1, '1']", "levels: must list"),
        ("ward: [[1], [2]]", "levels: must list"),
        ("ward: {levels: [a, b, c], kind: binary}", "kind = 'binary': must be"),
    ],
)
def test_what_states_nothing_is_refused_with_its_line(tmp_path, line, message):
    with pytest.raises(TablesError) as refused:
        stated(tmp_path, f"died: [0, 1]\n{line}\n")
    [fault] = refused.value.faults
    assert "bounds.yml:2: " in fault
    assert message in fault


def test_all_faults_come_at_once(tmp_path):
    with pytest.raises(TablesError) as refused:
        stated(tmp_path, "a: 1\nb: [0, 1]\nc: [2]\n")
    assert len(refused.value.faults) == 2


# What cells of any column may be, whatever it states.
NUMBERS = ["0", "1", "1.5", "1,5", "inf", "9007199254740993", "9" * 400, "1e400", "1_0", ""]
DAYS = ["01/02/2020", "2020-02-01", "13.02.2020", "20200213", "2020-02-01T12:00+02:00", "2020"]
TEXTS = st.sampled_from([*NUMBERS, *DAYS, "True", "east", "old"]) | st.text(max_size=4)
NATIVE = st.booleans() | st.integers() | st.floats() | st.dates() | st.datetimes() | st.none()
ANY = TEXTS | NATIVE | st.decimals(allow_nan=False) | st.lists(st.integers(), max_size=2)


@given(cells=st.lists(ANY, min_size=1, max_size=6))
def test_each_row_is_read_as_if_it_were_alone(every_kind, cells):
    def codes(own):
        column = pd.Series(own, dtype="str" if texts else "object")
        table = pd.DataFrame({name: column for name in every_kind.names})
        return stated_codes(every_kind, table, "")[0]

    texts = all(isinstance(cell, str) for cell in cells)
    alone = np.concatenate([codes([cell]) for cell in cells])
    assert np.array_equal(codes(cells), alone, equal_nan=True)


def test_the_first_day_does_not_say_how_others_are_read(tmp_path):
    own = stated(tmp_path, "seen: {from: 2010-01-01, to: 2026-12-31}")
    days = ["2020-02-01", "20200201", "2020-02-01T12:00:00", "2020-02-01T12:00+12:00"]
    for first in ("01/02/2020", "2020-02-01", "01.02.2020", "Feb 1 2020"):
        table = pd.DataFrame({"seen": [first, *days, "13/02/2020", "2020-02-30"]})
        codes = stated_codes(own, table, "")[0][1:, 0]
        wanted = [18293, 18293, 18293.5, 18293, NAN, NAN]
        assert codes == pytest.approx(wanted, nan_ok=True)
    native = pd.Series(pd.to_datetime(["2020-02-01 12:00"])).dt.tz_localize("Etc/GMT-12")
    assert stated_codes(own, pd.DataFrame({"seen": native}), "")[0].tolist() == [[18293.0]]
