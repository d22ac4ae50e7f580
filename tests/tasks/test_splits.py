"""Splits of a table: disjoint, fixed by a seed, of each class the same share."""

import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ddlib.tasks.splits import SPLITS, random_splits, share_faults, split_faults, stated_splits

SHARES = {"validation": 0.2, "test": 0.3}


def test_each_class_has_its_share_in_each_split():
    classes = pd.Series(np.repeat(["a", "b", "c"], [100, 40, 10]))
    splits = random_splits(classes, 150, **SHARES, seed=1)
    counts = {name: classes.iloc[splits[name]].value_counts().to_dict() for name in SPLITS}
    assert counts["test"] == {"a": 30, "b": 12, "c": 3}
    assert counts["validation"] == {"a": 20, "b": 8, "c": 2}
    assert counts["training"] == {"a": 50, "b": 20, "c": 5}


@given(st.lists(st.integers(0, 4), min_size=1, max_size=60), st.integers(0, 100))
def test_splits_are_all_rows_once_and_each_class_has_a_training_row(labels, seed):
    classes = pd.Series(labels)
    splits = random_splits(classes, len(labels), **SHARES, seed=seed)
    assert sorted(itertools.chain(*splits.values())) == [*range(len(labels))]
    assert set(classes.iloc[splits["training"]]) == set(labels)


def test_the_same_seed_gives_the_same_splits_and_another_others():
    first, again, other = (random_splits(None, 200, **SHARES, seed=s) for s in (1, 1, 2))
    assert first == again
    assert first != other
    assert [len(first[name]) for name in SPLITS] == [100, 40, 60]


def test_a_column_may_say_the_splits():
    column = pd.Series(["test", "training", "validation", "training"], name="part")
    assert stated_splits(column) == {"training": [1, 3], "validation": [2], "test": [0]}
    with pytest.raises(ValueError, match="column 'part': 'train' is no split; must be one of tra"):
        stated_splits(pd.Series(["train", "test"], name="part"))


def test_a_split_without_rows_and_a_class_without_a_training_row_are_refused():
    target = pd.Series(["a", "a", "b", "a"])
    splits = {"training": [0], "validation": [1, 2], "test": []}
    assert split_faults(splits, target, classes=True) == [
        "table: 4 rows in splits training 1, validation 2, test 0; each must have at least 1"
    ]
    splits["test"] = [3]
    assert split_faults(splits, target, classes=True) == [
        "class 'b': has no training row; must have one"
    ]
    assert split_faults(splits, target, classes=False) == []


@pytest.mark.parametrize(
    ("validation", "test", "told"),
    [
        (0.6, 0.4, "validation = 0.6, test = 0.4: must leave rows for training"),
        (0, 0.4, "validation = 0: must be a number above 0 and below 1"),
        (0.2, float("nan"), "test = nan: must be a number above 0 and below 1"),
        (0.2, "a", "test = 'a': must be a number above 0 and below 1"),
    ],
)
def test_shares_that_leave_nothing_are_refused(validation, test, told):
    assert share_faults(validation, test) == [told]
