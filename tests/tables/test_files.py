"""Files are read as people write them: separators, ends of lines, encodings, compression."""

import bz2
import csv
import gzip
import io
import lzma
import zipfile

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ddlib.tables import TablesError, read_sources
from ddlib.tables.files import read_file
from ddlib.tables.text import read_text

PEOPLE = pd.DataFrame(
    {
        "name": [f"n{i % 3}" for i in range(30)],
        "age": [20 + i for i in range(30)],
        "bili": [(i % 17) / 10 for i in range(30)],
    }
)
TEXT = PEOPLE.to_csv(index=False)


def zipped(data):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("folder/people.csv", data)
        archive.writestr("__MACOSX/people.csv", b"\0")
    return stream.getvalue()


def read(tmp_path, name, data):
    """The one table of a file, and the notes."""
    (tmp_path / name).write_bytes(data)
    sources = read_sources([tmp_path / name])
    assert sources.labels == (name,)
    return sources.tables[name], sources.notes


def assert_people(table):
    pd.testing.assert_frame_equal(table, PEOPLE.astype({"name": "str"}), check_index_type=False)


PACKINGS = {
    "": bytes,
    ".gz": gzip.compress,
    ".bz2": bz2.compress,
    ".xz": lzma.compress,
    ".zip": zipped,
}


@pytest.mark.parametrize("packed", PACKINGS)
@pytest.mark.parametrize("ending", [".csv", ".txt", ".CSV"])
def test_a_compressed_file_is_the_file(tmp_path, packed, ending):
    table, notes = read(tmp_path, f"people{ending}{packed}", PACKINGS[packed](TEXT.encode()))
    assert_people(table)
    assert not notes


def test_a_zip_says_by_its_file_what_it_holds(tmp_path):
    assert_people(read(tmp_path, "people.zip", zipped(TEXT.encode()))[0])


@pytest.mark.parametrize(
    "text",
    [
        TEXT,
        TEXT.replace(",", ";"),
        TEXT.replace(",", "\t"),
        TEXT.replace(",", ", "),
        TEXT.replace("\n", "\r\n"),
        TEXT.replace("\n", "\r"),
        TEXT.replace("\n", "\n\n"),
        TEXT.rstrip("\n"),
        "\n\n" + TEXT,
        "\ufeff" + TEXT,
        TEXT.replace("n0", '"n0"'),
        TEXT.replace("\n", ",\n"),
        PEOPLE.to_csv(),
        PEOPLE.set_axis(range(1, 31)).to_csv(),
    ],
    ids=[
        "commas", "semicolons", "tabs", "blanks", "windows", "old mac", "blank lines",
        "no last end", "blank head", "byte-order mark", "quotes", "a comma too many",
        "rows from 0", "rows from 1",
    ],
)  # fmt: skip
def test_a_table_is_read_however_it_is_written(tmp_path, text):
    assert_people(read(tmp_path, "people.csv", text.encode())[0])


@pytest.mark.parametrize("ending", [".tsv", ".tab"])
def test_a_file_of_tabs_may_have_commas_in_its_cells(tmp_path, ending):
    text = TEXT.replace(",", "\t").replace("n1", "n,1;,;")
    table, _ = read(tmp_path, f"people{ending}", text.encode())
    assert set(table["name"]) == {"n0", "n,1;,;", "n2"}


def test_a_cell_may_have_separators_and_ends_of_lines(tmp_path):
    text = TEXT.replace("n1", '"one, ""two""\nthree"')
    table, _ = read(tmp_path, "people.csv", text.encode())
    assert set(table["name"]) == {"n0", 'one, "two"\nthree', "n2"}


def test_western_text_is_read_with_a_note_and_utf_16_without(tmp_path):
    text = TEXT.replace("n1", "Müller").replace("name", "Straße")
    table, notes = read(tmp_path, "latin.csv", text.encode("latin-1"))
    assert list(table) == ["Straße", "age", "bili"]
    assert "Müller" in set(table["Straße"])
    (note,) = notes
    assert (note.level, note.sources) == ("note", ("latin.csv",))
    assert "Latin-1" in note.text
    assert "'ü'" in note.text  # to check by, and no word of a cell, which may name somebody
    assert "Müller" not in note.text
    wide, notes = read(tmp_path, "wide.csv", text.encode("utf-16"))
    pd.testing.assert_frame_equal(table, wide)
    assert not notes


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("имя", "cp1251"),
        ("имя", "koi8-r"),
        ("όνομα", "cp1253"),
        ("名前", "shift_jis"),
        ("名字", "gbk"),
    ],
)
def test_text_of_another_script_is_refused_not_misread(tmp_path, text, encoding):
    path = tmp_path / "people.csv"
    path.write_bytes(TEXT.replace("name", text).encode(encoding))
    with pytest.raises(TablesError, match=r"people\.csv: row 1: .*must be UTF-8"):
        read_sources([path])


def test_rows_are_counted_as_a_spreadsheet_counts_them(tmp_path):
    lines = TEXT.splitlines()
    path = tmp_path / "people.csv"
    path.write_text("\n".join([*lines[:5], "", *lines[5:9], "n0,x,1.0", *lines[9:]]))
    with pytest.raises(TablesError, match=r"people\.csv: column 'age', row 11: 'x'"):
        read_sources([path])


def test_a_parquet_file_keeps_its_types_and_not_its_index(tmp_path):
    typed = PEOPLE.assign(
        seen=pd.date_range("2020-01-30", periods=30),
        female=[True, False, None] * 10,
        grade=pd.Categorical(list("abc") * 10),
        weight=np.float32(0.1) * np.arange(30, dtype=np.float32),
    ).set_index("name")
    typed.to_parquet(tmp_path / "people.parquet")
    table = read_sources([tmp_path / "people.parquet"]).tables["people.parquet"]
    assert "name" in table
    assert [str(table[name].dtype) for name in ("seen", "female", "grade", "weight")] == [
        "datetime64[us]", "boolean", "str", "float64",
    ]  # fmt: skip
    assert table["weight"].max() == 2.9
    typed.reset_index().set_axis(range(5, 35)).to_parquet(tmp_path / "index.parquet")
    again = read_sources([tmp_path / "index.parquet"]).tables["index.parquet"]
    pd.testing.assert_frame_equal(table[sorted(table)], again[sorted(again)])


def test_names_of_files_are_labels_and_paths_where_two_have_one(tmp_path):
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "people.csv").write_text(TEXT)
    paths = [tmp_path / folder / "people.csv" for folder in ("a", "b")]
    assert read_sources(paths).labels == tuple(map(str, paths))
    assert read_sources([paths[0], PEOPLE, PEOPLE]).labels == ("people.csv", "table 2", "table 3")
    assert read_sources({"x": paths[0], "y": PEOPLE}).labels == ("x", "y")
    assert read_sources(str(paths[0])).labels == ("people.csv",)


CELLS = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Zl", "Zp"])
    | st.sampled_from('",;\t\n'),
    max_size=6,
)
NAMES = st.text(st.characters(codec="ascii", categories=["L"]), min_size=1, max_size=5)


@st.composite
def some_tables(draw):
    """A header and rows of texts, the first of which is never blank."""
    header = draw(st.lists(NAMES, min_size=2, max_size=4, unique=True))
    row = st.tuples(NAMES, *[CELLS] * (len(header) - 1))
    return header, draw(st.lists(row, min_size=1, max_size=6))


@given(some_tables(), st.sampled_from(",;\t"), st.sampled_from(["\n", "\r\n"]), st.booleans())
def test_what_a_csv_writer_writes_is_read_cell_for_cell(table, separator, end, all_quoted):
    header, rows = table
    stream = io.StringIO(newline="")
    quoting = csv.QUOTE_ALL if all_quoted else csv.QUOTE_MINIMAL
    csv.writer(stream, delimiter=separator, lineterminator=end, quoting=quoting).writerows(
        [header, *rows]
    )
    read, notes = read_text(io.BytesIO(stream.getvalue().encode()), "t.csv")
    assert not notes
    assert list(read.columns) == header
    assert list(read.index) == list(range(2, len(rows) + 2))
    cells = [[None if pd.isna(cell) else cell for cell in row] for row in read.to_numpy().tolist()]
    assert cells == [[cell.strip() or None for cell in row] for row in rows]


def read_or_refused(read, path):
    """What a reader makes of a file, or the lines that refuse it."""
    try:
        return read(path), ()
    except TablesError as error:
        return None, error.faults


ENDINGS = [".csv", ".tsv", ".csv.gz", ".zip", ".parquet", ".csv.xz"]


@given(st.binary(max_size=60), st.sampled_from(ENDINGS))
def test_bytes_of_any_kind_are_read_or_refused_in_lines_that_name_the_file(
    tmp_path_factory, data, ending
):
    path = tmp_path_factory.getbasetemp() / f"any{ending}"
    path.write_bytes(data)
    found, faults = read_or_refused(read_file, path)
    assert (found is None) == bool(faults)
    assert all(line.startswith(path.name) and "\n" not in line for line in faults)
    if found:
        table, _ = found
        assert len(table)
        assert table.columns.is_unique


@given(st.integers(0, len(TEXT) - 1), st.binary(min_size=1, max_size=3))
def test_a_csv_with_some_bytes_changed_is_read_or_refused(tmp_path_factory, place, change):
    path = tmp_path_factory.getbasetemp() / "changed.csv"
    data = TEXT.encode()
    path.write_bytes(data[:place] + change + data[place + len(change) :])
    sources, faults = read_or_refused(read_sources, path)
    assert (sources is None) == bool(faults)
    assert all(line.startswith(("changed.csv", "column ")) for line in faults)
    if sources:
        assert not sources.schema.faults(sources.tables["changed.csv"])
