"""Ten lines from a table to rows: nearly as good as all rows, over 20 splits of three tables.

The lines are like those of the README, with the method that validation rows choose.
"""

import pytest
from sklearn.datasets import load_breast_cancer, load_diabetes, load_wine

from ddlib.benchmark.contest import Budget
from ddlib.benchmark.standings import standings
from ddlib.distillers import DISTILLERS
from ddlib.tasks.task import Task

METHODS = [
    "validated random", "k-means", "class means", "first-order", "kernel inducing points",
    "gradient matching", "label only", "exact",
]  # fmt: skip


def excess(frame, learner, num_rows):
    """The mean test error of all rows, and that of the chosen rows less it, over 20 splits."""
    methods = {name: DISTILLERS[name] for name in METHODS}
    whole, chosen = 0.0, 0.0
    for seed in range(20):
        task = Task.from_table(frame, "target", learner=learner, seed=seed)
        told = standings(task, methods, Budget(num_rows, 100, 20, "equal", seed))
        whole += told.all_rows.value / 20
        chosen += told.chosen.test.value / 20
    return whole, chosen - whole


@pytest.mark.nightly
@pytest.mark.parametrize(
    ("load", "num_rows"), [(load_wine, 30), (load_breast_cancer, 20)], ids=["wine", "breast cancer"]
)
def test_ten_rows_a_class_are_within_two_points_of_all_rows(load, num_rows):
    frame = load(as_frame=True).frame
    frame["target"] = "class " + frame["target"].astype(str)
    _, more = excess(frame, "logistic", num_rows)
    assert more < 0.02


@pytest.mark.nightly
def test_thirty_rows_of_diabetes_are_within_five_per_cent_of_all_rows():
    whole, more = excess(load_diabetes(as_frame=True).frame, "ridge", 30)
    assert more < 0.05 * whole
