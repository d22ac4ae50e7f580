"""What cannot be read is refused in one clear line that names file, row and column."""

import bz2
import gzip
import io
import lzma
import zipfile
from typing import Any

import pandas as pd
import pytest

from ddlib.tables import TablesError, read_sources

ROWS = [f"{20 + i % 50},{i % 7}.{i % 10},{'mf'[i % 2]}" for i in range(60)]


def csv(rows=ROWS, header="age,bili,sex"):
    """The bytes of a CSV."""
    return "\n".join([header, *rows, ""]).encode()


def with_cell(row, cells):
    """The bytes of a CSV, one of whose rows (the header is row 1) is another."""
    return csv([*ROWS[: row - 2], cells, *ROWS[row - 1 :]])


def zipped(**files):
    """The bytes of a zip with files."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name.replace("_", "."), data)
    return stream.getvalue()


def damaged(data):
    """Compressed bytes with some in the middle changed."""
    middle = len(data) // 2
    return (
        data[:middle] + bytes(255 - byte for byte in data[middle : middle + 8]) + data[middle + 8 :]
    )


def parquet(table):
    """The bytes of a Parquet file."""
    stream = io.BytesIO()
    table.to_parquet(stream)
    return stream.getvalue()


MILLION = ",".join(f"c{i}" for i in range(1_000_000)).encode()
REFUSED = {
    # name of the file: its bytes, and parts of the line that refuses it
    "empty.csv": (b"", ["is empty"]),
    "blank.csv": (b"\n\n  \n", ["is empty"]),
    "header.csv": (b"age,bili,sex\n", ["header alone"]),
    "no_header.csv": (b"1,2,3\n" + csv(header="4,5,6"), ["row 1", "names"]),
    "twice.csv": (csv(header="age,sex,age"), ["row 1", "'age'", "2 times", "columns 1, 3"]),
    "nameless.csv": (csv(header="age,,sex"), ["row 1", "column 2", "no name"]),
    "text.csv": (with_cell(17, "abc,1.0,m"), ["'age'", "row 17", "'abc'", "a number"]),
    "below.csv": (with_cell(9, "33,<0.5,m"), ["'bili'", "row 9", "'<0.5'", "a number"]),
    "infinite.csv": (with_cell(40, "33,-inf,m"), ["'bili'", "row 40", "'-inf'", "finite"]),
    "short.csv": (with_cell(5, "33,1.0"), ["row 5", "2 cells", "3"]),
    "long.csv": (with_cell(5, "33,1.0,m,4"), ["row 5", "4 cells", "3"]),
    "quotes.csv": (with_cell(8, '33,1.0,"m'), ["row 8", "quotation mark"]),
    "decimal.csv": (
        csv([f'{20 + i},"{i % 7},{i % 9}",m' for i in range(60)]),
        ["'bili'", "row 2", "'0,0'", 'decimal: {decimal.csv: ","}'],
    ),
    "thousands.csv": (
        csv([f"{20 + i};{1 + i % 7}.{100 + i},5;m" for i in range(60)], "age;bili;sex"),
        ["'bili'", "row 2", "'1.100,5'", "thousands"],
    ),
    "dates.csv": (
        csv([f"{20 + i},{1 + i % 28}.{1 + i % 12}.2020,m" for i in range(60)]),
        ["'bili'", "row 2", "'1.1.2020'", "2024-01-31"],
    ),
    "cyrillic.csv": (
        csv().replace(b"sex", "пол".encode("cp1251")),
        ["row 1", "UTF-8"],
    ),
    "binary.csv": (b"\x7fELF\0\1\2\3" + csv(), ["is no text"]),
    "workbook.csv": (zipped(a_xml="<a/>"), ["saved as CSV"]),
    "wide.csv": (MILLION + b"\n" + MILLION + b"\n", ["1000000 columns", "1000"]),
    "wide.csv.gz": (gzip.compress(MILLION, 1), ["1000000 columns", "1000"]),
    "book.xlsx": (b"PK\3\4", [".xlsx", ".csv"]),
    "bare": (csv(), ["no ending", ".csv"]),
    "cut.csv.gz": (gzip.compress(csv())[:-20], ["decompressed", ".gz"]),
    "cut.csv.bz2": (bz2.compress(csv())[:-20], ["decompressed", ".bz2"]),
    "cut.csv.xz": (lzma.compress(csv())[:-20], ["decompressed", ".xz"]),
    "cut.csv.zip": (zipped(a_csv=csv())[:-20], ["decompressed", ".zip"]),
    "changed.csv.gz": (damaged(gzip.compress(csv())), ["decompressed", ".gz"]),
    "changed.csv.bz2": (damaged(bz2.compress(csv())), ["decompressed", ".bz2"]),
    "changed.csv.xz": (damaged(lzma.compress(csv())), ["decompressed", ".xz"]),
    "none.csv.gz": (csv(), ["decompressed", ".gz"]),
    "none.csv.bz2": (csv(), ["decompressed", ".bz2"]),
    "none.csv.xz": (csv(), ["decompressed", ".xz"]),
    "none.csv.zip": (csv(), ["decompressed", ".zip"]),
    "two.zip": (zipped(a_csv=csv(), b_csv=csv()), ["2 files", "a.csv", "one table"]),
    "nothing.zip": (zipped(), ["0 files", "one table"]),
    "none.parquet": (csv(), ["Parquet"]),
    "cut.parquet": (parquet(pd.DataFrame({"a": range(99)}))[:-9], ["Parquet"]),
    "lists.parquet": (
        parquet(pd.DataFrame({"age": range(60), "runs": [[1, 2]] * 60})),
        ["'runs'", "must be numbers"],
    ),
    "spans.parquet": (
        parquet(pd.DataFrame({"age": range(60), "stay": pd.to_timedelta(range(60), "D")})),
        ["'stay'", "must be numbers"],
    ),
    "norows.parquet": (parquet(pd.DataFrame({"age": [], "sex": []})), ["rows"]),
}


def refused(inputs, settings=None):
    """The lines with which inputs are refused."""
    with pytest.raises(TablesError) as caught:
        read_sources(inputs, settings)
    assert str(caught.value) == "\n".join(caught.value.faults)
    return caught.value.faults


@pytest.mark.parametrize("name", REFUSED)
def test_a_bad_file_gets_one_line_that_names_it_and_the_place(tmp_path, name):
    data, parts = REFUSED[name]
    (tmp_path / name).write_bytes(data)
    (line,) = refused([tmp_path / name])
    assert line.startswith(f"{name}: ")
    assert "\n" not in line
    assert all(part in line for part in parts), line
    assert "must" in line


def test_paths_that_are_no_files_are_refused(tmp_path):
    (tmp_path / "folder.csv").mkdir()
    (tmp_path / "folder").mkdir()
    lines = refused([tmp_path / "lacks.csv", tmp_path / "folder.csv", tmp_path / "folder"])
    assert [line.split("; must")[0] for line in lines] == [
        f"{tmp_path}/lacks.csv: does not exist",
        f"{tmp_path}/folder.csv: is a directory",
        f"{tmp_path}/folder: is a directory",
    ]


def test_a_file_that_may_not_be_read_is_refused(tmp_path, monkeypatch):
    path = tmp_path / "closed.csv"
    path.write_bytes(csv())

    def closed(*args, **kwargs):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("pathlib.Path.open", closed)
    assert refused([path]) == ("closed.csv: cannot be read: Permission denied",)


def test_all_faults_come_at_once(tmp_path):
    (tmp_path / "a.csv").write_bytes(
        with_cell(17, "abc,inf,m").replace(b"\n30,3.0,m\n", b"\n30,x,m\n")
    )
    (tmp_path / "b.csv").write_bytes(b"")
    (tmp_path / "c.csv").write_bytes(csv(header="age,age,sex"))
    lines = refused([tmp_path / name for name in ("a.csv", "b.csv", "c.csv", "d.csv")])
    told = "\n".join(lines)
    for part in (
        "b.csv: is empty",
        "c.csv: row 1",
        "d.csv: does not exist",
        "'abc'",
        "'inf'",
        "'x'",
    ):
        assert told.count(part) == 1, told
    assert all("row " in line for line in lines if line.startswith(("a.csv", "c.csv")))


def test_small_tables_and_cells_are_told_together_with_wrong_cells():
    ages = [*range(20, 59), "abc"]
    rare = pd.DataFrame({"age": ages, "died": [0] * 38 + [1, 1], "sex": ["m", "f"] * 20})
    told = "\n".join(refused({"a": rare}))
    assert "'abc'" in told
    assert "'died'" in told


def test_a_file_given_twice_is_refused(tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes(csv())
    assert "twice" in refused([path, path])[0]


def test_labels_that_are_one_text_are_refused_as_a_table_would_be_lost():
    table = pd.DataFrame({"age": range(60)})
    given: Any = {1: table, "1": table + 1, "2": table}
    with pytest.raises(TablesError, match=r"^1: labels 2 tables; must label one$"):
        read_sources(given)
