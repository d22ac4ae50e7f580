"""Tables of pages: numbers as readers write them, and heads of every column and row."""

import numpy as np
import pandas as pd
import pytest
from bs4 import BeautifulSoup
from hypothesis import given
from hypothesis import strategies as st

from ddlib.plots.numbers import MINUS, THOUSANDS, interval, number
from ddlib.plots.tables import specs_of, typeset

LEVELS = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹" + MINUS, "-0123456789-")


def parsed(shown):
    return BeautifulSoup(shown.data, "html.parser")


def texts(cells):
    return [cell.get_text() for cell in cells]


@pytest.mark.parametrize(
    ("value", "spec", "text"),
    [
        (0.0, ".1e", "0"),
        (0.0, ".2g", "0"),
        (0.0999, ".2g", "0.10"),
        (99.96, ".2g", "100"),
        (1234.5, ".2g", "1\u202f200"),
        (-2400, "", "−2\u202f400"),
        (1234567.25, ".1f", "1\u202f234\u202f567.2"),
        (1.2e7, ".3g", "1.20\u00a0×\u00a010⁷"),
        (1e-4, ".2g", "0.00010"),
        (-2.36e-5, ".2g", "−2.4\u00a0×\u00a010⁻⁵"),
        (4e-16, ".0e", "4\u00a0×\u00a010⁻¹⁶"),
        (1.5e12, ".1e", "1.5\u00a0×\u00a010¹²"),
        (-0.0001, ".2f", "0.00"),
        (-0.5, "+.1%", "−50.0%"),
        (7, "", "7"),
        (float("nan"), ".2f", "–"),
    ],
)
def test_numbers_are_written_as_readers_write_them(value, spec, text):
    assert number(value, spec) == text


@given(st.floats(-1e9, 1e9), st.integers(1, 6))
def test_significant_digits_are_those_of_python(value, digits):
    text = number(value, f".{digits}g")
    assert "e" not in text
    mantissa, _, power = text.replace(THOUSANDS, "").translate(LEVELS).partition("\u00a0×\u00a010")
    assert float(f"{mantissa}e{power or 0}") == float(f"{value:.{digits}g}")


def test_an_interval_has_its_estimate_first():
    assert interval(0.414, 0.38, -0.44, ".2f") == "0.41 (0.38 to −0.44)"


def test_whole_numbers_of_a_table_stay_whole():
    columns = {"day": [1127.0, np.nan], "id": [3, 4], "share": [0.5, 1.0], "sex": ["f", "m"]}
    frame = pd.DataFrame(columns | {"none": [np.nan, np.nan]})
    assert specs_of(frame, ".3g") == {"day": ".0f", "id": ".0f", "share": ".3g"}


def test_every_column_and_row_has_a_head():
    index = pd.Index(["a <", "$x<1$"], name="rows of a set")
    shown = parsed(
        typeset(
            pd.DataFrame({"$F$, nats": [1, 22], "made": ["so", True], "by": ["x", np.nan]}, index)
        )
    )
    heads = shown.thead.find_all("th")
    assert texts(heads) == ["rows of a set", r"\(F\), nats", "made", "by"]
    assert {head["scope"] for head in heads} == {"col"}
    assert texts(shown.tbody.find_all("th", scope="row")) == ["a <", r"\(x<1\)"]
    assert texts(shown.tbody.find_all("td")) == ["1", "so", "x", "22", "True", "–"]
    assert shown.find_all(class_="math")[0].get_text() == r"\(F\)"
    # Many tables stand on one page, and each in two themes.
    assert not shown.find_all(id=True)
    assert not shown.find_all("style")
    assert not shown.find_all(headers=True)


def test_levels_become_groups_of_rows_and_heads_above_heads():
    index = pd.MultiIndex.from_tuples([("A", "one"), ("A", "two"), ("B", "one")], names=["", "set"])
    columns = pd.MultiIndex.from_tuples([("", "size"), ("error", "mean"), ("error", "largest")])
    shown = parsed(typeset(pd.DataFrame([[1, 2, 3], [4, 5, 6], [7, 8, 9]], index, columns)))
    groups = shown.find_all("th", scope="colgroup")
    assert [text.strip() for text in texts(groups)] == ["error", "A", "B"]
    assert groups[0]["colspan"] == "2"
    rows = [row for row in shown.tbody.find_all("tr") if row.td]
    assert [texts(row.find_all(["th", "td"])) for row in rows] == [
        ["one", "1", "2", "3"],
        ["two", "4", "5", "6"],
        ["one", "7", "8", "9"],
    ]


def test_numbers_end_on_the_same_decimal_and_text_does_not():
    index = pd.Index(["a", "b", "c"], name="set")
    frame = pd.DataFrame({"v": [12.0, 0.123, -3.4], "w": [(1.0, 0.5, 2.0)] * 3}, index)
    cells = parsed(typeset(frame, {"v": ".2g", "w": ".1f"})).tbody.find_all("td")
    numbers, intervals = texts(cells[::2]), texts(cells[1::2])
    assert [text.rstrip("\u2007\u2008") for text in numbers] == ["12", "0.12", "−3.4"]
    digits_behind = [len(text) - len(text.rstrip("\u2007\u2008")) for text in numbers]
    assert digits_behind == [3, 0, 1]  # a point and two digits; none; a digit
    assert intervals == ["1.0 (0.5 to 2.0)"] * 3
    assert all("gt_right" in cell["class"] for cell in cells)


@pytest.mark.parametrize(("best", "bold"), [("min", ["1"]), ("max", ["2"]), (None, [])])
def test_the_best_of_each_column_is_bold(best, bold):
    frame = pd.DataFrame({"v": [2, 1], "w": ["x", "y"]}, pd.Index(["a", "b"], name="set"))
    strong = texts(parsed(typeset(frame, best=best)).find_all("strong"))
    assert strong == bold


def test_bars_are_as_long_as_their_numbers_and_are_not_read_aloud():
    index = pd.Index(["a", "b", "c"], name="set")
    frame = pd.DataFrame({"v": [2.0, 1.0, float("nan")]}, index)
    bars = parsed(typeset(frame, ".0f", bars=["v"])).find_all(class_="small-bar")
    assert [bar["style"] for bar in bars] == [f"--share: {s}" for s in ("1.000", "0.500", "0.000")]
    assert {bar["aria-hidden"] for bar in bars} == {"true"}


@pytest.mark.parametrize(
    ("index", "columns", "specs", "message"),
    [
        (None, ["v"], "", "index: must have a name"),
        ("set", [""], "", "column 0: no name"),
        ("set", ["v"], {"w": ".2f"}, "w: no such column; must be one of v"),
        (None, [""], {"w": ".2f"}, "index: must have a name.*; column 0: no name.*; w: no such"),
    ],
)
def test_what_no_table_can_be_made_of_is_refused(index, columns, specs, message):
    frame = pd.DataFrame([[1.0]], pd.Index(["a"], name=index), columns)
    with pytest.raises(ValueError, match=message):
        typeset(frame, specs)
