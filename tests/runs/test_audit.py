"""A changed number is found, and nothing else is called changed."""

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from ddlib.experiments.base import Column
from ddlib.experiments.registry import EXPERIMENTS
from ddlib.runs.arithmetic import fingerprint
from ddlib.runs.audit import plan, recompute
from ddlib.runs.comparison import compare
from ddlib.runs.compute import compute_and_save
from ddlib.runs.store import Store, config_hash
from ddlib.runs.stored import StoreError, read
from tests.shared.tiny import TINY, TinyConfig, tiny


@pytest.fixture(autouse=True)
def tiny_is_registered(monkeypatch):
    monkeypatch.setitem(EXPERIMENTS, "tiny", TINY)


@pytest.fixture
def store(tmp_path):
    return Store((tmp_path,))


OURS = fingerprint()


def save(store, seed, experiment=TINY, seconds=1.0, arithmetic=OURS, **columns):
    """Store the rows of a seed, with some columns planted."""
    config, origin = TinyConfig(seed=seed), {"seconds": seconds, "arithmetic": arithmetic}
    return store.save(experiment, config, tiny(config).assign(**columns), origin)


def sample(store, *, seconds, seed, **options):
    """Return what an audit takes, as the files that it lies in."""
    chosen = plan(store, seconds=seconds, seed=str(seed), **options).chosen
    return [stored.path for stored in chosen]


# Recomputing


def test_an_untouched_file_passes(store):
    assert recompute(read(save(store, 3))) == []


@pytest.mark.parametrize(
    ("column", "planted"),
    [
        ("method", ["a, naïve", "b", ""]),
        ("step", [0, 1, 2**62 + 1]),
        ("chosen", [False, False, False]),
        ("value", [0.0, 0.0, 0.0]),
    ],
)
def test_a_planted_change_is_told_with_column_row_and_both_values(store, column, planted):
    true = tiny(TinyConfig(seed=3))[column]
    (line,) = recompute(read(save(store, 3, **{column: planted})))
    row = int(line.split()[3].rstrip(":"))
    stored, new = pd.Series(planted).iloc[row], true.iloc[row]
    assert stored != new
    assert line.startswith(f"column {column}, row {row}: stored {stored!r}, new {new!r}, allowed")


def test_a_change_in_the_file_itself_is_found(store):
    """Planted past the store, as by an editor of the file."""
    path = save(store, 0)
    table = pq.read_table(path)
    values = table["value"].to_pandas() + 1e-3
    pq.write_table(table.set_column(2, "value", [values]), path)
    (line,) = recompute(read(path))
    assert line.startswith("column value, row ")


@pytest.mark.parametrize("change", [lambda t: t.iloc[:2], lambda t: t.drop(columns="step")])
def test_lost_rows_and_columns_are_told(store, change):
    config = TinyConfig(seed=0)
    path = store.save(TINY, config, change(tiny(config)), {})
    (line,) = recompute(read(path))
    assert line.endswith("new (3, 4) of ['method', 'step', 'value', 'chosen']")


@pytest.mark.parametrize("place", ["tiny/0123456789abcdef.parquet", "other/{}.parquet"])
def test_a_file_that_is_not_named_after_its_rows_is_refused(store, tmp_path, place):
    path = save(store, 0)
    own = config_hash(TinyConfig(seed=0))
    moved = tmp_path / place.format(own)
    moved.parent.mkdir(exist_ok=True)
    path.rename(moved)
    with pytest.raises(
        StoreError, match=f"holds rows of tiny/{own}; must hold those of "
    ) as caught:
        recompute(read(moved))
    assert str(caught.value).startswith(f"{moved}: ")


# Comparing


def differences(old, new, tolerance=0.0, exact=False):
    experiment = replace(TINY, columns={"x": Column("a value", tolerance=tolerance)})
    return compare(experiment, pd.DataFrame({"x": old}), pd.DataFrame({"x": new}), exact=exact)


@pytest.mark.parametrize(
    ("tolerance", "moved", "changed"),
    [(0.5, 0.5, False), (0.5, 0.6, True), (0.0, 0.0, False), (0.0, 2.0**-52, True)],
)
@pytest.mark.parametrize("sign", [1, -1])
def test_a_value_may_move_as_far_as_its_tolerance_and_0_is_exact(tolerance, moved, changed, sign):
    assert bool(differences([3.0, 1.0], [3.0, 1.0 + sign * moved], tolerance)) == changed


def test_the_tolerance_is_each_columns_own():
    columns = {"x": Column("a", tolerance=0.5), "y": Column("b", tolerance=0.1)}
    old, new = pd.DataFrame({"x": [0.0], "y": [0.0]}), pd.DataFrame({"x": [0.3], "y": [0.3]})
    (line,) = compare(replace(TINY, columns=columns), old, new, exact=False)
    values = "stored np.float64(0.0), new np.float64(0.3)"
    assert line == f"column y, row 0: {values}, allowed difference 0.1"
    lines = compare(replace(TINY, columns=columns), old, new, exact=True)
    assert [line.split(",")[0] for line in lines] == ["column x", "column y"]


def test_compared_exactly_a_tolerance_counts_for_nothing_but_a_time_may_be_any():
    assert len(differences([1.0], [1.0 + 2.0**-52], 0.5, exact=True)) == 1
    assert differences([1.0], [1.0], 0.5, exact=True) == []
    assert differences([1.0], [1e9], np.inf, exact=True) == []


def test_the_sign_of_zero_is_a_bit_that_counts_where_bits_are_promised():
    assert len(differences([1.0, 0.0], [1.0, -0.0], exact=True)) == 1
    assert differences([-0.0, 0.0], [-0.0, 0.0], exact=True) == []
    assert differences([0.0], [-0.0]) == []
    assert differences([np.nan], [-np.nan], exact=True) == []


def test_the_tolerance_is_for_whole_numbers_too():
    assert differences([5], [6], tolerance=1) == []
    assert len(differences([5], [7], tolerance=1)) == 1


def test_the_worst_row_is_told():
    (line,) = differences([0.0, 0.0, 0.0], [0.2, -0.9, 0.3])
    assert line.startswith("column x, row 1: stored")


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, None, "β", True, 2**62, -0.0])
@pytest.mark.parametrize("tolerance", [0.0, 0.1])
def test_equal_values_are_the_same_nan_and_infinity_too(value, tolerance):
    assert differences([value, value], [value, value], tolerance) == []


def test_missing_texts_are_the_same():
    assert differences(["a", None], ["a", None]) == []


@pytest.mark.parametrize(
    ("old", "new"),
    [(np.nan, 1.0), (1.0, np.nan), (np.inf, 1.0), (np.inf, -np.inf), ("a", None), ("1", 1)],
)
def test_no_tolerance_bridges_nan_infinity_and_types(old, new):
    assert len(differences([0.0 if isinstance(old, float) else old, old], [0.0, new], 1e9)) == 1


def test_empty_tables_are_the_same():
    assert differences([], []) == []


def test_rows_are_compared_by_place_whatever_their_index():
    experiment = replace(TINY, columns={"x": Column("a value")})
    fresh = pd.DataFrame({"x": [1.0, 2.0]}, index=[7, 3])
    assert compare(experiment, pd.DataFrame({"x": [1.0, 2.0]}), fresh, exact=True) == []


# The sample


def test_the_same_seed_gives_the_same_sample_and_another_seed_another(store):
    for seed in range(20):
        save(store, seed)
    one, same, other = (sample(store, seconds=5, seed=seed) for seed in (0, 0, 1))
    assert one == same
    assert set(one) != set(other)


def test_the_sample_fills_the_budget_and_no_more(store):
    for seed in range(20):
        save(store, seed, seconds=2.0)
    assert len(sample(store, seconds=9, seed=0)) == 4
    assert len(set(sample(store, seconds=1000, seed=0))) == 20


def test_a_cheap_config_takes_the_room_that_a_dear_one_leaves(store):
    for seed in range(4):
        save(store, seed, seconds=100.0)
    cheap = save(store, 4, seconds=1.0)
    for seed in range(10):
        chosen = sample(store, seconds=102, seed=seed)
        assert len(chosen) == 2
        assert cheap in chosen


def test_at_least_one_file_is_chosen(store):
    save(store, 0, seconds=100.0)
    save(store, 1, seconds=100.0)
    assert len(sample(store, seconds=1, seed=0)) == 1


@pytest.mark.parametrize("arithmetic", [None, "0123456789ab"])
def test_where_nothing_can_be_compared_exactly_the_audit_says_so(store, arithmetic):
    save(store, 0, arithmetic=arithmetic)
    line = f"audit: none of 1 stored configs has the arithmetic of this process, {OURS}; "
    with pytest.raises(StoreError, match=line):
        sample(store, seconds=10, seed=0)


def test_rows_of_another_arithmetic_are_compared_within_tolerances_if_asked(store):
    def shifted(seed, shift, **origin):
        return save(store, seed, value=tiny(TinyConfig(seed=seed))["value"] + shift, **origin)

    near, far = (shifted(i, shift, arithmetic="0123456789ab") for i, shift in ((0, 1e-7), (1, 1.0)))
    own = shifted(2, 1e-7)
    assert sample(store, seconds=10, seed=0) == [own]
    assert set(sample(store, seconds=10, seed=0, loose=True)) == {near, far, own}
    assert recompute(read(near)) == []
    assert len(recompute(read(far))) == len(recompute(read(own))) == 1


def test_a_plan_says_of_how_much_it_takes_how_much(store):
    for seed in range(4):
        save(store, seed, seconds=5.0)
    save(store, 4, seconds=20.0, arithmetic="0123456789ab")
    planned = plan(store, seconds=10, seed="a")
    assert (len(planned.chosen), planned.seconds) == (2, 10.0)
    assert (planned.exact, planned.total) == ({"tiny": 4}, 5)
    assert planned.share == "2 of 5 stored configs (40.0%, 25.0% of their computing time)"


@pytest.mark.parametrize("setting", [{"count": 0}, {"seconds": 0}, {"seconds": float("nan")}])
def test_impossible_numbers_are_refused(store, setting):
    save(store, 0)
    ((name, value),) = setting.items()
    with pytest.raises(ValueError, match=f"{name} = {value}: must be "):
        plan(store, **{"seconds": 1.0, "seed": "a", **setting})


def test_a_folder_without_rows_is_named(store):
    with pytest.raises(StoreError, match=f"{store.folders[0]}: no stored rows to audit"):
        sample(store, seconds=10, seed=0)


def test_of_each_experiment_at_most_so_many_are_taken(store, monkeypatch):
    monkeypatch.setitem(EXPERIMENTS, "other", replace(TINY, name="other"))
    for seed in range(5):
        save(store, seed)
        save(store, seed, experiment=EXPERIMENTS["other"])
    chosen = sample(store, seconds=float("inf"), seed=0, count=3)
    assert sorted(path.parent.name for path in chosen) == ["other"] * 3 + ["tiny"] * 3
    assert len(sample(store, seconds=float("inf"), seed=0)) == 10


def test_every_experiment_is_in_the_sample_if_there_is_room(store, monkeypatch):
    rare = replace(TINY, name="rare")
    monkeypatch.setitem(EXPERIMENTS, "rare", rare)
    for seed in range(10):
        save(store, seed)
    save(store, 0, experiment=replace(rare, version=0))  # cannot be recomputed
    own = save(store, 1, experiment=rare)
    for seed in range(10):
        assert own in sample(store, seconds=2, seed=seed)


def test_files_of_other_versions_and_unknown_experiments_are_left_out(store):
    own = save(store, 0)
    save(store, 1, experiment=replace(TINY, version=2))
    save(store, 2, experiment=replace(TINY, name="gone"))
    assert sample(store, seconds=100, seed=0) == [own]


def test_a_damaged_file_is_named(store):
    path = save(store, 0)
    path.write_bytes(b"damaged")
    with pytest.raises(StoreError, match=path.name):
        sample(store, seconds=10, seed=0)


def test_configs_are_rebuilt_from_what_the_file_says(store):
    """Nested lists come back as the tuples that the config has."""
    config = TinyConfig(seed=0, weights=((1.0, 2.0), ()), label="β")
    compute_and_save(TINY, config, store=store)
    (stored,) = store.records()
    assert json.loads(pq.read_metadata(stored.path).metadata[b"ddlib"])["config"]["weights"] == [
        [1, 2],
        [],
    ]
    assert recompute(stored) == []
