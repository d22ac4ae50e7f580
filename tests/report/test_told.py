"""The command `ddlib merge` where sites sent summaries in place of rows."""

import json
import re
import shlex
from dataclasses import replace
from pathlib import Path

import pytest

from ddlib.cli import main
from ddlib.sites.read import read_summary
from ddlib.sites.write import summary_text
from tests.sites.hospitals import TABLES

MERGE = ("--for", "died ~ age + stage", "--rows", "40", "--draws", "2")


@pytest.fixture(scope="module")
def sent(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with two tables, and their summaries on one scale."""
    folder = tmp_path_factory.mktemp("sent")
    for label, table in TABLES.items():
        table.to_csv(folder / f"{label}.csv", index=False)
        words = ["summarize", f"{folder}/{label}.csv", "--out", f"{folder}/own_{label}.json"]
        assert main(words) == 0
    own = [f"{folder}/own_{label}.json" for label in TABLES]
    assert main(["scale", *own, "--out", f"{folder}/scale.json"]) == 0
    for label in TABLES:
        words = [f"{folder}/{label}.csv", "--scale", f"{folder}/scale.json"]
        assert main(["summarize", *words, "--out", f"{folder}/{label}.json"]) == 0
    return folder


@pytest.fixture
def merge(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    """Merge inputs into out.csv in an empty folder; return exit code, output and errors."""
    monkeypatch.chdir(tmp_path)

    def call(*words: object) -> tuple[int, str, str]:
        capsys.readouterr()
        code = main(["merge", *map(str, words), *MERGE, "--out", "out.csv"])
        return code, *capsys.readouterr()

    return call


def test_a_table_beside_summaries_is_summarised_by_the_same_code(sent, merge) -> None:
    assert merge(sent / "a.json", sent / "b.json")[0] == 0
    names = ("out.csv", "out.coefficients.csv")
    wanted = [Path(name).read_bytes() for name in names]
    for name in names:
        Path(name).unlink()
    code, out, err = merge(sent / "a.csv", sent / "b.json")
    assert (code, err) == (0, "")
    assert out.splitlines()[:2] == [*names]
    assert [Path(name).read_bytes() for name in names] == wanted


def test_the_report_says_what_was_told_and_what_was_not(sent, merge) -> None:
    code, _, _ = merge(sent / "a.json", sent / "b.json", "--report", "report.html")
    assert code == 0
    html = Path("report.html").read_text(encoding="utf-8")
    for text in (
        "What summaries cannot tell",
        "What was told",
        "a.json",
        "shared",
        "no rows to",
        "Columns that moments lack",
        "tell these people by their difference",
    ):
        assert text in html
    assert "patterns of missing cells" in html
    assert "No table alone" not in html  # nobody looked at tables


def changed(folder: Path, **fields: object) -> Path:
    """The path of a summary with other fields."""
    entry = json.loads((folder / "a.json").read_text(encoding="utf-8"))
    path = Path("changed.json")
    path.write_text(json.dumps({**entry, **fields}), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"version": 2}, "version = 2: must be 1, the one that this ddlib reads"),
        ({"rows": -1}, "rows = -1: must be a whole number, at least 1"),
        ({"patterns": [{"columns": ["age"], "rows": 20, "sums": [30.0], "products": [[1.0]]}]},
         "no rows have such"),
        ({"patterns": [{"columns": ["age"], "rows": 20, "sums": [], "products": [[1.0]]}]},
         "shapes disagree"),
    ],
)  # fmt: skip
def test_a_changed_or_newer_summary_is_refused(sent, merge, fields, said: str) -> None:
    code, out, err = merge(changed(sent, **fields), sent / "b.json")
    assert (code, out) == (2, "")
    (line,) = err.strip().splitlines()
    assert line.startswith("changed.json: ")
    assert said in line
    assert [path.name for path in Path.cwd().iterdir()] == ["changed.json"]


def test_levels_that_clash_are_refused(sent, merge) -> None:
    table = TABLES["a"].assign(sex=TABLES["a"]["sex"].map({"f": "female", "m": "male"}))
    table.to_csv("other.csv", index=False)
    code, _, err = merge("other.csv", sent / "own_b.json")
    assert code == 2
    (line,) = err.strip().splitlines()
    assert "column 'sex': levels clash (own_b.json: f, m; other.csv: female, male)" in line


def test_what_summaries_cannot_do_is_refused_at_once(sent, merge) -> None:
    words = ("--splits", 3, "--source-column", "site")
    code, _, err = merge(sent / "a.json", sent / "none.json", *words)
    assert code == 2
    assert len(err.strip().splitlines()) == 3
    code, _, err = merge(sent / "a.json", sent / "b.json", "--settings", "none.yml")
    assert code == 2
    assert err == "--settings: must be left out, as each site said it when it summarised\n"
    code, _, err = merge(sent / "a.json", sent / "a.json")
    assert code == 2
    assert "stands twice" in err
    code, _, err = merge(sent / "a.json", "--for", "alive ~ .")
    assert code == 2
    assert "'alive' is no column" in err


def test_options_that_summaries_cannot_follow_are_refused(sent, merge) -> None:
    both = (sent / "a.json", sent / "b.json")
    words = ("--id", "id", "--time", "day", "--link", "id", "--static", "sex", "--slices", "7")
    code, _, err = merge(*both, *words)
    assert code == 2
    said = [line.split(":")[0] for line in err.splitlines()]
    assert said == ["--id", "--time", "--link", "--static", "--slices"]
    code, _, err = merge(*both, "--min-count", "50")
    assert (code, err) == (
        2,
        "--min-count: must be left out, as each site said it when it summarised\n",
    )
    assert merge(sent / "a.csv", sent / "b.json", "--min-count", "12")[0] == 0


def test_the_commands_of_the_readme_run(tmp_path: Path, monkeypatch, capsys) -> None:
    root = Path(__file__).parents[2]
    text = (root / "README.md").read_text(encoding="utf-8")
    section = text.split("## Sites that may not share rows")[1].split("\n## ")[0]
    blocks = re.findall(r"```bash\n(.*?)```", section, re.DOTALL)
    first, scale, again, merging, private, folder = (block.strip() for block in blocks)
    steps = [
        first.replace("hospital_a", f"hospital_{site}").replace("a.json", f"{site}.json")
        for site in "abc"
    ]
    steps += [scale]
    steps += [again.replace("hospital_a", f"hospital_{s}").replace("a2", f"{s}2") for s in "ab"]
    monkeypatch.chdir(tmp_path)
    (tmp_path / "book").symlink_to(root / "book")
    bounds = private.replace("bounds.yml", "book/data/pbc_bounds.yml")
    steps += [merging, bounds.replace("site.csv --", "book/data/pbc.csv --ledger kept.json --")]
    for step in steps:
        program, *words = shlex.split(step)
        assert program == "ddlib"
        assert main(words) == 0, capsys.readouterr().err
    assert (tmp_path / "kept.json").exists()
    assert folder.startswith("make summaries FOLDER=")  # see tests/runs/test_make_summaries.py
    assert (tmp_path / "merged.csv").exists()
    assert (tmp_path / "report.html").exists()


def test_files_of_one_name_in_two_folders_stay_two_sites(sent, merge, tmp_path) -> None:
    for site in "ab":
        (tmp_path / site).mkdir()
        TABLES[site].iloc[:150].to_csv(tmp_path / site / "rows.csv", index=False)
    words = ("a/rows.csv", "b/rows.csv", sent / "own_a.json", "--report", "report.html")
    assert merge(*words)[0] == 0
    html = Path("report.html").read_text(encoding="utf-8")
    for label in ("a/rows.csv", "b/rows.csv", "own_a.json"):
        assert html.count(label) >= 2  # among what was told, and among the files that were read


def test_people_are_merged_once(sent, merge, tmp_path) -> None:
    Path("copy.json").write_bytes((sent / "a.json").read_bytes())
    code, _, err = merge(sent / "a.json", "copy.json", sent / "a.csv", sent / "b.json")
    assert code == 2
    assert err.splitlines() == [
        "copy.json: tells what a.json does; people must be merged once",
        "a.csv: tells what a.json does; people must be merged once",
        "a.csv: tells what copy.json does; people must be merged once",
    ]
    code, out, _ = merge(sent / "own_a.json", sent / "a.json", sent / "b.json")
    assert code == 0
    assert "warning: own_a.json and a.json seem to be about the same people" in out
    assert "b.json seem" not in out


def test_a_file_that_stands_twice_is_refused(sent, merge) -> None:
    code, _, err = merge(sent / "a.csv", sent / "b.json", sent / "a.csv")
    assert (code, "stands twice" in err) == (2, True)


def test_the_command_to_rerun_shows_no_folder(sent, merge) -> None:
    assert merge(sent / "a.json", sent / "b.json", "--report", "report.html")[0] == 0
    assert str(sent) not in Path("report.html").read_text(encoding="utf-8")


def test_slips_of_tasks_come_at_once_before_a_fit(sent, merge, monkeypatch) -> None:
    monkeypatch.setattr("ddlib.merge.summaries.model_of", None)
    code, out, err = merge(
        sent / "a.json", sent / "b.csv", "--for", "dead ~ agee", "--for", "sxe ~ ."
    )
    assert (code, out) == (2, "")
    for name in ("dead", "agee", "sxe"):
        assert err.count(f": {name!r} is no column; ") == 1
    assert len(err.splitlines()) == 3


def test_columns_that_sites_left_out_are_told_in_both_places(sent, merge) -> None:
    table = TABLES["a"].assign(rare=[1] * 4 + [0] * 196)
    table.to_csv("rare.csv", index=False)
    assert main(["summarize", "rare.csv", "--out", "rare.json"]) == 0
    code, out, _ = merge("rare.json", sent / "b.csv", "--report", "report.html")
    assert code == 0
    line = "rare.json: column 'rare': a level stands in fewer than 10 rows: left out"
    assert f"warning: {line}" in out.splitlines()
    assert "a level stands in fewer than 10 rows" in Path("report.html").read_text("utf-8")


def test_a_task_on_a_column_that_no_moments_tell_of_says_so(sent, merge) -> None:
    summary = read_summary(sent / "own_a.json")
    others = summary.scale.owners != summary.scale.names.index("age")
    moments = summary.moments.cut(
        {p.seen.tobytes(): p.seen & others for p in summary.moments.patterns}
    )
    Path("changed.json").write_text(summary_text(replace(summary, moments=moments)), "utf-8")
    code, _, err = merge("changed.json")
    assert code == 2
    assert "'age' is no column" in err
    assert "column 'age': is in changed.json, whose moments do not tell of it" in err
