"""Widgets in headless Chromium: on a small page opened as a file, and in the built book."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from ddlib.learners.gaussian import Gaussian, GaussianMLE
from ddlib.plots.explorer_charts import curves_chart, matrix_chart, solutions_chart
from ddlib.plots.explorers import Control, Explorer
from tests.shared.chromium import PATIENCE, chromium
from tests.shared.widgets import finger_on, page_of

ROOT = Path(__file__).parents[2]
CHAPTER = ROOT / "_build" / "html" / "notebooks" / "explore.html"

LAW = Gaussian(
    torch.tensor([0.4, -0.2], dtype=torch.float64),
    torch.tensor([[1.0, 0.6], [0.6, 0.8]], dtype=torch.float64),
)
START = [[-1.5, 1.5], [-2.5, 0.5], [-0.5, 2.5], [-2.0, 2.4], [-1.0, 1.0]]
POINTS = pd.DataFrame(START, columns=["x", "y"]).assign(point=range(1, 6))


def playground():
    covariance = LAW.covariance[[0, 0, 1], [0, 1, 1]].tolist()
    law = {"mean": LAW.mean.tolist(), "covariance": covariance}
    settings = {"law": law, "start": START, "training": [[0, 0]], "words": ""}
    columns = {"point": "point", "x": "x", "y": "y"}
    return Explorer("points", "fig-points", [], POINTS, columns, POINTS, settings)


def curves():
    """Two factors: at noise 0.6 one number of rows is stored, and of method `b` one noise."""
    stored = [(10, 0.1, 1.0), (20, 0.1, 2.0), (10, 0.3, 3.0), (20, 0.3, 4.0), (10, 0.6, 5.0)]
    rows = pd.DataFrame(stored, columns=["rows", "noise", "median"]).assign(method="a")
    rows = pd.concat([rows, rows[rows["noise"] == 0.1].assign(method="b")], ignore_index=True)
    rows = rows.assign(low=rows["median"] - 0.5, high=rows["median"] + 0.5)
    names = {"rows": "number of rows", "noise": "noise level"}
    controls = [
        Control(
            "vary", "Vary", {**names, "noise": f"{names['noise']}, {'long words ' * 3}"}, "rows"
        ),
        Control("rows", "Rows", {10: "10", 20: "20"}, 10),
        Control("noise", "Noise", {0.1: "0.1", 0.3: "0.3", 0.6: "0.6"}, 0.1),
    ]
    colors = {"a": "#0072B2", "b": "#666666"}
    colors |= {f"a long name, {many}": "#666666" for many in (2, 3)}
    chart = curves_chart(colors, y="regret", limits=(0.0, 6.0), ticks=[0, 6])
    settings = {"base": {"rows": "10", "noise": "0.1"}, "titles": names, "chart": chart}
    columns = {"rows": "rows", "noise": "noise", "median": "median"}
    shown = rows[rows["noise"] == 0.1]
    return Explorer("curves", "fig-curves", controls, rows, columns, shown, settings)


def matrix():
    """Method `a` is better in task `s`, `b` in task `t` and overall."""
    cells = [("a", "s", 0.1), ("a", "t", 10.0), ("b", "s", 1.0), ("b", "t", 2.0)]
    rows = pd.DataFrame(cells, columns=["method", "task", "ratio"])
    rows = rows.assign(
        overall=rows["method"].map({"a": 5.05, "b": 1.5}), shade=-np.log10(rows["ratio"]),
        group=rows["method"].map({"a": "g", "b": "h"}), text=rows["ratio"].astype(str),
        low=rows["ratio"], high=rows["ratio"], verdict="",
    )  # fmt: skip
    controls = [
        Control("sort", "Sort by", {name: name for name in ("all", "s", "t")}, "all"),
        Control("groups", "Methods", {"g": "of g", "h": "of h"}, ["g", "h"], kind="boxes"),
    ]
    settings = {"overall": "all", "chart": matrix_chart(["s", "t"])}
    columns = {"method": "method", "task": "task", "ratio": "ratio"}
    return Explorer("matrix", "fig-matrix", controls, rows, columns, rows, settings)


def solutions():
    places = [(alpha, x, alpha * x) for alpha in (0.5, 1.0) for x in (0.0, 1.0)]
    rows = pd.DataFrame(places, columns=["alpha", "x", "u"]).assign(method="exact")
    control = Control("alpha", "α", {0.5: "half", 1.0: "one"}, 0.5, kind="slider")
    settings = {"chart": solutions_chart({"exact": "#666666"}, (0.0, 1.0))}
    columns = {"x": "x", "u": "u"}
    return Explorer("solutions", "fig-solutions", [control], rows, columns, rows[:2], settings)


@pytest.fixture(scope="module")
def small_page(tmp_path_factory):
    """A page of four widgets beside the scripts, Vega's as the build of the book writes them."""
    widgets = [playground(), curves(), matrix(), solutions()]
    return page_of(widgets, tmp_path_factory.mktemp("site"))


@pytest.fixture(scope="module")
def browser():
    with chromium() as opened:
        yield opened


@pytest.fixture(scope="module")
def page(browser, small_page):
    """The small page with all widgets drawn, reduced motion, and no error nor other request."""
    tab = browser.new_context(reduced_motion="reduce").new_page()
    tab.set_default_timeout(PATIENCE)
    tab.set_viewport_size({"width": 1000, "height": 5000})
    problems = []
    told = ("error", "warning")
    tab.on("console", lambda m: problems.append(m.text) if m.type in told else None)
    tab.on("pageerror", lambda error: problems.append(str(error)))
    tab.on("request", lambda r: problems.append(r.url) if r.url.startswith("http") else None)
    tab.goto(small_page)
    tab.wait_for_function("document.querySelectorAll('[data-drawn]').length === 4")
    yield tab
    assert problems == []


def places(page):
    nodes = page.locator(".explorer-point").all()
    return [json.loads(node.get_attribute("data-place")) for node in nodes]


def shown_value(page):
    return float(page.locator("[data-kind=points]").get_attribute("data-value"))


def value_of(rows):
    """F by the library, above its least value, in nats per row."""
    rows = torch.as_tensor(rows, dtype=torch.float64)
    return LAW.cross_entropy(GaussianMLE()(rows)) - LAW.entropy()


def press(page, name):
    page.get_by_role("button", name=name, exact=True).click()


def test_keys_move_a_point_and_the_value_is_the_library_s(page):
    press(page, "Start again")
    assert places(page) == START
    assert shown_value(page) == pytest.approx(value_of(START).item(), rel=1e-9)
    page.locator(".explorer-point").nth(1).focus()
    for key in ("ArrowRight", "Shift+ArrowRight", "ArrowDown"):
        page.keyboard.press(key)
    moved = [list(place) for place in START]
    moved[1] = [-2.5 + 0.3, 0.5 - 0.05]
    assert np.allclose(places(page), moved)
    assert shown_value(page) == pytest.approx(value_of(moved).item(), rel=1e-9)
    assert f"{value_of(moved).item():.4f} nats" in page.locator(".explorer-readout").inner_text()


def test_a_point_says_where_it_is_and_which_keys_move_it(page):
    press(page, "Start again")
    point = page.get_by_role("slider", name="Point 2")
    assert point.get_attribute("aria-valuetext") == "-2.50, 0.50"
    point.press("End")
    assert float(point.get_attribute("aria-valuenow")) == places(page)[1][0] == 3.5
    point.press("Home")
    assert float(point.get_attribute("aria-valuenow")) == places(page)[1][0] == -3.5
    hint = page.locator(f"#{point.get_attribute('aria-describedby')}")
    assert "arrow keys" in hint.inner_text()


def test_points_in_one_place_are_said_to_have_no_fit(page):
    press(page, "Start again")
    for node in page.locator(".explorer-point").all():
        node.press("Home")
        for _ in range(28):
            node.press("Shift+ArrowDown")
    press(page, "Descend")
    assert places(page) == [[-3.5, -3.5]] * 5
    told = page.locator(".explorer-readout").inner_text()
    assert "no Gaussian fits" in told
    assert "no descent can start" in told


def test_a_step_goes_along_the_gradient_of_the_library(page):
    press(page, "Start again")
    press(page, "One gradient step")
    rows = torch.tensor(START, dtype=torch.float64, requires_grad=True)
    (gradient,) = torch.autograd.grad(value_of(rows), rows)
    step = torch.tensor(START, dtype=torch.float64) - torch.tensor(
        places(page), dtype=torch.float64
    )
    size = (step * gradient).sum() / gradient.square().sum()
    assert 0 < size <= 1
    assert torch.allclose(step, size * gradient, atol=1e-9)
    assert shown_value(page) < value_of(START).item()


def test_a_descent_ends_at_the_law(page):
    press(page, "Start again")
    press(page, "Descend")
    assert 0 <= shown_value(page) < 1e-3
    assert shown_value(page) == pytest.approx(value_of(places(page)).item(), abs=1e-9)


def test_a_point_is_dragged(page):
    press(page, "Start again")
    node = page.locator(".explorer-point").first
    box = node.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    side = page.locator("#fig-points svg").bounding_box()["width"]
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + side / 7, y + side / 14, steps=3)  # the side is 7 units
    page.mouse.up()
    assert np.allclose(places(page)[0], [START[0][0] + 1.0, START[0][1] - 0.5], atol=0.02)


@pytest.fixture
def phone(browser, small_page):
    """The small page on a phone, and a finger that goes up from a place by 100 pixels."""
    screen = {"width": 390, "height": 844}
    context = browser.new_context(viewport=screen, has_touch=True, is_mobile=True)
    tab = context.new_page()
    tab.set_default_timeout(PATIENCE)
    tab.goto(small_page)
    tab.wait_for_function("document.querySelectorAll('[data-drawn]').length > 0")
    yield tab, finger_on(context, tab)
    context.close()


def test_a_finger_beside_a_point_drags_it_and_the_page_stays(phone):
    page, finger = phone
    box = page.locator(".explorer-point").nth(4).bounding_box()
    assert min(box["width"], box["height"]) >= 24
    side = page.locator("#fig-points svg").bounding_box()["width"]
    finger(box["x"] + box["width"] / 2 + 15, box["y"] + box["height"] / 2 + 15)
    x, y = START[4]
    assert np.allclose(places(page)[4], [x, y + 100 * 7 / side], atol=0.01)
    assert places(page)[:4] == START[:4]
    assert page.evaluate("scrollY") == 0


def test_a_finger_on_the_rest_of_the_drawing_scrolls_the_page(phone):
    page, finger = phone
    box = page.locator("#fig-points svg").bounding_box()
    finger(box["x"] + 0.8 * box["width"], box["y"] + 0.8 * box["height"])
    page.wait_for_function("scrollY > 50")
    assert places(page) == START


def table(page, kind):
    return page.evaluate(
        """kind => [...document.querySelectorAll(`[data-kind=${kind}] tbody tr`)]
            .map(row => [...row.cells].map(cell => cell.textContent))""",
        kind,
    )


def drawn(page, still):
    return page.locator(f"#{still} .explorer-drawing svg").evaluate("svg => svg.outerHTML")


def test_curves_follow_what_varies_and_where_the_rest_stands(page):
    figure = page.locator("#fig-curves")
    before = drawn(page, "fig-curves")
    assert "number of rows" in before
    figure.get_by_label("Noise").select_option("0.3")
    page.wait_for_function(
        "before => document.querySelector('#fig-curves svg').outerHTML !== before", arg=before
    )
    assert table(page, "curves") == [["10", "0.3", "3"], ["20", "0.3", "4"]]
    figure.get_by_label("Vary").select_option("noise")
    page.wait_for_function(
        "document.querySelector('#fig-curves svg').outerHTML.includes('noise level')"
    )
    assert [row[2] for row in table(page, "curves")] == ["1", "1", "3", "5"]
    assert figure.locator(".explorer-note").text_content() == "Not run over this factor here: b."
    assert figure.get_by_label("Noise").is_disabled()


# Of a drawing: what it is narrowed by, and the names of its legend that lie outside of it.
FIT = """width => {
    const svg = document.querySelector('#fig-curves .explorer-canvas svg');
    if (!svg) return false;  // between two drawings
    const box = svg.getBoundingClientRect();
    const names = [...svg.querySelectorAll('.role-legend-label text')];
    const outside = names.filter((name) => name.getBoundingClientRect().right > box.right + 1);
    const room = document.querySelector('#fig-curves .explorer-drawing').clientWidth;
    return innerWidth === width && Math.abs(svg.getAttribute('width') - room) < 2
        && Math.abs(box.width - room) < 2 && names.length === 4 && outside.length === 0;
}"""


def test_curves_are_drawn_anew_in_the_width_of_a_window_that_changes(browser, small_page):
    tab = browser.new_page(viewport={"width": 1280, "height": 900})
    tab.set_default_timeout(PATIENCE)
    tab.goto(small_page)
    tab.locator("#fig-curves").scroll_into_view_if_needed()
    tab.wait_for_function(FIT, arg=1280)
    tab.get_by_label("Noise", exact=True).select_option("0.6")
    note = tab.locator("#fig-curves .explorer-note")
    tab.wait_for_function("document.querySelector('#fig-curves .explorer-note').textContent")
    told = note.inner_text()
    for width in (1280, 320, 1280):
        tab.set_viewport_size({"width": width, "height": 900})
        tab.wait_for_function(FIT, arg=width)
    assert note.inner_text() == told
    tab.set_viewport_size({"width": 320, "height": 900})
    for box in tab.locator("#fig-curves form select").all():
        place = box.bounding_box()
        assert place["x"] + place["width"] <= 320
    tab.close()


def test_settings_that_were_not_run_together_are_set_back(page):
    figure = page.locator("#fig-curves")
    figure.get_by_label("Vary").select_option("rows")
    figure.get_by_label("Noise").select_option("0.6")  # at which one number of rows is stored
    page.wait_for_function(
        "document.querySelector('#fig-curves .explorer-note').textContent.includes('Set back')"
    )
    assert figure.get_by_label("Noise").input_value() == "0.1"
    assert [row[2] for row in table(page, "curves")] == ["1", "1", "2", "2"]
    told = "These settings were not run together. Set back: noise level at 0.1."
    note = figure.locator(".explorer-note")
    assert note.text_content() == told
    controls, drawing = figure.locator(".explorer-controls"), figure.locator(".explorer-drawing")
    heights = [part.bounding_box()["y"] for part in (controls, note, drawing)]
    assert heights == sorted(heights), "the note is between the controls and the drawing"


def test_the_matrix_is_sorted_by_a_task_and_shows_the_groups_that_are_ticked(page):
    figure = page.locator("#fig-matrix")
    assert [row[0] for row in table(page, "matrix")] == ["b", "b", "a", "a"]
    figure.get_by_label("Sort by").select_option("s")
    page.wait_for_function(
        "document.querySelector('[data-kind=matrix] tbody td').textContent === 'a'"
    )
    figure.get_by_label("of g").uncheck()
    page.wait_for_function("document.querySelectorAll('[data-kind=matrix] tbody tr').length === 2")
    assert {row[0] for row in table(page, "matrix")} == {"b"}


def rows_from_above(page):
    """Names of the rows of the drawn matrix, the uppermost first."""
    return page.locator("#fig-matrix svg").evaluate(
        """svg => [...svg.querySelectorAll('.role-axis-label text')]
            .map(text => [text.textContent, text.getBoundingClientRect()])
            .filter(([name]) => name === 'a' || name === 'b')
            .sort(([, one], [, other]) => one.y - other.y)
            .map(([name]) => name)"""
    )


def test_rows_of_the_drawing_follow_the_task_that_is_chosen(page):
    choice = page.locator("#fig-matrix").get_by_label("Sort by")
    page.locator("#fig-matrix").get_by_label("of g").check()
    found = {}
    for name, first in (("all", "b"), ("s", "a"), ("t", "b")):
        choice.select_option(name)
        page.wait_for_function(
            """first => document.querySelectorAll('[data-kind=matrix] tbody tr').length === 4
                && document.querySelector('[data-kind=matrix] tbody td').textContent === first""",
            arg=first,
        )  # the table is written once the drawing has followed
        found[name] = rows_from_above(page)
    assert found == {"all": ["b", "a"], "s": ["a", "b"], "t": ["b", "a"]}
    choice.focus()
    page.keyboard.press("ArrowUp")  # to s
    page.wait_for_function(
        "document.querySelector('[data-kind=matrix] tbody td').textContent === 'a'"
    )
    assert choice.input_value() == "s"
    assert rows_from_above(page) == ["a", "b"]


def test_the_slider_moves_by_keys(page):
    slider = page.locator("#fig-solutions [type=range]")
    before = drawn(page, "fig-solutions")
    slider.focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_function(
        "before => document.querySelector('#fig-solutions svg').outerHTML !== before", arg=before
    )
    assert slider.get_attribute("aria-valuetext") == "one"
    page.wait_for_function(
        "document.querySelectorAll('[data-kind=solutions] td')[3].textContent === '1'"
    )
    assert table(page, "solutions") == [["0", "0"], ["1", "1"]]


@pytest.mark.parametrize("still", ["fig-points", "fig-curves", "fig-matrix", "fig-solutions"])
def test_print_shows_the_still_and_the_screen_the_drawing(page, still):
    image, drawing = page.locator(f"#{still} > img"), page.locator(f"#{still} .explorer-drawing")
    assert (image.is_visible(), drawing.is_visible()) == (False, True)
    page.emulate_media(media="print")
    assert (image.is_visible(), drawing.is_visible()) == (True, False)
    page.emulate_media(media="screen")


def test_without_scripts_the_still_stands_and_no_control_does(browser, small_page):
    context = browser.new_context(java_script_enabled=False)
    context.set_default_timeout(PATIENCE)
    tab = context.new_page()
    tab.goto(small_page)
    assert tab.locator("#fig-curves > img").is_visible()
    assert not tab.locator("form").first.is_visible()
    assert tab.locator("[data-kind=curves] tbody tr").count() == 4
    context.close()


def test_the_chapter_is_light_and_draws_all_its_widgets(browser):
    """As a file, without a network: each widget is scrolled to, as a reader does."""
    assert CHAPTER.is_file(), "no book: run `make book` first"
    tab = browser.new_page()
    tab.set_default_timeout(PATIENCE)
    problems, loaded = [], []
    tab.on("pageerror", lambda error: problems.append(str(error)))
    tab.on("console", lambda m: problems.append(m.text) if m.type == "error" else None)
    tab.on("request", lambda request: loaded.append(request.url))
    tab.goto(CHAPTER.as_uri())
    assert not any(url.endswith("vega.js") for url in loaded), "Vega comes only when it is needed"
    widgets = tab.locator(".explorer[data-kind]")
    assert widgets.count() == 4
    for widget in widgets.all():
        assert len(widget.locator("script").text_content().encode()) <= 200_000
        still = widget.get_attribute("data-still")
        tab.locator(f"#{still}").scroll_into_view_if_needed()
        tab.wait_for_function(
            "still => 'drawn' in document.querySelector(`[data-still=${still}]`).dataset", arg=still
        )
        assert tab.locator(f"#{still} .explorer-drawing svg").bounding_box()["height"] > 150
    assert not [url for url in loaded if not url.startswith(("file:", "data:", "blob:"))]
    assert problems == []
