"""`ddlib merge --id … --time …` and `--link`: what they write, say and refuse."""

import contextlib
import functools
import io
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from bs4 import BeautifulSoup

from ddlib.cli import main
from ddlib.report.comparison import Comparison
from ddlib.report.progress import progress
from ddlib.report.visits_far import far_notes, far_schedule
from ddlib.tables import Column
from tests.visits.tables import read
from tests.visits.test_tasks import followed

WITHIN = "within(died, end, 90) ~ ."
OPTIONS = ["--id", "id", "--time", "day"]


def tables(folder):
    """Write the visits of two hospitals, each of which lacks a column of the other."""
    table = followed(people=160)
    cut = table.id > 80
    table[cut].drop(columns="x").to_csv(folder / "a.csv", index=False)
    table[~cut].drop(columns="y").to_csv(folder / "b.csv", index=False)
    return [str(folder / "a.csv"), str(folder / "b.csv")]


@pytest.fixture(autouse=True)
def quiet(monkeypatch):
    monkeypatch.setattr("ddlib.report.command.progress", functools.partial(progress, silent=1e6))


@pytest.fixture(scope="module")
def merged(tmp_path_factory):
    folder = tmp_path_factory.mktemp("visits")
    words = [*tables(folder), *OPTIONS, "--for", "next(sign) ~ .", "--for", WITHIN]
    words += ["--rows", "80", "--draws", "3", "--splits", "2", "--out", str(folder / "out.csv")]
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        code = main(["merge", *words, "--report", str(folder / "report.html")])
    assert code == 0
    return SimpleNamespace(
        folder=folder,
        printed=printed.getvalue(),
        rows=pd.read_csv(folder / "out.csv"),
        coefficients=pd.read_csv(folder / "out.coefficients.csv"),
        page=BeautifulSoup((folder / "report.html").read_text("utf-8"), "html.parser"),
    )


@pytest.fixture
def ddlib(capsys, tmp_path, monkeypatch):
    """Run a merge in the folder of the tables; return its exit code and errors, and the files."""
    monkeypatch.chdir(tmp_path)
    inputs = tables(tmp_path)

    def call(*arguments, words=("--for", "next(sign) ~ ."), options=OPTIONS):
        code = main(["merge", *inputs, *options, *words, "--out", "out.csv", *arguments])
        return code, capsys.readouterr().err, sorted(path.name for path in tmp_path.iterdir())

    return call


def test_it_writes_a_long_table_its_coefficients_and_a_report(merged):
    assert merged.rows.id.nunique() == 80
    assert [*merged.rows] == [
        *("id", "day", "age", "sex", "y", "sign", "x", "within(died, end, 90)", "weight")
    ]
    assert [*merged.coefficients.task.unique()] == ["next(sign) ~ .", WITHIN]
    lines = merged.printed.splitlines()
    assert lines[:3] == [
        str(merged.folder / name) for name in ("out.csv", "out.coefficients.csv", "report.html")
    ]
    assert "complete real visits, of " in lines[3]
    assert any("never seen together: " in line and "x and y" in line for line in lines)


def test_the_report_has_its_sections_and_says_what_is_not_measured(merged):
    assert [section["id"] for section in merged.page.select("section")] == [
        *("warnings", "schedule", "coverage", "assumed", "columns", "correlations"),
        *("task-1", "task-2", "privacy", "rerun"),
    ]
    text = merged.page.get_text(" ")
    assert "Nearness to real rows was not measured: the distance of people" in text
    for place in (1, 2):
        told = merged.page.select_one(f"#task-{place}").get_text(" ")
        assert "Mean over 2 random splits, which each hold 25 % of the rows out" in told
        assert all(rival in told for rival in ("mean filling", "multiple imputation", "a.csv"))
    assert "clustered by person" in text
    parts = [part.get_text() for part in merged.page.select("#schedule p")]
    assert parts[0].startswith("Columns that change between visits: ")
    assert parts[1] == "Static columns: age, sex."
    assert "time from a visit to the next, in units of day, real" in text
    assert "No table alone" not in text  # nobody looked at them
    counts = followed(people=160).groupby("id").size().sort_values()
    assert f"any {counts.iloc[-9:].sum() + 1} visits are of at least 10 people" in text
    assert "any other one counts as censored" in text
    assert "neither its time nor the time to the next visit is an input" in text


def check_code(page, coefficients, place, task):
    """Run the code that a page offers for a task, and compare with the coefficients of the file."""
    code = page.select_one(f"#task-{place + 1} pre").get_text()
    names = {}
    with contextlib.redirect_stdout(io.StringIO()):
        exec(code, names)
    told = coefficients[coefficients.task == task]
    terms = ["intercept", *(name.replace("_", " = ") for name in names["x"].columns)]
    found = [*names["model"].intercept_, *names["model"].coef_[0]]
    wanted = told.set_index("term").estimate[terms]
    np.testing.assert_allclose(found, wanted, atol=1e-4)


def test_times_of_visits_that_are_dates_are_told_as_dates(ddlib, tmp_path):
    for name in ("a.csv", "b.csv"):
        table = pd.read_csv(name)
        table["day"] = pd.Timestamp("2019-03-01") + pd.to_timedelta(table.day, unit="D")
        table.to_csv(name, index=False)
    last = pd.concat(map(pd.read_csv, ("a.csv", "b.csv"))).groupby("id").day.max()
    code, errors, _ = ddlib("--draws", "2", "--splits", "0", "--report", "r.html")
    assert code == 0, errors
    page = BeautifulSoup((tmp_path / "r.html").read_text("utf-8"), "html.parser")
    (row,) = [
        [cell.get_text() for cell in row.select("td")]
        for row in page.select("#schedule tr")
        if "time of the last visit, real" in row.get_text()
    ]
    wanted = pd.to_datetime(last).quantile([0.1, 0.25, 0.5, 0.75, 0.9])
    assert row == [f"{when:%Y-%m-%d}" for when in wanted]


@pytest.mark.parametrize("place", [0, 1])
def test_the_code_of_the_report_finds_the_coefficients(merged, monkeypatch, place):
    monkeypatch.chdir(merged.folder)
    task = ["next(sign) ~ .", WITHIN][place]
    check_code(merged.page, merged.coefficients, place, task)


@pytest.mark.parametrize("task", ["next(sign) ~ .", WITHIN])
def test_the_code_of_a_task_alone_takes_neither_people_nor_times_as_inputs(ddlib, task):
    words = ["--rows", "80", "--draws", "2", "--splits", "0", "--report", "r.html"]
    code, errors, _ = ddlib(*words, words=["--for", task])
    assert code == 0, errors
    page = BeautifulSoup(Path("r.html").read_text("utf-8"), "html.parser")
    check_code(page, pd.read_csv("out.coefficients.csv"), 0, task)


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["--splits", "-1"], "--splits = -1: must be a whole number, at least 0"),
        (["--no-weights"], "--no-weights: must be left out"),
        (["--slices", "wide"], "--slices = wide: must be visits, or a finite number above 0"),
        (["--slices", "0"], "--slices = 0: must be visits, or a finite number above 0"),
        (["--link", "sex"], "--link = sex: must be the column of --id"),
        (["--static", "agee"], "static = 'agee': is no column"),
        (["--rows", "1"], "--rows = 1: must be at least"),
        (["--for", "next(age) ~ ."], "'age' is static; must be one that changes"),
        (["--for", "density"], "must be next(COLUMN) ~ . or within("),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_is_written(ddlib, arguments, line):
    code, errors, files = ddlib(*arguments)
    assert code == 2
    assert line in errors
    assert files == ["a.csv", "b.csv"]


@pytest.mark.parametrize(
    ("options", "line"),
    [
        (["--id", "id"], "--time: lacks; must be given, as --id is"),
        (["--time", "day"], "--id: lacks; must be given, as --time is"),
        (["--slices", "30"], "--id: lacks; must be given, as --slices or --static is"),
        (["--id", "id", "--time", "when"], "a.csv: has no column 'when'; must have it"),
    ],
)
def test_people_and_times_come_together(ddlib, options, line):
    code, errors, _ = ddlib(options=options)
    assert code == 2
    assert line in errors


def test_all_faults_come_at_once(ddlib):
    code, errors, _ = ddlib("--no-weights", "--rows", "0", "--for", "next(age) ~ .")
    assert code == 2
    said = [line.split(":")[0].split(" ")[0] for line in errors.splitlines()]
    assert said == ["--rows", "--no-weights"]  # before a table is read
    words = ("--for", "next(age) ~ .", "--for", "next(z) ~ .")
    code, errors, _ = ddlib(*words)
    assert code == 2
    assert len(errors.splitlines()) == 2


def test_slips_of_all_names_come_at_once(ddlib):
    options = ["--id", "idd", "--time", "dya", "--static", "sxe"]
    words = ["--for", "next(sgin) ~ agee", "--for", "within(dead, end, 90) ~ ."]
    code, errors, _ = ddlib(options=options, words=words)
    assert code == 2
    for line in (
        "a.csv: has no column 'idd'; perhaps 'id'?",
        "b.csv: has no column 'dya'; perhaps 'day'?",
        "static = 'sxe': is no column; perhaps 'sex'?",
        "'sgin' is no column; perhaps 'sign'?",
        "'agee' is no column; ",
        "'dead' is no column; perhaps 'died'?",
    ):
        assert errors.count(line) == 1, errors


def test_a_slip_of_a_static_column_comes_with_those_of_tasks(ddlib):
    code, errors, _ = ddlib("--static", "sxe", words=["--for", "next(sgin) ~ agee"])
    assert code == 2
    assert [errors.count(name) for name in ("static = 'sxe'", "'sgin' is", "'agee' is")] == [1] * 3


def test_bins_of_time_and_parquet(ddlib, tmp_path):
    words = ["--slices", "90", "--rows", "60", "--draws", "2", "--splits", "0"]
    code, _, files = ddlib(*words, "--report", "r.html")
    assert code == 0
    assert files == ["a.csv", "b.csv", "out.coefficients.csv", "out.csv", "r.html"]
    assert "A visit stands for a bin of 90 units of day" in (tmp_path / "r.html").read_text("utf-8")
    assert pd.read_csv("out.csv").groupby("id").size().max() <= 3


def test_visits_without_people_are_refused_with_what_to_say(ddlib):
    code, errors, _ = ddlib(options=[], words=["--for", "sign ~ ."])
    assert code == 2
    assert "merge visits by ddlib merge --id id --time COLUMN" in errors


def test_tables_of_one_row_a_person_are_linked(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    table = followed(people=160).drop_duplicates("id").drop(columns="day")
    table[["id", "age", "died", "x"]].to_csv("labs.csv", index=False)
    table.drop(columns=["x", "died"]).iloc[40:].to_csv("rest.csv", index=False)
    words = ["labs.csv", "rest.csv", "--for", "died ~ age + x + y", "--out", "out.csv"]
    words += ["--draws", "2", "--splits", "0", "--report", "r.html"]
    assert main(["merge", *words, "--link", "id"]) == 0
    assert {"x", "y"} <= {*pd.read_csv("out.csv")}
    assert "never seen together" not in capsys.readouterr().out
    page = BeautifulSoup((tmp_path / "r.html").read_text("utf-8"), "html.parser")
    assert "rest.csv" in page.select_one("#rerun").get_text()
    assert main(["merge", *words, "--force"]) == 0
    assert "--link id takes them as one" in capsys.readouterr().out


def test_columns_far_from_the_real_ones_are_warned_of_by_people_not_visits():
    real = np.repeat([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0], [1.0, 1.0]], 100, axis=0)
    new = np.repeat([[1.0, 0.0], [1.0, 1.0], [0.0, 1.0]], [104, 156, 140], axis=0)
    columns = (Column("sex", "binary", (0, 1)), Column("ill", "binary", (0, 1)))
    compared = Comparison(columns, {"a": real}, [real], new, np.ones(400), 1)
    # Half of the real ones have 1; 65 % and 74 % of the merged. Of 40 people the share has a
    # deviation of 8 %, so that 95 % are within 16 %; of 400 rows it has one of 2.5 %.
    told = [*far_notes(compared, 40)]
    assert [note.columns for note in told] == [("ill",)]
    assert "95 % of samples of 40 real people" in told[0].text
    assert [note.columns for note in far_notes(compared, 400)] == [("sex", "ill")]
    assert not [*far_notes(replace(compared, merged=real), 40)]


def test_schedules_far_from_the_real_ones_are_warned_of():
    real = read(followed(people=160))
    often = real.of(np.repeat(np.nonzero(real.counts >= 4)[0], 2))
    assert far_schedule(often, real, 0) == ["visits a person", "time of the last visit"]
    assert far_schedule(real, real, 0) == []
    column, codes = Column("sex", "binary", (0, 1)), np.array([[0.0], [1.0]])
    compared = Comparison((column,), {"a": codes}, [codes], codes, np.ones(2), 1)
    (told,) = far_notes(compared, 40, ["visits a person"])
    assert told.text.startswith("visits a person: merged visits are farther from the real ones")
