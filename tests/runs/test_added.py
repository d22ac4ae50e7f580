"""A field that a config gains later leaves the rows stored before it where they are found."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, ClassVar

import pandas as pd
import pytest

from ddlib.config import Config, Count, ParameterError
from ddlib.experiments.registry import EXPERIMENTS
from ddlib.runs.audit import recompute
from ddlib.runs.compute import collect
from ddlib.runs.packing import fold
from ddlib.runs.store import Store, config_hash
from ddlib.runs.stored import StoreError
from tests.shared.tiny import TINY, TinyConfig, tiny
from tests.shared.tiny_store import ORIGIN

OLD = [TinyConfig(seed=seed) for seed in range(3)]


class GrownConfig(TinyConfig):
    """Rows of before were computed with 16 directions; new ones have 8 unless told."""

    num_directions: Count = 8
    groups: tuple[tuple[int, ...], ...] = ()
    added: ClassVar[Mapping[str, Any]] = {"num_directions": 16, "groups": [[1, 2]]}


GROWN = replace(TINY, config=GrownConfig)
AS_BEFORE = {"num_directions": 16, "groups": ((1, 2),)}


@pytest.fixture(params=["single files", "a pack"])
def store(request, tmp_path):
    """The rows of `OLD`, stored before the fields existed."""
    store = Store((tmp_path,))
    for config in OLD:
        store.save(TINY, config, tiny(config), ORIGIN)
    if request.param == "a pack":
        fold(TINY, tmp_path)
    return store


def test_the_hash_is_the_old_one_with_the_stated_values_and_no_others():
    assert config_hash(GrownConfig(seed=0, **AS_BEFORE)) == config_hash(OLD[0])
    others = [{}, {"num_directions": 16}, {"groups": ((1, 2),)}, AS_BEFORE | {"groups": ((1,),)}]
    hashes = {config_hash(GrownConfig(seed=0, **other)) for other in others}
    assert len(hashes | {config_hash(OLD[0])}) == len(others) + 1


def test_old_rows_are_found_under_the_stated_value_alone(store):
    for config in OLD:
        now = GrownConfig(seed=config.seed, **AS_BEFORE)
        assert store.find(GROWN, now).rows.equals(tiny(config))
        assert store.find(GROWN, GrownConfig(seed=config.seed)) is None


def test_a_collected_table_has_the_new_column(store):
    computed = []
    counted = replace(GROWN, run=lambda config: computed.append(config) or tiny(config))
    now = [GrownConfig(seed=config.seed, **AS_BEFORE) for config in OLD]
    new = GrownConfig(seed=0)
    table = collect(counted, [*now, new], store=store)
    assert computed == [new]
    assert table["num_directions"].tolist() == [16] * 9 + [8] * 3
    assert table["groups"].tolist() == [((1, 2),)] * 9 + [()] * 3


def test_old_rows_are_audited_with_the_stated_value(store, monkeypatch):
    ran = []
    monkeypatch.setitem(
        EXPERIMENTS, "tiny", replace(GROWN, run=lambda c: ran.append(c.num_directions) or tiny(c))
    )
    assert [recompute(stored) for stored in store.records()] == [[]] * 3
    assert ran == [16] * 3


def test_old_and_new_rows_fold_into_one_pack(store):
    new = GrownConfig(seed=0, num_directions=1)
    store.save(GROWN, new, tiny(new).assign(value=7.0), {})
    assert fold(GROWN, store.folders[0])[0].startswith("tiny: 4 configs with 12 rows")
    assert store.find(GROWN, new).rows["value"].tolist() == [7.0] * 3
    assert store.find(GROWN, GrownConfig(seed=0, **AS_BEFORE)).rows.equals(tiny(OLD[0]))


def test_new_rows_say_all_their_fields(store):
    config = GrownConfig(seed=9, **AS_BEFORE)
    store.save(GROWN, config, tiny(config), {})
    stored = store.find(GROWN, config).provenance["config"]
    assert (stored["num_directions"], stored["groups"]) == (16, [[1, 2]])


def test_rows_of_another_value_are_refused_when_the_stated_one_is_edited(store):
    class EditedConfig(GrownConfig):
        added: ClassVar[Mapping[str, Any]] = {"num_directions": 32, "groups": ((1, 2),)}

    config = GrownConfig(seed=9, **AS_BEFORE)
    store.save(GROWN, config, tiny(config), {})
    edited = EditedConfig(seed=9, num_directions=32, groups=((1, 2),))
    with pytest.raises(StoreError, match=r"holds rows of tiny with config \{.*16.*; must hold"):
        store.find(replace(TINY, config=EditedConfig), edited)


def test_without_the_line_old_rows_are_not_found_and_not_packed(store):
    class ForgetfulConfig(TinyConfig):
        num_directions: Count = 16

    forgetful = replace(TINY, config=ForgetfulConfig)
    assert store.find(forgetful, ForgetfulConfig(seed=0)) is None
    store.save(TINY, TinyConfig(seed=3), tiny(OLD[0]), {})
    with pytest.raises(StoreError, match="must be named after their hash"):
        fold(forgetful, store.folders[0])


def test_a_field_that_came_later_needs_a_default():
    with pytest.raises(ParameterError, match=r"Later\.added: size has no default"):

        class Later(Config):
            added: ClassVar[Mapping[str, Any]] = {"size": 3}
            size: Count


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (
            {"num_direction": 16},
            r"Grown.added: num_direction is not a field; perhaps num_directions",
        ),
        ({"num_directions": 0}, r"Grown.added: num_directions = 0: must be greater than"),
        ({"num_directions": "16"}, r"Grown.added: num_directions = '16': must be a valid"),
    ],
)
def test_a_wrong_line_stops_where_the_class_is_made(values, message):
    with pytest.raises(ParameterError, match=message):

        class Grown(Config):
            num_directions: Count = 16
            added: ClassVar[Mapping[str, Any]] = values


def test_a_class_states_nothing_unless_told():
    assert TinyConfig.added == {}
    assert OLD[0].implied() == set()
    pd.testing.assert_frame_equal(
        pd.DataFrame([GrownConfig.from_stored({"seed": 1}).model_dump()]),
        pd.DataFrame([GrownConfig(seed=1, **AS_BEFORE).model_dump()]),
    )
