"""One table of mixed kinds is read the same however it is written: the same cells and schema."""

import gzip
import io

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ddlib.tables import Settings, read_sources
from tests.shared.examples import examples

N = 50
# Letters of all scripts, and what has a meaning in text files.
SIGNS = st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Zl", "Zp"]) | st.sampled_from(
    "\",;\t|\n'=+-@#"
)
# No blank at an end, and no text that stands for a number, a date or a missing cell.
LEVELS = st.lists(
    st.text(SIGNS, max_size=5).map(lambda text: f"ä{text}!"), min_size=2, max_size=4, unique=True
)
# The last letter keeps a name from being that of a key or of a group.
NAME_SIGNS = st.characters(codec="utf-8", categories=["L", "N", "S"]) | st.sampled_from("\" '.-")


@st.composite
def columns(draw):
    """Values of one column of any kind, of a dtype that has missing cells."""
    random = np.random.default_rng(draw(st.integers(0, 10**6)))
    kind = draw(st.sampled_from(["number", "small", "count", "truth", "text", "date", "moment"]))
    if kind == "number":
        return pd.Series(random.normal(5, 900, N).round(draw(st.integers(1, 4))) + 0.5)
    if kind == "small":
        return pd.Series(random.normal(0, 1e-9, N))
    if kind == "count":
        return pd.Series(random.poisson(40, N), dtype="Int64")
    if kind == "truth":
        return pd.Series(random.permutation(np.arange(N) % 2 == 0), dtype="boolean")
    if kind == "text":
        levels = draw(LEVELS)
        return pd.Series([levels[i % len(levels)] for i in random.permutation(N)], dtype="string")
    units, most = ("D", 40_000) if kind == "date" else ("us", 10**15)
    moments = pd.Timestamp("1912-02-29") + pd.to_timedelta(random.integers(0, most, N), units)
    return pd.Series(moments.astype("datetime64[us]"))


@st.composite
def tables(draw):
    """A table of several columns, some cells of which are missing."""
    names = draw(st.lists(st.text(NAME_SIGNS, max_size=4), min_size=2, max_size=5))
    table = pd.DataFrame({f"c{name}{place}z": draw(columns()) for place, name in enumerate(names)})
    random = np.random.default_rng(draw(st.integers(0, 10**6)))
    return table.mask(random.random(table.shape) < draw(st.sampled_from([0.0, 0.1])))


def as_parquet(table):
    stream = io.BytesIO()
    table.to_parquet(stream)
    return stream.getvalue()


WAYS = {
    # the ending of the file, its bytes, and what is said of it
    "commas": (".csv", lambda t: t.to_csv(index=False).encode(), "."),
    "quotes": (".csv", lambda t: t.to_csv(index=False, quoting=1).encode(), "."),
    "semicolons": (".csv", lambda t: t.to_csv(index=False, sep=";", decimal=",").encode(), ","),
    "tabs": (".tsv", lambda t: t.to_csv(index=False, sep="\t", na_rep="NA").encode(), "."),
    "windows": (
        ".csv",
        lambda t: t.to_csv(index=False, lineterminator="\r\n").encode("utf-8-sig"),
        ".",
    ),
    "gzip": (".csv.gz", lambda t: gzip.compress(t.to_csv(index=False).encode(), 1), "."),
    "utf-16": (".txt", lambda t: t.to_csv(index=False, sep="|").encode("utf-16"), "."),
    "parquet": (".parquet", as_parquet, "."),
}


def read(given, decimal="."):
    """The one table of what is given, and its schema."""
    sources = read_sources({"t": given}, Settings(min_count=1, decimal=decimal))
    return sources.tables["t"], sources.schema


def cells(table):
    """The cells by row, None where missing; those of dates to the microsecond."""
    rows = table.astype(object).to_numpy().tolist()
    return [[None if pd.isna(cell) else cell for cell in row] for row in rows]


@examples(15)
@given(tables(), st.sampled_from(sorted(WAYS)))
def test_a_file_has_the_cells_and_the_schema_of_its_frame(tmp_path_factory, table, way):
    ending, write, decimal = WAYS[way]
    path = tmp_path_factory.getbasetemp() / f"way{ending}"
    path.write_bytes(write(table))
    found, schema = read(path, decimal)
    wanted, known = read(table)
    assert schema == known
    assert schema.faults(found) == []
    pd.testing.assert_frame_equal(found, wanted, check_exact=True)


@examples(15)
@given(tables())
def test_a_frame_has_the_cells_that_it_had(table):
    found, schema = read(table)
    assert [*found.columns] == [*table.columns]
    assert cells(found) == cells(table[table.notna().any(axis=1)])
    assert schema.faults(found) == []
    again, same = read(table.astype(object))
    assert same == schema
    pd.testing.assert_frame_equal(again, found, check_exact=True)


@examples(6)
@given(tables(), st.integers(0, 10**6))
def test_the_order_of_rows_is_that_of_the_file(table, seed):
    order = np.random.default_rng(seed).permutation(N)
    found, schema = read(table.iloc[order])
    wanted, known = read(table)
    assert schema == known
    assert sorted(map(repr, cells(found))) == sorted(map(repr, cells(wanted)))
    shown = table.notna().any(axis=1).to_numpy()
    back = np.argsort(order[shown[order]])
    pd.testing.assert_frame_equal(found.iloc[back].reset_index(drop=True), wanted)


@pytest.mark.parametrize("way", WAYS)
def test_levels_with_all_signs_of_text_files_are_kept(tmp_path, way):
    levels = ['a "quoted" word', "one, two; three | four", "two\nlines", "1,5 mg", "=1+1", "ζ\tω"]
    table = pd.DataFrame({"x": levels * 10, "y": np.arange(60) + 0.25})
    ending, write, decimal = WAYS[way]
    (tmp_path / f"t{ending}").write_bytes(write(table))
    found, schema = read(tmp_path / f"t{ending}", decimal)
    assert set(schema["x"].levels) == set(levels)
    assert found["x"].tolist() == table["x"].tolist()
    assert found["y"].tolist() == table["y"].tolist()


def test_an_apostrophe_before_what_a_spreadsheet_would_compute_is_no_part_of_a_cell(tmp_path):
    cells = ["'=1+1", "''=1+1", "'-no", "'kept", "it's"] * 4
    table = pd.DataFrame({"'=x": cells, "age": range(20)})
    table.to_csv(tmp_path / "a.csv", index=False)
    sources = read_sources([tmp_path / "a.csv"], Settings(min_count=1))
    assert sources.schema.names == ("=x", "age")
    assert set(sources.schema["=x"].levels) == {"=1+1", "'=1+1", "-no", "'kept", "it's"}
