"""Files appear whole or not at all, and texts in them are never formulas."""

import csv
import warnings

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ddlib.report.writing import output_faults, without_formulas, write_table, write_together
from ddlib.tables.files import read_file

DANGEROUS = ("=", "+", "-", "@", "\t", "\r")


def test_several_files_appear_together(tmp_path):
    first, second = tmp_path / "a.csv", tmp_path / "b.html"

    def writes_second(path):
        assert not first.exists()
        path.write_text("b")

    write_together({first: lambda path: path.write_text("a"), second: writes_second})
    assert {p.name: p.read_text() for p in tmp_path.iterdir()} == {"a.csv": "a", "b.html": "b"}


@pytest.mark.parametrize("error", [KeyboardInterrupt, OSError(28, "No space left on device")])
def test_nothing_is_left_when_one_fails(tmp_path, error):
    kept = tmp_path / "a.csv"
    kept.write_text("old")

    def fails(path):
        path.write_text("half")
        raise error

    files = {kept: lambda path: path.write_text("new"), tmp_path / "b.html": fails}
    with pytest.raises((KeyboardInterrupt, OSError)):
        write_together(files, force=True)
    assert {p.name: p.read_text() for p in tmp_path.iterdir()} == {"a.csv": "old"}


def test_a_file_that_came_meanwhile_is_kept(tmp_path):
    path = tmp_path / "a.csv"

    def write(draft):
        draft.write_text("mine")
        path.write_text("somebody's")

    with pytest.raises(FileExistsError, match="--force"):
        write_together({path: write})
    assert [p.read_text() for p in tmp_path.iterdir()] == ["somebody's"]


def test_places_are_checked(tmp_path, monkeypatch):
    there, source = tmp_path / "there.csv", tmp_path / "source.csv"
    there.touch()
    source.touch()
    outputs = {
        "--out": there,
        "--report": tmp_path / "none" / "x.html",
        "--a": tmp_path,
        "--b": source,
        "--c": tmp_path / "new.csv",
        "--d": tmp_path / "new.csv",
        "--e": there / "x.csv",
    }
    assert output_faults(outputs, [source]) == [
        f"--out = {there}: is there already; --force replaces it",
        f"--report = {tmp_path}/none/x.html: cannot be written: {tmp_path}/none: no such folder",
        f"--a = {tmp_path}: is a folder; must be a file",
        f"--b = {source}: is one of the files that are read too; must be another file",
        f"--d = {tmp_path}/new.csv: is the file of --c too; must be another file",
        f"--e = {there}/x.csv: cannot be written: {there}: is no folder",
    ]
    assert len(output_faults(outputs, [source], force=True)) == 5
    monkeypatch.setattr("os.access", lambda path, mode: False)
    (line,) = output_faults({"--out": tmp_path / "x.csv"})
    assert line.endswith(f"{tmp_path} is read-only for this user")


def test_numbers_keep_their_sign():
    table = pd.DataFrame({"a": [-1.5, 2], "b": [-3, 4], "c": ["-7", "+2.5e3"]})
    safe = without_formulas(table)
    pd.testing.assert_frame_equal(safe.astype({"c": "str"}), table.astype({"c": "str"}))


def test_texts_and_names_that_look_like_formulas_get_an_apostrophe():
    table = pd.DataFrame({"=x": ["=1+1", "-", "@a", "\tb", "+c", "-inf", "'=d", "a=b", None]})
    safe = without_formulas(table)
    assert safe.columns.tolist() == ["'=x"]
    assert safe["'=x"].tolist()[:8] == [
        *("'=1+1", "'-", "'@a", "'\tb", "'+c", "'-inf", "''=d", "a=b")
    ]
    assert safe["'=x"].isna().tolist() == [False] * 8 + [True]


def test_categories_are_texts_too():
    table = pd.DataFrame({"a": pd.Categorical(["=1", "b"])})
    assert without_formulas(table)["a"].tolist() == ["'=1", "b"]


def test_many_columns_are_written_without_a_warning():
    table = pd.DataFrame({f"x{place}": [place, -place] for place in range(150)})
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        safe = without_formulas(table)
    pd.testing.assert_frame_equal(safe, table)


@given(st.lists(st.text(min_size=1), min_size=1, max_size=5), st.sampled_from(["csv", "tsv"]))
def test_no_cell_that_is_read_back_is_a_formula(tmp_path_factory, texts, suffix):
    path = tmp_path_factory.mktemp("cells") / f"x.{suffix}"
    texts = [text.encode("utf-8", "ignore").decode().replace("\x00", "") or "x" for text in texts]
    write_table(pd.DataFrame({"=name": texts}), path, f".{suffix}")
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file, delimiter="\t" if suffix == "tsv" else ","))
    assert len(rows) == len(texts) + 1
    for (cell,) in rows:
        if cell.startswith(DANGEROUS):
            float(cell)  # a plain number, as a text


@given(
    st.lists(st.text("'=+-@\t1.e b", min_size=1, max_size=6), min_size=1, max_size=6),
    st.sampled_from([".csv", ".tsv"]),
)
def test_texts_like_formulas_are_read_back_as_they_were(tmp_path_factory, texts, suffix):
    """Those with apostrophes of their own too, and as names; blanks around others go."""
    path = tmp_path_factory.mktemp("cells") / f"x{suffix}"
    texts = [text if text.startswith("\t") else text.strip() or "x" for text in texts]
    texts = [text.rstrip() or "x" for text in texts]
    write_table(pd.DataFrame({texts[0]: texts, "second": texts}), path, suffix)
    found, _ = read_file(path)
    assert found["second"].tolist() == texts
    assert found.columns.tolist() == [texts[0], "second"]


@pytest.mark.parametrize("suffix", [".csv", ".tsv", ".parquet"])
def test_a_table_comes_back(tmp_path, suffix):
    table = pd.DataFrame({"a": [1, 2], "b": [0.5, np.nan], "c": ["x", "y, z"]})
    path = tmp_path / f"out{suffix}"
    write_table(table, path, suffix)
    read = {".parquet": pd.read_parquet, ".csv": pd.read_csv}.get(
        suffix, lambda p: pd.read_csv(p, sep="\t")
    )
    pd.testing.assert_frame_equal(read(path), table)
