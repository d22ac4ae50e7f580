"""Rows are computed when the store lacks them, once, and stored with where they come from."""

import datetime
import json
import subprocess
import tempfile
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ddlib.config import Config, Seed
from ddlib.experiments.base import Column, Experiment
from ddlib.runs import provenance
from ddlib.runs.compute import collect, collect_ways, compute_and_save, estimate, lacks
from ddlib.runs.store import Store, config_hash
from ddlib.runs.stored import StoreError
from tests.shared.tiny import TINY, TinyConfig, tiny

CONFIGS = [TinyConfig(seed=seed) for seed in (3, 1, 2)]


@pytest.fixture
def computed():
    """The configs that `counted` was run with."""
    return []


@pytest.fixture
def counted(computed):
    """The tiny experiment, which notes the configs that it is run with."""
    return replace(TINY, run=lambda config: computed.append(config) or tiny(config))


def damage(store, config):
    path = store.folders[0] / "tiny" / f"{config_hash(config)}.parquet"
    path.write_bytes(b"damaged")
    return path


# Collecting


def test_only_what_is_missing_is_computed(store, counted, computed):
    collect(counted, CONFIGS[1:2], store=store)
    collect(counted, CONFIGS, store=store)
    assert computed == [CONFIGS[1], CONFIGS[0], CONFIGS[2]]


def test_stored_rows_are_the_computed_ones(store):
    fresh = collect(TINY, CONFIGS, store=store)
    stored = collect(TINY, CONFIGS, store=store)
    pd.testing.assert_frame_equal(stored, fresh, check_exact=True)


def test_rows_come_in_the_order_of_the_configs_with_their_fields(store):
    collect(TINY, CONFIGS[2:], store=store)  # one is stored, two are computed
    configs = [config.model_copy(update={"label": "b"}) for config in CONFIGS[:2]] + CONFIGS[2:]
    table = collect(TINY, configs, store=store)
    assert list(table) == [*TINY.columns, "seed", "scale", "weights", "label"]
    assert table["seed"].tolist() == [3, 3, 3, 1, 1, 1, 2, 2, 2]
    assert table["label"].tolist() == ["b"] * 6 + ["a"] * 3
    assert table["value"].tolist() == [v for c in configs for v in tiny(c)["value"]]
    assert table.index.equals(pd.RangeIndex(9))


columns = {
    "whole": [1, 2**62],
    "sometimes missing": [1.5, None],
    "text": ["", "β"],
    "truth": [True, None],
    "nothing": [None, None],
}


class MixedConfig(Config):
    seed: Seed
    pair: tuple[int, int]
    table: dict[str, float]
    maybe: int | None
    either: int | float | str


configs = st.builds(
    MixedConfig,
    seed=st.integers(0, 9),
    pair=st.tuples(st.integers(-5, 5), st.integers(-5, 5)),
    table=st.dictionaries(st.sampled_from("ab"), st.floats(0, 1)),
    maybe=st.none() | st.integers(0, 3),
    either=st.integers(0, 3) | st.sampled_from(["", "a"]),
)


@given(
    st.lists(
        st.tuples(configs, st.sampled_from(list(columns)), st.booleans()), min_size=1, max_size=5
    )
)
def test_the_table_is_that_of_all_configs_labelled_and_concatenated(drawn):
    """Of whatever types: compared with pandas, one config after the other."""
    tables = {}
    for config, column, flip in drawn:
        values = columns[column][::-1] if flip else columns[column]
        tables.setdefault(config_hash(config), pd.DataFrame({"value": values}))
    experiment = Experiment(
        "mixed", MixedConfig, lambda config: tables[config_hash(config)],
        {"value": Column("any")}, 1, lambda config: 0.0,
    )  # fmt: skip
    asked = [config for config, *_ in drawn]
    with tempfile.TemporaryDirectory() as folder:
        store = Store((Path(folder),))
        collect(experiment, asked, store=store)
        found = collect(experiment, asked, store=store)
        parts = [
            store.find(experiment, c).rows.assign(
                **{k: [v] * 2 if k in ("pair", "table") else v for k, v in c.model_dump().items()}
            )
            for c in asked
        ]
    pd.testing.assert_frame_equal(found, pd.concat(parts, ignore_index=True), check_exact=True)


def line(store, count):
    """Return what is printed before so many of the tiny configs are computed."""
    return f"tiny: computing {count} configs, about 1 s on one core, into {store.folders[0]}\n"


def test_ways_are_told_apart_by_the_name_of_their_method(store):
    ways = {"some": [TinyConfig(seed=2), TinyConfig(seed=1)], "others": [TinyConfig(seed=3)]}
    table = collect_ways(TINY, ways, store=store)
    each = [collect(TINY, configs, store=store).assign(method=way) for way, configs in ways.items()]
    pd.testing.assert_frame_equal(table, pd.concat(each, ignore_index=True))


def test_a_config_given_twice_is_computed_once_and_returned_twice(store, counted, computed, capsys):
    table = collect(counted, [CONFIGS[0], CONFIGS[1], CONFIGS[0]], store=store)
    assert computed == CONFIGS[:2]
    assert table["seed"].tolist() == [3] * 3 + [1] * 3 + [3] * 3
    assert capsys.readouterr().out == line(store, "2 of 2")


def test_the_estimate_is_printed_before_the_first_config_is_computed(store, capsys):
    printed = []

    def run(config):
        printed.append(capsys.readouterr().out)
        return tiny(config)

    collect(TINY, CONFIGS[:1], store=store)
    capsys.readouterr()
    collect(replace(TINY, run=run), CONFIGS, store=store)
    assert printed == [line(store, "2 of 3"), ""]


def test_nothing_is_printed_when_all_is_stored(store, capsys):
    collect(TINY, CONFIGS, store=store)
    assert "3/3" in capsys.readouterr().err
    collect(TINY, CONFIGS, store=store)
    assert capsys.readouterr() == ("", "")


def test_a_stored_config_needs_no_writable_store(store, monkeypatch):
    collect(TINY, CONFIGS, store=store)
    monkeypatch.setattr("os.access", lambda path, mode: False)
    assert len(collect(TINY, CONFIGS, store=store)) == 9


def test_rows_of_an_older_version_are_computed_again_and_overwritten(store, counted, computed):
    collect(TINY, CONFIGS, store=store)
    newer = replace(counted, version=2)
    for _ in range(2):
        collect(newer, CONFIGS, store=store)
    assert computed == CONFIGS
    assert len(list(store.records())) == 3


def test_what_was_computed_before_a_failure_is_stored(store, counted, computed):
    def run(config):
        if config.seed == 2:
            raise RuntimeError("no luck")
        return tiny(config)

    with pytest.raises(RuntimeError, match="no luck"):
        collect(replace(TINY, run=run), CONFIGS, store=store)
    collect(counted, CONFIGS, store=store)
    assert computed == [CONFIGS[2]]


def test_a_damaged_file_stops_before_anything_is_computed(store, counted, computed):
    collect(TINY, CONFIGS[2:], store=store)
    path = damage(store, CONFIGS[2])
    with pytest.raises(StoreError, match=path.name):
        collect(counted, CONFIGS, store=store)
    assert computed == []


def test_no_configs_are_refused(store):
    with pytest.raises(ValueError, match="configs: none given; must be at least one"):
        collect(TINY, [], store=store)


class OtherConfig(TinyConfig):
    """The same fields."""


@pytest.mark.parametrize("wrong", [3, {"seed": 0}, OtherConfig(seed=0)], ids=repr)
def test_what_is_no_config_of_the_experiment_is_refused_before_any_work(
    store, counted, computed, wrong
):
    with pytest.raises(TypeError) as caught:
        collect(counted, [CONFIGS[0], wrong], store=store)
    assert str(caught.value) == f"configs[1] = {wrong!r}: must be a TinyConfig"
    assert computed == []


@pytest.mark.parametrize(
    ("count", "line"),
    [
        (1, "computing 1 of 500 configs, about 0 s on one core, into "),
        (198, "computing 198 of 500 configs, about 99 s on one core, into "),
        (500, "computing 500 of 500 configs, about 4 min on one core, into "),
    ],
)
def test_the_estimate_is_in_seconds_and_then_in_minutes(store, count, line):
    assert estimate(TINY, CONFIGS[:1] * count, 500, store=store) == f"{line}{store.folders[0]}"


# One config


def test_lacks_what_is_not_stored(store):
    assert lacks(TINY, CONFIGS[0], store=store)
    compute_and_save(TINY, CONFIGS[0], store=store)
    assert not lacks(TINY, CONFIGS[0], store=store)
    assert not lacks(TINY, CONFIGS[0], store=store, replace=True)


def test_a_damaged_file_counts_as_absent_only_to_be_replaced(store):
    compute_and_save(TINY, CONFIGS[0], store=store)
    damage(store, CONFIGS[0])
    with pytest.raises(StoreError, match="--replace"):
        lacks(TINY, CONFIGS[0], store=store)
    assert lacks(TINY, CONFIGS[0], store=store, replace=True)


def test_rows_that_are_not_as_declared_are_not_stored(store):
    with pytest.raises(ValueError, match="declares"):
        compute_and_save(replace(TINY, run=lambda c: tiny(c).iloc[:, 1:]), CONFIGS[0], store=store)
    assert list(store.records()) == []


def test_provenance_says_commit_versions_machine_time_and_cost(store):
    before = datetime.datetime.now(datetime.UTC).replace(microsecond=0)
    compute_and_save(TINY, CONFIGS[0], store=store)
    held = store.find(TINY, CONFIGS[0]).provenance
    assert {key: held[key] for key in provenance.environment()} == provenance.environment()
    assert before <= datetime.datetime.fromisoformat(held["time"])
    assert 0 <= held["seconds"] < 60


# The environment


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    """A checkout with one commit, as the one that the library lies in."""
    folder = tmp_path / "checkout"
    folder.mkdir()
    (folder / "provenance.py").write_text("")
    name = ["-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false"]
    for command in (["init"], ["add", "."], [*name, "commit", "--message", "one"]):
        subprocess.run(["git", "-C", folder, *command], check=True, capture_output=True)
    monkeypatch.setattr(provenance, "ROOT", folder)
    return folder


def environment():
    return provenance.environment.__wrapped__()


def test_the_environment_names_versions_and_machine_and_is_json():
    found = environment()
    assert found["packages"]["pandas"] == pd.__version__
    about_code, about_machine = {"commit", "clean", "python", "packages"}, {"machine", "processor"}
    assert set(found) == about_code | about_machine | {"c_library", "unpinned"}
    assert found["machine"].endswith("cores")
    assert json.loads(json.dumps(found)) == found


def test_a_variable_of_git_names_no_other_repository(checkout, tmp_path, monkeypatch):
    own = environment()["commit"]
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "elsewhere"))
    assert own is not None
    assert environment()["commit"] == own


def test_a_clean_checkout_is_known_by_its_commit(checkout):
    head = subprocess.check_output(["git", "-C", checkout, "rev-parse", "HEAD"], text=True)
    assert (environment()["commit"], environment()["clean"]) == (head.strip(), True)


@pytest.mark.parametrize("name", ["provenance.py", "new.py"])
def test_an_edit_or_a_new_file_makes_a_checkout_unclean(checkout, name):
    (checkout / name).write_text("edited")
    assert environment()["clean"] is False


def test_outside_a_checkout_there_is_no_commit(tmp_path, monkeypatch):
    monkeypatch.setattr(provenance, "ROOT", tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path))
    assert (environment()["commit"], environment()["clean"]) == (None, False)


def test_an_archive_inside_another_repository_does_not_take_its_commit(checkout, monkeypatch):
    (checkout / "archive").mkdir()
    monkeypatch.setattr(provenance, "ROOT", checkout / "archive")
    assert (environment()["commit"], environment()["clean"]) == (None, False)


def test_without_git_there_is_no_commit(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert (environment()["commit"], environment()["clean"]) == (None, False)
