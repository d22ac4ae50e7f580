"""What is wrong with a target and a column that a task names."""

import pandas as pd
import pytest

from ddlib.tasks.columns import FrameError
from ddlib.tasks.task import Task


def test_a_target_whose_values_all_differ_is_named():
    days = pd.date_range("2020-01-01", periods=20).strftime("%Y-%m-%d")
    table = pd.DataFrame({"x": range(20), "when": days})
    with pytest.raises(FrameError) as caught:
        Task.from_table(table, "when", learner="logistic")
    told = "20 different values in 20 rows, such as '2020-01-01'; must be classes, or numbers"
    assert str(caught.value) == f"target 'when': {told}"


def test_a_column_of_splits_that_is_not_there_is_told_with_the_near_one():
    table = pd.DataFrame({"x": range(20), "part": ["training"] * 20, "y": [0, 1] * 10})
    with pytest.raises(FrameError, match=r"^split = 'prat': no such column; perhaps 'part'\?"):
        Task.from_table(table, "y", learner="logistic", split="prat")


def test_numbers_whose_squares_are_0_are_refused_with_advice():
    table = pd.DataFrame({"x": range(20), "y": [k * 1e-201 for k in range(20)], "z": [0.0] * 20})
    with pytest.raises(FrameError) as caught:
        Task.from_table(table, "y", learner="ridge")
    told = "no number larger than 2e-200 in size; must be some of at least 1e-150: choose another"
    assert caught.value.faults == (f"column 'y': {told} unit",)
