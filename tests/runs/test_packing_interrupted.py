"""Folding loses nothing: killed at any moment, beside a sweep, and beside another folding."""

import fcntl
import multiprocessing
import os
import signal
from pathlib import Path

import pytest

from ddlib.runs import pack, packing
from ddlib.runs.packing import fold
from ddlib.runs.stored import StoreError
from tests.shared.tiny import TINY
from tests.shared.tiny_store import CONFIGS, expected, files, held, save

PATIENCE = 600  # seconds until a process that hangs fails its test, on however busy a machine
fork = multiprocessing.get_context("fork")


# Interruptions


def die(*arguments, **options):
    os.kill(os.getpid(), signal.SIGKILL)


def fold_and_die(folder, owner, name, number):
    """Fold, and die at the call of a function with this number."""
    function, calls = getattr(owner, name), []

    def mortal(*arguments, **options):
        calls.append(1)
        return (die if len(calls) == number else function)(*arguments, **options)

    setattr(owner, name, mortal)
    fold(TINY, folder)


MOMENTS = {
    "not written": (pack, "write_parquet", 1),
    "not on the disk yet": (os, "fsync", 1),
    "not named yet": (Path, "replace", 1),
    "named": (packing, "_remove", 1),
    "first file not removed": (Path, "unlink", 2),  # the first call is for the hidden name
    "last file not removed": (Path, "unlink", 1 + len(CONFIGS[2:])),
}


@pytest.mark.parametrize(("owner", "name", "number"), MOMENTS.values(), ids=MOMENTS)
def test_a_packing_killed_at_any_moment_loses_nothing_and_goes_on(
    store, folder, owner, name, number
):
    save(store, CONFIGS[:4])
    fold(TINY, folder)
    save(store, CONFIGS[2:4], value=7.0)
    save(store, CONFIGS[4:])
    everything = expected(CONFIGS) | {2: [7.0] * 3, 3: [7.0] * 3}
    process = fork.Process(target=fold_and_die, args=(folder, owner, name, number))
    process.start()
    process.join(PATIENCE)
    assert process.exitcode == -signal.SIGKILL
    assert held(store) == everything
    fold(TINY, folder)
    assert held(store) == everything
    assert [path.name for path in (folder / "tiny").iterdir()] == []


def test_a_file_that_cannot_be_removed_is_named_and_read(store, folder, monkeypatch):
    save(store, CONFIGS)
    unlink = Path.unlink

    def refuse(path, missing_ok=False):
        if path.parent.name == "tiny":
            raise PermissionError(13, "Permission denied")
        unlink(path, missing_ok=missing_ok)

    monkeypatch.setattr(Path, "unlink", refuse)
    with pytest.raises(StoreError, match="is packed, but stays: Permission denied"):
        fold(TINY, folder)
    assert held(store) == expected(CONFIGS)


# Several at once


def test_a_second_packing_at_the_same_time_is_refused(store, folder):
    save(store, CONFIGS)
    before = files(folder)
    with (folder / ".pack.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(StoreError, match="is being packed by another process"):
            fold(TINY, folder)
        assert files(folder) == before
    fold(TINY, folder)
    assert held(store) == expected(CONFIGS)


def test_a_file_that_a_sweep_writes_meanwhile_stays(store, folder, monkeypatch):
    save(store, CONFIGS[:3])
    write_pack = pack.write_pack

    def while_a_sweep_runs(*arguments):
        save(store, CONFIGS[1:2], value=7.0)
        save(store, CONFIGS[3:4])
        write_pack(*arguments)

    monkeypatch.setattr(packing, "write_pack", while_a_sweep_runs)
    fold(TINY, folder)
    assert len(list((folder / "tiny").iterdir())) == 2
    assert held(store) == expected(CONFIGS[:4]) | {1: [7.0] * 3}


def fold_often(folder, barrier):
    barrier.wait(PATIENCE)
    done = 0
    while done < 10:
        try:
            fold(TINY, folder)
            done += 1
        except StoreError as error:
            if "is being packed by another process" not in str(error):
                raise


def test_two_packings_and_a_sweep_lose_nothing(store, folder):
    save(store, CONFIGS[:1])
    barrier = fork.Barrier(3)
    packers = [fork.Process(target=fold_often, args=(folder, barrier)) for _ in range(2)]
    for process in packers:
        process.start()
    barrier.wait(PATIENCE)
    for config in CONFIGS[1:] * 3:
        save(store, [config])
    for process in packers:
        process.join(PATIENCE)
        assert process.exitcode == 0
    assert held(store) == expected(CONFIGS)
    fold(TINY, folder)
    assert held(store) == expected(CONFIGS)
