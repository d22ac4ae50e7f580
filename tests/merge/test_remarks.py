"""What is said of merged rows: fits that find something else, draws alike, worth in two digits."""

import math
import re
from dataclasses import replace

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from ddlib.experiments.trials import cut
from ddlib.merge.merged import merge
from ddlib.merge.refit import Refit, refit
from ddlib.merge.remarks import remarks, shortfall
from ddlib.merge.worth import about
from ddlib.tables import read_sources

FEW, MANY = "died ~ age + bili", "stage ~ ."


@pytest.fixture(scope="module")
def merged():
    """Rows without weights, for a task of two levels and for one of four with many inputs."""
    sources = read_sources(cut("pbc", 0).tables)
    return merge(sources, [FEW, MANY], num_rows=100, weights=False, num_draws=2)


def remarked(merged, apart=1.0):
    mixing = replace(merged.copula.mixing, apart=apart)
    model = replace(merged.model, copula=replace(merged.copula, mixing=mixing))
    told = merged.worth, merged.loss, merged.method, merged.codes, merged.weights
    return remarks(model, merged.questions, *told)


def test_a_refit_is_that_of_scikit_learn(merged):
    learner = LogisticRegression(C=np.inf, solver="newton-cholesky", tol=1e-12)
    x = merged.rows[["age", "bili"]].astype(float).to_numpy()
    learner.fit(x, merged.rows["died"].astype(int))
    pooled = merged.pooled[FEW].table().set_index("term")
    own = {"intercept": learner.intercept_[0]}
    own |= dict(zip(("age", "bili"), learner.coef_[0], strict=True))
    apart = {
        term: abs(value - pooled.loc[term, "estimate"]) / pooled.loc[term, "standard error"]
        for term, value in own.items()
    }
    found = refit(merged.pooled[FEW], merged.codes, merged.weights)
    assert found.apart == pytest.approx(max(apart.values()), rel=1e-5)
    assert apart[found.term] == max(apart.values())
    assert found.outcome == "died = 1"


def test_a_fit_that_finds_the_pooled_coefficients_is_told_as_one():
    told = "a fit to the rows finds the pooled coefficients"
    assert Refit(0.0049, "died = 1", "age").told == told
    assert "0.01 standard errors" in Refit(0.0051, "died = 1", "age").told


def test_a_fit_that_runs_away_is_told_as_one():
    found = Refit(math.inf, "", "")
    assert not found.usable
    assert "no finite coefficients" in found.told


@pytest.mark.parametrize(("apart", "usable"), [(0.99, True), (1.01, False)])
def test_rows_are_usable_within_a_standard_error(apart, usable):
    found = Refit(apart, "died = 1", "age")
    assert found.usable == usable
    assert f"{apart} standard errors" in found.told
    assert "(died = 1: age)" in found.told


def test_rows_from_which_a_task_is_not_learnt_are_warned_of(merged):
    assert math.isinf(refit(merged.pooled[MANY], merged.codes, merged.weights).apart)
    levels = {note.text.partition(":")[0]: note.level for note in reversed(merged.notes)}
    assert levels[MANY] == "warning"
    assert levels[FEW] == "note"
    told = [note.level for note in merged.notes]
    assert told == sorted(told, reverse=True)


@pytest.mark.parametrize(
    ("rows", "told"),
    [(171.3, "170"), (1234.0, "1200"), (98.6, "99"), (9.74, "9.7"), (2.0, "2"), (0.123, "0.12")],
)
def test_worth_is_told_in_two_digits(rows, told):
    assert about(rows) == told


def test_worth_is_for_a_task_alone(merged):
    found = [note.text for note in merged.notes if "for this task alone" in note.text]
    assert len(found) == 2
    assert all(re.search(r": worth about [1-9]\d?0* complete rows of the 212", t) for t in found)


# Draws


@pytest.mark.parametrize("num_draws", [2, 10, 40])
@pytest.mark.parametrize("pull", [0.0, 0.5, 0.9])
def test_the_shortfall_is_that_of_a_chain(num_draws, pull):
    """The expected sample variance of an autoregression, from its covariance matrix."""
    place = np.arange(num_draws)
    covariance = pull ** np.abs(place - place[:, None]) if pull else np.eye(num_draws)
    expected = (np.trace(covariance) - covariance.mean() * num_draws) / (num_draws - 1)
    worth = num_draws**2 / covariance.sum()
    assert shortfall(worth, num_draws) == pytest.approx(1 - expected**0.5, abs=1e-12)


def test_draws_that_resemble_one_another_are_warned_of_with_what_to_do(merged):
    assert not any("resemble" in note.text for note in remarked(merged))
    (found,) = [note for note in remarked(merged, apart=0.3) if "resemble" in note.text]
    assert found.level == "warning"
    # Of two draws that tell less than one does nothing is left.
    assert "up to 100 %" in found.text
    assert "as much as 0.6 independent ones" in found.text
    enough = int(re.search(r"ask for (\d+) draws", found.text)[1])
    assert shortfall(0.3 * enough, enough) <= 0.05 < shortfall(0.3 * (enough - 10), enough - 10)


@pytest.mark.parametrize(
    ("rows", "most", "told"),
    [(1854, 1854, "1800"), (1860, 2000, "1900"), (76, 76, "76"), (1549.7, 1549, "1500")],
)
def test_rows_are_never_worth_more_than_there_are(rows, most, told):
    assert about(rows, most) == told
