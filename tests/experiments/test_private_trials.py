"""The trial merged from private summaries: sets, scores and the simulated noise."""

from functools import cache

import numpy as np
import pandas as pd
import pytest
from scipy.stats import kstest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from ddlib.experiments.private_trials import (
    PrivateTrialsConfig,
    private_trials,
    simulated_noise,
)
from ddlib.experiments.trials import DATA, cut
from ddlib.sites.noise import opendp_noise
from ddlib.sites.stated import read_stated, stated_codes

CONFIG = PrivateTrialsConfig(
    seed=3, task="died ~ age + bili", epsilons=(3.0, 1000.0), num_rows=40, num_draws=2
)


@cache
def found():
    return private_trials(CONFIG)


def test_the_task_is_learnt_from_each_set():
    assert [*found()["set"]] == [
        "mean filling",
        "summaries",
        "private summaries",
        "private summaries",
    ]
    assert found()["epsilon"].tolist() == pytest.approx([np.nan, np.nan, 3, 1000], nan_ok=True)
    assert found()["score"].between(0, 1).all()


def test_what_filled_rows_teach_is_what_scikit_learn_finds():
    parts = cut("pbc", CONFIG.seed)
    pooled = pd.concat(parts.tables.values())
    x, test = (table[["age", "bili"]] for table in (pooled, parts.held_out))
    x, test = (((t - x.mean()) / x.std(ddof=0)).fillna(0) for t in (x, test))
    logistic = LogisticRegression(C=1.0, tol=1e-10).fit(x, pooled["died"])
    told = roc_auc_score(parts.held_out["died"], logistic.predict_proba(test)[:, 1])
    assert found()["score"][0] == pytest.approx(told, abs=2e-3)  # one pair of patients or two


def test_with_next_to_no_noise_a_private_summary_teaches_what_a_plain_one_does():
    plain, private = found()["score"][1], found()["score"][3]
    assert private == pytest.approx(plain, abs=0.02)


def test_simulated_noise_has_the_law_of_opendps():
    sums = np.zeros(3000, dtype=np.int64)
    own = simulated_noise(np.random.default_rng(0))(sums, 50.0, 0.1)
    theirs = opendp_noise(sums, 50.0, 0.1)  # without a seed: fails once in 10⁹ runs
    assert own.dtype == np.int64
    assert kstest(own, theirs).pvalue > 1e-9
    assert own.std() == pytest.approx(50 / np.sqrt(0.2), rel=0.05)


def test_more_patients_are_drawn_from_the_same_hospitals():
    few = PrivateTrialsConfig(seed=0, task=CONFIG.task, epsilons=(1.0,), num_draws=2)
    many = few.model_copy(update={"times": 3})
    assert private_trials(few)["score"][0] != private_trials(many)["score"][0]


def test_the_bounds_of_the_trial_hold_all_of_its_cells():
    table = pd.read_csv(DATA / "pbc.csv")
    stated = read_stated(DATA / "pbc_bounds.yml")
    assert {*stated.names} == {*table.columns}
    codes, notes = stated_codes(stated, table, "pbc.csv")
    assert not notes
    for column, own in zip(stated, codes.T, strict=True):
        if not column.levels:
            values = table[column.name]
            np.testing.assert_array_equal(own, values.to_numpy(dtype=float))
            assert column.low < values.min()
            assert values.max() < column.high
