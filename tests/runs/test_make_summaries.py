"""Summaries of many files as jobs, `make summaries`, beside the commands themselves."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from ddlib.cli import main
from tests.shared.snakemake import snakemake

ROOT = Path(__file__).parents[2]
NUMBER = re.compile(r"-?\d+\.\d+(?:e-?\d+)?")
TABLES = ("hospital_a.csv", "hospital_b.csv")


def summaries(place, **given):
    """Run the rules in a folder; return the exit code and what was said."""
    words = [f"{key}={value}" for key, value in given.items()]
    binaries = Path(sys.executable).parent
    paths = os.pathsep.join([str(binaries), os.environ["PATH"]])
    done = subprocess.run(
        snakemake("--config", *words, "--", "summaries"),
        cwd=place,
        env=os.environ | {"PATH": paths, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    return done.returncode, done.stdout


def by_hand(folder, shards, settings):
    """Write the summaries of both rounds by the commands themselves; return those of the second."""

    def run(command, *words):
        assert main([command, *map(str, words)]) == 0

    folder.mkdir()
    for name in TABLES:
        run("summarize", shards / name, "--settings", settings, "--out", folder / f"{name}.json")
    scale = folder / "scale.json"
    run("scale", *[folder / f"{name}.json" for name in TABLES], "--out", scale)
    words = ("--settings", settings, "--scale", scale, "--force", "--out")
    for name in TABLES:
        run("summarize", shards / name, *words, folder / f"{name}.json")
    return {name: (folder / f"{name}.json").read_text() for name in TABLES}


def numbers(text):
    """Return the numbers of a text, and what it is without their digits."""
    return [float(number) for number in NUMBER.findall(text)], NUMBER.sub("#", text)


def test_jobs_write_what_the_commands_write_and_only_what_changed_again(tmp_path, capsys):
    shards = tmp_path / "shards of a site"
    shards.mkdir()
    (shards / "notes.md").write_text("not a table")
    for name in TABLES:
        shutil.copy(ROOT / "book" / "data" / name, shards / name)
    for name in ("Snakefile", "summaries.smk"):
        shutil.copy(ROOT / name, tmp_path / name)
    settings = tmp_path / "settings.yml"
    settings.write_text("min_count: 12\n")
    code, said = summaries(tmp_path, folder=shards, settings=settings)
    assert code == 0, said
    made = tmp_path / "_build" / "summaries" / shards.relative_to("/") / "second"
    found = {path.stem: path.read_text() for path in made.glob("*.json")}
    assert "hospital_a.csv: " in said
    assert "warning: column 'edema': no two levels have 12 rows: left out" in said
    assert f"ddlib merge '_build/summaries{shards}'/second/*.json" in said
    typed = by_hand(tmp_path / "by hand", shards, settings)
    assert sorted(found) == sorted(typed)
    for name, text in typed.items():
        values, rest = numbers(text)  # to rounding: this process may use other kernels
        assert numbers(found[name])[0] == pytest.approx(values, rel=1e-9, abs=1e-9)
        assert numbers(found[name])[1] == rest
    times = {path: path.stat().st_mtime_ns for path in made.iterdir()}
    assert summaries(tmp_path, folder=shards, settings=settings)[0] == 0
    assert times == {path: path.stat().st_mtime_ns for path in made.iterdir()}
    (shards / TABLES[1]).unlink()
    assert summaries(tmp_path, folder=shards, settings=settings)[0] == 0
    assert {path.stem for path in made.iterdir()} == {TABLES[0]}


def test_a_table_that_is_none_is_named_and_a_folder_without_tables(tmp_path):
    for name in ("Snakefile", "summaries.smk"):
        shutil.copy(ROOT / name, tmp_path / name)
    code, said = summaries(tmp_path, folder=tmp_path)
    assert code != 0
    assert f"FOLDER={tmp_path}: no file that ends in .csv, .tsv or .parquet" in said
    (tmp_path / "one.csv").write_text("age\n")
    code, said = summaries(tmp_path, folder=tmp_path)
    assert code != 0
    assert "one.csv" in said
    assert not [*(tmp_path / "_build").rglob("*.json")]


def test_what_may_be_meant_differently_is_told_and_other_files_are_no_tables(tmp_path):
    for name in ("Snakefile", "summaries.smk"):
        shutil.copy(ROOT / name, tmp_path / name)
    shards = tmp_path / "shards"
    shards.mkdir()
    table = pd.read_csv(ROOT / "book" / "data" / "hospital_a.csv")
    table.to_csv(shards / "north.CSV", index=False)
    table.assign(bili=table.bili * 17.1).sample(frac=0.9, random_state=0).to_csv(
        shards / "south.csv.gz", index=False
    )
    for name in ("._north.csv", "notes.csv.md"):
        (shards / name).write_text("no table")
    code, said = summaries(tmp_path, folder=shards)
    assert code == 0, said
    made = tmp_path / "_build" / "summaries" / shards.relative_to("/") / "second"
    assert {path.stem for path in made.iterdir()} == {"north.CSV", "south.csv.gz"}
    assert "warning: column 'bili': its median is" in said
