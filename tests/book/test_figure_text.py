"""The text of every figure of the built book: large enough on a phone, apart, and uncut."""

from itertools import combinations
from pathlib import Path
from urllib.parse import unquote, urlsplit

import numpy as np
import pytest
import yaml
from matplotlib.figure import Figure
from PIL import Image

from ddlib.plots.style import TEXT
from tests.shared.chromium import chromium

ROOT = Path(__file__).parents[2]
SITE = ROOT / "_build" / "html"
CHAPTERS = sorted(
    section["file"]
    for part in yaml.safe_load((ROOT / "_toc.yml").read_text())["parts"]
    for chapter in part["chapters"]
    for section in [chapter, *chapter.get("sections", [])]
    if section["file"].startswith("notebooks/")
)
PHONE = {"width": 390, "height": 740}
DESKTOP = {"width": 1280, "height": 720}
SMALLEST = 9  # px on the phone, scripts of formulas included
TOUCH = 1  # px that the boxes of two texts may share there
PATIENCE = 300_000  # milliseconds, for a busy machine

IMAGES = """[...document.querySelectorAll('.bd-content figure img')].map(image => ({
    name: image.closest('figure').id, source: image.src, width: image.clientWidth,
    own: image.naturalWidth, room: image.closest('figure').clientWidth}))"""
# Matplotlib writes each line of text as paths, after a comment with its words. Outlines of glyphs
# are 100 units high, and those of scripts are scaled. The four corners turn with the text.
TEXTS = """[...document.querySelectorAll('g[id^="text_"] > g[transform]')].map(line => {
    const words = line.previousSibling, box = line.getBBox(), to = line.getCTM();
    let before = words;
    while (before && before.nodeType !== Node.COMMENT_NODE) before = before.previousSibling;
    const scales = [...line.querySelectorAll('use')]
        .map(glyph => glyph.transform.baseVal.consolidate()?.matrix.a ?? 1);
    const corners = [[0, 0], [1, 0], [1, 1], [0, 1]].map(([right, down]) => {
        const place = new DOMPoint(box.x + right * box.width, box.y + down * box.height);
        const {x, y} = place.matrixTransform(to);
        return [x, y];
    });
    return {
        words: before ? before.data.trim() : '', text: line.parentNode.id, corners,
        size: 100 * Math.hypot(to.a, to.b) * Math.min(...scales),
    };
}).filter(line => line.words)"""
EDGES = """(({width, height}) => [width, height])(
    document.documentElement.getBoundingClientRect())"""


@pytest.fixture(scope="module")
def tab():
    assert SITE.is_dir(), "no book: run `make book` first"
    with chromium() as browser:
        # Without scripts: a still is shown, not the widget that stands in for it.
        context = browser.new_context(java_script_enabled=False, viewport=PHONE)
        context.set_default_timeout(PATIENCE)
        yield context.new_page()


def images(tab, chapter, screen):
    """Return name, file and width of each figure's image of a chapter."""
    tab.set_viewport_size(screen)
    tab.goto((SITE / f"{chapter}.html").as_uri())
    found = tab.evaluate(IMAGES)
    assert found, chapter
    return found


def texts(tab, image):
    """Return the lines of text of an SVG: words, size and corners in pixels of the phone."""
    tab.goto(image["source"])
    edges = np.array(tab.evaluate(EDGES))
    scale = image["width"] / edges[0]
    return [
        {
            "words": line["words"],
            "text": line["text"],
            "size": line["size"] * scale,
            "corners": np.array(line["corners"]) * scale,
            "edges": edges * scale,
        }
        for line in tab.evaluate(TEXTS)
    ]


def depth(first, second):
    """Return how far two rectangles, turned or not, lie in each other; negative if they do not."""
    depths = []
    for corners in (first, second):
        for edge in (corners[1] - corners[0], corners[3] - corners[0]):
            normal = edge / (np.linalg.norm(edge) or 1.0)
            one, two = first @ normal, second @ normal
            depths.append(min(one.max(), two.max()) - max(one.min(), two.min()))
    return min(depths)


def faults(lines):
    """Return what is wrong with the text of a figure, in words."""
    found = [
        f"{line['words']!r}: {line['size']:.1f} px" for line in lines if line["size"] < SMALLEST
    ]
    found += [
        f"{line['words']!r}: cut by the edge"
        for line in lines
        if (line["corners"] < -TOUCH).any() or (line["corners"] > line["edges"] + TOUCH).any()
    ]
    found += [
        f"{one['words']!r} overlaps {two['words']!r}"
        for one, two in combinations(lines, 2)
        if one["text"] != two["text"] and depth(one["corners"], two["corners"]) > TOUCH
    ]
    return found


def size_in_frames(image):
    """Return the size of text in an animation on the phone: frames are drawn with the same font."""
    with Image.open(unquote(urlsplit(image["source"]).path)) as frames:
        points = 72 * frames.width / frames.info["dpi"][0]
    return TEXT * image["width"] / points


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_text_of_figures_is_readable_on_a_phone(tab, chapter):
    wrong = []
    for image in images(tab, chapter, PHONE):
        if image["source"].endswith(".png"):
            size = size_in_frames(image)
            wrong += [f"{image['name']}: {size:.1f} px"] if size < SMALLEST else []
        else:
            wrong += [f"{image['name']}: {fault}" for fault in faults(texts(tab, image))]
    assert wrong == []


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_figures_stand_on_a_desktop_as_they_were_drawn(tab, chapter):
    for image in images(tab, chapter, DESKTOP):
        assert image["width"] <= min(image["own"], image["room"]), image["name"]


def test_small_cut_and_overlapping_text_is_named(tab, tmp_path):
    figure = Figure(figsize=(4, 3))
    figure.text(0.1, 0.9, "tiny", fontsize=5)
    figure.text(0.4, 0.9, "$x_i$", fontsize=10)
    figure.text(0.7, 0.9, "one")
    figure.text(0.72, 0.91, "two")
    figure.text(0.95, 0.5, "beyond")
    for place in (0.1, 0.2):  # turned, with a gap between them though frames around them overlap
        figure.text(place, 0.2, f"turned {place}", rotation=45)
    figure.savefig(tmp_path / "figure.svg")
    image = {"source": (tmp_path / "figure.svg").as_uri(), "width": 342}
    assert faults(texts(tab, image)) == [
        f"'tiny': {5 * 342 / 288:.1f} px",
        f"'$x_i$': {7 * 342 / 288:.1f} px",
        "'beyond': cut by the edge",
        "'one' overlaps 'two'",
    ]
