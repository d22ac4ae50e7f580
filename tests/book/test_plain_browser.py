"""The built book where a browser does less: opened from files, or with scripts off."""

from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.shared.chromium import chromium

SITE = Path(__file__).parents[2] / "_build" / "html"
PATIENCE = 300_000  # milliseconds, for a busy machine
FORMULAS = ("notebooks/formal_problem", "book/notation")


@pytest.fixture(scope="module")
def browser():
    assert SITE.is_dir(), "no book: run `make book` first"
    with chromium() as opened:
        yield opened


def test_search_from_files_finds_pages_without_errors(browser):
    page = browser.new_page()
    page.set_default_timeout(PATIENCE)
    problems = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("console", lambda m: problems.append(m.text) if m.type == "error" else None)
    page.goto(f"{(SITE / 'search.html').as_uri()}?q=hospitals")
    page.get_by_text("Search finished").wait_for()
    links = page.locator("#search-results li a").all()
    found = {Path(urlsplit(link.get_attribute("href")).path).stem for link in links}
    assert "merging" in found
    assert problems == []
    page.close()


@pytest.fixture
def plain(browser):
    """A page without scripts."""
    context = browser.new_context(java_script_enabled=False)
    yield context.new_page()
    context.close()


@pytest.mark.parametrize("name", FORMULAS)
def test_without_scripts_pages_say_what_their_formulas_need(plain, name):
    plain.goto((SITE / f"{name}.html").as_uri())
    assert plain.locator(".without-scripts").is_visible()
    assert "formulas" in plain.locator(".without-scripts").inner_text()


def test_without_scripts_nothing_is_said_of_dragging(plain):
    plain.goto((SITE / "notebooks" / "explore.html").as_uri())
    words = plain.locator("article").inner_text()
    assert "Five points" in words
    assert "rag " not in words  # "Drag" and "drag"


def test_with_scripts_no_page_speaks_of_them(browser):
    page = browser.new_page()
    page.goto((SITE / f"{FORMULAS[0]}.html").as_uri())
    assert not page.locator(".without-scripts").is_visible()
    page.close()
