"""A whole report of tables of all shapes: it holds, and reads well in a browser."""

import re
from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest
from bs4 import BeautifulSoup

from ddlib.html.intervals import Scored
from ddlib.html.network import by_column, partial_correlations, strongest
from ddlib.report.comparison import Comparison
from ddlib.report.document import Report, report_page
from ddlib.report.privacy import Nearness
from ddlib.report.rerun_section import Input
from ddlib.report.task_section import TaskReport
from ddlib.report.twins import Twins
from ddlib.tables import Column, Note
from tests.shared.chromium import chromium

NEAR = Nearness(50, 50, 0.04, 0.1, 0.11, 0.51, 0.1)
TASK = TaskReport(
    text="died ~ .",
    learner="logistic regression",
    score="AUC",
    lines=[
        Scored("merged rows", 0.84, own=True),
        Scored("mean filling", 0.83, 0.81, 0.86),
        Scored("a.csv alone", float("nan")),
    ],
    reason="Over 5 splits.",
    verdict="The merged rows are better.",
    coefficients=None,
    worth=123.4,
    refit="a fit to the rows has no finite coefficients",
    num_real=300,
    usage="print('<&>')",
)


def report(columns, sites, merged, **changes):
    """A report of codes, which says nothing of a model."""
    p = len(columns)
    made = Report(
        compared=Comparison(tuple(columns), sites, [merged], merged, np.ones(len(merged)), 10),
        notes=[Note("note", "one"), Note("warning", "two")],
        tasks=[TASK],
        correlation=np.eye(p),
        partial=np.eye(p),
        bounds=lambda i, j: (-0.5, 0.5),
        num_draws=10,
        prior_rows=5.0,
        weighted=True,
        nearness=NEAR,
        twins=Twins(0, len(merged), 0, sum(map(len, sites.values()))),
        inputs=[Input(site, len(codes), "ab" * 32) for site, codes in sites.items()],
        output="out.csv",
        command="ddlib merge",
        made=date(2026, 1, 2),
        version="1.2",
    )
    return replace(made, **changes)


def columns_of_all_kinds():
    return [
        Column("age", "number", (), 20.0, 90.0, 1),
        Column("visits", "count", (), 0, 9, 0, "int64"),
        Column("many", "count", (), 0, 5000, 0, "int64"),
        Column("sex", "binary", ("f", "m"), dtype="str"),
        Column("stage", "ordered", (1, 2, 3), dtype="int64"),
        Column("city", "category", tuple(f"a long name of a place {k}" for k in range(30))),
        Column("seen", "date", (), 0, 9000, 0, "datetime64[us]"),
    ]


def codes_of_all_kinds(n, seed=0):
    rng = np.random.default_rng(seed)
    return np.column_stack(
        [
            rng.normal(60, 9, n).round(1),
            rng.poisson(2, n),
            rng.poisson(300, n),
            rng.integers(0, 2, n),
            rng.integers(0, 3, n),
            rng.integers(0, 30, n),
            rng.integers(0, 9000, n),
        ]
    ).astype(float)


@pytest.fixture
def whole():
    """A report of three tables, of which the second lacks two columns that the third has alone."""
    sites = {name: codes_of_all_kinds(80, k) for k, name in enumerate(("a.csv", "b.csv", "c.csv"))}
    sites["a.csv"][:, [0, 2]] = np.nan
    sites["b.csv"][:, 0] = np.nan
    sites["c.csv"][:, 2] = np.nan
    return report(columns_of_all_kinds(), sites, codes_of_all_kinds(60, 9))


def sections(text):
    soup = BeautifulSoup(text, "html.parser")
    found = {part["id"]: " ".join(part.get_text(" ").split()) for part in soup.find_all("section")}
    return found, soup


def test_pairs_that_no_table_has_are_named_and_hatched(whole):
    found, soup = sections(report_page(whole))
    assert "One of the 21 pairs of columns is never seen together" in found["coverage"]
    assert "age and many" in found["assumed"]
    hatched = soup.find(id="correlations").find_all("rect", fill="url(#hatched)")
    assert len(hatched) == 1 + 1  # below the diagonal, and in the scale
    assert soup.find(id="coverage").find_all("rect", fill="url(#hatched)")


def test_every_column_has_a_figure_that_says_which_table_lacks_it(whole):
    _, soup = sections(report_page(whole))
    cards = {card.bdi.get_text(): card for card in soup.find_all(class_="card")}
    assert list(cards) == list(whole.compared.names)
    feet = [foot.get_text() for foot in cards["age"].find_all("p")]
    assert feet[0] == "Not in a.csv, b.csv."
    assert re.fullmatch(r"All, drawn: [\d.]+ ± [\d.]+\. Merged: [\d.]+ ± [\d.]+\.", feet[1])
    assert not cards["visits"].find_all("p")
    assert all(card.find("svg") for card in cards.values())
    assert "23 others" in cards["city"].get_text()


@pytest.mark.parametrize(
    ("share", "words"), [(0.6, "are weaker than"), (1.0, "match"), (1.4, "are stronger than")]
)
def test_the_strength_of_correlations_is_said(share, words):
    """Normal rows of correlation 0.5, and merged ones whose correlation is a share of that."""
    rng = np.random.default_rng(0)
    columns = [Column(name, "number", (), -9.0, 9.0, 2) for name in ("x", "y")]

    def rows(correlation):
        x, y = rng.standard_normal((2, 4000))
        return np.column_stack([x, correlation * x + (1 - correlation**2) ** 0.5 * y])

    found, _ = sections(report_page(report(columns, {"a": rows(0.5)}, rows(0.5 * share))))
    assert f"They {words} the real ones" in found["correlations"]
    told = int(re.search(r"merged rows keep (\d+) %", found["correlations"])[1])
    assert told == pytest.approx(100 * share, abs=5)


def test_warnings_stand_first(whole):
    found, soup = sections(report_page(whole))
    assert next(iter(found)) == "warnings"
    assert [item["class"] for item in soup.find(class_="notes").find_all("li")] == [["warning"]]


def test_what_a_setting_is_and_where_it_is_written_is_said_where_a_note_asks_for_one(whole):
    told = "a settings file, which the command takes with --settings"
    assert told not in sections(report_page(whole))[0]["warnings"]
    asks = Note("warning", "column 'x' is odd; set leave_out: [x]")
    found, _ = sections(report_page(replace(whole, notes=[asks])))
    assert told in found["warnings"]


def test_marks_of_tables_with_equal_shares_do_not_cover_one_another():
    codes = np.repeat([0.0, 1.0], 20)[:, None]
    column = Column("sex", "binary", ("f", "m"), dtype="str")
    found = report([column], dict.fromkeys("abcde", codes), codes)
    _, soup = sections(report_page(found))
    for strip in soup.find(class_="card").select("td.row > svg")[:2]:
        marks = strip.find_all("svg")
        assert {mark["x"] for mark in marks} == {"50.00%"}
        places = [float(mark["y"]) for mark in marks]
        assert min(np.diff(places)) >= 7  # as wide as a mark
        assert places[0] >= 3.5
        assert places[-1] <= float(strip["height"]) - 3.5


def test_a_score_that_is_not_there_is_said(whole):
    found, _ = sections(report_page(whole))
    assert "no score" in found["task-1"]
    assert "The merged rows are better." in found["task-1"]
    none = replace(whole, tasks=[replace(TASK, lines=[], reason="died is seen in 3 rows")])
    found, _ = sections(report_page(none))
    assert "Not measured: died is seen in 3 rows" in found["task-1"]


def test_worth_is_rounded_and_the_rows_own_fit_stands_beside_it(whole):
    found, _ = sections(report_page(whole))
    assert "worth about 120 complete real rows of the 300 that were read" in found["task-1"]
    assert "for this task alone" in found["task-1"]
    assert "A fit to the rows has no finite coefficients." in found["task-1"]


def coefficients(*missing, outcomes=("died = 1",)):
    """A table of an intercept and as many slopes, of which shares of the information lack."""
    terms = ["intercept", *(f"x{k}" for k in range(1, len(missing)))]
    table = pd.DataFrame(
        {
            "outcome": np.repeat(outcomes, len(terms) // len(outcomes)),
            "term": terms,
            **dict.fromkeys(("estimate", "standard error", "low", "high"), 1.0),
            "missing information": missing,
        }
    )
    return replace(TASK, coefficients=table)


def test_the_coefficient_that_is_known_least_is_named_with_what_rows_are_worth_for_it(whole):
    found, _ = sections(report_page(replace(whole, tasks=[coefficients(0.9, 0.2, 0.75, 0.1)])))
    told = "coefficient of x2: 75 % of the information on it is missing"
    assert told in found["task-1"]
    assert "for it alone the rows are worth about 75." in found["task-1"]  # of 300
    of_two = coefficients(0.9, 0.2, 0.1, 0.3, outcomes=("stage = 2", "stage = 3"))
    found, _ = sections(report_page(replace(whole, tasks=[of_two])))
    assert "coefficient of stage = 3: x3: 30 %" in found["task-1"]
    known = coefficients(0.9, 0.0, 0.004)
    found, _ = sections(report_page(replace(whole, tasks=[known])))
    assert "Least is known" not in found["task-1"]


def test_what_a_dot_stands_for_is_listed(whole):
    dotted = replace(TASK, inputs=("age", "<sex>"))
    found, _ = sections(report_page(replace(whole, tasks=[dotted])))
    assert "The . takes these 2 columns: age , <sex> ." in found["task-1"]
    assert "takes" not in sections(report_page(whole))[0]["task-1"]


def test_privacy_that_is_not_measured_is_said(whole):
    found, _ = sections(report_page(replace(whole, nearness="there are 12 rows")))
    assert "Nearness to real rows was not measured: there are 12 rows." in found["privacy"]


def test_privacy_is_told_once_and_by_one_rule(whole):
    found, soup = sections(report_page(whole))
    told = "0.510 (95 % interval 0.410 to 0.610): not told apart from chance"
    assert told in found["privacy"]
    near = replace(NEAR, membership=0.62)
    found, soup = sections(report_page(replace(whole, nearness=near)))
    assert "0.620 (95 % interval 0.520 to 0.720): more than chance" in found["privacy"]
    tile = soup.find("dt", string="Membership inference").parent.get_text(" ")
    assert "0.620" in tile
    assert "0.520 to 0.720" in tile


def test_twins_stand_beside_those_of_real_rows(whole):
    found, _ = sections(report_page(replace(whole, twins=Twins(4, 100, 24, 240))))
    assert "4 of 100 (4 %); of the real rows 24 of 240 (10 %)" in found["privacy"]
    assert "none is taken from a table" in found["privacy"]
    assert "--seed" in found["privacy"]
    found, _ = sections(report_page(replace(whole, twins=Twins(0, 100, 3, 240))))
    assert "0 of 100 (0 %); of the real rows fewer than 10 of 240" in found["privacy"]
    assert "--seed" not in found["privacy"]


@pytest.mark.parametrize("num_sites", [1, 2, 9])
def test_any_number_of_tables_can_be_shown(num_sites):
    sites = {f"site {k}": codes_of_all_kinds(30, k) for k in range(num_sites)}
    text = report_page(report(columns_of_all_kinds(), sites, codes_of_all_kinds(20)))
    assert ("all 9 tables" in text) == (num_sites == 9)


def test_many_columns_make_no_endless_page():
    rng = np.random.default_rng(0)
    columns = [Column(f"column number {k}", "number", (), -9.0, 9.0, 2) for k in range(300)]
    sites = {name: rng.standard_normal((50, 300)) for name in ("a", "b")}
    text = report_page(report(columns, sites, rng.standard_normal((50, 300))))
    assert len(text) < 2_000_000
    assert "Figures of the first 60 columns" in text


@pytest.mark.parametrize("value", [0.0, 7.5, -3.0])
def test_constants_and_single_columns_can_be_shown(value):
    column = Column("x", "number", (), value, value, 1)
    codes = np.full((12, 1), value)
    found, _ = sections(report_page(report([column], {"a": codes}, codes)))
    assert "x" in found["columns"]
    assert "No pair of columns" in found["correlations"]


def test_a_table_that_shows_few_rows_of_a_column_tells_nothing_of_them(whole):
    whole.compared.sites["a.csv"][:4, 0] = 77.7
    found, _ = sections(report_page(whole))
    assert "fewer than 10" in found["coverage"]
    assert "77.7" not in "".join(found.values())
    rows = summary_of(whole)
    # Few rows in the first table, none in the second one: two signs, and both are explained.
    assert rows["age"][4:6] == ["∗", "–"]
    assert "–: the table lacks the column. ∗: too few rows" in found["columns"]
    assert "Not in b.csv. In too few rows of a.csv to be shown." in found["columns"]


def summary_of(shown):
    """The cells of the table of all columns, by column."""
    _, soup = sections(report_page(shown))
    found = soup.find(id="columns").find_all("table")[-1].tbody
    return {
        row.th.get_text(): [cell.get_text() for cell in row.find_all("td")]
        for row in found.find_all("tr")
    }


def test_merged_rows_stand_beside_all_rows_with_what_is_missing_drawn(whole):
    draws = [codes_of_all_kinds(240, seed) for seed in (20, 21, 22)]
    rows = summary_of(replace(whole, compared=replace(whole.compared, draws=draws)))
    pooled = np.vstack(draws)
    square = 240 * pooled[:, 0].var()  # 240 people, whatever the number of draws
    assert rows["age"][1] == f"{pooled[:, 0].mean():.1f} ± {np.sqrt(square / 239):.2f}"
    assert rows["sex"][1] == f"m: {100 * pooled[:, 3].mean():.0f} %"
    assert rows["age"][0] == (
        f"{whole.compared.merged[:, 0].mean():.1f} ± {whole.compared.merged[:, 0].std(ddof=1):.2f}"
    )


def test_columns_beyond_chance_are_named(whole):
    compared = whole.compared
    merged = compared.merged.copy()
    merged[:, 3] = 1.0  # all of one sex
    found, _ = sections(report_page(replace(whole, compared=replace(compared, merged=merged))))
    told = re.search(r"In (\d) of 7 columns \((.*?)\) merged rows are farther", found["columns"])
    assert "'sex'" in told[2]
    rows = summary_of(replace(whole, compared=replace(compared, merged=merged)))
    share = np.concatenate([draw[:, 3] for draw in compared.draws]).mean()
    assert rows["sex"][2] == f"{1 - share:.2f}"
    assert float(rows["sex"][3]) < 0.25
    same = replace(compared, merged=merged, draws=[merged])
    found, _ = sections(report_page(replace(whole, compared=same)))
    assert "In no column merged rows are farther" in found["columns"]


# The network


def test_partial_correlations_are_those_of_regressions():
    rng = np.random.default_rng(0)
    values = rng.standard_normal((400, 5)) @ rng.standard_normal((5, 5))
    found = partial_correlations(np.corrcoef(values.T))
    others = np.column_stack([np.ones(400), values[:, 2:]])
    left = values[:, :2] - others @ np.linalg.lstsq(others, values[:, :2], rcond=None)[0]
    assert found[0, 1] == pytest.approx(np.corrcoef(left.T)[0, 1])


def test_a_column_of_several_scores_counts_by_its_largest():
    matrix = np.array([[1, 0.1, -0.4], [0.1, 1, 0], [-0.4, 0, 1.0]])
    found = by_column(matrix, [slice(0, 1), slice(1, 3)])
    np.testing.assert_array_equal(found, [[1, -0.4], [-0.4, 1]])


def test_the_strongest_pairs_come_first():
    matrix = np.array([[1, 0.1, -0.4], [0.1, 1, 0.01], [-0.4, 0.01, 1.0]])
    assert strongest(matrix, 5) == [(0, 2), (0, 1)]
    assert strongest(matrix, 1) == [(0, 2)]


# In a browser


@pytest.fixture(scope="module")
def browser():
    with chromium() as opened:
        yield opened


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_fits_and_fetches_nothing(browser, whole, tmp_path, width, scheme):
    path = tmp_path / "report.html"
    path.write_text(report_page(whole), encoding="utf-8")
    fetched, said = [], []
    shown = browser.new_page(viewport={"width": width, "height": 800}, color_scheme=scheme)
    shown.on("request", lambda request: fetched.append(request.url))
    shown.on("console", lambda message: said.append(message.text))
    shown.goto(path.as_uri())
    assert shown.evaluate("document.documentElement.scrollWidth") <= width
    assert (fetched, said) == ([path.as_uri()], [])
    assert shown.evaluate(CONTRAST) == []
    assert shown.evaluate(CUT) == []
    shown.close()


# Texts whose colour has less than 4.5 times the contrast with what lies behind them.
CONTRAST = """
() => {
  const channel = v => (v /= 255) <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4;
  const light = c => .2126 * channel(c[0]) + .7152 * channel(c[1]) + .0722 * channel(c[2]);
  const numbers = text => text.match(/[\\d.]+/g).map(Number);
  const ground = e => {
    for (; e; e = e.parentElement) {
      const c = numbers(getComputedStyle(e).backgroundColor);
      if (c.length < 4 || c[3] > 0) return c;
    }
    return [255, 255, 255];
  };
  const weak = [];
  for (const e of document.querySelectorAll('body *')) {
    if (![...e.childNodes].some(n => n.nodeType === 3 && n.data.trim())) continue;
    if (e.tagName === 'title') continue;
    const style = getComputedStyle(e);
    const colour = e.closest('svg') ? style.fill : style.color;
    const [a, b] = [light(numbers(colour)), light(ground(e))].sort((x, y) => y - x);
    if ((a + .05) / (b + .05) < 4.5) weak.push(e.outerHTML.slice(0, 80));
  }
  return weak;
}
"""
# Texts of figures that leave their figure.
CUT = """
() => [...document.querySelectorAll('svg text')].filter(t => {
  const own = t.getBoundingClientRect(), box = t.closest('svg').getBoundingClientRect();
  return own.left < box.left - 1 || own.right > box.right + 1
    || own.top < box.top - 1 || own.bottom > box.bottom + 1;
}).map(t => t.textContent)
"""
