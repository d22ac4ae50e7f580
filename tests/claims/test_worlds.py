"""The share of worlds in which a reading passes, against a count by hand."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ddlib.claims.claim import Worlds
from ddlib.claims.worlds import shares, worlds_of
from tests.shared.examples import examples
from tests.shared.small_claims import reading, term

BY = {"IPC": "scale", "noise": "step"}
MEDIANS = {(1.0, 0): 2.0, (1.0, 1): -1.0, (3.0, 0): 0.0, (3.0, 1): 5.0}  # scale, step -> a world's


def plant(planted):
    """Plant "one" with these medians over its three data sets, and "two" and "half" beside it."""

    def rows(config):
        far = [0.0, 50.0, -50.0][config.seed]
        return {"step": [0, 1], "value": [MEDIANS[config.scale, step] + far for step in (0, 1)]}

    planted.plant("one", rows, seeds=range(3), scale=[1, 3])
    planted.plant("two", lambda config: {"value": [0.0]}, seeds=range(3))


def world(name="own", plus="one", minus="two", **settings):
    plus = term(plus, by=BY, **settings)
    return Worlds(name=name, plus=(plus,), minus=(term(minus),))


def passed(planted, *worlds, **settings):
    """Return the settings and choices of the worlds that pass."""
    table = worlds_of(reading(worlds=worlds, **settings), store=planted.store)
    assert (table["seeds"] == 3).all()
    return {(row.read, row.IPC, row.noise) for row in table[table["passed"]].itertuples()}


def test_a_world_passes_where_its_median_is_on_the_side_of_the_claim(planted):
    plant(planted)
    assert passed(planted, world()) == {("own", 1.0, 0), ("own", 3.0, 1)}
    assert passed(planted, world(), threshold=2.0) == {("own", 3.0, 1)}
    assert passed(planted, world(), threshold=-0.5, side="below") == {("own", 1.0, 1)}


@pytest.mark.parametrize("side", ["above", "below"])
def test_at_the_threshold_no_world_passes(planted, side):
    plant(planted)
    assert ("own", 3.0, 0) not in passed(planted, world(), side=side)


def test_a_choice_that_is_no_setting_of_the_rows_has_a_name(planted):
    plant(planted)
    turned = Worlds(name="turned", plus=(term("two"),), minus=(term("one", by=BY),))
    assert passed(planted, world(), turned) == {
        ("own", 1.0, 0), ("own", 3.0, 1), ("turned", 1.0, 1)
    }  # fmt: skip


@pytest.mark.parametrize(("side", "expected"), [("above", {3.0}), ("below", {1.0})])
def test_ratios_are_compared_as_logarithms(planted, side, expected):
    def rows(config):
        return {"step": [0], "value": [config.scale * [1.0, 9.0, 0.1][config.seed]]}

    planted.plant("one", rows, seeds=range(3), scale=[1, 2, 3])
    planted.plant("two", lambda config: {"value": [2.0]}, seeds=range(3))
    ratio = {"statistic": "ratio", "threshold": 1.0, "side": side}
    assert {ipc for _, ipc, _ in passed(planted, world(), **ratio)} == expected
    table = worlds_of(reading(worlds=(world(),), **ratio), store=planted.store)
    assert table["median"].tolist() == pytest.approx(np.log([0.5, 1.0, 1.5]))


def test_a_reading_without_worlds_is_refused(planted):
    with pytest.raises(ValueError, match=r"^reading = 'first': has no worlds; must have at least"):
        worlds_of(reading(), store=planted.store)


def test_shares_are_counted_by_level(planted):
    plant(planted)
    found = shares(worlds_of(reading(worlds=(world(),)), store=planted.store), by="IPC")
    assert found.to_numpy().tolist() == [
        [1.0, "all", "", 1, 2], [1.0, "noise", "0", 1, 1], [1.0, "noise", "1", 0, 1],
        [1.0, "read", "own", 1, 2],
        [3.0, "all", "", 1, 2], [3.0, "noise", "0", 0, 1], [3.0, "noise", "1", 1, 1],
        [3.0, "read", "own", 1, 2],
    ]  # fmt: skip
    assert list(found.columns) == ["IPC", "choice", "level", "passed", "worlds"]


NOISE = st.sampled_from([0.1, 1.0, 2.0])
ROWS = st.tuples(st.sampled_from([10.0, 20.0]), st.sampled_from("ab"), NOISE, st.booleans())


@examples(20)
@given(st.lists(ROWS, min_size=1))
def test_the_levels_of_each_choice_add_up_to_all_worlds(rows):
    worlds = pd.DataFrame(rows, columns=["IPC", "law", "noise", "passed"])
    found = shares(worlds.assign(median=0.0, seeds=5), by="IPC")
    assert set(found["choice"]) == {"all", "law", "noise"}
    sums = found.groupby(["IPC", "choice"])[["passed", "worlds"]].sum()
    for value, part in worlds.groupby("IPC"):
        for choice in ("all", "law", "noise"):
            assert tuple(sums.loc[(value, choice)]) == (part["passed"].sum(), len(part))
