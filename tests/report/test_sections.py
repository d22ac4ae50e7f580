"""Sections on coverage, assumptions and rerunning: what they say of small tables, by hand."""

from datetime import date

import numpy as np
import pytest
from bs4 import BeautifulSoup

from ddlib.html.page import page
from ddlib.report.comparison import Comparison
from ddlib.report.coverage_section import assumptions_section, coverage_section, unseen_pairs
from ddlib.report.rerun_section import Input, rerun_section
from ddlib.tables import Column

COLUMNS = tuple(Column(name, "number", (), 0.0, 9.0, 1) for name in ("x", "y", "z"))


def compared(least=10, **sites):
    """Tables of three columns: of each the number of rows, and which columns they show."""
    codes = {}
    for label, (rows, *shown) in sites.items():
        codes[label] = np.where(
            [column.name in shown for column in COLUMNS], np.ones((rows, 3)), np.nan
        )
    ones = np.ones((20, 3))
    return Comparison(COLUMNS, codes, [ones], ones, np.ones(20), least)


def parsed(section):
    return BeautifulSoup(page("t", "l", [section]), "html.parser").section


def words(section):
    return " ".join(parsed(section).get_text(" ").split())


def cells(found):
    return [
        [cell.get_text() for cell in row.find_all(["th", "td"])] for row in found.find_all("tr")
    ]


def test_rows_that_show_a_column_are_counted_by_table():
    section = coverage_section(compared(a=(30, "x", "y"), b=(12, "y", "z")))
    assert cells(parsed(section).find("table")) == [
        ["column", "a", "b"],
        ["x number", "30", "–"],
        ["y number", "30", "12"],
        ["z number", "–", "12"],
        ["all", "30 rows", "12 rows"],
    ]


ALL = "All 3 pairs of columns are seen together."
FEWEST = "Of the pairs that are seen, the fewest rows, "


@pytest.mark.parametrize(
    ("sites", "told"),
    [
        ({"a": (30, "x", "y", "z"), "b": (12, "y", "z")}, ALL),
        ({"a": (30, "x", "y", "z"), "b": (12, "y", "z")}, f"{FEWEST}30 rows, show x and y"),
        ({"a": (5, "x", "y", "z"), "b": (12, "y", "z")}, f"{FEWEST}fewer than 10 rows, show x and"),
        ({"a": (30, "x", "y"), "b": (12, "y", "z")}, f"{FEWEST}12 rows, show y and z"),
        ({"a": (30, "x", "y"), "b": (12, "y", "z")}, "One of the 3 pairs of columns is never"),
        ({"a": (30, "x"), "b": (12, "y", "z")}, "2 of the 3 pairs of columns are never"),
    ],
)
def test_pairs_are_counted(sites, told):
    assert told in words(coverage_section(compared(**sites)))


def test_few_rows_are_no_number():
    section = coverage_section(compared(a=(30, "x", "y"), b=(4, "z")))
    assert cells(parsed(section).find("table"))[3] == ["z number", "–", "fewer than 10"]


def test_pairs_that_rest_on_assumption_are_listed_with_what_the_tables_allow():
    shown = compared(a=(30, "x", "y"), b=(12, "y", "z"))
    correlation = np.array([[1, 0.5, 0.25], [0.5, 1, 0.4], [0.25, 0.4, 1]])
    section = assumptions_section(
        shown, correlation, lambda i, j: (-0.31 - i, 0.62 + j), num_draws=7, prior_rows=3.0
    )
    assert unseen_pairs(shown) == [(0, 2)]
    assert cells(parsed(section).find("table"))[1:] == [["x and z", "0.25", "−0.31", "2.62"]]
    assert "drawn 7 times" in words(section)
    assert "fewer than 10 rows" in words(section)


def test_where_all_pairs_are_seen_no_table_of_them_is_shown():
    shown = compared(least=1, a=(30, "x", "y", "z"))
    section = assumptions_section(
        shown, np.eye(3), lambda i, j: (0.0, 0.0), num_draws=2, prior_rows=3.0
    )
    assert "all are seen together" in words(section)
    assert "No figure and no level" not in words(section)
    assert parsed(section).find("table") is None


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        (12, "That is 0.80 times for the 12 rows that show y and z , the fewest of a pair"),
        (4, "That is less than 0.77 times for the rows that show y and z , the fewest of a pair"),
    ],
)
def test_the_shrinkage_of_correlations_is_said(rows, told):
    """12 / (12 + 3), or less than 10 / (10 + 3); and 27 / (27 + 3)."""
    shown = compared(a=(27, "x", "y"), b=(rows, "y", "z"))
    found = words(
        assumptions_section(shown, np.eye(3), lambda i, j: (0.0, 0.0), num_draws=2, prior_rows=3.0)
    )
    assert "n / (n + 3) times as strong" in found
    assert told in found
    assert "and 0.90 times for the most, 27." in found


def test_a_rerun_has_command_files_date_and_version():
    inputs = [Input("a.csv", 30, "0123456789abcdef0000"), Input("frame", 12)]
    section = rerun_section("ddlib merge 'a b.csv'", inputs, date(2026, 1, 2), "1.2.3")
    found = parsed(section)
    assert found.pre.get_text() == "ddlib merge 'a b.csv'"
    assert cells(found.find("table"))[1:] == [
        ["a.csv", "30", "0123456789abcdef"],
        ["frame", "12", "–"],
    ]
    assert "Made on 2026-01-02 by ddlib 1.2.3." in words(section)
    assert found.a["href"] == "https://arxiv.org/abs/2409.01410"
