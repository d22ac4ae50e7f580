"""What scrolls in a frame of its own, a formula or a table, shows by a shadow where it goes on."""

import io
from pathlib import Path

import numpy as np
import pytest
from matplotlib.image import imread

from tests.shared.chromium import PATIENCE, chromium

SITE = Path(__file__).parents[2] / "_build" / "html"
PAGES = ("notebooks/exact_sets", "notebooks/methods", "notebooks/benchmark")
FRAMES = """.scrolling-frame, .pst-scrollable-table-container, mjx-container[display="true"]"""
# Whether or not the page has one that is too wide today: something wide is put into each.
WIDE = f"""() => [...document.querySelectorAll(`article :is({FRAMES})`)]
    .filter(frame => frame.checkVisibility())
    .map(frame => {{
        const wide = document.createElement("span");
        wide.style.cssText = "display: inline-block; width: 1000px; height: 1px";
        frame.append(wide);
        return frame;
    }})"""
FIRST = f"""kind => ({WIDE})().find(frame => frame.matches(kind))"""
# The ground that hides a shadow, and the ground that it lies on, as the browser computes both.
GROUNDS = f"""() => ({WIDE})().map(frame => {{
    const ground = document.createElement("i");
    ground.style.color = "var(--ground)";
    frame.append(ground);
    const hiding = getComputedStyle(ground).color;
    ground.remove();
    let around = frame.parentElement;
    const color = node => getComputedStyle(node).backgroundColor;
    while (color(around) === "rgba(0, 0, 0, 0)") around = around.parentElement;
    return [hiding, color(around)];
}})"""
# Without what it holds, and so that it scrolls as before.
EMPTIED = """(frame, end) => {
    for (const child of frame.children) child.style.visibility = "hidden";
    frame.scrollIntoView({block: "center", behavior: "instant"});
    frame.scrollLeft = end * (frame.scrollWidth - frame.clientWidth);
    return new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)));
}"""


@pytest.fixture(scope="module", params=["light", "dark"])
def tab(request):
    assert SITE.is_dir(), "no book: run `make book` first"
    with chromium() as browser:
        opened = browser.new_page(
            viewport={"width": 390, "height": 844}, color_scheme=request.param
        )
        opened.set_default_timeout(PATIENCE)
        yield opened


def visit(tab, name):
    tab.goto((SITE / f"{name}.html").as_uri(), wait_until="load")
    tab.evaluate("window.MathJax?.startup?.promise.then(() => null)")


@pytest.mark.parametrize("name", PAGES)
def test_the_ground_of_a_shadow_is_that_of_the_place(tab, name):
    visit(tab, name)
    found = tab.evaluate(GROUNDS)
    assert found
    for hiding, around in found:
        assert hiding == around


@pytest.mark.parametrize("kind", ['mjx-container[display="true"]', ".scrolling-frame"])
@pytest.mark.parametrize(
    ("end", "left", "right"), [(0, False, True), (0.5, True, True), (1, True, False)]
)
def test_a_shadow_stands_where_more_is_to_be_seen(tab, kind, end, left, right):
    visit(tab, "notebooks/exact_sets" if kind.startswith("mjx") else "notebooks/benchmark")
    frame = tab.evaluate_handle(FIRST, kind).as_element()
    frame.evaluate(EMPTIED, end)
    pixels = imread(io.BytesIO(frame.screenshot()))[..., :3].mean((0, 2))
    middle = np.median(pixels)
    assert (abs(pixels[1] - middle) > 0.1) == left
    assert (abs(pixels[-2] - middle) > 0.1) == right
