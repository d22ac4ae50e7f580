"""`ddlib check --id … --time …`: what it prints and refuses, and what it advises to type."""

import re
import shlex

import pandas as pd
import pytest

from ddlib.cli import main
from tests.visits.test_tasks import followed


@pytest.fixture
def check(tmp_path, monkeypatch, capsys):
    """Run a check of two tables of visits; return its exit code, output and errors."""
    monkeypatch.chdir(tmp_path)
    table = followed(people=160)
    table[table.id > 80].drop(columns="x").to_csv("a.csv", index=False)
    table[table.id <= 80].drop(columns="y").to_csv("b.csv", index=False)

    def call(*words):
        code = main(["check", "a.csv", "b.csv", *words])
        return code, *capsys.readouterr()

    return call


def test_it_tells_of_people_and_of_what_changes(check):
    code, out, _ = check("--id", "id", "--time", "day")
    assert code == 0
    table = followed(people=160)
    counts = table.groupby("id").size()
    text = " ".join(out.split())
    assert f"2 tables, {len(table)} rows (a.csv " in text
    assert f"160 people with {counts.min()} to {counts.max()} visits each" in text
    assert f"median {counts.median():g}, at day {table.day.min()} to {table.day.max()};" in text
    assert f"; {(counts - 1).sum()} of {len(table)} visits are followed by another one" in text
    static = "'age', 'sex', 'end', 'died'"
    assert f"Static columns, with one value for each person: {static}." in text
    assert "Columns that change: 'y', 'sign', 'x'." in text
    assert "a.csv has no value of 'x'; b.csv has no value of 'y'" in text
    assert re.search(rf"\nx  +number .* -  +{(table.id <= 80).sum()}\n", out)
    assert "'y' and 'x'" in text.partition("never seen together")[2]


def test_what_it_advises_to_type_runs(check):
    _, out, _ = check("--id", "id", "--time", "day", "--slices", "40", "--static", "sign")
    command = out[out.index("  ddlib merge TABLE …") :].replace("\\\n", " ")
    assert "--slices 40" in command
    assert "--static sign" in command
    command = command.replace("COLUMN", "x").replace("EVENT, TIME, HORIZON", "died, end, 90")
    words = shlex.split(command.replace("TABLE …", "a.csv b.csv"))[1:]
    assert main([*words, "--rows", "60", "--draws", "2", "--splits", "0"]) == 0
    assert pd.read_csv("merged.csv").id.nunique() == 60


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["--id", "id"], "--time: lacks; must be given, as --id is"),
        (["--id", "id", "--time", "when"], "a.csv: has no column 'when'; must have it"),
        (["--id", "id", "--time", "day", "--link", "sex"], "--link = sex: must be the column of"),
        (
            ["--id", "id", "--time", "day", "--write-settings", "s.yml"],
            "--write-settings: must be left out where rows are visits",
        ),
    ],
)
def test_what_cannot_be_is_refused(check, words, line):
    code, out, errors = check(*words)
    assert (code, out) == (2, "")
    assert line in errors


@pytest.mark.parametrize(("person", "link"), [("`id`", "id"), ("id", "`id`")])
def test_the_column_of_people_may_stand_in_backquotes_in_one_option(check, person, link):
    assert check("--id", person, "--time", "day", "--link", link)[0] == 0


def test_tables_of_the_same_people_are_linked(check):
    table = followed(people=160).drop_duplicates("id")
    table[["id", "age", "x"]].to_csv("a.csv", index=False)
    table[["id", "sex", "y"]].to_csv("b.csv", index=False)
    code, out, _ = check("--link", "id")
    assert code == 0
    assert "All 6 pairs of columns are seen together." in out
