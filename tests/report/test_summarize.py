"""The commands `ddlib summarize` and `ddlib scale`."""

import json
from pathlib import Path

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
