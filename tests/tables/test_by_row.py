"""Files that are read row by row: bytes of one row change no other row."""

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ddlib.tables import TablesError
from ddlib.tables.files import read_file

ROWS = [b'"M\xc3\xbcller",1', b"b;b,2", b"c,3"]


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return tmp_path_factory.mktemp("by_row") / "site.csv"


def read(path, rows):
    path.write_bytes(b"\n".join([b"ward,n", *rows, b""]))
    return read_file(path, by_row=True)


@given(odd=st.binary(max_size=8) | st.sampled_from([b"\xfc", b'"', b";;;;;", b"\xe4\xf6,1\t"]))
def test_a_row_changes_itself_alone_or_the_file_is_refused(path, odd):
    wanted = read(path, ROWS)[0].to_numpy().tolist()
    try:
        got = read(path, [*ROWS[:2], b"x" + odd + b",9", ROWS[2]])[0].to_numpy().tolist()
    except TablesError:
        return
    assert (got[:2], got[-1]) == (wanted[:2], wanted[2])


def test_what_is_not_utf8_is_replaced_in_its_cell(path):
    table, [note] = read(path, [*ROWS, b"M\xfcller,4"])
    assert table["ward"].tolist() == ["Müller", "b;b", "c", "M\ufffdller"]
    assert note.text == "site.csv: 1 sign not in UTF-8"


def test_a_quotation_mark_takes_no_other_row_in(path):
    with pytest.raises(TablesError, match="row 3: a quotation mark is not closed"):
        read(path, [b"a,1", b'"b,2', b'c",3'])


def test_a_missing_cell_of_parquet_changes_no_whole_number(tmp_path):
    path = tmp_path / "site.parquet"
    pd.DataFrame({"n": pd.array([2**53 + 1, None], dtype="Int64")}).to_parquet(path)
    assert read_file(path, by_row=True)[0]["n"].iloc[0] == 2**53 + 1
