"""A pack gives back the rows that went in, as they were; one that is damaged is never believed."""

import hashlib
import io
import json
import random
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ddlib.runs.batches import unfinished
from ddlib.runs.compute import collect, lacks
from ddlib.runs.pack import read_pack, unpack
from ddlib.runs.packing import fold
from ddlib.runs.store import Store, config_hash
from ddlib.runs.stored import StoreError
from tests.shared.examples import examples
from tests.shared.tiny import TINY, TinyConfig, tiny

CONFIGS = [TinyConfig(seed=seed, label="β") for seed in range(5)]
ORIGIN = {"commit": None, "clean": True, "seconds": 0.5, "packages": {"naïve": "1.0"}}
TYPES = {"method": "str", "step": "int64", "value": "float64", "chosen": "bool"}


def packed(folder, tables):
    """Return a store with `tables` in a pack, one for each of the first configs."""
    store = Store((folder,))
    for config, table in zip(CONFIGS, tables, strict=False):
        store.save(TINY, config, table, ORIGIN)
    fold(TINY, folder)
    return store


@pytest.fixture
def store(tmp_path):
    """All configs, in a pack."""
    return packed(tmp_path / "results", map(tiny, CONFIGS))


@pytest.fixture
def path(store):
    return store.folders[0] / "tiny.parquet"


# There and back

row = st.tuples(
    st.none() | st.text(max_size=5),
    st.integers(-(2**63), 2**63 - 1) | st.just(2**62),
    st.floats(),
    st.booleans(),
)


@given(st.lists(st.lists(row, max_size=4), min_size=1, max_size=len(CONFIGS)))
@examples(20)
@example([[], [], []])
@example([[], [("", 2**62, np.nan, True), (None, -(2**62), -0.0, False)], []])
def test_rows_come_back_as_they_were(rows):
    tables = [pd.DataFrame(r, columns=list(TYPES)).astype(TYPES) for r in rows]
    with tempfile.TemporaryDirectory() as folder:
        store = packed(Path(folder), tables)
        found = [store.find(TINY, config) for config in CONFIGS[: len(tables)]]
    assert {stored.path.name for stored in found} == {"tiny.parquet"}
    for stored, table in zip(found, tables, strict=True):
        pd.testing.assert_frame_equal(stored.rows, table, check_exact=True)
        numbers = table["value"].notna()
        assert np.signbit(stored.rows["value"][numbers]).equals(np.signbit(table["value"][numbers]))


@pytest.mark.parametrize(
    "values",
    [[None, None], [True, None], [2**53, None], [], ["a", None]],
    ids=["nothing", "booleans", "whole numbers", "untyped", "texts"],
)
def test_a_missing_value_comes_back_as_a_single_file_gives_it(tmp_path, values):
    table = tiny(CONFIGS[0]).iloc[: len(values)].assign(value=pd.Series(values, dtype=object))
    single = Store((tmp_path / "single",))
    single.save(TINY, CONFIGS[0], table, ORIGIN)
    pack = packed(tmp_path / "pack", [table])
    one, other = (store.find(TINY, CONFIGS[0]) for store in (single, pack))
    pd.testing.assert_frame_equal(one.rows, other.rows, check_exact=True)


def test_provenance_comes_back_as_it_was(store, tmp_path):
    Store((tmp_path,)).save(TINY, CONFIGS[0], tiny(CONFIGS[0]), ORIGIN)
    single = Store((tmp_path,)).find(TINY, CONFIGS[0])
    assert store.find(TINY, CONFIGS[0]).provenance == single.provenance
    assert single.provenance.items() >= ORIGIN.items()


def test_the_pack_is_plain_parquet_for_other_programs(path):
    table = pq.read_table(path)
    assert table.column_names == ["hash", "config", "provenance", "rows"]
    assert table["hash"].to_pylist() == sorted(map(config_hash, CONFIGS))
    seeds = pa.compute.struct_field(table["rows"].combine_chunks().flatten(), "step")
    assert seeds.to_pylist() == [0, 1, 2**62] * len(CONFIGS)


def test_a_pack_serves_what_asks_the_store(store):
    table = collect(TINY, CONFIGS, store=store)
    labelled = [tiny(c).assign(**c.model_dump() | {"weights": [()] * 3}) for c in CONFIGS]
    expected = pd.concat(labelled, ignore_index=True)
    pd.testing.assert_frame_equal(table, expected, check_exact=True)
    assert not any(lacks(TINY, config, store=store) for config in CONFIGS)
    assert unfinished(TINY, [*CONFIGS, TinyConfig(seed=9)], store=store) != []
    assert unfinished(TINY, CONFIGS, store=store) == []
    assert unfinished(replace(TINY, version=2), CONFIGS, store=store) != []
    assert store.find(TINY, TinyConfig(seed=0)) is None


def test_a_single_file_beside_the_pack_wins(store, path):
    newer = tiny(CONFIGS[0]).assign(value=7.0)
    single = store.save(TINY, CONFIGS[0], newer, ORIGIN)
    assert store.find(TINY, CONFIGS[0]).rows["value"].tolist() == [7.0] * 3
    records = list(store.records())
    assert [stored.path for stored in records] == [single] + [path] * 4
    assert {stored.hash for stored in records} == set(map(config_hash, CONFIGS))


def test_a_single_file_of_another_version_does_not_hide_the_pack(store):
    store.save(replace(TINY, version=0), CONFIGS[0], tiny(CONFIGS[0]).assign(value=7.0), ORIGIN)
    assert store.find(TINY, CONFIGS[0]).rows.equals(tiny(CONFIGS[0]))
    assert len(list(store.records())) == len(CONFIGS) + 1


def test_records_tell_experiment_hash_place_rows_and_provenance(store, path):
    for stored, key in zip(store.records(), sorted(map(config_hash, CONFIGS)), strict=True):
        assert (stored.experiment, stored.hash, stored.path) == ("tiny", key, path)
        config = TinyConfig(**stored.provenance["config"])
        assert config_hash(config) == key
        assert stored.rows.equals(tiny(config))


# Read once


@pytest.fixture
def reads(monkeypatch):
    """The files whose bytes were read."""
    opened, read_bytes = [], Path.read_bytes
    monkeypatch.setattr(Path, "read_bytes", lambda path: opened.append(path) or read_bytes(path))
    return opened


def test_a_pack_is_read_once_whatever_is_asked(store, path, reads):
    collect(TINY, CONFIGS, store=store)
    unfinished(TINY, CONFIGS, store=Store((path.parent,)))
    assert reads == [path]


def test_a_pack_that_changed_is_read_again(store, path):
    assert store.find(TINY, CONFIGS[0]).rows.equals(tiny(CONFIGS[0]))
    newer = tiny(CONFIGS[0]).assign(value=[1.0, 2.0, 7.0], method="longer than it was before")
    store.save(TINY, CONFIGS[0], newer, ORIGIN)
    fold(TINY, path.parent)
    assert store.find(TINY, CONFIGS[0]).path == path
    assert store.find(TINY, CONFIGS[0]).rows["value"].tolist() == [1.0, 2.0, 7.0]
    path.unlink()
    assert store.find(TINY, CONFIGS[0]) is None


# Packs that are not what they should be


def single_in_its_place(path):
    single = Store((path.parent,)).save(TINY, CONFIGS[0], tiny(CONFIGS[0]), ORIGIN)
    single.rename(path)


def rewritten(change):
    """Return what writes the pack again with another table, and the right digest."""

    def damage(path):
        table = pq.read_table(path)
        changed, buffer = change(table), io.BytesIO()
        origin = {"pack": "tiny", "sha256": "0" * 64}
        pq.write_table(changed.replace_schema_metadata({"ddlib": json.dumps(origin)}), buffer)
        blank = buffer.getvalue()
        digest = hashlib.sha256(blank).hexdigest().encode()
        path.write_bytes(blank.replace(b"0" * 64, digest))

    return damage


def in_place_of_the_file(path):
    path.unlink()
    path.mkdir()


def with_origin(text):
    return rewritten(lambda table: table.set_column(2, "provenance", [[text] * len(table)]))


DAMAGE = {
    "empty": lambda path: path.write_bytes(b""),
    "truncated": lambda path: path.write_bytes(path.read_bytes()[:-100]),
    "cut to its half": lambda path: path.write_bytes(path.read_bytes()[:2000]),
    "no parquet": lambda path: path.write_text("value\n1.0\n" * 100),
    "of another program": lambda path: pq.write_table(pa.table({"value": [1.0]}), path),
    "a single file": single_in_its_place,
    "without rows": rewritten(lambda table: table.drop_columns("rows")),
    "without lists": rewritten(lambda table: table.set_column(3, "rows", table["hash"])),
    "provenance no JSON": with_origin("{"),
    "provenance no mapping": with_origin("[1]"),
    "provenance without version": with_origin('{"experiment": "tiny"}'),
    "a folder": in_place_of_the_file,
}


UNMARKED = {"empty", "cut to its half", "no parquet", "of another program"}


@pytest.mark.parametrize("name", DAMAGE)
def test_a_damaged_pack_is_named(path, store, name):
    DAMAGE[name](path)
    line = "is no pack of this store" if name in UNMARKED else "is damaged or not a pack of this"
    for ask in (lambda: store.find(TINY, CONFIGS[0]), lambda: list(store.records())):
        with pytest.raises(StoreError, match=line) as caught:
            ask()
        assert ("delete" in str(caught.value)) == (name not in UNMARKED)
        assert str(caught.value).startswith(f"{path}: ")
        assert "\n" not in str(caught.value)


def test_what_a_damaged_pack_held_is_computed_again_only_when_told(path, store):
    path.write_bytes(b"damaged")
    with pytest.raises(StoreError, match="is no pack"):
        lacks(TINY, CONFIGS[0], store=store)
    assert lacks(TINY, CONFIGS[0], store=store, replace=True)
    store.save(TINY, CONFIGS[0], tiny(CONFIGS[0]), ORIGIN)
    assert store.find(TINY, CONFIGS[0]).rows.equals(tiny(CONFIGS[0]))


def test_every_flipped_bit_is_noticed(path, store):
    whole, generator = path.read_bytes(), random.Random(0)
    for place in generator.sample(range(len(whole)), 1000):
        flipped = bytearray(whole)
        flipped[place] ^= 1 << generator.randrange(8)
        path.write_bytes(flipped)
        with pytest.raises(StoreError, match="is damaged"):
            unpack(path, "tiny")


def test_a_pack_under_the_name_of_another_experiment_is_refused(path, store):
    other = path.rename(path.with_name("other.parquet"))
    for config in (CONFIGS[0], TinyConfig(seed=99)):
        with pytest.raises(
            StoreError, match="holds rows of tiny; must hold those of other"
        ) as caught:
            store.find(replace(TINY, name="other"), config)
        assert str(caught.value).startswith(f"{other}: ")


def test_rows_under_the_hash_of_another_config_are_refused(path, store):
    keys = pq.read_table(path)["hash"].to_pylist()
    rewritten(lambda table: table.set_column(0, "hash", [keys[1:] + keys[:1]]))(path)
    with pytest.raises(StoreError, match=r"tiny.parquet: holds rows of tiny with config \{"):
        store.find(TINY, CONFIGS[0])


def test_no_pack_holds_nothing(tmp_path):
    assert read_pack(tmp_path / "tiny.parquet") == {}
    (tmp_path / "file").write_text("")
    assert read_pack(tmp_path / "file" / "tiny.parquet") == {}
