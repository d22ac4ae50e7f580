"""A widget holds its rows, a control for each setting, and the table of its still."""

import json
import re

import numpy as np
import pandas as pd
import pytest
from bs4 import BeautifulSoup

from ddlib.plots.explorer_charts import X_TITLE, curves_chart, matrix_chart, solutions_chart
from ddlib.plots.explorers import Control, Explorer

ROWS = pd.DataFrame(
    {"rows": [10, 20], "median": [0.123456, np.nan], "method": ["a", "</script><b>"]}
)


def explorer(**others):
    given = {
        "kind": "curves",
        "still": "fig-a",
        "controls": [
            Control("rows", "Rows", {10: "ten", 20: "twenty"}, 20),
            Control("noise", "Noise", {0.1: "low", 0.3: "high"}, 0.3, kind="slider"),
            Control("groups", "Groups", {"x": "of x", "y": "of y"}, ["y"], kind="boxes"),
        ],
        "rows": ROWS,
        "columns": {"method": "method", "median": "regret & more"},
        "shown": ROWS,
        "settings": {"titles": {"rows": "rows per source"}},
    }
    return Explorer(**(given | others))


def page_of(widget):
    return BeautifulSoup(widget._repr_html_(), "html.parser")


def test_rows_come_with_few_digits_and_nothing_in_them_ends_the_script():
    data = json.loads(page_of(explorer()).find("script").string)
    assert data["rows"] == {
        "rows": [10, 20], "median": [0.1235, None], "method": ["a", "</script><b>"]
    }  # fmt: skip
    assert data["titles"] == {"rows": "rows per source"}
    assert data["controls"][1] == {
        "name": "noise", "values": ["0.1", "0.3"], "words": ["low", "high"]
    }  # fmt: skip


def test_controls_have_labels_and_their_first_values():
    page = page_of(explorer())
    assert page.form.has_attr("hidden"), "without scripts nothing would answer"
    for field in page.form.select("select, [type=range]"):
        assert page.form.find("label", attrs={"for": field["id"]}).get_text()
    assert [option["value"] for option in page.select("option[selected]")] == ["20"]
    slider = page.select_one("[type=range]")
    assert (slider["value"], slider["max"], slider["aria-valuetext"]) == ("1", "1", "high")
    assert page.output.get_text() == "high"
    assert [box["value"] for box in page.select("input[checked]")] == ["y"]


def test_values_of_a_column_are_told_apart_as_plain_ones_are():
    values = {value: f"{value:g}" for value in pd.Series([10.0, 20.0, 50.0]).unique()}
    page = page_of(explorer(controls=[Control("rows", "Rows", values, 20)]))
    assert [option["value"] for option in page.select("option[selected]")] == ["20"]


def test_the_table_has_what_the_still_shows():
    page = page_of(explorer())
    assert [head.get_text() for head in page.select("th[scope=col]")] == ["method", "regret & more"]
    cells = [[cell.get_text() for cell in row.select("td")] for row in page.select("tbody tr")]
    assert cells == [["a", "0.123"], ["</script><b>", "–"]]


def test_refuses_columns_and_first_values_that_are_not_there():
    lost = Control("rows", "Rows", {10: "ten"}, 30)
    with pytest.raises(ValueError, match=r"colour.*control rows, value = 30: must be among 10"):
        explorer(columns={"colour": "colour"}, controls=[lost])


@pytest.mark.parametrize(
    "chart",
    [
        curves_chart({"a": "#000000"}, y="regret", limits=(-0.1, 1.0), ticks=[0, 1]),
        matrix_chart(["density", "control"]),
        solutions_chart({"exact": "#666666", "rows": "#0072B2"}, (0.0, 1.0)),
    ],
    ids=["curves", "matrix", "solutions"],
)
def test_charts_are_vega_lite_of_the_rows_of_the_page_with_text_for_a_phone(chart):
    import vl_convert

    text = r'"(?:labelFontSize|titleFontSize|fontSize)": (\d+)'
    sizes = [int(size) for size in re.findall(text, json.dumps(chart))]
    assert len(sizes) >= 3  # of the axes' labels and titles, and of the legend
    assert min(sizes) >= 9  # pixels: a chart is drawn as wide as its place, and never scaled
    assert chart["data"] == {"name": "rows"}
    assert chart["width"] == "container"
    assert "rows" in json.dumps(vl_convert.vegalite_to_vega(chart)["data"])


def test_the_curves_have_the_place_of_a_title():
    chart = curves_chart({"a": "#000000"}, y="regret", limits=(-0.1, 1.0), ticks=[0, 1])
    titles = {layer["encoding"]["x"]["axis"]["title"] for layer in chart["layer"]}
    assert titles == {X_TITLE}
