"""Columns to rows and back: any labels, any units."""

import re

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from ddlib.tasks.columns import FrameError, Reader, are_classes
from ddlib.tasks.encoding import Encoding

LABELS = {
    "text": ["b", "a", "c", "a", "b", "c"],
    "truth values": [True, False, True, True, False, False],
    "whole numbers": [3, 1, 7, 1, 3, 7],
    "numbers": [0.5, -1.0, 0.5, 2.0, 2.0, -1.0],
    "categories": pd.Categorical(["lo", "hi", "mid", "hi", "lo", "mid"], ["lo", "mid", "hi"]),
    "nullable": pd.array([3, 1, 7, 1, 3, 7], dtype="Int64"),
    "mixed": ["a", 1, "a", 1, 2, 2],
}


def small(**columns):
    table = {"x": [1.0, 2, 4, 8, 16, 32], "n": [5, 5, 5, 5, 5, 5], "y": LABELS["text"]}
    return pd.DataFrame({**table, **columns})


def encoded(table, *, classes=True, one_hot=False, training=(0, 1, 2, 3), dtype=torch.float64):
    reader = Reader("y", classes, one_hot, dtype)
    assert reader.faults(table) == []
    return Encoding.of(table, reader, training)


@pytest.mark.parametrize("kind", LABELS)
def test_labels_of_any_kind_come_back_as_they_were(kind):
    table = small(y=LABELS[kind])
    coding = encoded(table)
    rows = coding.encode(table)
    assert rows.shape == (6, 2 + len(set(LABELS[kind])))
    assert (rows[:, 2:].sum(1) == 1).all()
    back = coding.decode(rows)
    assert list(back.columns) == ["x", "n", "y"]
    assert list(back["y"]) == list(table["y"])
    np.testing.assert_allclose(back["x"], table["x"])
    np.testing.assert_allclose(back["n"], 5)


def test_codes_are_those_of_scikit_learn():
    table = small(city=["rome", "oslo", "rome", "bonn", "oslo", "rome"])[["x", "city", "y"]]
    training = [0, 2, 3, 5]
    rows = encoded(table, one_hot=True, training=training).encode(table)
    scaler = StandardScaler().fit(table[["x"]].iloc[training])
    np.testing.assert_allclose(rows[:, :1], scaler.transform(table[["x"]]))
    one_hot = OneHotEncoder(sparse_output=False).fit_transform(table[["city", "y"]])
    np.testing.assert_array_equal(rows[:, 1:], one_hot)


def test_a_regression_target_is_standardised_and_comes_back_in_its_units():
    table = small(y=[10.0, 20, 40, 80, 160, 320])
    coding = encoded(table, classes=False)
    rows = coding.encode(table)
    assert coding.layout.num_responses == 1
    assert not coding.layout.categorical
    assert rows[:4, -1].mean().abs() < 1e-12
    np.testing.assert_allclose(coding.decode(rows)["y"], table["y"])


def test_rows_between_levels_come_back_as_shares_of_levels():
    table = small()
    coding = encoded(table)
    rows = coding.encode(table)[:2]
    rows[0, 2:] = torch.tensor([0.25, 0.75, 0.0])
    back = coding.decode(rows)
    assert list(back.columns) == ["x", "n", "y=a", "y=b", "y=c"]
    assert back.loc[0, ["y=a", "y=b", "y=c"]].tolist() == [0.25, 0.75, 0]


# A column of numbers whose squares are 0 is refused, by a line that another test looks at.
SQUARABLE = st.floats(-1e6, 1e6, allow_nan=False).filter(lambda x: x == 0 or abs(x) > 1e-100)


@given(
    st.lists(SQUARABLE, min_size=6, max_size=6),
    st.sampled_from([torch.float32, torch.float64]),
)
def test_numbers_come_back_within_rounding(cells, dtype):
    table = small(x=cells)
    coding = encoded(table, dtype=dtype)
    rows = coding.encode(table)
    assert rows.dtype == dtype
    scale = max(map(abs, cells))
    tolerance = 1e-5 if dtype == torch.float32 else 1e-9
    np.testing.assert_allclose(coding.decode(rows)["x"], cells, atol=tolerance * max(scale, 1))


@pytest.mark.parametrize(
    ("columns", "clash"),
    [({"y=a": [1.0] * 6}, "y=a"), ({"y": ["b=c"] * 3 + ["d"] * 3, "y=b": ["c", "d"] * 3}, "y=b=c")],
    ids=["a column of numbers", "two columns of levels"],
)
def test_a_column_named_as_the_shares_of_a_level_would_be_is_refused(columns, clash):
    with pytest.raises(FrameError, match=re.escape(f"column {clash!r}: would also be the name")):
        encoded(small(**columns), one_hot=True)


@pytest.mark.parametrize("kind", ["float32", "float64", "int64"])
def test_floats_come_back_in_their_own_precision(kind):
    table = small(x=np.array([1, 2, 4, 8, 16, 32], kind))
    coding = encoded(table)
    back = coding.decode(coding.encode(table))
    assert back["x"].dtype == ("float32" if kind == "float32" else "float64")


def test_another_table_is_coded_alike_or_refused_with_all_that_is_wrong():
    table = small()
    coding = encoded(table)
    turned = table[["y", "n", "x"]].assign(more=1)
    assert torch.equal(coding.encode(turned), coding.encode(table))
    wrong = table.drop(columns="n").assign(y=["a", "z", "b", "a", "a", "a"], x=["1", "?"] * 3)
    with pytest.raises(ValueError, match="column 'n': is lacking") as error:
        coding.encode(wrong)
    assert "column 'x': text ('1', '?'); must be numbers" in str(error.value)
    assert "column 'y': 'z'; must be one of 'a', 'b', 'c'" in str(error.value)
    with pytest.raises(ValueError, match=r"rows: shape \(2, 4\); must be \(m, 5\)"):
        coding.decode(torch.zeros(2, 4))


FAULTS = {
    "missing": ({"x": [1, np.nan, 3, np.nan, 5, 6]}, "column 'x': 2 missing cells (rows 1, 3); "),
    "infinite": ({"x": [1, np.inf, 3, 4, 5, 6]}, "column 'x': infinite in rows 1; must be finite"),
    "text": ({"x": list("pqrstu")}, "column 'x': text ('p', 'q', 'r' and 3 more); must be numb"),
    "nothing": ({"x": [np.nan] * 6}, "column 'x': no cell is there; leave the column out, or fil"),
    "commas": (
        {"x": ["0,5", "1", "-2,25"] * 2},
        "column 'x': numbers with a comma ('0,5', '1', '-",
    ),
    "dates": ({"x": pd.date_range("2020", periods=6)}, "column 'x': dates; must be numbers, such"),
    "no label": ({"y": ["a", None, "b", "a", "b", "b"]}, "column 'y': 1 missing cell (rows 1); "),
    "one label": ({"y": ["a"] * 6}, "target 'y': is 'a' in all rows; must have at least two val"),
}


@pytest.mark.parametrize("case", FAULTS)
def test_cells_that_cannot_be_coded_are_named(case):
    columns, told = FAULTS[case]
    (fault,) = Reader("y", True, False, torch.float64).faults(small(**columns))
    assert fault.startswith(told)


def test_text_in_place_of_a_number_to_predict_is_refused():
    (fault,) = Reader("y", False, True, torch.float64).faults(small())
    assert fault.startswith("column 'y': text ('b', 'a', 'c'); must be numbers for a learner of")
    many = small(y=np.arange(6) / 7, x=range(6))
    many = pd.concat([many] * 10, ignore_index=True).assign(y=np.arange(60) / 7)
    (fault,) = Reader("y", True, True, torch.float64).faults(many)
    assert fault.startswith("target 'y': 60 numbers in 60 rows; must be classes")


@pytest.mark.parametrize(
    ("cells", "classes"),
    [
        (["a", "b"], True),
        ([True, False], True),
        ([0, 1, 2], True),
        ([0.0, 1.0], True),
        ([0.5, 1.0], False),
        ([*range(11)], False),
    ],
)
def test_text_and_a_few_whole_numbers_are_taken_for_classes(cells, classes):
    assert are_classes(pd.Series(cells)) is classes
