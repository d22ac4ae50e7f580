"""The README's examples run as they stand, and what it counts is counted."""

import re
from dataclasses import fields
from pathlib import Path

import pytest

from ddlib import DISTILLERS
from ddlib.conformance import Subject, conform
from ddlib.distillers import registry
from ddlib.runs.grid import read_grid
from ddlib.tables import Settings
from ddlib.tables.settings import read_settings
from tests.shared.foreign import MINE

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
FORMAL, METHODS, OWN, ADDED, TABLES = re.findall(r"```python\n(.*?)```", README, re.DOTALL)


@pytest.fixture(scope="module")
def session():
    """The names of a session in which the first example was run, and then the second."""
    names = {}
    for block in (FORMAL, METHODS):
        exec(block, names)
    return names


def test_the_first_example_loses_nothing(session):
    assert session["rows"].shape == (5, 4)
    assert abs(session["lost"].item()) < 1e-10


def test_the_second_example_improves_on_where_it_starts(session):
    start, chosen = session["run"].snapshots[0], session["run"].chosen
    assert chosen.step > 0
    assert chosen.validation < start.validation - 0.1
    before, after = map(float, re.search(r"(\S+) before, (\S+) after", METHODS).groups())
    assert (start.validation, chosen.validation) == pytest.approx((before, after), abs=0.005)


def test_the_third_example_distils_a_table_in_its_own_columns(session, capsys):
    exec(OWN, session)
    out = capsys.readouterr().out
    assert "proline" in out
    own, everything = map(float, out.splitlines()[-1].split())
    assert max(own, everything) <= 0.15
    assert len(session["task"].training) == int(re.search(r"from all (\d+)", OWN)[1])


def test_the_fourth_example_adds_a_method_that_keeps_to_what_every_method_does(
    session, monkeypatch
):
    monkeypatch.setattr(registry, "_REGISTERED", {})
    exec(ADDED, session)
    problem, rows = session["problem"], session["mine"].rows
    assert rows.shape == problem.initial.shape
    assert 0 < (rows - problem.initial).abs().max() < 1
    found = conform(Subject(session["Jitter"]()))
    assert {finding.name: finding.why for finding in found if finding.verdict == "fails"} == {}


def test_the_fifth_example_stands_alone_and_says_what_rows_are_worth(capsys, monkeypatch):
    monkeypatch.chdir(ROOT)
    names = {}
    exec(TABLES, names)
    assert "All pairs of the 17 variables are seen together" in capsys.readouterr().out
    assert len(names["merged"].rows) == 100
    (written,) = map(int, re.findall(r"worth (\d+) real ones", TABLES))
    assert names["merged"].worth["died ~ ."] == pytest.approx(written, abs=2)


def test_the_grid_shown_takes_a_method_from_outside(tmp_path, monkeypatch):
    shown, _ = re.findall(r"```yaml\n(.*?)```", README, re.DOTALL)
    (tmp_path / "own.yml").write_text(shown)
    (tmp_path / "my_module.py").write_text(f"{MINE}\nJitter = Mine\n")
    monkeypatch.syspath_prepend(tmp_path)
    experiment, configs = read_grid(tmp_path / "own.yml").configs()
    assert experiment.name == "benchmark"
    methods = ["all rows", "random", "validated random", "k-means", "my_module:Jitter"]
    assert sorted(config.method for config in configs) == sorted(5 * methods)


def test_the_settings_shown_are_read_and_are_all_that_there_are(tmp_path):
    _, shown = re.findall(r"```yaml\n(.*?)```", README, re.DOTALL)
    path = tmp_path / "settings.yml"
    path.write_text(shown, encoding="utf-8")
    settings = read_settings(path)
    assert settings.kinds["stage"] == [1, 2, 3, 4]
    assert settings.decimal == {"south.csv": ","}
    assert [line.split(":")[0] for line in shown.splitlines()] == [f.name for f in fields(Settings)]


def test_the_number_of_methods_is_that_of_the_registry():
    assert f"\n{len(DISTILLERS)} known methods are in one registry" in README


def test_the_paths_of_the_table_of_folders_are_there():
    table = README.partition("| folder | what |")[2].partition("\n\n")[0]
    named = re.findall(r"`(\w+/[\w./]*)`", table)
    assert {"ddlib/distillers/__init__.py", "ddlib/experiments/registry.py"} <= set(named)
    assert not [name for name in named if not (ROOT / name).exists()]
