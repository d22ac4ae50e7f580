"""Single files fold into a pack; a wrong one is named, and then nothing changes."""

import os
import subprocess
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest

from ddlib.book.experiments import experiments_page
from ddlib.cli import main
from ddlib.experiments.registry import EXPERIMENTS
from ddlib.runs import pack
from ddlib.runs.packing import fold
from ddlib.runs.store import config_hash
from ddlib.runs.stored import StoreError
from tests.shared.tiny import TINY, tiny
from tests.shared.tiny_store import CONFIGS, expected, files, held, save

NEWER = replace(TINY, version=2)


@pytest.fixture
def target(folder):
    return folder / "tiny.parquet"


# What is folded


def test_single_files_become_one_file(store, folder, target):
    save(store, CONFIGS)
    assert fold(TINY, folder) == [f"tiny: 6 configs with 18 rows in {target}"]
    assert files(folder).keys() == {"tiny.parquet"}
    assert held(store) == expected(CONFIGS)


def test_the_same_rows_give_the_same_bytes_however_they_came(store, folder, target):
    save(store, CONFIGS)
    fold(TINY, folder)
    at_once = target.read_bytes()
    target.unlink()
    for part in (CONFIGS[3:], CONFIGS[:2], CONFIGS[2:4]):
        save(store, part)
        fold(TINY, folder)
    assert target.read_bytes() == at_once


def test_a_single_file_takes_the_place_of_what_is_packed_and_the_rest_stays(store, folder):
    save(store, CONFIGS)
    fold(TINY, folder)
    save(store, CONFIGS[2:3], value=7.0)
    fold(TINY, folder)
    assert files(folder).keys() == {"tiny.parquet"}
    assert held(store) == expected(CONFIGS) | {2: [7.0] * 3}


def test_without_single_files_nothing_is_written(store, folder, target):
    assert fold(TINY, folder) == []
    assert not folder.exists()
    save(store, CONFIGS)
    fold(TINY, folder)
    before = target.stat()
    assert fold(TINY, folder) == []
    assert target.stat() == before


def test_rows_of_an_older_version_are_dropped_with_a_line(store, folder, target):
    save(store, CONFIGS[:3])
    fold(TINY, folder)
    save(store, CONFIGS[3:4])
    save(store, CONFIGS[4:], experiment=NEWER)
    assert fold(NEWER, folder) == [
        f"tiny: 2 configs with 6 rows in {target}",
        "tiny: 4 configs of an older version dropped",
    ]
    assert files(folder).keys() == {"tiny.parquet"}
    assert held(store, NEWER) == expected(CONFIGS[4:])
    assert held(store) == {}


def test_a_single_file_of_an_older_version_takes_no_place(store, folder):
    save(store, CONFIGS[:1], experiment=NEWER)
    fold(NEWER, folder)
    save(store, CONFIGS[:1], value=7.0)
    assert fold(NEWER, folder)[1] == "tiny: 1 configs of an older version dropped"
    assert held(store, NEWER) == expected(CONFIGS[:1])


def test_rows_of_older_versions_alone_are_left_as_they_are(store, folder):
    save(store, CONFIGS)
    fold(TINY, folder)
    save(store, CONFIGS[:1])
    before = files(folder)
    assert fold(NEWER, folder) == ["tiny: nothing of version 2 to pack"]
    assert files(folder) == before


# What is refused


def moved(store, path):
    path.rename(path.with_stem("0" * 16))


def of_another_experiment(store, path):
    save(store, CONFIGS[:1], experiment=replace(TINY, name="other"))
    (path.parents[1] / "other" / path.name).replace(path)


def impossible(store, path):
    """Rows of a config with a field that its class does not have."""
    table = pq.read_table(path)
    origin = table.schema.metadata[b"ddlib"].replace(b'"scale"', b'"scales"')
    pq.write_table(table.replace_schema_metadata({b"ddlib": origin}), path)


REFUSED = {
    "damaged": (lambda store, path: path.write_bytes(b"damaged"), "is damaged"),
    "moved": (moved, r"holds rows with config \{.*\}; must be named after their hash, \w+"),
    "of another experiment": (
        of_another_experiment,
        "holds rows of other; must hold those of",
    ),
    "of a newer version": (
        lambda store, path: save(store, CONFIGS[:1], experiment=NEWER),
        "holds rows of version 2; must be at most 1, the version of tiny in this code",
    ),
    "with another column": (
        lambda store, path: save(store, CONFIGS[:1], more=1),
        r"has columns \[.*'more'\]; must have those that tiny declares, \['method', 'step'",
    ),
    "impossible": (impossible, "holds an impossible config: scales = 1.0: unknown"),
}


@pytest.mark.parametrize(("change", "message"), REFUSED.values(), ids=REFUSED)
@pytest.mark.parametrize("beside_a_pack", [True, False])
def test_a_wrong_file_is_named_and_nothing_changes(store, folder, change, message, beside_a_pack):
    save(store, CONFIGS[3:])
    if beside_a_pack:
        fold(TINY, folder)
    save(store, CONFIGS[:3])
    change(store, folder / "tiny" / f"{config_hash(CONFIGS[0])}.parquet")
    before = files(folder)
    with pytest.raises(StoreError, match=message) as caught:
        fold(TINY, folder)
    assert str(caught.value).startswith(str(folder / "tiny") + os.sep)
    assert "\n" not in str(caught.value)
    assert files(folder) == before


def test_a_column_of_two_types_is_refused(store, folder):
    save(store, CONFIGS[:2])
    save(store, CONFIGS[2:3], value=[1, 2, 3])
    before = files(folder)
    message = r"column value is \w+, and \w+ in .*; must be of one type"
    with pytest.raises(StoreError, match=message):
        fold(TINY, folder)
    assert files(folder) == before


def test_a_damaged_pack_is_named_and_nothing_changes(store, folder, target):
    save(store, CONFIGS[:3])
    fold(TINY, folder)
    save(store, CONFIGS[3:])
    target.write_bytes(target.read_bytes()[:-50])
    before = files(folder)
    with pytest.raises(StoreError, match=r"tiny.parquet: is damaged or not a pack"):
        fold(TINY, folder)
    assert files(folder) == before


def test_a_pack_that_would_not_give_back_the_rows_is_not_written(store, folder, monkeypatch):
    save(store, CONFIGS)
    before, write_parquet = files(folder), pack.write_parquet

    def forgetful(table, file):
        write_parquet(table.slice(1), file)

    monkeypatch.setattr(pack, "write_parquet", forgetful)
    with pytest.raises(StoreError, match="is not written; must give back the rows that went in"):
        fold(TINY, folder)
    assert files(folder) == before


# The command, and what else reads packs


@pytest.fixture
def registered(monkeypatch):
    monkeypatch.setitem(EXPERIMENTS, "tiny", TINY)


@pytest.mark.usefixtures("registered")
def test_the_command_packs_all_experiments_or_those_that_it_is_told(store, folder, capsys):
    save(store, CONFIGS)
    results = ["--results", str(folder)]
    assert main(["pack", "hospitals", *results]) == 0
    assert capsys.readouterr().out == f"hospitals: nothing to pack in {folder}\n"
    assert main(["pack", *results]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert f"tiny: 6 configs with 18 rows in {folder / 'tiny.parquet'}" in lines
    assert len(lines) == len(EXPERIMENTS)
    assert main(["run", "tiny", "seed=3", *results]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == str(folder / "tiny.parquet")
    assert main(["audit", "--seconds", "60", *results]) == 0
    assert "audit: 6 same, 0 changed" in capsys.readouterr().out


@pytest.mark.usefixtures("registered")
def test_the_command_names_a_damaged_file_and_an_unknown_experiment(store, folder, capsys):
    save(store, CONFIGS)
    damaged = folder / "tiny" / f"{config_hash(CONFIGS[0])}.parquet"
    damaged.write_bytes(b"damaged")
    assert main(["pack", "--results", str(folder)]) == 2
    assert capsys.readouterr().err.startswith(f"{damaged}: is damaged")
    assert main(["pack", "tin", "--results", str(folder)]) == 2
    assert "experiment = 'tin': unknown; perhaps tiny?" in capsys.readouterr().err


@pytest.mark.usefixtures("registered")
def test_the_page_counts_packed_and_single_configs(store, folder):
    save(store, CONFIGS[:4])
    fold(TINY, folder)
    save(store, CONFIGS[3:])
    assert "Stored: 6 configs of version 1, " in experiments_page(store)


def test_git_sees_packs_and_single_files_and_not_the_lock(tmp_path):
    ignore = Path(__file__).parents[2] / ".gitignore"
    (tmp_path / ".gitignore").write_text(ignore.read_text())
    for name in ("tiny.parquet", "tiny/0.parquet", ".pack.lock", "tiny/.0.parquet.f"):
        path = tmp_path / "book" / "results" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    git = ["git", "-C", tmp_path]
    subprocess.run([*git, "init", "--quiet"], check=True)
    listed = subprocess.check_output([*git, "status", "--porcelain", "-uall"], text=True)
    assert "book/results/tiny.parquet" in listed
    assert "book/results/tiny/0.parquet" in listed
    assert len(listed.splitlines()) == 3


def test_a_table_of_a_pack_is_a_new_one_each_time(store, folder):
    save(store, CONFIGS)
    fold(TINY, folder)
    rows = store.find(TINY, CONFIGS[0]).rows
    rows["value"] = 7.0
    pd.testing.assert_frame_equal(store.find(TINY, CONFIGS[0]).rows, tiny(CONFIGS[0]))
