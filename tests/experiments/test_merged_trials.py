"""The trials, merged for tasks: sets, scores and what merged rows keep."""

from functools import cache

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import r2_score, roc_auc_score

from ddlib.experiments.forest import forest_score
from ddlib.experiments.merged_trials import (
    MERGED_TRIALS,
    MergedTrialsConfig,
    known_codes,
    merged_trials,
)
from ddlib.experiments.trials import cut
from ddlib.merge.design import Design
from ddlib.merge.formula import parse_task
from ddlib.tables import Settings, read_sources

TASKS = ("died ~ age + bili", "albumin ~ age + bili")
CONFIG = MergedTrialsConfig(seed=3, tasks=(*TASKS, "density"), num_rows=40, num_draws=2)


@cache
def found():
    return merged_trials(CONFIG)


def score(task, name, learner="regression"):
    table = found().set_index(["task", "set", "learner"])["score"]
    return table[task, name, learner]


def test_each_task_is_learnt_from_rows_made_for_each_and_from_all_else():
    for task in TASKS:
        rows = found()[found()["task"] == task]
        sets = [*rows.loc[rows["learner"] == "regression", "set"]]
        assert sets[:4] == [*(f"made for {t}" for t in CONFIG.tasks), "drawn, without weights"]
        assert {"multiple imputation", "mean filling", "complete patients"} < {*sets}
    alone = {name for name in found()["set"] if name.endswith("alone")}
    assert alone == {f"hospital_{letter} alone" for letter in "abc"}
    # Hospital c has no albumin to learn from.
    assert "hospital_c alone" not in {*found().loc[found()["task"] == TASKS[1], "set"]}


def test_merged_rows_keep_their_columns_and_their_equations():
    made = found()[found()["set"].str.startswith("made for") & (found()["learner"] == "regression")]
    assert (made["faults"] == 0).all()
    own = made[made["residual"].notna()]
    assert [*own["set"]] == [f"made for {task}" for task in TASKS]
    assert (own["residual"] < 1e-8).all()
    assert (own["refit"] < 1e-4).all()
    assert (own["heaviest"] > 1).all()


def plain(table):
    """Age and bilirubin, standardised by the tables that the hospitals have, as one would do it."""
    pooled = pd.concat(cut("pbc", CONFIG.seed).tables.values())[["age", "bili"]]
    return ((table[["age", "bili"]] - pooled.mean()) / pooled.std(ddof=0)).fillna(0)


def test_what_complete_patients_teach_is_what_scikit_learn_finds():
    parts = cut("pbc", CONFIG.seed)
    x, x_test = plain(parts.whole), plain(parts.held_out)
    logistic = LogisticRegression(C=1.0, tol=1e-10).fit(x, parts.whole["died"])
    told = roc_auc_score(parts.held_out["died"], logistic.predict_proba(x_test)[:, 1])
    assert score(TASKS[0], "complete patients") == pytest.approx(told, abs=1e-9)
    y = parts.whole["albumin"]
    ridge = Ridge(alpha=1.0).fit(x, (y - y.mean()) / y.std(ddof=0))
    found = ridge.predict(x_test) * y.std(ddof=0) + y.mean()
    told = r2_score(parts.held_out["albumin"], found)
    # R² is here of the spread of the test rows, as there.
    assert score(TASKS[1], "complete patients") == pytest.approx(told, abs=1e-3)


def test_unknown_levels_are_missing():
    parts = cut("pbc", 3)
    schema = read_sources(parts.tables, Settings(min_count=5)).schema
    strange = parts.held_out.assign(sex="x")
    codes = known_codes(schema, strange)
    place = schema.names.index("sex")
    assert np.isnan(codes[:, place]).all()
    usual = known_codes(schema, parts.held_out)
    assert not np.isnan(usual[:, place]).any()
    np.testing.assert_array_equal(np.delete(codes, place, 1), np.delete(usual, place, 1))


def test_a_forest_finds_a_step_that_no_line_can_and_heeds_weights():
    frame = pd.DataFrame({"x": np.arange(80.0), "y": [0, 1, 1, 0] * 20})
    frame["y"] = ((frame["x"] > 20) & (frame["x"] < 60)).astype(int)
    sources = read_sources({"a": frame[:40], "b": frame[40:]})
    codes, ones = sources.codes()[0], np.ones(80)
    design = Design.of(parse_task("y ~ x", sources.schema), sources.schema, [codes])
    assert forest_score(design, [(codes, ones)], codes, codes, seed=0) > 0.95
    flipped = codes.copy()
    flipped[:, 1] = 1 - flipped[:, 1]
    both = np.vstack([codes, flipped])
    weights = np.r_[ones, 1e-6 * ones]
    assert forest_score(design, [(both, weights)], codes, codes, seed=0) > 0.95
    assert forest_score(design, [(both, weights[::-1])], codes, codes, seed=0) < 0.05


def test_the_columns_are_those_that_are_declared():
    assert [*found().columns] == [*MERGED_TRIALS.columns]
