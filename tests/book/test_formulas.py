"""Display formulas of the built book fit into the column of a phone."""

import re
from pathlib import Path

import pytest

from tests.shared.chromium import PATIENCE, chromium

SITE = Path(__file__).parents[2] / "_build" / "html"
PHONE = {"width": 390, "height": 844}
DISPLAYED = re.compile(r'<div class="math notranslate')
PAGES = [
    path.relative_to(SITE).as_posix()
    for path in sorted(SITE.glob("**/*.html"))
    if DISPLAYED.search(path.read_text("utf-8"))
]

# A formula is as wide as what it holds; its container, or the one around it, is as wide as the
# column and scrolls. A pixel is rounding. In a closed fold nothing has a width, so all are opened.
WIDE = """async () => {
    await MathJax.startup.promise;
    for (const fold of document.querySelectorAll('details')) fold.open = true;
    const wide = [];
    for (const block of document.querySelectorAll('div.math')) {
        const tex = MathJax.startup.document.getMathItemsWithin(block).map(item => item.math);
        const boxes = [block, ...block.querySelectorAll('mjx-container')];
        const over = Math.max(...boxes.map(box => box.scrollWidth - box.clientWidth));
        if (over > 1) wide.push(`${over} px too wide: ${tex.join(' ').trim()}`);
    }
    return wide;
}"""
TYPESET = "document.querySelectorAll('div.math mjx-container').length > 0"


@pytest.fixture(scope="module")
def tab():
    with chromium() as browser:
        page = browser.new_page(viewport=PHONE)
        page.set_default_timeout(PATIENCE)
        yield page


def test_there_are_pages_with_formulas():
    assert len(PAGES) > 5, "no book: run `make book` first"


@pytest.mark.parametrize("page", PAGES)
def test_formulas_fit_on_a_phone(tab, page):
    tab.goto((SITE / page).as_uri())
    tab.wait_for_function(TYPESET)
    wide = tab.evaluate(WIDE)
    assert not wide, "break them over lines:\n" + "\n".join(wide)


def test_a_formula_that_is_too_wide_is_found(tab):
    tab.goto((SITE / PAGES[0]).as_uri())
    tab.wait_for_function(TYPESET)
    tab.add_style_tag(content="div.math { max-width: 2rem; }")
    assert tab.evaluate(WIDE)
