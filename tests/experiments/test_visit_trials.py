"""Visits of the liver trial: how they are cut, sets, errors and the mixed model."""

from functools import cache

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import Ridge

from ddlib.experiments.growth import Forecast, _predicted, growth_forecast
from ddlib.experiments.trials import DATA
from ddlib.experiments.visit_trials import (
    LACKS,
    VISIT_TRIALS,
    VisitTrialsConfig,
    cut_visits,
    visit_trials,
)
from ddlib.tables import Settings
from ddlib.visits import Said, read_visits

TASKS = ("next(albumin) ~ albumin + age", "next(log_bili) ~ log_bili + albumin")
CONFIG = VisitTrialsConfig(seed=3, tasks=TASKS, num_people=40, num_draws=2, num_test=230)


@cache
def found():
    return visit_trials(CONFIG).set_index(["task", "set"])


def pairs(table, target):
    """Visits beside the next value of a column, of patients who have one."""
    after = table.groupby("id")[target].shift(-1).rename("after")
    return table.join(after).dropna(subset=["after"])


def test_patients_are_in_one_hospital_or_kept_aside_with_all_columns():
    tables, whole, aside = cut_visits(3)
    everyone = pd.read_csv(DATA / "pbcseq.csv")
    assert aside.id.nunique() == 100
    assert not {*aside.id} & {*whole.id}
    assert len(aside) + len(whole) == len(everyone) == 1945
    assert sum(len(table) for table in tables.values()) == len(whole)
    assert [table.id.nunique() for table in tables.values()] == [71, 71, 70]
    for label, table in tables.items():
        assert {*whole} - {*table} == {*LACKS[label]}
    np.testing.assert_allclose(np.sort(np.exp(pd.concat([whole, aside]).log_bili)),
                               np.sort(everyone.bili))  # fmt: skip
    assert {*cut_visits(4)[2].id} != {*aside.id}


def test_each_task_is_forecast_from_visits_made_for_each_and_from_all_else():
    for task in TASKS:
        sets = [*found().loc[task].index]
        assert sets[:4] == [
            *(f"merged for {t}" for t in TASKS), "multiple imputation", "mean filling",
        ]  # fmt: skip
        assert {"complete visits", "last value carried forward", "mixed model"} < {*sets}
    assert "hospital_c alone" not in found().loc[TASKS[0]].index  # it has no albumin
    assert "hospital_c alone" in found().loc[TASKS[1]].index


def test_the_error_of_the_last_value_is_that_of_a_plain_difference():
    _, _, aside = cut_visits(3, CONFIG.num_test)
    own = pairs(aside, "albumin")
    wanted = np.sqrt(np.square(own.after - own.albumin).mean())
    assert found().error[TASKS[0], "last value carried forward"] == pytest.approx(wanted)


def test_the_error_of_complete_visits_is_that_of_scikit_learn():
    _, whole, aside = cut_visits(3, CONFIG.num_test)
    train, test = pairs(whole, "albumin"), pairs(aside, "albumin")
    inputs = ["albumin", "age"]
    centre, scale = train[inputs].mean(), train[inputs].std(ddof=0)
    model = Ridge(alpha=1.0).fit((train[inputs] - centre) / scale, train.after)
    error = model.predict((test[inputs] - centre) / scale) - test.after
    wanted = np.sqrt(np.square(error).mean())
    # Terms are scaled by the draws, in which a hospital's albumin is filled in.
    assert found().error[TASKS[0], "complete visits"] == pytest.approx(wanted, rel=1e-3)


def test_merged_visits_hold_their_equations_and_intervals_hold_most_values():
    exact = found().refit.dropna()
    assert [*exact.index] == [(task, f"merged for {task}") for task in TASKS]
    assert (exact < 1e-8).all()
    assert found().coverage.between(0.85, 1).all()
    assert (found().width > 0).all()


def test_a_forecast_is_scored_by_error_and_share_within_its_interval():
    forecast = Forecast(np.zeros(4), np.array([1.0, 1.0, 2.0, 2.0]))
    values = np.array([1.9, 2.0, 3.9, -4.0])
    assert forecast.coverage(values) == 0.5
    assert forecast.error(values) == pytest.approx(np.sqrt(np.mean(values**2)))


def lines(seed, people=150):
    """Visits whose y follows a line in time of each person."""
    drawn = np.random.default_rng(seed)
    counts = drawn.integers(2, 7, people)
    person = np.repeat(np.arange(people), counts)
    year = np.concatenate([np.sort(drawn.uniform(0, 6, n)) for n in counts])
    effect = drawn.multivariate_normal([0, 0], [[1, 0.1], [0.1, 0.3]], people)[person]
    y = 2 + 0.5 * year + effect[:, 0] + effect[:, 1] * year + 0.3 * drawn.normal(size=len(year))
    age = drawn.normal(50, 9, people).round(1)[person]
    table = pd.DataFrame({"id": person, "day": year * 365.25, "age": age, "y": y})
    return read_visits([table], Said("id", "day"), Settings(min_count=1))


def test_forecasts_given_a_model_are_those_of_its_joint_normal_law():
    visits = lines(0, people=3)
    beta, between, noise = np.array([2.0, 0.5, 0.01]), np.array([[1.0, 0.1], [0.1, 0.3]]), 0.2
    found = _predicted(visits, 1, beta, between, noise)
    place = 0
    for one in range(3):
        rows = np.nonzero(visits.person == one)[0]
        z = np.column_stack([np.ones(len(rows)), visits.time[rows] / 365.25])
        mean = np.column_stack([z, visits.codes[rows, 0]]) @ beta
        joint = z @ between @ z.T + noise * np.eye(len(rows))
        for k in range(1, len(rows)):
            share = np.linalg.solve(joint[:k, :k], joint[:k, k])
            expected = mean[k] + share @ (visits.codes[rows[:k], 1] - mean[:k])
            assert found.mean[place] == pytest.approx(expected)
            variance = joint[k, k] - share @ joint[:k, k]
            assert found.deviation[place] == pytest.approx(np.sqrt(variance))
            place += 1
    assert place == len(found.mean)


def test_the_mixed_model_forecasts_lines_better_than_the_last_value_does():
    visits, aside = lines(0), lines(1)
    forecast = growth_forecast(visits, aside, "y")
    values = aside.following(aside.codes)[aside.has_next, 1]
    last = aside.codes[aside.has_next, 1]
    assert forecast.error(values) < 0.7 * np.sqrt(np.square(values - last).mean())
    assert 0.9 < forecast.coverage(values) < 0.99


def test_the_columns_are_those_that_are_declared():
    assert [*found().reset_index()] == [*VISIT_TRIALS.columns]
