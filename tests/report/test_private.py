"""`ddlib summarize --epsilon`, from its options to its file and ledger."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ddlib.cli import main
from ddlib.sites.ledger import read_ledger
from ddlib.sites.loss import epsilon_of, rho_for
from ddlib.sites.read import read_summary

BOUNDS = """
age: {from: 0, to: 120}
bili: {from: 0.1, to: 50}
died: [0, 1]
ward: [east, north, west]
"""
PRIVATE = ("--epsilon", "1", "--delta", "1e-6", "--bounds", "bounds.yml")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    generator = np.random.default_rng(0)
    table = pd.DataFrame(
        {
            "age": generator.normal(55, 12, 300).round(1),
            "bili": np.exp(generator.standard_normal(300)).round(2),
            "died": generator.integers(0, 2, 300),
            "ward": generator.choice(["east", "north", "west"], 300),
            "name": [f"person {row}" for row in range(300)],
        }
    )
    table.to_csv("site.csv", index=False)
    Path("bounds.yml").write_text(BOUNDS)
    return tmp_path


def summarize(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    code = main(["summarize", "site.csv", "--out", "a.json", *words])
    out, err = capsys.readouterr()
    # Under load, lines say what is being done.
    told = [line for line in err.splitlines(keepends=True) if " … (" not in line]
    return code, out, "".join(told)


def halves(names: tuple[str, str]) -> None:
    table = pd.read_csv("site.csv")
    for place, name in enumerate(names):
        table[place::2].to_csv(name, index=False)


def test_a_private_summary_is_read_as_any_other(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, err = summarize(capsys, *PRIVATE)
    told = "new ledger: site.ledger.json; releases that are not in it are not counted\n"
    assert (code, err) == (0, told)
    assert "ε = 1 at δ = 1e-06 for this file, ε = 1 for all 1 in the ledger" in out
    summary = read_summary("a.json")
    assert summary.scale.names == ("age", "bili", "died", "ward")
    assert "(ε, δ)-differential privacy" in summary.notes[0]
    assert "the minimum count is not used: noise protects small counts" in summary.notes[0]
    assert summary.min_count is None
    assert '"minimum count": null' in Path("a.json").read_text()
    assert "person" not in Path("a.json").read_text()
    assert not summary.moments.faults()


def test_losses_of_several_files_add_up_in_one_ledger(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    summarize(capsys, *PRIVATE)
    code, out, _ = summarize(capsys, *PRIVATE, "--out", "b.json")
    assert code == 0
    total = epsilon_of(2 * rho_for(1.0, 1e-6), 1e-6)
    assert f"ε = {total:.3g} for all 2 in the ledger" in out
    ledger = read_ledger(folder / "site.ledger.json")
    assert [release.name for release in ledger.releases] == ["a.json", "b.json"]
    assert ledger.epsilon(1e-6) == pytest.approx(total)


def test_the_ledger_lies_beside_the_table_wherever_the_summary_goes(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("one", "two"):
        Path(name).mkdir()
        code, _, err = summarize(capsys, *PRIVATE, "--out", f"{name}/a.json")
        assert code == 0
        assert bool(err) == (name == "one")
        assert [path.name for path in Path(name).iterdir()] == ["a.json"]
    assert len(read_ledger(folder / "site.ledger.json").releases) == 2


def test_the_order_of_tables_opens_no_second_ledger(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    halves(("p1.csv", "p2.csv"))
    words = (*PRIVATE, "--budget", "1")
    assert main(["summarize", "p1.csv", "p2.csv", "--out", "z1.json", *words]) == 0
    capsys.readouterr()
    assert main(["summarize", "p2.csv", "p1.csv", "--out", "z2.json", *words]) == 2
    assert capsys.readouterr().err.startswith("--budget = 1: with this release, ε would be")
    assert [path.name for path in folder.glob("*.ledger.json")] == ["p1.ledger.json"]


def test_a_ledger_of_another_of_the_tables_is_refused(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    halves(("p1.csv", "p2.csv"))
    assert main(["summarize", "p2.csv", "--out", "z1.json", *PRIVATE]) == 0
    capsys.readouterr()
    both = ["summarize", "p1.csv", "p2.csv", "--out", "z2.json", *PRIVATE]
    assert main(both) == 2
    assert capsys.readouterr().err == (
        "p2.ledger.json: is the ledger of releases about some of these people, beside "
        "p1.ledger.json; must be one ledger for all of them: name it by --ledger\n"
    )
    assert not Path("p1.ledger.json").exists()
    assert main([*both, "--ledger", "p2.ledger.json"]) == 0
    assert len(read_ledger(folder / "p2.ledger.json").releases) == 2


def test_beyond_the_budget_nothing_is_written(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert summarize(capsys, *PRIVATE, "--budget", "1.2")[0] == 0
    before = Path("site.ledger.json").read_bytes()
    code, out, err = summarize(capsys, *PRIVATE, "--budget", "1.2", "--out", "b.json")
    assert (code, out) == (2, "")
    assert err.startswith("--budget = 1.2: with this release, ε would be 1.")
    assert not Path("b.json").exists()
    assert Path("site.ledger.json").read_bytes() == before


def test_releases_at_once_are_all_in_the_ledger(folder: Path) -> None:
    command = [sys.executable, "-m", "ddlib", "summarize", "site.csv", *PRIVATE]
    with (folder / "log").open("w") as log:
        started = [
            subprocess.Popen([*command, "--out", f"{name}.json"], stdout=log, stderr=log)
            for name in "abc"
        ]
        assert [process.wait() for process in started] == [0, 0, 0]
    names = {release.name for release in read_ledger(folder / "site.ledger.json").releases}
    assert names == {"a.json", "b.json", "c.json"}


def test_a_ledger_that_was_changed_is_refused(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("site.ledger.json").write_text("{}")
    code, _, err = summarize(capsys, *PRIVATE)
    assert code == 2
    assert err == "site.ledger.json: is no ddlib privacy ledger; must have format: " + (
        "ddlib privacy ledger\n"
    )
    assert not Path("a.json").exists()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--epsilon", "0", *PRIVATE[2:]), "--epsilon = 0.0: must be a number above 0"),
        (("--epsilon", "1e-12", *PRIVATE[2:]), "--epsilon = 1e-12: must be a number above 0"),
        ((*PRIVATE, "--ledger", "."), "--ledger = .: is a folder; must be a file\n"),
        (
            (*PRIVATE, "--ledger", "/proc/l.json"),
            "--ledger = /proc/l.json: cannot be",
        ),
        (PRIVATE[:2] + PRIVATE[4:], "--delta: must be given with --epsilon, such as 1e-6\n"),
        (PRIVATE[:4], "--bounds: is missing; must be a file that states columns"),
        ((*PRIVATE, "--min-count", "5"), "--min-count: not with --epsilon: noise protects"),
        ((*PRIVATE, "--settings", "bounds.yml"), "--settings: not with --epsilon"),
        ((*PRIVATE, "--scale", "bounds.yml"), "--scale: not with --epsilon"),
        ((*PRIVATE, "--budget", "-1"), "--budget = -1.0: must be a number above 0"),
        (("--epsilon", "1_0", *PRIVATE[2:]), "--epsilon = '1_0': must be a number above 0"),
        (("--epsilon", "\u0663", *PRIVATE[2:]), "--epsilon = '\u0663': must be a number above 0"),
        ((*PRIVATE, "--budget", "1_0"), "--budget = '1_0': must be a number above 0"),
        ((*PRIVATE, "--ledger", "site.csv"), "--ledger = site.csv: is one of the files"),
        ((*PRIVATE, "--ledger", "a.json"), "--ledger = a.json: is the file of --out too"),
        ((*PRIVATE, "--out", "a.txt"), "--out = a.txt: must end in .json"),
        (("--bounds", "bounds.yml"), "--bounds: is for private summaries; must come with"),
        (("--budget", "3"), "--budget: is for private summaries"),
    ],
)
def test_what_cannot_be_is_refused(
    folder: Path, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], message: str
) -> None:
    there = {path.name for path in folder.iterdir()}
    code, out, err = summarize(capsys, *words)
    assert (code, out) == (2, "")
    assert any(part in err for part in message.split("|"))
    assert {path.name for path in folder.iterdir()} == there


def test_rows_that_stand_twice_are_refused(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("copy.csv").write_bytes(Path("site.csv").read_bytes())
    for words in (PRIVATE, ()):
        code = main(["summarize", "site.csv", "copy.csv", "--out", "a.json", *words])
        _, err = capsys.readouterr()
        assert code == 2
        assert err == "copy.csv: is the same as site.csv; people must be told of once\n"


def test_a_copy_in_another_order_or_packed_is_refused(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = pd.read_csv("site.csv", dtype=str)
    table.to_csv("packed.csv.gz", index=False)
    table.sample(frac=1, random_state=0)[[*table.columns[::-1]]].to_csv("other.csv", index=False)
    for name in ("packed.csv.gz", "other.csv"):
        assert main(["summarize", "site.csv", name, "--out", "a.json", *PRIVATE]) == 2
        assert capsys.readouterr().err == (
            f"{name}: equals site.csv in every cell, in whatever order; people must be told of "
            "once\n"
        )
    assert not Path("a.json").exists()
    assert not [*folder.glob("*.ledger.json")]


def test_levels_that_no_cell_has_cost_no_budget(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("bounds.yml").write_text(BOUNDS.replace("[0, 1]", "[yes it is, no]"))
    code, _, err = summarize(capsys, *PRIVATE)
    assert code == 2
    assert "site.csv: column 'died': no cell is what is stated (yes it is, no); must" in err
    assert not Path("site.ledger.json").exists()


def test_all_faults_come_at_once(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("bounds.yml").write_text("age: 3\nheight: [1]\n")
    words = ("--epsilon", "-1", "--delta", "2", "--bounds", "bounds.yml", "--min-count", "3")
    code, _, err = summarize(capsys, *words)
    assert code == 2
    assert len(err.splitlines()) == 5


def test_a_ledger_that_is_a_folder_hides_no_other_fault(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ("--epsilon", "0", "--delta", "0", "--budget", "-1", "--ledger", "", "--min-count", "3")
    code, _, err = summarize(capsys, *words, "--out", "a.txt")
    assert code == 2
    assert [line.split(":")[0].split(" = ")[0] for line in err.splitlines()] == [
        "--ledger",
        "--out",
        "--min-count",
        "--bounds",
        "--epsilon",
        "--delta",
        "--budget",
    ]


def test_faults_of_bounds_and_of_all_tables_come_at_once(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, gone in (("north.csv", "age"), ("south.csv", "ward")):
        pd.read_csv("site.csv").drop(columns=gone).to_csv(name, index=False)
    assert main(["summarize", "north.csv", "south.csv", "--out", "a.json", *PRIVATE]) == 2
    err = capsys.readouterr().err
    assert "north.csv: lacks column 'age'" in err
    assert "south.csv: lacks column 'ward'" in err
    Path("bounds.yml").write_text("age: 3\n")
    assert main(["summarize", "none.csv", "--out", "a.json", *PRIVATE]) == 2
    err = capsys.readouterr().err
    assert "bounds.yml:1: age" in err
    assert "none.csv" in err


def test_a_delta_beyond_one_in_the_rows_is_warned_of(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ("--epsilon", "1", "--bounds", "bounds.yml")
    assert "warning" not in summarize(capsys, *words, "--delta", "0.003", "--force")[1]
    code, out, _ = summarize(capsys, *words, "--delta", "0.004", "--force")
    assert code == 0
    assert "warning: δ = 0.004 is more than 1 in 300, the rows that were read" in out


def test_a_summary_that_is_there_stays(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("a.json").write_text("mine")
    code, _, err = summarize(capsys, *PRIVATE)
    assert code == 2
    assert "is there already; --force replaces it" in err
    assert Path("a.json").read_text() == "mine"
    assert summarize(capsys, *PRIVATE, "--force")[0] == 0


def test_without_opendp_one_line_says_how_to_install_it(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "opendp.prelude", None)
    code, _, err = summarize(capsys, *PRIVATE)
    assert code == 2
    assert "pip install 'ddlib[private]'" in err


def test_summaries_with_noise_are_not_told_to_share_a_scale(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert summarize(capsys, *PRIVATE)[0] == 0
    assert main(["summarize", "site.csv", "--out", "b.json"]) == 0
    for names, line in (
        (["a.json"], "of 1 site; summaries with noise take no scale: merge them as they are"),
        (["a.json", "b.json"], "note: a.json: with noise, which takes no scale"),
    ):
        capsys.readouterr()
        assert main(["scale", *names, "--out", "scale.json", "--force"]) == 0
        out = capsys.readouterr().out
        assert line in out
        assert ("ITS_TABLE" in out) == (len(names) > 1)
