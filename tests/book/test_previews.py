"""Previews beside links, in a book that is opened from a file."""

import contextlib
from pathlib import Path

import pytest

from tests.shared.chromium import PATIENCE, chromium

SITE = Path(__file__).parents[2] / "_build" / "html"
BOX = "#book-preview"
FORMULA = "article a[href='#equation-eq-dd']"
TERM = "article a[href$='glossary.html#term-criterion']"
SYMBOL = "article a[href$='notation.html#symbol-budget']"
SOURCE = "article a[href*='bibliography.html#']"


@pytest.fixture(scope="module")
def browser():
    assert SITE.is_dir(), "no book: run `make book` first"
    with chromium() as opened:
        yield opened


@contextlib.contextmanager
def opened(browser, **settings):
    """Open the chapter on the formal problem."""
    context = browser.new_context(viewport={"width": 1280, "height": 800}, **settings)
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    page.goto((SITE / "notebooks" / "formal_problem.html").as_uri(), wait_until="load")
    page.wait_for_function("MathJax.startup && MathJax.startup.promise")
    page.evaluate("MathJax.startup.promise")
    yield page
    context.close()


def test_a_formula_and_a_source_show_on_hover(browser):
    with opened(browser) as page:
        page.locator(FORMULA).first.hover()
        page.locator(f"{BOX}:visible mjx-container").first.wait_for()
        page.mouse.move(5, 400)
        page.locator(BOX).wait_for(state="hidden")
        link = page.locator(SOURCE).first
        author = link.inner_text().split(",")[0].split()[0]
        link.hover()
        page.locator(f"{BOX}:visible").wait_for()
        assert author in page.locator(BOX).inner_text()


def test_a_word_and_a_symbol_show_what_they_mean(browser):
    with opened(browser) as page:
        page.locator(TERM).first.hover()
        page.locator(f"{BOX}:visible").wait_for()
        assert "lower is better" in page.locator(BOX).inner_text()
        page.mouse.move(5, 400)
        page.locator(BOX).wait_for(state="hidden")
        page.locator(SYMBOL).first.hover()
        page.locator(f"{BOX}:visible mjx-container").first.wait_for()
        assert "the number of synthetic rows" in page.locator(BOX).inner_text()


def test_the_keyboard_opens_a_preview_and_escape_closes_it(browser):
    with opened(browser) as page:
        link = page.locator(FORMULA).first
        link.focus()
        page.locator(f"{BOX}:visible").wait_for()
        page.wait_for_function("document.activeElement.getAttribute('aria-describedby')")
        assert page.locator(BOX).get_attribute("role") == "tooltip"
        page.keyboard.press("Escape")
        page.locator(BOX).wait_for(state="hidden")
        assert link.get_attribute("aria-describedby") is None


def test_a_touch_screen_has_no_previews(browser):
    with opened(browser, has_touch=True, is_mobile=True) as page:
        page.locator(FORMULA).first.focus()
        assert page.locator(BOX).count() == 0
