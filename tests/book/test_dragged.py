"""The widget of rows that are dragged: its numbers are the library's, by mouse, finger and keys."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from ddlib.learners.ridge import Ridge
from ddlib.plots.dragged import DraggedRows, Plane
from tests.shared.chromium import PATIENCE, chromium
from tests.shared.widgets import finger_on, page_of

CHAPTER = Path(__file__).parents[2] / "_build" / "html" / "notebooks" / "first_example.html"
CENTER, SCALE, PENALTY = np.array([5.0, 9.0]), np.array([1.2, 3.0]), 0.1
START = [[4.3, 4.3], [5.2, 6.3], [4.5, 5.3], [6.5, 15.7], [3.1, 6.8]]
PATHS = """() => [...document.querySelectorAll('#fig-drag svg path')]
    .map(path => path.getAttribute('d'))"""
NAMES = ("width in cm", "length in cm")


def table():
    draws = np.random.default_rng(0)
    width = draws.uniform(3, 7, 400)
    return pd.DataFrame({"width": width, "length": width + 4 + draws.normal(0, 2, 400)})


ROWS = DraggedRows(
    table=table(),
    start=pd.DataFrame(START, columns=["width", "length"]),
    center=CENTER,
    scale=SCALE,
    penalty=PENALTY,
    step=(0.1, 0.1),
    rows_plane=Plane((1.7, 1.5), (8.3, 18.5), ([2, 8], [5, 15]), NAMES),
    curve_plane=Plane((-2, 2), (4, 5.1), ([-2, 4], [2, 5]), ("slope", "F")),
)


def by_library(learnt_from, on):
    """The root of the mean squared error of ridge regression, in cm."""
    standard = [torch.as_tensor((np.array(rows) - CENTER) / SCALE) for rows in (learnt_from, on)]
    learner = Ridge(1, PENALTY)
    said = learner.predict(learner(standard[0]), standard[1][:, :1])
    return SCALE[1] * (standard[1][:, 1:] - said).square().mean().sqrt().item()


@pytest.fixture(scope="module")
def small_page(tmp_path_factory):
    widget = ROWS.widget("fig-drag", words="F [F] [best] [own]", said="width [x], length [y]")
    return page_of([widget], tmp_path_factory.mktemp("site"))


@pytest.fixture(scope="module")
def browser():
    with chromium() as opened:
        yield opened


def opened(context, address):
    tab = context.new_page()
    tab.set_default_timeout(PATIENCE)
    tab.goto(address)
    tab.wait_for_function("document.querySelectorAll('[data-drawn]').length > 0")
    return tab


@pytest.fixture
def page(browser, small_page):
    """The widget with reduced motion, and no error nor other request."""
    context = browser.new_context(reduced_motion="reduce", viewport={"width": 900, "height": 900})
    problems = []
    context.on("weberror", lambda error: problems.append(str(error)))
    context.on("console", lambda m: problems.append(m.text) if m.type == "error" else None)
    context.on("request", lambda r: problems.append(r.url) if r.url.startswith("http") else None)
    yield opened(context, small_page)
    context.close()
    assert problems == []


def places(page):
    nodes = page.locator(".explorer-point").all()
    return [json.loads(node.get_attribute("data-place")) for node in nodes]


def numbers(page):
    """F and the loss on the rows themselves, as the widget has them."""
    widget = page.locator("[data-kind=ridge]")
    return [float(widget.get_attribute(f"data-{name}")) for name in ("value", "own")]


def check_numbers(page):
    rows = places(page)
    wanted = [by_library(rows, ROWS.table.to_numpy()), by_library(rows, rows)]
    assert numbers(page) == pytest.approx(wanted, rel=1e-9)
    best = by_library(ROWS.table.to_numpy(), ROWS.table.to_numpy())
    told = f"F {wanted[0]:.2f} {best:.2f} {wanted[1]:.2f}"
    assert page.locator(".explorer-readout").inner_text() == told


def test_the_still_is_of_the_library_s_numbers():
    assert ROWS.loss(ROWS.start, ROWS.table) == pytest.approx(
        by_library(START, ROWS.table.to_numpy()), rel=1e-12
    )
    assert ROWS.loss(ROWS.start, ROWS.start) == pytest.approx(by_library(START, START), rel=1e-12)


def test_keys_move_a_row_and_the_numbers_are_the_library_s(page):
    assert places(page) == START
    check_numbers(page)
    node = page.locator(".explorer-point").nth(1)
    for key in ("ArrowLeft", "Shift+ArrowUp", "ArrowDown"):
        node.press(key)
    moved = [list(place) for place in START]
    moved[1] = [5.1, 6.3 + 0.4]
    assert np.allclose(places(page), moved)
    check_numbers(page)
    node.press("End")
    assert places(page)[1][0] == float(node.get_attribute("aria-valuenow")) == 8.3
    check_numbers(page)
    assert node.get_attribute("aria-valuetext") == "width 8.3, length 6.7"
    cells = page.locator("tbody tr").nth(1).locator("td").all_text_contents()
    assert cells == ["2", "8.30", "6.70"]
    page.get_by_role("button", name="Start again").click()
    assert places(page) == START
    check_numbers(page)


def test_rows_on_one_steep_line_fit_themselves_and_not_the_table():
    """What the chapter tells its reader to try."""
    table, steep = ROWS.table.to_numpy(), CENTER + np.outer([-0.4, -0.2, 0, 0.2, 0.4], [1, 8])
    rows = pd.DataFrame(steep, columns=["width", "length"])
    assert ROWS.loss(rows, rows) == pytest.approx(by_library(steep, steep), rel=1e-12)
    assert by_library(steep, steep) < by_library(START, START)
    assert by_library(steep, table) > by_library(START, table)


def test_a_row_is_dragged_and_the_line_turns(page):
    line = (
        "() => [...document.querySelectorAll('#fig-drag svg path')].map(p => p.getAttribute('d'))"
    )
    before = page.evaluate(line)
    box = page.locator(".explorer-point").first.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x - 20, y - 60, steps=3)
    page.mouse.up()
    width, length = places(page)[0]
    assert width < START[0][0]
    assert length > START[0][1]
    assert sum(old != new for old, new in zip(before, page.evaluate(PATHS), strict=True)) == 1
    check_numbers(page)


def test_a_finger_drags_a_row_and_the_page_stays(browser, small_page):
    screen = {"width": 390, "height": 844}
    context = browser.new_context(viewport=screen, has_touch=True, is_mobile=True)
    page = opened(context, small_page)
    box = page.locator(".explorer-point").nth(2).bounding_box()
    assert min(box["width"], box["height"]) >= 24
    finger_on(context, page)(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    assert places(page)[2][1] > START[2][1]
    assert page.evaluate("scrollY") == 0
    check_numbers(page)
    context.close()


def test_print_shows_the_still_and_the_screen_the_drawing(page):
    image, drawing = page.locator("#fig-drag > img"), page.locator("#fig-drag .explorer-drawing")
    assert (image.is_visible(), drawing.is_visible()) == (False, True)
    page.emulate_media(media="print")
    assert (image.is_visible(), drawing.is_visible()) == (True, False)


def test_it_stands_on_the_first_screen_of_its_chapter(browser):
    assert CHAPTER.is_file(), "no book: run `make book` first"
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = opened(context, CHAPTER.as_uri())
    for part in (".explorer-hint", ".explorer-drawing svg >> nth=0", ".explorer-readout"):
        box = page.locator(f"#fig-drag {part}").bounding_box()
        assert box["y"] + box["height"] <= 900, part
    assert page.evaluate("typeof vega") == "undefined", "Vega comes only when it is needed"
    context.close()
