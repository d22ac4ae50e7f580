"""The commands `ddlib summarize` and `ddlib scale`."""

import json
from pathlib import Path

import pandas as pd
import pytest

from ddlib.cli import main
from ddlib.sites.read import read_scale, read_summary
from tests.sites.hospitals import TABLES


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for label, table in TABLES.items():
        table.to_csv(f"{label}.csv", index=False)
    return tmp_path


def ddlib(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    """Exit code, output and errors of a command."""
    code = main([*words])
    out, err = capsys.readouterr()
    return code, out, err


def test_two_sites_agree_on_a_scale(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for label in TABLES:
        code, out, _ = ddlib(capsys, "summarize", f"{label}.csv", "--out", f"{label}.json")
        assert code == 0
        assert "read it before it leaves the site" in out
    code, out, _ = ddlib(capsys, "scale", "a.json", "b.json", "--out", "scale.json")
    assert code == 0
    assert "--scale scale.json" in out
    for label in TABLES:
        words = ("summarize", f"{label}.csv", "--scale", "scale.json", "--out", f"{label}2.json")
        assert ddlib(capsys, *words)[0] == 0
    scale = read_scale("scale.json")
    first, second = (read_summary(f"{label}2.json") for label in TABLES)
    assert first.shared
    assert first.scale.columns == second.scale.columns == scale.columns
    assert first.moments.features == second.moments.features
    assert (first.moments + second.moments).rows <= 400
    seen = dict(zip(scale.names, first.margins, strict=True))
    assert seen["bili"].seen == 0


def test_a_binary_column_with_a_rare_level_is_left_out(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = TABLES["a"].assign(rare=[1] * 4 + [0] * 196)
    table.to_csv("a.csv", index=False)
    code, out, _ = ddlib(capsys, "summarize", "a.csv", "--out", "a.json")
    assert code == 0
    assert "warning: column 'rare': a level stands in fewer than 10 rows: left out" in out
    assert out.count("'rare'") == 1
    entry = json.loads(Path("a.json").read_text())
    assert "rare" not in [column["name"] for column in entry["columns"]]
    assert any("'rare'" in line for line in entry["notes"])


def test_a_column_that_a_site_drops_is_said_in_the_second_round_too(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    TABLES["a"].assign(rare=[1] * 4 + [0] * 196).to_csv("a.csv", index=False)
    TABLES["b"].assign(rare=[0, 1] * 100).to_csv("b.csv", index=False)
    for label in TABLES:
        ddlib(capsys, "summarize", f"{label}.csv", "--out", f"{label}.json")
    ddlib(capsys, "scale", "a.json", "b.json", "--out", "both.json")
    ddlib(capsys, "scale", "a.json", "--out", "one.json")
    told = {"both": "column 'rare': a level stands in fewer than 10 rows: left out",
            "one": "columns that the scale lacks left out: rare"}  # fmt: skip
    for name, line in told.items():
        words = ("summarize", "a.csv", "--scale", f"{name}.json", "--out", f"{name}_a.json")
        code, out, _ = ddlib(capsys, *words)
        assert code == 0
        assert f"warning: {line}" in out.splitlines()
        assert out.count("rare") == 1


@pytest.mark.parametrize(("moved", "line"), [(12, "tables differ by"), (400, "its median is")])
def test_what_a_note_advises_is_no_option_that_the_command_lacks(
    folder: Path, capsys: pytest.CaptureFixture[str], moved: int, line: str
) -> None:
    for name, shift in (("north", 0), ("south", moved)):
        table = pd.DataFrame({"x": [50 + shift + i % 20 for i in range(200)], "y": [0, 1] * 100})
        table.to_csv(f"{name}.csv", index=False)
    code, out, _ = ddlib(capsys, "summarize", "north.csv", "south.csv", "--out", "new.json")
    assert code == 0
    assert line in out
    assert "set source_column: site in the file of settings" in " ".join(out.split())
    assert "--source-column" not in out


def test_faults_come_at_once_and_nothing_is_written(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("old.json").write_text("{}")
    code, out, err = ddlib(capsys, "summarize", "a.csv", "no.csv", "--out", "a.txt")
    assert (code, out) == (2, "")
    assert "--out = a.txt: must end in .json" in err
    assert "no.csv: does not exist" in err
    code, _, err = ddlib(capsys, "summarize", "a.csv", "--scale", "old.json", "--out", "new.json")
    assert code == 2
    assert err.strip() == "old.json: is no ddlib scale; must have format: ddlib scale"
    code, _, err = ddlib(capsys, "scale", "old.json", "none.json", "--out", "old.json")
    assert code == 2
    assert len(err.strip().splitlines()) == 3
    assert sorted(path.name for path in folder.iterdir()) == ["a.csv", "b.csv", "old.json"]


def test_rows_of_a_site_may_lie_in_several_files(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = TABLES["a"]
    table.iloc[:90].to_csv("one.csv", index=False)
    table.iloc[90:].to_csv("two.csv", index=False)
    ddlib(capsys, "summarize", "a.csv", "--out", "a.json")
    assert ddlib(capsys, "summarize", "one.csv", "two.csv", "--out", "parts.json")[0] == 0
    whole, parts = (json.loads(Path(name).read_text()) for name in ("a.json", "parts.json"))
    assert parts["rows"] == whole["rows"]
    assert parts["columns"] == whole["columns"]


def test_a_summary_hangs_on_the_set_of_rows_not_on_their_order(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for seed in range(3):
        TABLES["b"].sample(frac=1, random_state=seed).to_csv(f"b{seed}.csv", index=False)
    TABLES["b"].iloc[:90].to_csv("one.csv", index=False)
    TABLES["b"].iloc[90:].to_csv("two.csv", index=False)
    for words in (["b.csv"], ["b0.csv"], ["b1.csv"], ["b2.csv"], ["two.csv", "one.csv"]):
        out = f"{words[0]}.json"
        assert ddlib(capsys, "summarize", *words, "--out", out)[0] == 0
        assert Path(out).read_bytes() == Path("b.csv.json").read_bytes()


def test_a_table_of_few_rows_says_so_and_what_to_do(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    TABLES["a"].head(5).to_csv("few.csv", index=False)
    code, _, err = ddlib(capsys, "summarize", "few.csv", "--out", "few.json")
    assert (code, err.count("\n")) == (2, 1)
    assert "few.csv: has 5 rows; must have at least 10" in err
    assert "join it with another table, or set a lower min_count" in err


def test_a_file_of_few_rows_beside_others_of_a_site_is_told_with_them(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    TABLES["a"].head(5).to_csv("few.csv", index=False)
    TABLES["a"].iloc[5:].to_csv("rest.csv", index=False)
    for words in (["a.csv"], ["few.csv", "rest.csv"]):
        code, _, err = ddlib(capsys, "summarize", *words, "--out", f"{words[0]}.json")
        assert (code, err) == (0, "")
    assert Path("few.csv.json").read_bytes() == Path("a.csv.json").read_bytes()
    TABLES["a"].iloc[5:8].to_csv("rest.csv", index=False)
    code, _, err = ddlib(capsys, "summarize", "few.csv", "rest.csv", "--out", "both.json")
    assert code == 2
    assert "few.csv, rest.csv: has 8 rows; must have at least 10" in err


def test_why_no_column_is_left_is_told(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bare = pd.DataFrame({"x": [*range(5), *[None] * 25], "y": [3.0] * 30})
    bare.to_csv("bare.csv", index=False)
    code, _, err = ddlib(capsys, "summarize", "bare.csv", "--out", "bare.json")
    assert code == 2
    assert err.splitlines() == [
        "bare.csv: no column to merge is left; must have one at least",
        "column 'y': is 3 wherever it is seen: left out",
        "column 'x': is seen in fewer than 10 rows: left out",
    ]


def test_a_column_without_two_levels_is_a_note_in_the_file(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    TABLES["a"].assign(rare=[*"bcdefgh"] + ["a"] * 193).to_csv("a.csv", index=False)
    assert ddlib(capsys, "summarize", "a.csv", "--out", "a.json")[0] == 0
    notes = json.loads(Path("a.json").read_text())["notes"]
    assert "column 'rare': no two levels have 10 rows: left out" in notes


def scale_text(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    """What `ddlib scale` prints on summaries."""
    code, out, err = ddlib(capsys, "scale", *words, "--out", "scale.json", "--force")
    assert (code, err) == (0, "")
    return out


def test_a_scale_is_to_be_shared_where_that_makes_sense(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for label in TABLES:
        ddlib(capsys, "summarize", f"{label}.csv", "--out", f"{label}.json")
    assert "name the summaries of all sites" in scale_text(capsys, "a.json")
    out = scale_text(capsys, "a.json", "b.json")
    assert "of 2 sites; each site now runs" in out
    assert "warning" not in out
    for label in TABLES:
        words = ("--scale", "scale.json", "--out", f"{label}2.json")
        ddlib(capsys, "summarize", f"{label}.csv", *words)
    out = scale_text(capsys, "a2.json", "b2.json")
    assert "these summaries are on this scale already: merge them as they are" in out
    assert "ITS_TABLE" not in out


def test_one_column_in_common_is_warned_of(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    TABLES["a"][["age", "sex", "visits"]].to_csv("a.csv", index=False)
    TABLES["b"][["age", "bili", "ward"]].to_csv("b.csv", index=False)
    for label in TABLES:
        ddlib(capsys, "summarize", f"{label}.csv", "--out", f"{label}.json")
    out = scale_text(capsys, "a.json", "b.json")
    for label in TABLES:
        assert f"warning: {label}.json: column 'age' is the only one that another site has" in out


def test_the_same_people_are_in_a_scale_once(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    TABLES["a"].iloc[::-1].to_csv("again.csv", index=False)
    for label in ("a", "again"):
        assert ddlib(capsys, "summarize", f"{label}.csv", "--out", f"{label}.json")[0] == 0
    code, out, err = ddlib(capsys, "scale", "a.json", "again.json", "--out", "scale.json")
    assert (code, out) == (2, "")
    assert "again.json: tells what a.json does" in err
    assert not Path("scale.json").exists()


def test_faults_of_a_scale_come_at_once(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    TABLES["b"].assign(sex="x" + TABLES["b"].sex).to_csv("b.csv", index=False)
    for label in TABLES:
        ddlib(capsys, "summarize", f"{label}.csv", "--out", f"{label}.json")
    code, _, err = ddlib(capsys, "scale", "a.json", "b.json", "--out", "scale.txt")
    assert code == 2
    assert "must end in .json" in err
    assert "column 'sex': levels clash" in err
