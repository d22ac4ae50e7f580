"""Batches cover a grid; a sweep that is killed at any moment goes on from what was finished."""

import contextlib
import itertools
import multiprocessing
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ddlib import compute
from ddlib.cli import main
from ddlib.compute import compute_and_save
from ddlib.experiments.registry import EXPERIMENTS
from ddlib.provenance import environment
from ddlib.store import Store, StoreError, config_hash
from ddlib.sweep import BATCH_SECONDS, batches, point_name, unfinished
from tests.experiments.test_registry import TINY, TinyConfig, tiny

ROOT = Path(__file__).parents[1]
PATIENCE = 120  # seconds until a sweep that hangs fails its test
fork = multiprocessing.get_context("fork")

# The scale of a tiny config is its cost here.
COSTED = replace(TINY, seconds=lambda config: config.scale)
costs = st.lists(st.floats(0.001, 300.0), min_size=1, max_size=40)


def costing(seconds):
    return [TinyConfig(seed=seed, scale=cost) for seed, cost in enumerate(seconds)]


# Batches


@given(costs)
def test_batches_cover_all_configs_once_and_in_order(seconds):
    slices = batches(COSTED, costing(seconds))
    assert [i for start, stop in slices for i in range(start, stop)] == list(range(len(seconds)))
    assert all(start < stop for start, stop in slices)


@given(costs)
def test_there_are_at_least_four_batches_where_there_are_as_many_configs(seconds):
    assert len(batches(COSTED, costing(seconds))) >= min(4, len(seconds))


@given(costs)
def test_no_batch_is_longer_than_said_unless_one_config_is(seconds):
    for start, stop in batches(COSTED, costing(seconds)):
        assert stop - start == 1 or sum(seconds[start:stop]) <= BATCH_SECONDS * (1 + 1e-6)


@given(costs)
def test_a_batch_is_closed_only_when_it_is_full(seconds):
    """But for the last four, which may be smaller so that there are four."""
    slices = batches(COSTED, costing(seconds))
    limit = min(BATCH_SECONDS, sum(seconds) / 4)
    for start, stop in slices[:-4]:
        assert sum(seconds[start : stop + 1]) > limit


@pytest.mark.parametrize(
    ("seconds", "slices"),
    [
        ([1.0] * 3, [(0, 1), (1, 2), (2, 3)]),
        ([1.0] * 8, [(0, 2), (2, 4), (4, 6), (6, 8)]),
        ([20.0] * 14, [(0, 3), (3, 6), (6, 9), (9, 12), (12, 14)]),
        ([0.1] * 12, [(0, 3), (3, 6), (6, 9), (9, 12)]),  # 0.1 + 0.1 + 0.1 > 0.3
        ([1000.0, 1.0, 1.0, 1.0], [(0, 1), (1, 2), (2, 3), (3, 4)]),
    ],
)
def test_batches_by_hand(seconds, slices):
    assert batches(COSTED, costing(seconds)) == slices


def test_batches_do_not_depend_on_what_is_stored(tmp_path):
    store, configs = Store((tmp_path,)), costing([1.0] * 8)
    assert unfinished(COSTED, configs, store=store) == batches(COSTED, configs)
    for config in (configs[0], configs[4], configs[5]):
        compute_and_save(COSTED, config, store=store)
    assert unfinished(COSTED, configs, store=store) == [(0, 2), (2, 4), (6, 8)]


def test_nothing_is_unfinished_when_all_is_stored_and_all_when_the_version_rises(tmp_path):
    store, configs = Store((tmp_path,)), costing([1.0] * 2)
    for config in configs:
        compute_and_save(COSTED, config, store=store)
    assert unfinished(COSTED, configs, store=store) == []
    assert unfinished(replace(COSTED, version=2), configs, store=store) == [(0, 1), (1, 2)]


def test_a_batch_with_a_damaged_file_is_unfinished_only_to_be_replaced(tmp_path):
    store, configs = Store((tmp_path,)), costing([1.0] * 2)
    for config in configs:
        compute_and_save(COSTED, config, store=store)
    next(store.records()).path.write_bytes(b"damaged")
    with pytest.raises(StoreError, match="is damaged"):
        unfinished(COSTED, configs, store=store)
    assert len(unfinished(COSTED, configs, store=store, replace=True)) == 1


def test_points_are_named_by_their_values():
    names = {point_name(p) for p in ({"a": 1, "b": [2]}, {"b": [2], "a": 1})}
    assert len(names) == 1
    assert re.fullmatch("[0-9a-f]{12}", *names)
    assert point_name({"a": 1, "b": [3]}) not in names


# A batch that is killed, at every moment of it and at random ones

COUNT = 6


class Swept:
    """A sweep of the tiny experiment in processes that can be killed."""

    def __init__(self, folder, monkeypatch):
        self.grid, self.folder = folder / "tiny.yml", folder / "results"
        self.grid.write_text(f"experiment: tiny\nparameters: {{seed: {{range: [0, {COUNT}]}}}}\n")
        self.store, self.log = Store((self.folder,)), folder / "computed.log"
        self.log.touch()
        self.before = {}
        monkeypatch.setitem(EXPERIMENTS, "tiny", replace(TINY, run=self._run))
        environment()  # cached: not looked up in every process anew

    def start(self, prepare=lambda: None):
        """Start a batch of all configs in a process of its own, `prepare` first."""
        options = ["--results", str(self.folder), "--failures", str(self.log.with_name("failed"))]

        def body():
            prepare()
            sys.exit(main(["batch", str(self.grid), "0", str(COUNT), *options]))

        process = fork.Process(target=body)
        process.start()
        return process

    def check(self):
        """Return how many files there are: all whole and right, and the known ones untouched."""
        now = {}
        for stored in self.store.records():
            config = TinyConfig(**stored.provenance["config"])
            assert stored.hash == config_hash(config)
            pd.testing.assert_frame_equal(stored.rows, tiny(config), check_exact=True)
            now[stored.path] = stored.path.stat().st_mtime_ns
        assert now.items() >= self.before.items()
        self.before = now
        return len(now)

    def computed(self):
        return self.log.read_text().split()

    def _run(self, config):
        with self.log.open("a") as log:
            log.write(f"{config.seed}\n")
        return tiny(config)


@pytest.fixture
def swept(tmp_path, monkeypatch):
    return Swept(tmp_path, monkeypatch)


def die(*arguments, **options):
    os.kill(os.getpid(), signal.SIGKILL)


def die_with_half(table, file, **options):
    file.write(b"PAR1 and half of the pages")
    file.flush()
    die()


def die_with_name(path, target):
    os.rename(path, target)
    die()


MOMENTS = {  # what is called then, and in its place at the last call; files finished by that call
    "computed": (compute, "environment", die, 0),
    "half written": (pq, "write_table", die_with_half, 0),
    "not on the disk yet": (os, "fsync", die, 0),
    "not named yet": (Path, "replace", die, 0),
    "named": (Path, "replace", die_with_name, 1),
}


@pytest.mark.parametrize("number", [1, 4, COUNT])
@pytest.mark.parametrize("moment", MOMENTS)
def test_a_batch_killed_at_any_moment_goes_on_from_what_was_finished(swept, moment, number):
    owner, name, last, finished = MOMENTS[moment]
    function, calls = getattr(owner, name), itertools.count(1)

    def prepare():
        setattr(owner, name, lambda *a, **o: (last if next(calls) == number else function)(*a, **o))

    for prepared, exit_code, files in (
        (prepare, -signal.SIGKILL, number - 1 + finished),
        (lambda: None, 0, COUNT),
    ):
        process = swept.start(prepared)
        process.join(PATIENCE)
        assert process.exitcode == exit_code
        assert swept.check() == files
    again = [] if finished else [str(number - 1)]
    assert sorted(swept.computed()) == sorted([*map(str, range(COUNT)), *again])


def test_a_batch_killed_at_random_moments_gives_the_rows_of_an_undisturbed_one(swept):
    generator, kills = random.Random(0), 0

    def slow():
        os.fsync = lambda number: time.sleep(0.02)

    while True:
        process = swept.start(slow)
        process.join(generator.uniform(0.01, 0.06) * (1 + kills / 5))
        killed = process.is_alive()
        if killed:
            process.kill()
            process.join(PATIENCE)
        finished, kills = swept.check(), kills + killed
        if not killed:
            break
    assert process.exitcode == 0
    assert finished == COUNT
    assert kills > 0


# The sweep as a reader runs it, `make sweep`, on a copy of the project with a tiny experiment

REGISTRY = """
import time
from pathlib import Path

import pandas as pd

from ddlib.config import Config, Seed
from ddlib.experiments.base import Column, Experiment


class TinyConfig(Config):
    seed: Seed


def tiny(config):
    with Path("computed.log").open("a") as log:
        log.write(f"{config.seed}\\n")
    while Path(f"hold-{config.seed}").exists():
        time.sleep(0.01)
    if Path(f"fail-{config.seed}").exists():
        raise RuntimeError("no luck")
    return pd.DataFrame({"value": [1 / (3 + config.seed)]})


TINY = Experiment("tiny", TinyConfig, tiny, {"value": Column("a number")}, 1, lambda config: 1.0)
EXPERIMENTS = {"tiny": TINY}


def find_experiment(name):
    return EXPERIMENTS[name]
"""


class Project:
    """A copy of the project with a sweep of three batches of one config each."""

    def __init__(self, folder):
        self.folder, self.store = folder, Store((folder / "book" / "results",))
        for name in ("Snakefile", "sweeps.smk", "requirements.txt"):
            shutil.copy(ROOT / name, folder / name)
        shutil.copytree(
            ROOT / "ddlib", folder / "ddlib", ignore=shutil.ignore_patterns("__pycache__")
        )
        files = {
            "ddlib/experiments/registry.py": REGISTRY,
            "book/parameters.yml": "{}\n",
            "grids/tiny.yml": "experiment: tiny\nparameters: {seed: [0, 1, 2]}\n",
            # An optional part of jsonschema that takes a second of every process to import.
            "rfc3987_syntax.py": "raise ImportError\n",
        }
        for name, text in files.items():
            (folder / name).parent.mkdir(exist_ok=True, parents=True)
            (folder / name).write_text(text)
        makefile = (ROOT / "Makefile").read_text().replace("\\\n", " ")
        flags = re.search("snakemake (--cores.*)", makefile)[1]
        flags = flags.replace("$(CORES)", "2").split()
        binaries = Path(sys.executable).parent
        self.command = [binaries / "snakemake", *flags]
        self.command += ["--config", "grid=grids/tiny.yml", "--", "sweep"]
        self.environment = os.environ | {
            "PATH": f"{binaries}{os.pathsep}{os.environ['PATH']}",
            "PYTHONPATH": str(folder),
        }

    @contextlib.contextmanager
    def started(self):
        """Start a sweep in a process group of its own, which is killed at the end."""
        with (self.folder / "terminal.txt").open("w") as terminal:
            process = subprocess.Popen(
                self.command,
                cwd=self.folder,
                env=self.environment,
                stdout=terminal,
                stderr=terminal,
                start_new_session=True,
            )
            try:
                yield process
            finally:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
                process.wait()

    def sweep(self):
        """Run a sweep to its end; return its exit code."""
        with self.started() as process:
            return process.wait(PATIENCE)

    def terminal(self):
        return (self.folder / "terminal.txt").read_text()

    def computed(self):
        log = self.folder / "computed.log"
        return sorted(log.read_text().split()) if log.exists() else []

    def values(self):
        """Return seed -> stored value, and path -> time of its last change."""
        stored = list(self.store.records())
        rows = {s.provenance["config"]["seed"]: s.rows["value"].item() for s in stored}
        return rows, {s.path: s.path.stat().st_mtime_ns for s in stored}


def test_a_killed_sweep_goes_on_and_a_failing_config_stops_no_other(tmp_path):
    project = Project(tmp_path)
    (tmp_path / "hold-1").touch()
    (tmp_path / "fail-2").touch()
    end = time.monotonic() + PATIENCE
    with project.started() as process:
        while "1" not in project.computed() or not list(project.store.records()):
            assert process.poll() is None, project.terminal()
            assert time.monotonic() < end, project.terminal()
            time.sleep(0.02)
    first, times = project.values()
    assert first == {0: 1 / 3}

    (tmp_path / "hold-1").unlink()
    assert project.sweep() != 0
    assert project.values()[0] == {0: 1 / 3, 1: 1 / 4}
    (log,) = (tmp_path / "_build" / "sweeps" / "tiny" / "failed").iterdir()
    assert f"failed: {log.read_text().splitlines()[0]}\n" in project.terminal()
    assert f"log: {log.relative_to(tmp_path)}" in project.terminal()

    (tmp_path / "fail-2").unlink()
    assert project.sweep() == 0, project.terminal()
    rows, later = project.values()
    assert rows == {0: 1 / 3, 1: 1 / 4, 2: 1 / 5}
    assert later.items() >= times.items()
    assert not log.exists()
    assert project.computed().count("0") == 1
    assert project.computed().count("1") == 2
