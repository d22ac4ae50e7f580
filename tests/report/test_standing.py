"""Where merged rows stand on rows kept aside: lines, words, and a verdict by the interval."""

import numpy as np
import pandas as pd
import pytest

from ddlib.comparisons import resampled_interval
from ddlib.merge.formula import TableTask
from ddlib.merge.held_out import COLUMNS, HeldOut
from ddlib.report.standing import standing
from ddlib.tables import Note

TASK = TableTask("died ~ .", "logistic", "died", ("age",))
OWN = [0.80, 0.82, 0.81, 0.85, 0.80]


def held(rivals, notes=()):
    """Scores of rivals by split."""
    rows = [
        (split, TASK.text, "AUC", rival, score)
        for rival, scores in rivals.items()
        for split, score in enumerate(scores)
    ]
    return HeldOut(pd.DataFrame(rows, columns=COLUMNS), 0.25, tuple(notes))


@pytest.mark.parametrize(
    ("apart", "words"),
    [
        ([0.05, 0.06, 0.05, 0.06, 0.05], "better than"),
        ([-0.05, -0.06, -0.05, -0.06, -0.05], "worse than"),
        ([0.05, -0.06, 0.05, -0.01, 0.02], "not told apart from"),
    ],
)
def test_the_verdict_is_that_of_the_interval(apart, words):
    scores = {"merged rows": OWN, "mean filling": np.subtract(OWN, apart)}
    found = standing(held(scores), TASK)
    low, high = resampled_interval(pd.Series(apart), test_share=0.25)
    assert f"the merged rows are {words} mean filling: their AUC less" in found.verdict
    told = f"is {np.mean(apart):.3f} (95 % interval {low:.3f} to {high:.3f})"
    assert told.replace("-", "−") in found.verdict
    own, filling = found.lines
    assert (own.own, own.mean) == (True, pytest.approx(np.mean(OWN)))
    assert (filling.low, filling.high) == pytest.approx((own.mean - high, own.mean - low))


def test_one_split_gives_no_verdict_and_says_how_to_get_one():
    found = standing(held({"merged rows": [0.8], "mean filling": [0.7]}), TASK)
    assert "one split does not tell" in found.verdict
    assert "--splits" in found.verdict
    assert "One split holds 25 % of the rows out" in found.reason


def test_it_is_said_how_rows_that_lack_predictors_are_scored():
    scores = {"merged rows": OWN, "mean filling": OWN}
    assert "their mean in the rows trained on" in standing(held(scores), TASK).reason
    density = TableTask(TASK.text, "density", "", ("age",))
    assert "on the cells that it shows" in standing(held(scores), density).reason


def test_splits_without_merged_rows_are_counted():
    scores = {"merged rows": [0.8, np.nan, 0.7], "mean filling": [0.6, 0.9, 0.6]}
    found = standing(held(scores), TASK)
    assert "Mean over 2 random splits" in found.reason
    assert "in 1 more the rows left were too few" in found.reason
    assert found.lines[0].mean == pytest.approx(0.75)


def test_why_there_is_no_score_is_said():
    why = [Note("note", "died ~ .: died is seen in 3 rows"), Note("note", "age ~ .: something")]
    found = standing(held({}, why), TASK)
    assert (found.reason, found.lines, found.verdict) == (why[0].text, [], "")
    assert "no part of the rows" in standing(held({}), TASK).reason
    none = standing(held({"merged rows": [np.nan], "mean filling": [0.8]}), TASK)
    assert "too few to make merged rows" in none.reason
    assert not none.lines


def test_a_rival_without_scores_gives_no_verdict():
    found = standing(held({"merged rows": OWN, "mean filling": [np.nan] * 5}), TASK)
    assert found.verdict == ""
    assert standing(held({"merged rows": OWN}), TASK).verdict == ""
