"""The command `ddlib distil`: from a file to few rows, a table of methods and a report."""

import sys

import pandas as pd
import pytest
from bs4 import BeautifulSoup
from sklearn.datasets import load_diabetes, load_wine

from ddlib.cli import main
from tests.shared.foreign import EARLY, MINE

QUICK = ["--method", "class means", "--method", "random", "--steps", "2", "--looks", "1"]


@pytest.fixture
def wine(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    frame = load_wine(as_frame=True).frame
    frame = frame.assign(target=frame["target"].map({0: "a", 1: "b", 2: "c"}))
    frame.to_csv("wine.csv", index=False)
    return frame


@pytest.fixture
def distil(capsys):
    def run(*words):
        code = main(["distil", *map(str, words)])
        out, err = capsys.readouterr()
        return code, out, err

    return run


def test_it_writes_rows_in_the_columns_of_the_table_and_a_report(wine, distil, tmp_path):
    words = ["wine.csv", "--target", "target", "--rows", "9", "--out", "small.csv"]
    code, out, _ = distil(*words, "--report", "small.html", *QUICK)
    assert code == 0
    small = pd.read_csv("small.csv")
    assert list(small.columns) == list(wine.columns)
    assert small["target"].value_counts().to_dict() == {"a": 3, "b": 3, "c": 3}
    for column in wine.columns[:-1]:
        assert wine[column].min() <= small[column].min()
        assert small[column].max() <= wine[column].max()
    assert out.startswith("small.csv\nsmall.html\n9 rows by class means, for LogisticRegression(")
    assert "none of class" not in out
    assert "validation: error on the rows that choose, and the loss a share of a row" in out
    page = BeautifulSoup((tmp_path / "small.html").read_text(), "html.parser")
    told = page.get_text()
    assert "all training rows" in told
    assert len(page.select("#rows tbody tr")) == 9
    assert "--method 'class means'" in page.select_one("#rerun").get_text()
    assert distil(*words, *QUICK)[0] == 2  # it is there
    again = distil(*words, "--force", *QUICK)
    assert again[0] == 0
    assert pd.read_csv("small.csv").equals(small)


@pytest.mark.parametrize(("rows", "start"), [(2, "2 rows"), (1, "1 row")])
def test_classes_without_a_row_are_told(wine, distil, tmp_path, rows, start):
    words = ["wine.csv", "--target", "target", "--out", "small.csv", "--report", "small.html"]
    code, out, _ = distil(*words, "--rows", rows, "--method", "k-means", "--steps", 2)
    assert code == 0
    lost = sorted({"a", "b", "c"} - {*pd.read_csv("small.csv")["target"]})
    classes = "class" if len(lost) == 1 else "classes"
    line = f"{start} for 3 classes: none of {classes} {', '.join(lost)}"
    assert line in out.splitlines()
    page = BeautifulSoup((tmp_path / "small.html").read_text(), "html.parser")
    assert f"{line}." in page.get_text()


def test_numbers_are_a_task_of_their_own_and_text_is_coded_if_asked(distil, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    frame = load_diabetes(as_frame=True, scaled=False).frame
    frame["sex"] = frame["sex"].map({1: "f", 2: "m"})
    frame.to_csv("sugar.tsv", index=False, sep="\t")
    words = ["sugar.tsv", "--target", "target", "--rows", "5", "--out", "small.tsv", *QUICK]
    code, _, err = distil(*words)
    assert code == 2
    assert "column 'sex': text ('m', 'f'); must be numbers; --encode one-hot codes levels" in err
    code, out, _ = distil(*words, "--encode", "one-hot")
    assert code == 0
    assert "for Ridge(num_responses=1" in out
    assert "(rmse)" in out
    assert "validation: rmse on the rows that choose\n" in out
    small = pd.read_csv("small.tsv", sep="\t")
    assert "target" in small.columns
    assert frame["target"].min() <= small["target"].min()


def test_all_faults_are_told_at_once_and_nothing_is_written(wine, distil, tmp_path):
    wine.assign(ash=["?" if i == 3 else x for i, x in enumerate(wine["ash"])]).to_csv(
        "odd.csv", index=False
    )
    code, out, err = distil(
        *("odd.csv", "--target", "targe", "--rows", 0, "--out", "x.txt", "--method", "k-mean"),
        *("--steps", "1e3", "--seed", -1, "--learner", "ridges", "--measure", "auc"),
    )
    assert (code, out) == (2, "")
    learners = "must be one of logistic, ridge, kernel ridge, network"
    assert err.splitlines()[:-1] == [
        "--rows = 0: must be a whole number, at least 1",
        "--steps = '1e3': must be a whole number, at least 1",
        "--seed = -1: must be a whole number, at least 0",
        "--out = x.txt: must end in .csv, .tsv, .parquet",
        "--method = 'k-mean': unknown; perhaps k-means or k-center?",
        f"--learner = 'ridges': perhaps ridge? {learners}",
    ]
    assert err.splitlines()[-1].startswith("--measure = 'auc': must be one of error, balanced err")
    code, out, err = distil("odd.csv", "--target", "targe", "--rows", 9, "--out", "x.csv")
    assert (code, out) == (2, "")
    assert err.splitlines() == [
        "column 'ash': '?' (rows 5) beside numbers; must be numbers, or levels that are none",
        "--target = 'targe': no such column; perhaps 'target'?",
    ]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["odd.csv", "wine.csv"]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--rows", "500"], "--rows = 500: must be from 1 to the 106 training rows"),
        (
            ["--learner", "forest"],
            "--learner = 'forest': must be one of logistic, ridge, kernel ri",
        ),
        (["--measure", "auc"], "--measure = 'auc': must be one of error, balanced error, log loss"),
        (["--method", "exact"], "method: none applies to the task; exact: learner: LogisticRegr"),
        (["--target", "Target "], "--target = 'Target ': no such column; perhaps 'target'?"),
        (["--target", "zzz"], "--target = 'zzz': no such column; must be one of 'alcohol', 'mal"),
        (["--split", "ash"], "column 'ash': 2.43 is no split; must be one of training, valid"),
        (["--split", "part"], "--split = 'part': no such column; must be one of"),
        (["--method", "k-means", "--method", "auto"], "--method = 'k-means': is one of those that"),
        (["--seed", "-1"], "--seed = -1: must be a whole number, at least 0"),
    ],
)
def test_what_cannot_be_distilled_is_refused_in_one_line(wine, distil, words, told, tmp_path):
    given = ["wine.csv", "--out", "small.csv", "--steps", "1", *words]
    given += [] if "--target" in words else ["--target", "target"]
    given += [] if "--rows" in words else ["--rows", "6"]
    given += [] if "--method" in words else ["--method", "random"]
    code, _, err = distil(*given)
    assert code == 2
    assert err.startswith(told)
    assert len(err.splitlines()) == 1
    assert not (tmp_path / "small.csv").exists()


def test_a_method_of_ones_own_is_found_by_its_place(wine, distil, tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "own_module.py").write_text(MINE)
    words = ["wine.csv", "--target", "target", "--rows", "9", "--out", "small.csv", *QUICK]
    code, out, _ = distil(*words, "--method", "own_module:Mine")
    assert code == 0
    assert [line for line in out.splitlines() if line.startswith("own_module:Mine  ")]


@pytest.mark.parametrize(
    ("place", "error", "told"),
    [
        ("wrong_module:Min", "RuntimeError", "wrong_module has no Min; perhaps Mine?"),
        ("wrong_module:Mine", "RuntimeError", "fails, RuntimeError: no luck today; ddlib conform "),
        ("wrong_module:Mine", "SystemExit", "fails, SystemExit: no luck today; ddlib conform "),
    ],
)
def test_a_method_that_is_none_or_fails_is_told_in_one_line(
    wine, distil, tmp_path, monkeypatch, place, error, told
):
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "wrong_module", raising=False)
    text = MINE.replace("yield", f"raise {error}('no luck today')\n        yield")
    (tmp_path / "wrong_module.py").write_text(text)
    words = ["wine.csv", "--target", "target", "--rows", "9", "--out", "small.csv"]
    code, out, err = distil(*words, "--method", place)
    assert (code, out) == (2, "")
    assert err.startswith(f"--method = {place!r}: {told}")
    assert len(err.splitlines()) == 1
    assert not (tmp_path / "small.csv").exists()


MODULE = (
    EARLY
    + """


class Nothing(Early):
    one_shot = True

    def steps(self, problem, *, generator):
        yield from ()
"""
)


def test_a_method_that_ends_early_is_told_and_what_it_prints_is_not_in_the_table(
    wine, distil, tmp_path, monkeypatch
):
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "early_module.py").write_text(MODULE)
    words = ["wine.csv", "--target", "target", "--rows", "9", "--out", "small.csv"]
    words += ["--report", "small.html", "--steps", "4", "--looks", "1"]
    code, out, err = distil(*words, "--method", "early_module:Early", "--method", "first-order")
    assert code == 0
    told = "early_module:Early: ended by itself after 3 of 4 steps"
    assert out.splitlines()[-1] == told
    assert out.startswith("small.csv\n")
    assert "at step" not in out
    assert "at step 2" in err
    page = BeautifulSoup((tmp_path / "small.html").read_text(), "html.parser")
    assert [item.get_text() for item in page.select("#methods li")] == [told]


def test_a_method_that_makes_nothing_is_not_given_the_start(wine, distil, tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "early_module.py").write_text(MODULE)
    words = ["wine.csv", "--target", "target", "--rows", "9", "--out", "small.csv", *QUICK]
    code, out, err = distil(*words, "--method", "early_module:Nothing")
    assert (code, out) == (2, "")
    assert "Nothing, step 1: no set; must yield one, as one_shot = True" in err
    assert not (tmp_path / "small.csv").exists()


def test_names_that_are_nearly_equal_are_told_apart_or_refused(wine, distil, tmp_path):
    wine.rename(columns={"ash": "target "}).to_csv("twins.csv", index=False)
    words = ["twins.csv", "--rows", "6", "--method", "random", *QUICK]
    code, _, err = distil(*words, "--out", "no.csv", "--target", "target")
    assert (code, err) == (
        2,
        "--target = 'target' may be 'target ' or 'target'; must be in backquotes, as it stands in "
        "the table: `target ` or `target`\n",
    )
    assert not (tmp_path / "no.csv").exists()
    given = ["--out", "small.csv", "--target", "`target`", "--report", "small.html"]
    code, out, _ = distil(*words, *given)
    assert code == 0
    near = "columns 'target ' (twins.csv) and 'target' (twins.csv): names that are nearly equal"
    assert f"\nwarning: {near}, taken as different columns\n" in out
    assert "names that are nearly equal" in (tmp_path / "small.html").read_text("utf-8")
    assert sorted(pd.read_csv("small.csv")["target"].unique()) == ["a", "b", "c"]


def test_labels_like_formulas_are_written_safely_and_read_back_as_they_were(wine, distil, tmp_path):
    labels = {"a": "=1+1", "b": "-no", "c": "''@c"}  # as a file has them
    wine.assign(target=wine["target"].map(labels)).to_csv("odd.csv", index=False)
    words = ["--target", "target", "--method", "random", "--steps", "1", "--looks", "1"]
    assert distil("odd.csv", *words, "--rows", "30", "--out", "small.csv")[0] == 0
    assert set(pd.read_csv("small.csv")["target"]) == {"'=1+1", "'-no", "''@c"}
    assert distil("small.csv", *words, "--rows", "6", "--out", "smaller.parquet")[0] == 0
    assert set(pd.read_parquet("smaller.parquet")["target"]) == {"=1+1", "-no", "'@c"}
