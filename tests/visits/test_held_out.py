"""Held-out scores of visits: people are kept aside whole, rivals are what they say."""

import numpy as np
import pytest
from sklearn.linear_model import Ridge
from sklearn.metrics import r2_score

from ddlib.merge.model import numpy_seed
from ddlib.merge.rivals import MEAN_FILLING, MERGED
from ddlib.visits.held_out import LAST_VALUE, held_out
from ddlib.visits.model import canonical
from ddlib.visits.tasks import read_tasks
from tests.visits.tables import read
from tests.visits.test_tasks import WITHIN, followed

TASKS = ["next(x) ~ x + age", "next(sign) ~ x + y", WITHIN]
QUICK = {"num_people": 60, "num_draws": 2, "seed": 0}


@pytest.fixture(scope="module")
def found():
    asked = read_tasks(TASKS, read(followed(people=240)), 2)
    return asked, held_out(asked, num_splits=2, **QUICK)


def test_each_task_has_its_rivals_and_measure(found):
    scores = found[1].scores
    assert len(found[1].notes) == 0
    own = {task: set(rows["rival"]) for task, rows in scores.groupby("task")}
    names = {MERGED, "multiple imputation", MEAN_FILLING, "table 1 alone"}
    assert own == {TASKS[0]: names | {LAST_VALUE}, TASKS[1]: names, WITHIN: names}
    assert {*scores["measure"]} == {"R²", "AUC"}
    assert scores["score"].notna().all()
    assert {*scores["split"]} == {0, 1}


def test_the_scores_are_those_of_scikit_learn_on_people_kept_aside(found):
    asked, held = found
    table = canonical(asked.visits).table()
    table["next"] = table.groupby("id").x.shift(-1)
    row = held.scores.query("task == @TASKS[0] and split == 0").set_index("rival")["score"]
    people = table.id.unique()
    drawn = np.random.default_rng(numpy_seed(0, "split 0")).permutation(len(people))
    aside = table.id.isin(people[drawn[: len(people) // 4]])
    test, train = (table[some].dropna(subset=["next"]) for some in (aside, ~aside))
    assert row[LAST_VALUE] == pytest.approx(r2_score(test.next, test.x))
    inputs = ["x", "age"]
    centre, scale = train[inputs].mean(), train[inputs].std(ddof=0)
    model = Ridge(alpha=1.0).fit((train[inputs] - centre) / scale, train.next)
    wanted = r2_score(test.next, model.predict((test[inputs] - centre) / scale))
    assert row[MEAN_FILLING] == pytest.approx(wanted, abs=1e-3)
    assert row[MERGED] == pytest.approx(wanted, abs=0.02)


def test_targets_that_few_visits_show_are_not_scored():
    table = followed(people=60)
    some = table.id <= 12
    asked = read_tasks(["next(y) ~ x"], read(table.assign(y=table.y.where(some))), 2)
    held = held_out(asked, num_splits=1, **QUICK)
    assert held.scores.empty
    assert "no held-out score, as 'next(y)' is seen in" in held.notes[0].text
