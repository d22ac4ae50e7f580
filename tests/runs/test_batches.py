"""Batches cover a grid; a sweep that is killed at any moment goes on from what was finished."""

import itertools
import multiprocessing
import os
import random
import re
import signal
import sys
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ddlib.cli import main
from ddlib.experiments.registry import EXPERIMENTS
from ddlib.runs import compute
from ddlib.runs.batches import BATCH_SECONDS, batches, point_name, unfinished
from ddlib.runs.compute import compute_and_save
from ddlib.runs.provenance import environment
from ddlib.runs.store import Store, config_hash
from ddlib.runs.stored import StoreError
from tests.shared.tiny import TINY, TinyConfig, tiny

PATIENCE = 600  # seconds until a sweep that hangs fails its test, on however busy a machine
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
    """The moments are in the processor's time, which does not pass while others compute."""
    generator, lives = random.Random(0), itertools.count(1)
    for life in lives:
        seconds = generator.uniform(0, 0.002) * life

        def mortal(seconds=seconds):
            signal.signal(signal.SIGPROF, signal.SIG_DFL)  # to die of
            signal.setitimer(signal.ITIMER_PROF, seconds)

        process = swept.start(mortal)
        process.join(PATIENCE)
        finished = swept.check()
        if process.exitcode != -signal.SIGPROF:
            break
    assert process.exitcode == 0
    assert finished == COUNT
    assert life > 1
