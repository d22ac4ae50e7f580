"""Which methods of the benchmark took fewer looks than they could: by counting them by hand."""

import pandas as pd
import pytest

from ddlib.benchmark.early import early_ends

PLACE = {"family": "wine", "task": "logistic", "judged_on": "logistic", "num_rows": 9}
BUDGET = {"share": 1.0, "num_looks": 20, "step_sizes": (0.02, 0.1), "validation": 0.1}


def rows(*looks, step_size=0.02, method="BPTT", **others):
    return pd.DataFrame(
        [
            PLACE | BUDGET | {"method": method, "step_size": step_size, "looks": n} | others
            for n in looks
        ]
    )


def test_a_descent_looks_at_the_start_with_each_step_size():
    assert early_ends(rows(22, 22)) == []
    assert early_ends(rows(22, 21, 13)) == [
        "BPTT, 9 rows for logistic of wine: a step size diverged, or it ended by itself, in 2 of 3 "
        "draws, after 13 of 22 looks at the earliest"
    ]


def test_a_method_without_a_step_size_can_only_end_by_itself():
    nan = float("nan")
    assert early_ends(rows(21, step_size=nan)) == []
    assert early_ends(rows(4, 21, step_size=nan, method="mine")) == [
        "mine, 9 rows for logistic of wine: ended by itself, in 1 of 2 draws, after 4 of 21 looks "
        "at the earliest"
    ]


@pytest.mark.parametrize(
    "other",
    [
        {"validation": float("nan")},  # done at once, and all rows
        {"judged_on": "network"},  # the same run, judged by another
        {"share": 0.4},  # under way
        {"looks": -1},  # not counted
    ],
)
def test_what_has_no_budget_of_looks_does_not_end_early(other):
    assert early_ends(rows(1, **({"step_size": float("nan")} | other))) == []


def test_each_task_has_a_line_of_its_own():
    both = pd.concat([rows(3), rows(4).assign(task="network", judged_on="network"), rows(22)])
    assert [line.partition(" of wine")[0] for line in early_ends(both)] == [
        "BPTT, 9 rows for logistic",
        "BPTT, 9 rows for network",
    ]
