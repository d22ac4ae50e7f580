"""Bad input of `ddlib merge`: one clear line, exit code 2, nothing written, no traceback."""

import csv
import functools
import gzip

import numpy as np
import pandas as pd
import pytest

from ddlib.cli import main
from ddlib.report.progress import progress

N = 60
DRAWN = np.random.default_rng(0)
AGE = DRAWN.normal(60, 9, N).round(1)
PEOPLE = pd.DataFrame(
    {"age": AGE, "sex": DRAWN.choice(["f", "m"], N), "died": (AGE + 9 * DRAWN.normal(size=N) > 60)}
).astype({"died": int})
TEXT = PEOPLE.to_csv(index=False)
ENDS = "--for", "died ~ age", "--rows", "30", "--draws", "2"


def with_age(cell):
    """The bytes of a CSV in which row 6 has another age."""
    lines = TEXT.splitlines()
    lines[5] = ",".join([cell, *lines[5].split(",")[1:]])
    return "\n".join(lines).encode()


def parquet(folder):
    """The bytes of a Parquet file."""
    PEOPLE.to_parquet(folder / "whole.parquet")
    return (folder / "whole.parquet").read_bytes()


SMALL = PEOPLE.assign(age=np.linspace(4e-199, 6e-199, N)).to_csv(index=False).encode()
MILLION = ",".join(f"c{i}" for i in range(1_000_000)).encode() + b"\n"
STRANGERS = pd.DataFrame({"u": AGE, "v": AGE**2}).to_csv(index=False).encode()
VISITS = pd.concat([PEOPLE.assign(id=range(N))] * 2).to_csv(index=False).encode()
BAD = {
    # name of the file: its bytes, and what the line that refuses it says
    "empty.csv": (b"", ["is empty"]),
    "header.csv": (b"age,sex,died\n", ["header alone"]),
    "twice.csv": (TEXT.replace("sex", "age", 1).encode(), ["row 1", "'age'", "columns 1, 2"]),
    "strangers.csv": (STRANGERS, ["no column in common", "people.csv"]),
    "text.csv": (with_age("abc"), ["'age'", "row 6", "'abc'", "a number"]),
    "infinite.csv": (with_age("inf"), ["'age'", "row 6", "'inf'", "finite"]),
    "negative.csv": (with_age("-Infinity"), ["'age'", "row 6", "'-Infinity'", "finite"]),
    "beyond.csv": (with_age("1e400"), ["'age'", "row 6", "'1e400'", "finite"]),
    "vast.csv": (with_age("-1e308"), ["'age'", "row 6", "'-1e308'", "1e+100"]),
    "tiny.csv": (SMALL, ["'age'", "6e-199 in size", "from 1e-100 to 1e+100", "units"]),
    "cyrillic.csv": (TEXT.replace("sex", "пол").encode("cp1251"), ["row 1", "UTF-8"]),
    "utf16.csv": (TEXT.encode("utf-16")[:-1], ["UTF-8"]),
    "utf16le.csv": (TEXT.encode("utf-16-le"), ["zero bytes", "CSV"]),
    "wide.csv": (MILLION + MILLION, ["1000000 columns", "at most 1000"]),
    "cut.csv.gz": (gzip.compress(TEXT.encode())[:99], ["decompressed", "whole .gz file"]),
    "cut.parquet": (None, ["Parquet"]),
    "visits.csv": (VISITS, ["'id'", "row 62", "row 2", "one row a person"]),
}


@pytest.fixture
def ddlib(capsys, tmp_path, monkeypatch):
    """Run a command in a folder with one good table; return its exit code, output and errors."""
    monkeypatch.chdir(tmp_path)
    # However slow the machine is, progress stands in no test's way.
    monkeypatch.setattr("ddlib.report.command.progress", functools.partial(progress, silent=1e6))
    (tmp_path / "people.csv").write_text(TEXT)

    def call(*arguments):
        code = main([str(argument) for argument in arguments])
        return code, *capsys.readouterr()

    return call


def assert_refused(result, *parts):
    """Assert that a command is refused in one line."""
    code, out, err = result
    assert (code, out) == (2, ""), err
    assert err.count("\n") == 1, err
    assert all(part in err for part in parts), err


@pytest.mark.parametrize("name", BAD)
def test_a_bad_file_is_refused_in_one_line_and_nothing_is_written(ddlib, tmp_path, name):
    data, parts = BAD[name]
    (tmp_path / name).write_bytes(parquet(tmp_path)[:-9] if data is None else data)
    before = sorted(tmp_path.iterdir())
    assert_refused(ddlib("merge", "people.csv", name, *ENDS, "--out", "out.csv"), name, *parts)
    assert_refused(ddlib("check", "people.csv", name), name, *parts)
    assert sorted(tmp_path.iterdir()) == before


def test_a_table_of_a_million_columns_is_refused_for_its_first_line_alone(ddlib, tmp_path):
    """Its other lines, of which none is a text, are not looked at."""
    (tmp_path / "wide.csv").write_bytes(MILLION + b"\0\xff\xff\xff" * 1000)
    assert_refused(ddlib("check", "people.csv", "wide.csv"), "1000000 columns")


@pytest.mark.parametrize(
    ("path", "parts"),
    [
        ("none.csv", ["none.csv: does not exist"]),
        ("folder.csv", ["folder.csv: is a directory"]),
        (".", [".: is a directory"]),
        ("*.csv", ["*.csv: does not exist"]),
        ("x" * 300 + ".csv", ["x.csv: ", "too long"]),
        ("people.csv/age.csv", ["people.csv/age.csv: does not exist"]),
    ],
)
def test_what_is_no_file_is_refused_in_one_line(ddlib, tmp_path, path, parts):
    (tmp_path / "folder.csv").mkdir()
    assert_refused(ddlib("merge", "people.csv", path, *ENDS, "--out", "out.csv"), *parts)
    assert not (tmp_path / "out.csv").exists()


@pytest.mark.parametrize("length", [300, 247])
def test_a_name_that_is_too_long_to_be_written_is_refused_in_one_line(ddlib, tmp_path, length):
    """Of 247 letters it is not too long itself, but what is written before it appears is."""
    before = sorted(tmp_path.iterdir())
    out = "x" * length + ".csv"
    assert_refused(ddlib("merge", "people.csv", *ENDS, "--out", out), "--out = xx", "too long")
    assert sorted(tmp_path.iterdir()) == before


def test_more_rows_than_fit_into_memory_are_refused_in_one_line(ddlib):
    words = "merge", "people.csv", "--for", "died ~ age", "--out", "out.csv", "--rows"
    told = "--rows = 100000000000000000000: must be a whole number, at most 1000000"
    assert_refused(ddlib(*words, 10**20), told)


@pytest.mark.parametrize(
    ("words", "parts"),
    [
        (["--out", "there.csv"], ["--out = there.csv", "--force"]),
        (["--out", "folder.csv"], ["--out = folder.csv", "is a folder"]),
        (["--out", "none/out.csv"], ["--out = none/out.csv", "no such folder"]),
        (["--out", "people.csv/out.csv"], ["people.csv: is no folder"]),
        (["--out", "people.csv", "--force"], ["--out = people.csv", "another file"]),
        (["--out", "./folder.csv/../people.csv", "--force"], ["--out = ", "another file"]),
        (["--out", "linked.csv", "--force"], ["--out = linked.csv", "another file"]),
        (["--out", "out.csv", "--report", "out.csv"], ["--report = out.csv", "another file"]),
        (["--out", "out.json"], ["--out = out.json", ".csv, .tsv, .parquet"]),
        (["--out", "out"], ["--out = out:", ".csv, .tsv, .parquet"]),
    ],
)
def test_a_place_that_cannot_be_written_is_refused_before_any_work(
    ddlib, tmp_path, monkeypatch, words, parts
):
    monkeypatch.setattr("ddlib.merge.merged.merge", lambda *_, **__: pytest.fail("was computed"))
    (tmp_path / "folder.csv").mkdir()
    (tmp_path / "there.csv").write_text("mine")
    (tmp_path / "linked.csv").symlink_to("people.csv")
    before = sorted(tmp_path.iterdir())
    code, out, err = ddlib("merge", "people.csv", *ENDS, *words)
    assert (code, out) == (2, "")
    assert all(any(part in line for line in err.splitlines()) for part in parts), err
    assert "Traceback" not in err
    assert sorted(tmp_path.iterdir()) == before
    assert (tmp_path / "there.csv").read_text() == "mine"
    assert (tmp_path / "people.csv").read_text() == TEXT


def test_a_folder_that_may_not_be_written_is_refused(ddlib, tmp_path, monkeypatch):
    monkeypatch.setattr("os.access", lambda path, mode: False)
    result = ddlib("merge", "people.csv", *ENDS[2:], "--for", "density", "--out", "out.csv")
    assert_refused(result, "--out = out.csv", "read-only")


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("kinds: {age: numbr}\n", ["s.yml:1", "kinds.age = 'numbr'"]),
        ("kinds: {agee: number}\n", ["kinds", "'agee'", "age"]),
        ("units: {south: {age: 2}}\n", ["units", "'south'", "people.csv"]),
        ("missing: [-999\n", ["s.yml"]),
        ("speed: 3\n", ["s.yml:1", "speed"]),
        ("\0", ["s.yml"]),
        ("min_count: 0\n", ["s.yml:1", "min_count = 0"]),
        ("decimal: ü\n".encode("latin-1"), ["s.yml"]),
    ],
)
def test_bad_settings_are_refused_with_their_place(ddlib, tmp_path, text, parts):
    (tmp_path / "s.yml").write_bytes(text if isinstance(text, bytes) else text.encode())
    words = ("merge", "people.csv", *ENDS, "--out", "out.csv", "--settings", "s.yml")
    code, out, err = ddlib(*words)
    assert (code, out) == (2, ""), err
    assert all(part in err for part in parts), err
    assert "Traceback" not in err


DANGEROUS = ("=", "+", "-", "@", "\t", "\r")


def is_number(cell):
    try:
        float(cell)
    except ValueError:
        return False
    return True


@pytest.mark.parametrize("ending", ["csv", "tsv"])
def test_names_and_levels_that_spreadsheets_compute_are_written_as_texts(ddlib, tmp_path, ending):
    table = PEOPLE.rename(columns={"age": "=age", "died": "-died"})
    table["sex"] = table["sex"].map({"f": "@f", "m": "+m"})
    table["@arm"] = DRAWN.choice(["=HYPERLINK(1)", "-b", "-1"], N)
    table.to_csv(tmp_path / "odd.csv", index=False)
    words = ("merge", "odd.csv", "--for", "-died ~ .", "--rows", 40, "--draws", 2)
    code, _, err = ddlib(*words, "--out", f"out.{ending}")
    assert code == 0, err
    for name in (f"out.{ending}", f"out.coefficients.{ending}"):
        with (tmp_path / name).open(encoding="utf-8", newline="") as file:
            cells = [*csv.reader(file, delimiter="\t" if ending == "tsv" else ",")]
        told = {cell for row in cells for cell in row}
        assert not [c for c in told if c.startswith(DANGEROUS) and not is_number(c)]
        assert {"'=age", "'@arm"} <= told or {"'=age", "'-died ~ ."} <= told
    rows = pd.read_csv(tmp_path / f"out.{ending}", sep="\t" if ending == "tsv" else ",")
    assert set(rows["sex"]) == {"'@f", "'+m"}
    code, *_ = ddlib(*words, "--out", "out.parquet")
    assert code == 0
    kept = pd.read_parquet(tmp_path / "out.parquet")
    assert [*kept.columns] == ["=age", "sex", "-died", "@arm", "weight"]
    assert set(kept["@arm"]) == {"=HYPERLINK(1)", "-b", "-1"}
