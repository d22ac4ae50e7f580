"""`ddlib check` and `ddlib merge`: what they print and write, and how they refuse and stop."""

import contextlib
import io
import os
import re
import signal
import subprocess
import sys
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from bs4 import BeautifulSoup
from sklearn.linear_model import LogisticRegression  # noqa: F401  what the report's code imports

from ddlib.cli import main
from ddlib.report.judging import splits_for
from ddlib.tables import read_sources

SCRIPT = "<script>alert(1)</script>"


def tables(folder):
    """Write three tables with different columns; names and levels try to break out."""
    rng = np.random.default_rng(0)
    n = 180
    age = rng.normal(60, 9, n).round(1)
    score = (age - 60) / 9
    table = pd.DataFrame(
        {
            "age": age,
            SCRIPT: rng.poisson(np.exp(0.4 * score + 1)),
            "arm": rng.choice(["=1+1", "b & c"], n),
            "grade": rng.integers(1, 4, n),
            "died": (score + rng.logistic(size=n) > 0).astype(int),
        }
    )
    lacking = {"a.csv": [SCRIPT], "b.tsv": ["grade"], "c.parquet": ["arm"]}
    for place, (name, columns) in enumerate(lacking.items()):
        part = table.iloc[60 * place : 60 * place + 60].drop(columns=columns)
        path = folder / name
        if name == "c.parquet":
            part.to_parquet(path, index=False)
        else:
            part.to_csv(path, index=False, sep="\t" if name == "b.tsv" else ",")
    return [str(folder / name) for name in lacking]


@pytest.fixture
def inputs(tmp_path):
    return tables(tmp_path)


@pytest.fixture
def ddlib(capsys, tmp_path, monkeypatch):
    """Run a command in the folder of the tables; return its exit code, output and errors."""
    monkeypatch.chdir(tmp_path)

    def call(*arguments):
        code = main([str(argument) for argument in arguments])
        return code, *capsys.readouterr()

    return call


@pytest.fixture(scope="module")
def merged(tmp_path_factory):
    """One merge for two tasks with a report: its folder, what it printed, and its files."""
    folder = tmp_path_factory.mktemp("merged")
    words = [*tables(folder), "--for", "died ~ .", "--for", "age ~ grade + died", "--rows", "60"]
    words += ["--out", str(folder / "out.csv"), "--report", str(folder / "report.html")]
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        code = main(["merge", *words, "--splits", "2", "--draws", "3"])
    assert code == 0
    return SimpleNamespace(
        folder=folder,
        printed=printed.getvalue(),
        rows=pd.read_csv(folder / "out.csv"),
        coefficients=pd.read_csv(folder / "out.coefficients.csv"),
        html=(folder / "report.html").read_text(encoding="utf-8"),
        sources=read_sources([folder / name for name in ("a.csv", "b.tsv", "c.parquet")]),
    )


# merge


def test_merge_writes_rows_of_the_tables_own_types(merged):
    names = [*merged.sources.schema.names, "weight"]
    assert merged.rows.columns.tolist() == names
    rows = merged.rows.drop(columns="weight").replace("'=1+1", "=1+1")
    assert merged.sources.schema.faults(rows) == []
    assert len(rows) == 60
    assert merged.rows["weight"].mean() == pytest.approx(1)
    assert sorted(path.name for path in merged.folder.iterdir()) == [
        *("a.csv", "b.tsv", "c.parquet", "out.coefficients.csv", "out.csv", "report.html")
    ]


def test_levels_that_look_like_formulas_are_written_as_text(merged):
    assert set(merged.rows["arm"]) == {"'=1+1", "b & c"}


def test_merge_says_what_it_wrote_and_warns(merged):
    lines = merged.printed.splitlines()
    assert lines[:3] == [
        str(merged.folder / name) for name in ("out.csv", "out.coefficients.csv", "report.html")
    ]
    told = r"worth about [1-9][0-9]?0* complete real rows, of 180 read; for this task alone"
    assert re.fullmatch(rf"died ~ \.: {told}", lines[3])
    inputs = [name for name in merged.sources.schema.without_keys().names if name != "died"]
    assert lines[4] == f"died ~ .: the dot takes in {', '.join(map(repr, inputs))}"
    assert re.fullmatch(rf"age ~ grade \+ died: {told}", lines[5])


def test_coefficients_have_standard_errors(merged):
    found = merged.coefficients
    assert set(found["task"]) == {"died ~ .", "age ~ grade + died"}
    assert (found["standard error"] > 0).all()
    assert (found["low"] < found["estimate"]).all()
    assert (found["estimate"] < found["high"]).all()


def test_the_code_in_the_report_finds_the_coefficients(merged, monkeypatch, capsys):
    monkeypatch.chdir(merged.folder)
    soup = BeautifulSoup(merged.html, "html.parser")
    for place, task in enumerate(("died ~ .", "age ~ grade + died"), start=1):
        own = merged.coefficients[merged.coefficients["task"] == task]
        table = own.set_index("term")["estimate"].rename(lambda name: name.replace(" = ", "_"))
        names = {}
        exec(soup.find(id=f"task-{place}").pre.get_text(), names)
        model = names["model"]
        assert float(np.ravel(model.intercept_)[0]) == pytest.approx(table["intercept"], rel=1e-4)
        found = dict(zip(names["x"].columns, np.ravel(model.coef_), strict=True))
        assert found == pytest.approx(table.drop("intercept").to_dict(), rel=1e-4)


def test_the_same_command_gives_the_same_bytes(merged, tmp_path):
    words = [*tables(tmp_path), "--for", "died ~ .", "--for", "age ~ grade + died", "--rows", "60"]
    words += ["--out", str(tmp_path / "out.csv"), "--draws", "3"]
    assert main(["merge", *words]) == 0
    for name in ("out.csv", "out.coefficients.csv"):
        assert (tmp_path / name).read_bytes() == (merged.folder / name).read_bytes()


def test_without_weights_there_is_no_column_of_weights(ddlib, inputs, tmp_path):
    code, _, err = ddlib(
        *("merge", *inputs, "--for", "died ~ age", "--rows", 40, "--draws", 2, "--no-weights"),
        *("--out", "rows.parquet"),
    )
    assert (code, err) == (0, ""), err
    rows = pd.read_parquet(tmp_path / "rows.parquet")
    assert rows.columns.tolist() == list(read_sources(inputs).schema.names)
    assert len(rows) == 40


def test_a_density_has_no_coefficients(ddlib, inputs, tmp_path):
    code, out, _ = ddlib(
        *("merge", *inputs, "--for", "density", "--rows", 40, "--draws", 2, "--out", "rows.tsv"),
        *("--report", "r.html", "--splits", 0),
    )
    assert code == 0
    assert out.splitlines()[:2] == ["rows.tsv", "r.html"]
    assert pd.read_csv(tmp_path / "rows.tsv", sep="\t").shape == (40, 5)
    text = BeautifulSoup((tmp_path / "r.html").read_text("utf-8"), "html.parser").get_text()
    assert "--splits 0" in text


# The report


def test_the_report_has_its_sections_in_order(merged):
    soup = BeautifulSoup(merged.html, "html.parser")
    assert [section["id"] for section in soup.find_all("section")] == [
        *("warnings", "coverage", "assumed", "columns", "correlations", "network"),
        *("task-1", "task-2", "privacy", "rerun"),
    ]
    assert f"{len(merged.rows)} synthetic rows" in soup.header.get_text()


def test_names_of_the_user_are_text(merged):
    soup = BeautifulSoup(merged.html, "html.parser")
    assert soup.find_all("script") == []
    assert SCRIPT in soup.find(id="columns").get_text()
    assert "=1+1" in soup.find(id="columns").get_text()


def test_the_report_scores_all_rivals(merged):
    soup = BeautifulSoup(merged.html, "html.parser")
    text = soup.find(id="task-1").get_text(" ")
    for rival in ("merged rows", "mean filling", "IterativeImputer", "multiple imputation"):
        assert rival in text
    assert all(f"{name} alone" in text for name in ("a.csv", "b.tsv", "c.parquet"))


def test_the_report_says_how_to_cite_and_rerun(merged):
    text = BeautifulSoup(merged.html, "html.parser").find(id="rerun").get_text(" ")
    assert "arXiv:2409.01410" in text
    assert "ddlib merge a.csv b.tsv c.parquet --for" in text
    assert "--out out.csv --report report.html" in text
    assert str(merged.folder) not in merged.html
    assert "--for 'died ~ .'" in text


def test_no_value_of_the_range_is_told(merged):
    """The lowest and the highest age are single people's."""
    soup = BeautifulSoup(merged.html, "html.parser")
    ages = pd.concat([t["age"] for t in merged.sources.tables.values()])
    for value in (ages.min(), ages.max()):
        assert str(value) not in soup.get_text(" ")


def test_merged_rows_are_not_changed_by_a_report(merged, ddlib, tmp_path):
    """Scores and figures have streams of their own."""
    inputs = tables(tmp_path)
    code, *_ = ddlib(
        *("merge", *inputs, "--for", "died ~ .", "--for", "age ~ grade + died", "--rows", 60),
        *("--draws", 3, "--splits", 0, "--out", "out.csv", "--report", "r.html"),
    )
    assert code == 0
    assert (tmp_path / "out.csv").read_bytes() == (merged.folder / "out.csv").read_bytes()


@pytest.mark.parametrize(("rows", "splits"), [(20, 5), (4000, 3), (7000, 1), (99_000, 1)])
def test_large_tables_get_fewer_splits(merged, rows, splits):
    table = next(iter(merged.sources.tables.values()))
    many = table.iloc[np.arange(rows) % len(table)]
    assert splits_for(replace(merged.sources, tables={"a": many})) == splits


def test_warnings_of_the_report_are_printed_too(ddlib, inputs, tmp_path):
    code, out, _ = ddlib(
        *("merge", *inputs, "--for", "died ~ age", "--rows", 30, "--draws", 2, "--splits", 0),
        *("--min-count", 1, "--out", "out.csv", "--report", "r.html"),
    )
    assert code == 0
    soup = BeautifulSoup((tmp_path / "r.html").read_text("utf-8"), "html.parser")
    shown = [item.get_text() for item in soup.find(id="warnings").find_all("li", class_="warning")]
    assert any("minimum count 1" in text for text in shown)
    printed = [line for line in out.splitlines() if line.startswith("warning: ")]
    assert [f"W{line[1:]}" for line in printed] == shown


# Refused


def test_all_that_is_wrong_is_told_at_once_and_nothing_is_written(ddlib, inputs, tmp_path):
    (tmp_path / "there.html").touch()
    (tmp_path / "bad.csv").write_text("age,age\n1,2\n")
    before = sorted(tmp_path.iterdir())
    code, out, err = ddlib(
        *("merge", *inputs, "bad.csv", "none.csv", "--for", "died ~ .", "--rows", 0),
        *("--draws", 1, "--seed", -1, "--splits", -2, "--min-count", 0),
        *("--out", "out.xlsx", "--report", "there.html"),
    )
    assert (code, out) == (2, "")
    lines = err.splitlines()
    assert lines[:6] == [
        "--rows = 0: must be a whole number, at least 1",
        "--draws = 1: must be a whole number, at least 2",
        "--seed = -1: must be a whole number, at least 0",
        "--splits = -2: must be a whole number, at least 0",
        "--min-count = 0: must be a whole number, at least 1",
        "--out = out.xlsx: must end in .csv, .tsv, .parquet",
    ]
    assert lines[6] == "--report = there.html: is there already; --force replaces it"
    assert [line.partition(":")[0] for line in lines[7:]] == ["none.csv"]  # and none is read
    assert sorted(tmp_path.iterdir()) == before
    words = ("merge", *inputs, "bad.csv", "none.csv", "--for", "died ~ .", "--out", "out.csv")
    code, _, err = ddlib(*words)
    assert code == 2
    assert [line.partition(":")[0] for line in err.splitlines()] == ["bad.csv", "none.csv"]


@pytest.mark.parametrize(
    ("task", "line"),
    [
        ("dead ~ .", "perhaps 'died'?"),
        ("died", "must be 'target ~ inputs'"),
        ("died ~ died", "must be one of them"),
    ],
)
def test_a_wrong_task_is_one_line(ddlib, inputs, tmp_path, task, line):
    code, out, err = ddlib("merge", *inputs, "--for", task, "--out", "out.csv")
    assert (code, out) == (2, "")
    assert line in err
    assert err.count("\n") == 1
    assert not (tmp_path / "out.csv").exists()


def test_a_name_that_no_table_has_is_told_beside_faults_of_the_tables(ddlib, tmp_path):
    frame = pd.DataFrame(
        {"age": np.arange(90.0), "rare": ["a"] * 87 + ["b"] * 3, "died": [0, 1] * 45}
    )
    frame.to_csv(tmp_path / "one.csv", index=False)
    out = tmp_path / "rows.csv"
    code, _, err = ddlib("merge", tmp_path / "one.csv", "--for", "dide ~ .", "--out", out)
    told = [line for line in err.splitlines() if not line.startswith("reads")]
    assert code == 2
    assert [line.partition(":")[0] for line in told] == ["column 'rare'", "task = 'dide ~ .'"]


def test_too_few_rows_are_refused_with_the_least_number(ddlib, inputs, tmp_path):
    words = ("merge", *inputs, "--for", "died ~ .", "--draws", 2, "--out", "out.csv", "--rows")
    code, out, err = ddlib(*words, 3)
    assert (code, out) == (2, "")
    least = int(re.match(r"--rows = 3: must be at least (\d+)", err)[1])
    assert not (tmp_path / "out.csv").exists()
    assert ddlib(*words, least)[0] == 0


def test_outputs_are_replaced_only_when_told_and_inputs_never(ddlib, inputs, tmp_path):
    words = ("merge", *inputs, "--for", "died ~ age", "--rows", 30, "--draws", 2)
    (tmp_path / "out.csv").write_text("mine")
    code, _, err = ddlib(*words, "--out", "out.csv")
    assert (code, err) == (2, "--out = out.csv: is there already; --force replaces it\n")
    assert (tmp_path / "out.csv").read_text() == "mine"
    assert ddlib(*words, "--out", "out.csv", "--force")[0] == 0
    assert len(pd.read_csv(tmp_path / "out.csv")) == 30
    code, _, err = ddlib(*words, "--out", "a.csv", "--force")
    assert code == 2
    assert err.startswith("--out = a.csv: is one of the files that are read")


def test_a_folder_that_is_not_there_is_told_before_any_work(ddlib, inputs, monkeypatch):
    monkeypatch.setattr("ddlib.merge.merged.merge", lambda *_, **__: pytest.fail("was computed"))
    code, _, err = ddlib("merge", *inputs, "--for", "died ~ .", "--out", "none/out.csv")
    assert code == 2
    assert err.splitlines()[0] == "--out = none/out.csv: cannot be written: none: no such folder"


# Failed and stopped


def stop(*_, **__):
    raise KeyboardInterrupt


def no_space(*_, **__):
    raise OSError(28, os.strerror(28))


@pytest.mark.parametrize(
    ("where", "raises", "code", "line"),
    [
        ("ddlib.merge.merged.merge", stop, 130, "stopped; nothing was written\n"),
        ("ddlib.report.document.report_page", stop, 130, "stopped; nothing was written\n"),
        ("os.replace", no_space, 1, "failed: [Errno 28] No space left on device; nothing was "),
        (
            "ddlib.merge.merged.merge",
            no_space,
            1,
            "failed: [Errno 28] No space left on device; nothing ",
        ),
    ],
)
def test_a_merge_that_ends_early_leaves_nothing(
    ddlib, inputs, tmp_path, monkeypatch, where, raises, code, line
):
    before = sorted(tmp_path.iterdir())
    monkeypatch.setattr(where, raises)
    found, out, err = ddlib(
        *("merge", *inputs, "--for", "died ~ age", "--rows", 30, "--draws", 2, "--splits", 0),
        *("--out", "out.csv", "--report", "r.html"),
    )
    assert (found, out) == (code, "")
    assert line in err
    assert sorted(tmp_path.iterdir()) == before


SLOW = """
import signal
import sys
from ddlib import cli
import ddlib.tables
def slow(*_, **__):
    print("reads", flush=True)
    while True:
        pass
ddlib.tables.read_sources = slow
# What a shell starts in the background ignores the signal, and so does what it starts.
signal.signal(signal.SIGINT, signal.default_int_handler)
sys.exit(cli.main(sys.argv[1:]))
"""


def test_ctrl_c_leaves_nothing_and_no_traceback(inputs, tmp_path):
    before = sorted(tmp_path.iterdir())
    words = ["merge", *inputs, "--for", "died ~ .", "--out", "out.csv"]
    command = [sys.executable, "-c", SLOW, *words]
    with subprocess.Popen(
        command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout.readline() == "reads\n"
        process.send_signal(signal.SIGINT)
        try:
            _, err = process.communicate(timeout=120)
        finally:
            process.kill()  # or a command that goes on would keep the suite waiting
    assert process.returncode == 130
    assert err.splitlines()[-1] == "stopped; nothing was written"
    assert "Traceback" not in err
    assert sorted(tmp_path.iterdir()) == before


# check


def test_check_shows_kinds_coverage_and_notes(ddlib, inputs):
    code, out, _ = ddlib("check", *inputs)
    assert code == 0
    assert out.startswith("3 tables, 180 rows (a.csv 60, b.tsv 60, c.parquet 60), 5 columns\n")
    lines = {line.split()[0]: line.split() for line in out.splitlines() if line}
    assert lines["column"][3:] == ["a.csv", "b.tsv", "c.parquet"]
    assert lines["age"][1:2] + lines["age"][-3:] == ["number", "60", "60", "60"]
    assert lines["grade"][-3:] == ["60", "-", "60"]
    assert lines[SCRIPT][-3:] == ["-", "60", "60"]
    assert "All 10 pairs of columns are seen together." in out
    assert "Fewest rows of a pair that is seen: 60, of 'arm' and 'grade'." in out


def test_check_names_pairs_that_no_table_has(ddlib, inputs):
    _, out, _ = ddlib("check", *inputs[:2])
    assert f"- '{SCRIPT}' and 'grade'" in out or f"- 'grade' and '{SCRIPT}'" in out
    assert "1 of 10 pairs of columns is never seen together" in out


def test_check_tells_warnings_before_all_else(ddlib, inputs, tmp_path):
    table = pd.read_csv(inputs[0]).assign(age=lambda t: t["age"] * 12)
    table.to_csv(tmp_path / "months.csv", index=False)
    code, out, _ = ddlib("check", *inputs, "months.csv")
    assert code == 0
    assert out.index("Warnings:") < out.index("Columns,")
    assert "'age'" in out.partition("Warnings:")[2].partition("Columns,")[0]


def test_check_writes_settings_that_read_the_tables_as_they_were(ddlib, inputs, tmp_path):
    code, out, err = ddlib("check", *inputs, "--write-settings", "s.yml")
    assert (code, err) == (0, "")
    assert out.endswith("\nThe settings are in s.yml: change what is meant differently.\n")
    assert "  age: number\n" in (tmp_path / "s.yml").read_text()
    again = ddlib("check", *inputs, "--settings", "s.yml")
    assert again == (0, out[: out.index("\nThe settings are in")], "")
    code, out, err = ddlib("check", *inputs, "--write-settings", "s.yml")
    assert (code, out) == (2, "")
    assert err == "--write-settings = s.yml: is there already; --force replaces it\n"
    assert ddlib("check", *inputs, "--write-settings", "s.yml", "--force")[0] == 0
    code, _, err = ddlib("check", *inputs, "--write-settings", "s.txt")
    assert (code, err) == (2, "--write-settings = s.txt: must end in .yml or .yaml\n")
    code, _, err = ddlib("check", "--write-settings", inputs[0], *inputs, "--force")
    assert code == 2


def test_check_shows_no_control_characters(ddlib, tmp_path, inputs):
    pd.read_csv(inputs[0]).rename(columns={"age": "a\x1b[31mge"}).to_csv(
        tmp_path / "odd.csv", index=False
    )
    _, out, err = ddlib("check", "odd.csv")
    assert "\x1b" not in out + err


def test_check_takes_settings_and_the_command_line_goes_before_them(ddlib, inputs, tmp_path):
    (tmp_path / "s.yml").write_text("kinds: {grade: [1, 2, 3]}\nmin_count: 500\n")
    code, _, err = ddlib("check", *inputs, "--settings", "s.yml")
    assert (code, "500" in err) == (2, True)
    code, out, _ = ddlib("check", *inputs, "--settings", "s.yml", "--min-count", 10)
    assert code == 0
    assert "1 < 2 < 3" in out


def test_check_refuses_with_a_line_for_each_fault(ddlib, inputs, tmp_path):
    (tmp_path / "empty.csv").touch()
    (tmp_path / "head.csv").write_text("age,died\n")
    code, out, err = ddlib("check", *inputs, "empty.csv", "head.csv", "none.csv")
    assert (code, out) == (2, "")
    assert [line.partition(":")[0] for line in err.splitlines()] == [
        *("empty.csv", "head.csv", "none.csv")
    ]


# Start-up

NOTHING_SLOW = """
import sys
from ddlib import cli
try:
    cli.main(["merge", "--help"])
except SystemExit:
    pass
slow = {"torch", "pandas", "numpy", "pyarrow", "pydantic"} & sys.modules.keys()
assert not slow, slow
"""


def test_help_imports_nothing_slow():
    done = subprocess.run([sys.executable, "-c", NOTHING_SLOW], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert "--for TASK" in done.stdout


def test_check_needs_no_torch(inputs):
    code = "import sys\nfrom ddlib import cli\nassert cli.main(sys.argv[1:]) == 0\n"
    code += "assert not {'torch', 'sklearn'} & sys.modules.keys()"
    command = [sys.executable, "-c", code, "check", *inputs]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("outputs", "line"),
    [
        (("out.csv", "r.pdf"), "--report = r.pdf: must end in .html or .htm"),
        (("out.csv", "report"), "--report = report: must end in .html or .htm"),
        (("out.csv", "out.csv"), "--report = out.csv: is the file of --out too; must be another"),
        (("a.csv", "r.html"), "--out = a.csv: is one of the files that are read too; must be"),
        (("out.csv", "s.html"), "--report = s.html: is one of the files that are read too; must"),
        (("folder.csv", "r.html"), "--out = folder.csv: is a folder; must be a file"),
        (("out.csv", "folder.html"), "--report = folder.html: is a folder; must be a file"),
        ((".", "r.html"), "--out = .: is a folder; must be a file"),
        (("", "r.html"), "--out = .: is a folder; must be a file"),
    ],
)
def test_outputs_that_would_hurt_are_refused(ddlib, inputs, tmp_path, outputs, line):
    for name in ("folder.csv", "folder.html"):
        (tmp_path / name).mkdir()
    (tmp_path / "s.html").write_text("min_count: 10\n")
    before = sorted(tmp_path.iterdir())
    out, report = outputs
    words = ("--for", "died ~ .", "--out", out, "--report", report, "--settings", "s.html")
    code, _, err = ddlib("merge", *inputs, *words, "--force")
    assert code == 2
    assert any(told.startswith(line) for told in err.splitlines())
    assert sorted(tmp_path.iterdir()) == before
