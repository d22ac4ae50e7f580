"""The three hospitals: what they know, what is kept aside, and what the merged table is worth."""

from dataclasses import replace
from itertools import combinations

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.datasets import load_breast_cancer

from ddlib.config import ParameterError
from ddlib.dbn import fit_em
from ddlib.experiments import hospitals as experiment
from ddlib.experiments.hospitals import (
    COLUMNS,
    HOSPITALS,
    LACKING,
    HospitalsConfig,
    fit_hospitals,
    hospitals,
    load_hospitals,
    merge_hospitals,
)
from ddlib.merge.columns import Columns

START, MERGED, EXACT, SHARED, FILLED, IMPUTED, SUBSET, ALL = (
    "start of the distillation",
    "merged table",
    "EM, exact rows",
    "shared columns only",
    "holes filled by the mean",
    "IterativeImputer",
    "complete subset",
    "all patients, had they been complete",
)


# One step size and one ridge in place of all pairs of them, to be fast.
ONE = {"step_sizes": (0.1,), "ridges": (1.0,)}


def small(seed=0, **settings):
    return HospitalsConfig(seed=seed, **({"num_steps": 5, "rows_per_hospital": 8} | settings))


def seeded(seed):
    return torch.Generator().manual_seed(seed)


def sources_of(data):
    union = Columns.of(data.tables)
    return [union.to_rows(table) for table in data.tables]


# The data


def test_every_pair_of_columns_is_together_in_some_hospital():
    seen = [set(table.columns) for table in load_hospitals(0).tables]
    assert set().union(*seen) == set(COLUMNS)
    assert len(COLUMNS) == 8
    for pair in combinations(COLUMNS, 2):
        assert any(set(pair) <= columns for columns in seen)


def test_each_hospital_lacks_two_columns_and_has_a_third_of_the_known_patients():
    data = load_hospitals(0)
    assert len(data.tables) == len(LACKING) == 3
    for table, names in zip(data.tables, LACKING, strict=True):
        assert list(table.columns) == [name for name in COLUMNS if name not in names]
        assert len(names) == 2
        pd.testing.assert_frame_equal(table, data.known.loc[table.index, table.columns])
    index = np.concatenate([table.index for table in data.tables])
    assert sorted(index) == sorted(data.known.index)
    lengths = [len(table) for table in data.tables]
    assert max(lengths) - min(lengths) <= 1


@pytest.mark.parametrize("seed", [0, 1])
def test_held_out_and_known_patients_are_disjoint_and_together_all(seed):
    data = load_hospitals(seed)
    assert not set(data.known.index) & set(data.held_out.index)
    everyone = load_breast_cancer(as_frame=True).frame[COLUMNS]
    together = pd.concat([data.known, data.held_out])
    assert len(data.held_out) == len(everyone) // 3
    np.testing.assert_array_equal(
        together.sort_values(COLUMNS).to_numpy(), everyone.sort_values(COLUMNS).to_numpy()
    )


def test_the_split_is_random_in_the_seed():
    first, again, other = (load_hospitals(seed).held_out for seed in (0, 0, 1))
    pd.testing.assert_frame_equal(first, again)
    assert not first.equals(other)
    in_order = load_breast_cancer(as_frame=True).frame[COLUMNS]
    assert not first.equals(in_order.iloc[: len(first)])


# The distillation


def test_the_merged_table_is_complete_and_of_the_size_asked_for():
    _, run = merge_hospitals(small(**ONE), sources_of(load_hospitals(0)), generator=seeded(0))
    assert run.rows.shape == (3 * 8, 1, 8)
    assert run.rows.isfinite().all()
    assert not run.snapshots[-1].rows.equal(run.snapshots[0].rows)


def test_a_fifth_of_each_source_validates_and_is_not_distilled():
    sources = sources_of(load_hospitals(0))
    learner, run = merge_hospitals(small(**ONE), sources, generator=seeded(0))
    kept = [len(rows) // 5 for rows in sources]
    fifths = torch.cat([rows[:count] for rows, count in zip(sources, kept, strict=True)])
    for snapshot in run.snapshots:
        density = learner(snapshot.rows).log_likelihood(fifths)
        assert snapshot.validation == pytest.approx(-density.mean().item())
    for change_kept in (True, False):
        changed = [rows.clone() for rows in sources]
        for rows, count in zip(changed, kept, strict=True):
            if change_kept:
                rows[:count] += 2
            else:
                rows[count:] += 2
        _, other = merge_hospitals(small(**ONE), changed, generator=seeded(0))
        pairs = list(zip(run.snapshots, other.snapshots, strict=True))
        assert all(a.rows.equal(b.rows) for a, b in pairs) == change_kept
        assert all(a.validation != b.validation for a, b in pairs)


def test_step_size_and_ridge_are_those_that_the_kept_rows_like_best():
    sources = sources_of(load_hospitals(0))
    pairs = [(step, ridge) for step in (1e-3, 0.1) for ridge in (1.0, 300.0)]
    best = {}
    for step_size, ridge in pairs:
        config = small(step_sizes=(step_size,), ridges=(ridge,))
        learner, run = merge_hospitals(config, sources, generator=seeded(0))
        assert learner.ridge == ridge
        assert learner.effective_size == sum(len(rows) - len(rows) // 5 for rows in sources)
        assert run.chosen.validation == min(s.validation for s in run.snapshots)
        best[step_size, ridge] = run.chosen.validation
    config = small(step_sizes=(1e-3, 0.1), ridges=(1.0, 300.0))
    learner, run = merge_hospitals(config, sources, generator=seeded(0))
    assert len(set(best.values())) > 1
    assert run.chosen.validation == pytest.approx(min(best.values()))
    assert learner.ridge == min(best, key=best.get)[1]


# Expectation-maximisation


def test_exact_rows_are_those_of_em_with_the_ridge_that_the_kept_rows_like_best():
    sources = sources_of(load_hospitals(0))
    kept = torch.cat([rows[: len(rows) // 5] for rows in sources])
    training = [rows[len(rows) // 5 :] for rows in sources]
    ridges = (1.0, 300.0)
    learner, rows = fit_hospitals(small(ridges=ridges), sources, 24, generator=seeded(0))
    fits = [fit_em(training, noise_std=0.0, ridge=ridge).network for ridge in ridges]
    values = [fit.log_likelihood(kept).mean().item() for fit in fits]
    mean, covariance = (moment.numpy() for moment in fits[int(np.argmax(values))].moments(1))
    assert len(set(values)) > 1
    assert rows.shape == (24, 1, 8)
    np.testing.assert_allclose(rows[:, 0].mean(0), mean, atol=1e-10)
    np.testing.assert_allclose(np.cov(rows[:, 0].T.numpy(), bias=True), covariance, atol=1e-10)
    assert learner.effective_size == sum(map(len, training))
    assert learner.ridge == 0


# The result


def test_rows_of_the_table_and_the_same_seed_gives_the_same():
    table = hospitals(small(**ONE))
    assert list(table.columns) == list(HOSPITALS.columns)
    known = len(load_hospitals(0).known)
    sizes = {
        START: 24, MERGED: 24, EXACT: 24,
        SHARED: known, FILLED: known, IMPUTED: known,
        SUBSET: 24, ALL: known,
    }  # fmt: skip
    assert table.set_index("method")["rows"].to_dict() == sizes
    assert table["method"].tolist() == list(sizes)
    pd.testing.assert_frame_equal(hospitals(small(**ONE)), table, check_exact=True)
    other = hospitals(small(seed=1, **ONE))
    assert (other["log_likelihood"] != table["log_likelihood"]).all()


@pytest.mark.nightly
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_the_merged_table_beats_its_start_and_filling_by_the_mean(seed):
    table = hospitals(HospitalsConfig(seed=seed, num_steps=40, num_looks=4))
    value = table.set_index("method")["log_likelihood"]
    assert value[MERGED] > value[FILLED]
    assert value[MERGED] > value[START]
    assert value[ALL] > value.drop(ALL).max()


@pytest.mark.parametrize("rows_per_hospital", [3, 100])
def test_every_budget_that_the_config_allows_runs(rows_per_hospital):
    table = hospitals(small(rows_per_hospital=rows_per_hospital, num_steps=1, **ONE))
    assert np.isfinite(table["log_likelihood"]).all()


def test_held_out_patients_choose_nothing(monkeypatch):
    runs = []

    def witness(*arguments, **options):
        runs.append(merge_hospitals(*arguments, **options))
        return runs[-1]

    monkeypatch.setattr(experiment, "merge_hospitals", witness)
    honest = hospitals(small(**ONE))

    def with_others_held_out(seed):
        data = load_hospitals(seed)
        return replace(data, held_out=3 * data.held_out)

    monkeypatch.setattr(experiment, "load_hospitals", with_others_held_out)
    other = hospitals(small(**ONE))
    (first, run), (second, other_run) = runs
    assert first == second
    assert run.chosen.step == other_run.chosen.step
    for a, b in zip(run.snapshots, other_run.snapshots, strict=True):
        assert a.rows.equal(b.rows)
        assert a.validation == b.validation
    assert (other["log_likelihood"] < honest["log_likelihood"]).all()


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"rows_per_hospital": 0}, "rows_per_hospital = 0: must be greater"),
        ({"rows_per_hospital": 101}, "rows_per_hospital = 101: must be less"),
        ({"num_steps": 0}, "num_steps = 0: must be greater"),
        ({"seed": -1}, "seed = -1: must be greater"),
        ({"rows": 3}, "rows = 3: unknown; perhaps rows_per_hospital?"),
    ],
)
def test_impossible_settings_are_refused(settings, message):
    with pytest.raises(ParameterError) as caught:
        HospitalsConfig(**({"seed": 0} | settings))
    assert message in str(caught.value)
