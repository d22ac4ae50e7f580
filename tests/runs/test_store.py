"""Stored rows come back as they were, or not at all; a file that lies is never believed."""

import errno
import json
import multiprocessing
import os
import random
import subprocess
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ddlib.config import ParameterError
from ddlib.runs import store as module
from ddlib.runs.compute import collect
from ddlib.runs.packing import fold
from ddlib.runs.places import FolderError
from ddlib.runs.store import Store, config_hash
from ddlib.runs.stored import StoreError, read
from tests.shared.tiny import TINY, TinyConfig, tiny

CONFIG = TinyConfig(seed=0)
ORIGIN = {"commit": "abc", "seconds": 0.5}
fork = multiprocessing.get_context("fork")


@pytest.fixture
def path(store):
    """The file of `CONFIG`, saved."""
    return store.save(TINY, CONFIG, tiny(CONFIG), ORIGIN)


def path_of(store, config):
    return store.folders[0] / "tiny" / f"{config_hash(config)}.parquet"


def everything(folder):
    return sorted(path for path in folder.rglob("*") if path.is_file())


# The hash


def test_the_hash_is_16_hex_digits_and_stays_the_same_over_releases():
    """Stored files are named by it: a change here loses all of them."""
    assert config_hash(CONFIG) == "d9f470a10ec5d5d0"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"seed": 1, "label": "b"}, {"label": "b", "seed": 1}),
        ({"seed": 1}, {"seed": 1, "scale": 1.0, "weights": (), "label": "a"}),
        ({"seed": 1, "scale": 2}, {"seed": 1, "scale": 2.0}),
        ({"seed": 1, "scale": -0.0}, {"seed": 1, "scale": 0.0}),
        ({"seed": 1, "weights": [[1, -0.0], []]}, {"seed": 1, "weights": ((1.0, 0.0), ())}),
    ],
    ids=["key order", "defaults", "1 for 1.0", "-0.0", "nested lists"],
)
def test_the_hash_is_of_the_values_alone(one, other):
    assert config_hash(TinyConfig(**one)) == config_hash(TinyConfig(**other))


finite = st.floats(allow_nan=False, allow_infinity=False)
settings = st.fixed_dictionaries(
    {
        "seed": st.integers(0, 2**62 - 1),
        "scale": finite,
        "weights": st.lists(st.lists(finite, max_size=2).map(tuple), max_size=2).map(tuple),
        "label": st.text(max_size=3),
    }
)


@given(one=settings, other=settings)
def test_the_hash_differs_when_any_value_differs(one, other):
    for name in one:
        changed = one | {name: other[name]}
        same = config_hash(TinyConfig(**one)) == config_hash(TinyConfig(**changed))
        assert same == (one[name] == other[name])


@pytest.mark.parametrize(
    "other",
    [
        {"weights": ((1.0, 2.0),)},
        {"weights": ((2.0, 1.0), ())},
        {"weights": ((1.0,), (2.0,))},
        {"scale": np.nextafter(1.0, 2.0).item()},
        {"seed": 0, "label": "0"},
    ],
)
def test_order_nesting_and_the_last_bit_count(other):
    base = {"seed": 1, "weights": ((1.0, 2.0), ())}
    assert config_hash(TinyConfig(**base)) != config_hash(TinyConfig(**(base | other)))


@pytest.mark.parametrize("wrong", [{}, {"seed": "0"}, {"seed": 0, "scales": 1.0}])
def test_an_impossible_config_has_no_hash(wrong):
    with pytest.raises(ParameterError):
        TinyConfig(**wrong)


# There and back

row = st.tuples(st.text(max_size=5), st.integers(-(2**63), 2**63 - 1), st.floats(), st.booleans())


@given(rows=st.lists(row, max_size=6))
def test_rows_come_back_as_they_were(rows):
    types = {"method": "str", "step": "int64", "value": "float64", "chosen": "bool"}
    table = pd.DataFrame(rows, columns=list(types)).astype(types)
    with tempfile.TemporaryDirectory() as folder:
        store = Store((Path(folder),))
        store.save(TINY, CONFIG, table, ORIGIN)
        stored = store.find(TINY, CONFIG).rows
    pd.testing.assert_frame_equal(stored, table, check_exact=True)
    numbers = table["value"].notna()
    assert np.signbit(stored["value"][numbers]).equals(np.signbit(table["value"][numbers]))


def test_the_index_is_not_kept(store):
    store.save(TINY, CONFIG, tiny(CONFIG).iloc[[2, 0, 1]], ORIGIN)
    rows = store.find(TINY, CONFIG).rows
    assert list(rows) == list(TINY.columns)
    assert rows.index.equals(pd.RangeIndex(3))


def test_provenance_lies_in_the_file(path, store):
    metadata = pq.read_metadata(path).metadata
    held = json.loads(metadata[b"ddlib"])
    assert held == {
        "experiment": "tiny",
        "version": 1,
        "config": {"seed": 0, "scale": 1.0, "weights": [], "label": "a"},
        **ORIGIN,
    }
    assert store.find(TINY, CONFIG).provenance == held


def test_the_file_is_plain_parquet_for_other_programs(path):
    table = pq.read_table(path)
    plain = (pa.types.is_large_string, pa.types.is_int64, pa.types.is_float64, pa.types.is_boolean)
    assert all(is_type(kind) for is_type, kind in zip(plain, table.schema.types, strict=True))
    assert table["value"].to_pylist() == tiny(CONFIG)["value"].tolist()


def test_what_only_pickle_could_hold_is_refused_and_nothing_is_written(store):
    rows = pd.DataFrame({"value": [object()]})
    with pytest.raises(pa.ArrowException):
        store.save(TINY, CONFIG, rows, ORIGIN)
    assert everything(store.folders[0]) == []


def test_what_was_never_saved_is_not_found(path, store):
    assert store.find(TINY, TinyConfig(seed=1)) is None


# Folders


def test_all_folders_are_read_and_the_first_is_written(tmp_path):
    first, second = tmp_path / "first", tmp_path / "second"
    Store((second,)).save(TINY, CONFIG, tiny(CONFIG), ORIGIN)
    both = Store((first, second))
    assert both.find(TINY, CONFIG) is not None
    assert both.save(TINY, TinyConfig(seed=1), tiny(CONFIG), ORIGIN).is_relative_to(first)
    assert [stored.path.parents[1] for stored in both.records()] == [first, second]


def test_the_first_folder_that_has_the_rows_serves_them(tmp_path):
    folders = (tmp_path / "first", tmp_path / "second")
    for folder in folders:
        Store((folder,)).save(TINY, CONFIG, tiny(CONFIG), {"from": folder.name})
    assert Store(folders).find(TINY, CONFIG).provenance["from"] == "first"


def test_by_default_own_rows_lie_beside_the_committed_ones():
    root = Path(module.__file__).parents[2]
    assert Store().folders == (root / "_build" / "results", root / "book" / "results")
    assert Store.at(None).folders == (root / "book" / "results",)


# Versions


def test_rows_of_another_version_are_not_served(path, store):
    for version in (0, 2):
        assert store.find(replace(TINY, version=version), CONFIG) is None


def test_rows_of_the_new_version_take_the_place_of_the_old(path, store):
    new = replace(TINY, version=2)
    rows = tiny(CONFIG).assign(value=7.0)
    assert store.save(new, CONFIG, rows, ORIGIN) == path
    assert store.find(new, CONFIG).rows["value"].tolist() == [7.0] * 3
    assert store.find(TINY, CONFIG) is None


def test_an_old_version_in_one_folder_does_not_hide_the_new_in_the_next(path, store, tmp_path):
    new = replace(TINY, version=2)
    Store((tmp_path / "second",)).save(new, CONFIG, tiny(CONFIG), ORIGIN)
    both = Store((*store.folders, tmp_path / "second"))
    assert both.find(new, CONFIG).provenance["version"] == 2


# Files that are not what they should be


def foreign(path, metadata=None):
    table = pa.table({"value": [1.0]})
    pq.write_table(table.replace_schema_metadata(metadata), path)


def in_place_of_the_file(path):
    path.unlink()
    path.mkdir()


DAMAGE = {
    "empty": lambda path: path.write_bytes(b""),
    "truncated": lambda path: path.write_bytes(path.read_bytes()[:-100]),
    "cut to its head": lambda path: path.write_bytes(path.read_bytes()[:40]),
    "no parquet": lambda path: path.write_text("value\n1.0\n" * 100),
    "of another program": foreign,
    "no provenance": lambda path: foreign(path, {"pandas": "{}"}),
    "provenance no JSON": lambda path: foreign(path, {"ddlib": "{"}),
    "provenance no mapping": lambda path: foreign(path, {"ddlib": "[1]"}),
    "provenance without version": lambda path: foreign(path, {"ddlib": '{"config": {}}'}),
    "version no number": lambda path: foreign(
        path, {"ddlib": '{"experiment": "tiny", "version": "1", "config": {}}'}
    ),
    "a folder": in_place_of_the_file,
}
each_damage = pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)


@each_damage
def test_a_damaged_file_is_named(path, store, damage):
    damage(path)
    with pytest.raises(StoreError, match="is damaged or not a file of this store") as caught:
        store.find(TINY, CONFIG)
    assert str(caught.value).startswith(f"{path}: ")
    assert "\n" not in str(caught.value)


def test_no_flipped_bit_of_the_data_goes_unnoticed(path, store):
    whole, rows = path.read_bytes(), tiny(CONFIG)
    footer = int.from_bytes(whole[-8:-4], "little") + 8
    generator, noticed = random.Random(0), 0
    for place in range(4, len(whole) - footer):
        flipped = bytearray(whole)
        flipped[place] ^= 1 << generator.randrange(8)
        path.write_bytes(flipped)
        try:
            pd.testing.assert_frame_equal(store.find(TINY, CONFIG).rows, rows, check_exact=True)
        except StoreError:
            noticed += 1
    assert noticed > 100


def test_a_file_under_the_name_of_another_config_is_refused(path, store):
    other = TinyConfig(seed=1)
    path.rename(path_of(store, other))
    with pytest.raises(StoreError, match=r"holds rows of tiny with config \{'seed': 0") as caught:
        store.find(TINY, other)
    assert str(caught.value).startswith(f"{path_of(store, other)}: ")


def test_a_file_in_the_folder_of_another_experiment_is_refused(path, store):
    other = replace(TINY, name="other")
    path.parent.rename(path.parent.with_name("other"))
    with pytest.raises(StoreError, match="holds rows of tiny with config"):
        store.find(other, CONFIG)


# Writing


def half_a_disk(write):
    def fails(table, file, **options):
        file.write(b"half of it")
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    return fails


@pytest.fixture
def full_disk(tmp_path, monkeypatch):
    """A folder on a disk of 32 KiB; without the right to mount one, a write that says so."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=32k", "tmpfs", folder]
    mounted = os.geteuid() == 0 and not subprocess.run(mount, check=False).returncode
    if not mounted:
        monkeypatch.setattr(pq, "write_table", half_a_disk(pq.write_table))
    yield folder
    if mounted:
        subprocess.run(["umount", folder], check=True)


LARGE = pd.DataFrame({"value": np.random.default_rng(0).normal(size=50_000)})


def test_a_full_disk_is_named_and_leaves_no_half_of_a_file(full_disk):
    store = Store((full_disk,))
    with pytest.raises(StoreError, match="No space left on device") as caught:
        store.save(TINY, CONFIG, LARGE, ORIGIN)
    assert str(caught.value).startswith(f"{path_of(store, CONFIG)}: cannot be written: ")
    assert everything(full_disk) == []


def test_a_write_that_fails_leaves_the_old_file(path, store, monkeypatch):
    monkeypatch.setattr(pq, "write_table", half_a_disk(pq.write_table))
    with pytest.raises(StoreError, match="No space left"):
        store.save(TINY, CONFIG, LARGE, ORIGIN)
    pd.testing.assert_frame_equal(store.find(TINY, CONFIG).rows, tiny(CONFIG), check_exact=True)
    assert everything(store.folders[0]) == [path]


def test_a_file_in_place_of_the_folder_is_refused(tmp_path):
    store = Store((tmp_path / "results",))
    store.folders[0].write_text("")
    with pytest.raises(FolderError, match="is not a folder"):
        store.require_writable(TINY)
    with pytest.raises(StoreError, match="cannot be written: "):
        store.save(TINY, CONFIG, tiny(CONFIG), ORIGIN)


def collect_as_nobody(folder, pipe):
    """Collect as a user who is not root, whom no permission binds; tell what came of it."""
    if os.geteuid() == 0:
        os.setuid(65534)
    computed = []
    experiment = replace(TINY, run=lambda config: computed.append(config) or tiny(config))
    try:
        collect(experiment, [CONFIG], store=Store((folder,)))
        pipe.send(("collected", len(computed)))
    except FolderError as error:
        pipe.send((str(error), len(computed)))


@pytest.mark.parametrize("locked", ["", "tiny"], ids=["folder", "folder of the experiment"])
def test_a_read_only_folder_is_refused_before_anything_is_computed(locked):
    with tempfile.TemporaryDirectory() as outer:  # not `tmp_path`, which only its owner may enter
        folder = Path(outer, "results")
        (folder / "tiny").mkdir(parents=True)
        for path, mode in ((outer, 0o777), (folder, 0o777), (folder / "tiny", 0o777)):
            os.chmod(path, mode)
        os.chmod(folder / locked, 0o555)
        if locked == "":
            (folder / "tiny").rmdir()
        here, there = fork.Pipe()
        process = fork.Process(target=collect_as_nobody, args=(folder, there))
        process.start()
        assert here.poll(60)
        message, computed = here.recv()
        process.join()
        os.chmod(folder / locked, 0o777)
    assert message == f"{folder / 'tiny'}: cannot be written: {folder / locked} is read-only " + (
        "for this user"
    )
    assert computed == 0


def test_a_folder_that_can_be_made_is_writable(tmp_path):
    Store((tmp_path / "not" / "yet" / "there",)).require_writable(TINY)
    assert list(tmp_path.iterdir()) == []


# Several at once


def write_often(store, number, barrier):
    rows = pd.DataFrame({"value": np.full(20_000, float(number))})
    barrier.wait(60)
    for _ in range(15):
        store.save(TINY, CONFIG, rows, {"writer": number})


def test_two_writers_of_one_config_leave_one_whole_file_at_all_times(store):
    barrier = fork.Barrier(3)
    writers = [fork.Process(target=write_often, args=(store, n, barrier)) for n in (1, 2)]
    for process in writers:
        process.start()
    barrier.wait(60)
    running = True
    while running:
        running = any(process.is_alive() for process in writers)
        stored = store.find(TINY, CONFIG)
        if stored is not None:
            assert stored.rows["value"].tolist() == [stored.provenance["writer"]] * 20_000
    assert [process.exitcode for process in writers] == [0, 0]
    assert stored is not None
    assert everything(store.folders[0]) == [path_of(store, CONFIG)]


def test_an_unfinished_file_is_not_served_and_not_listed(store, path):
    unfinished = path.with_name(f".{path.name}.0123456789abcdef")
    path.rename(unfinished)
    assert store.find(TINY, CONFIG) is None
    assert list(store.records()) == []


def test_a_file_that_is_packed_while_it_is_read_is_found_in_the_pack(tmp_path, monkeypatch):
    store, config = Store((tmp_path,)), TinyConfig(seed=0)
    store.save(TINY, config, tiny(config), {})

    def packed_first(path):
        fold(TINY, tmp_path)
        return read(path)

    monkeypatch.setattr("ddlib.runs.stored.read", packed_first)
    assert store.find(TINY, config).path == tmp_path / "tiny.parquet"
    store.save(TINY, config, tiny(config), {})
    assert [stored.path for stored in store.records()] == [tmp_path / "tiny.parquet"]
