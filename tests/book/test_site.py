"""The built book in headless Chromium, as a reader meets it: with the network off."""

import contextlib
import functools
import json
import os
from itertools import pairwise
from pathlib import Path
from urllib.parse import unquote, urlsplit

import axe_playwright_python
import pytest
import yaml

from tests.shared.chromium import PATIENCE, chromium
from tests.shared.site_server import serve

ROOT = Path(__file__).parents[2]
SITE = ROOT / "_build" / "html"
TOC = yaml.safe_load((ROOT / "_toc.yml").read_text())


def files(chapters):
    """Yield the files of a table of contents in their order."""
    for chapter in chapters:
        yield chapter["file"]
        yield from files(chapter.get("sections", ()))


PAGES = [TOC["root"], *(file for part in TOC["parts"] for file in files(part["chapters"]))]

MOST_BYTES = 1_500_000  # of a first load, without MathJax
AXE = Path(axe_playwright_python.__file__).with_name("axe.min.js")
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
# The theme lets the keyboard scroll wide tables a moment after the screen changes its size.
SETTLED = """[...document.querySelectorAll('.pst-scrollable-table-container')]
    .every(table => table.scrollWidth <= table.clientWidth || table.tabIndex === 0)"""
SETTINGS = [(1280, "light"), (390, "dark"), (1280, "dark"), (390, "light")]
# Code, headings, paragraphs and captions that hold more than they show from side to side.
CUT = """[...document.querySelectorAll('article :is(pre, h1, h2, p, li, figcaption)')]
    .filter(e => e.checkVisibility() && e.clientWidth && !e.closest('table, .cell_output')
        && !e.querySelector('mjx-container, table, pre') && e.scrollWidth > e.clientWidth + 1)
    .map(e => e.textContent.slice(0, 60))"""
# Boxes with a frame or a background of their own and nothing in them.
EMPTY = """[...document.querySelectorAll('article :is(.admonition, figure, pre, table, details)')]
    .filter(e => !e.textContent.trim() && !e.querySelector('img, svg, canvas, iframe, video'))
    .map(e => e.outerHTML.slice(0, 80))"""

CHAPTERS = [name for name in PAGES if name.startswith("notebooks/")]


@pytest.fixture(scope="module")
def browser():
    with chromium() as opened:
        yield opened


@pytest.fixture(scope="module")
def address():
    assert SITE.is_dir(), "no book: run `make book` first"
    with serve(SITE) as address:
        yield address


@pytest.fixture(scope="module")
def new_tab(browser):
    """Open a tab; what pages share, MathJax above all, is loaded once for all tabs."""
    context = browser.new_context()
    context.set_default_timeout(PATIENCE)
    return context.new_page


@pytest.fixture(scope="module")
def tab_of_pages(new_tab):
    """The tab of `page`, which goes from page to page: to open one for each takes twice as long."""
    return new_tab()


@pytest.fixture
def tab(new_tab):
    with contextlib.closing(new_tab()) as tab:
        yield tab


@contextlib.contextmanager
def opened(tab, address, name):
    """Open a page; on leaving, fail on console errors and on requests outside the site.

    Its `first_load` are the addresses that it asked for by then.
    """
    problems, requests = [], []

    def note(request):
        requests.append(request)  # those of the last page may fail when it is left
        if not request.url.startswith((address, "data:", "blob:")):
            problems.append(request.url)

    listeners = {
        "console": lambda m: problems.append(m.text) if m.type == "error" else None,
        "pageerror": lambda error: problems.append(str(error)),
        "requestfailed": lambda r: problems.append(f"failed: {r.url}") if r in requests else None,
        "request": note,
    }
    tab.set_viewport_size({"width": 1280, "height": 720})
    tab.emulate_media(color_scheme="null")
    for event, listener in listeners.items():
        tab.on(event, listener)
    tab.goto(f"{address}/{name}.html", wait_until="load")
    tab.wait_for_function("!window.MathJax || !MathJax.startup || MathJax.startup.promise")
    tab.evaluate("window.MathJax && MathJax.startup ? MathJax.startup.promise : null")
    tab.first_load = [request.url for request in requests]
    yield tab
    for event, listener in listeners.items():
        tab.remove_listener(event, listener)
    assert problems == []


@pytest.fixture(scope="module", params=PAGES)
def page(request, tab_of_pages, address):
    """Each page of the book, opened once for all tests of it."""
    with opened(tab_of_pages, address, request.param) as page:
        yield page


@functools.cache
def html(name):
    """Return the page as it lies there, for what needs no browser."""
    from bs4 import BeautifulSoup

    return BeautifulSoup((SITE / f"{name}.html").read_text(encoding="utf-8"), "html.parser")


def raw_mathematics(page):
    """Return mathematics that MathJax did not typeset."""
    return page.evaluate(
        r"""() => [...document.querySelectorAll('.math')]
            .filter(node => !node.querySelector('mjx-container'))
            .map(node => node.textContent)"""
    )


def test_the_front_door_leads_to_the_introduction(tab, address):
    with opened(tab, address, "index") as page:
        page.wait_for_url("**/book/introduction.html")
        assert page.locator("article h1").count() == 1


def test_page_opens_with_typeset_mathematics_and_described_images(page):
    assert page.locator("article h1").count() == 1
    assert raw_mathematics(page) == []
    assert page.locator("mjx-merror").count() == 0
    images = page.evaluate(
        """() => Promise.all([...document.querySelectorAll('.bd-content img')]
            .map(i => ((i.loading = "eager"), i.decode())
                .then(() => [i.src, i.naturalWidth > 0, i.alt])))"""
    )
    for source, loaded, alt in images:
        assert loaded, source
        assert len(alt) > 20, f"{source}: alt text {alt!r}"


def test_page_loads_little_beside_mathjax(page):
    """Counted before anything scrolls: images below the first screen are not asked for."""
    loaded = [SITE / unquote(urlsplit(url).path).lstrip("/") for url in page.first_load]
    files = {file for file in loaded if file.is_file() and "mathjax" not in file.parts}
    assert any(file.name.startswith("sphinx-book-theme") for file in files)
    assert sum(file.stat().st_size for file in files) <= MOST_BYTES


def violations(page, rules):
    """Return what axe-core finds of serious or critical faults: rule, and where."""
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate(
        "r => axe.run(document, {resultTypes: ['violations'], runOnly: r, preload: false})", rules
    )
    return [
        (rule["id"], node["target"])
        for rule in found["violations"]
        if rule["impact"] in ("serious", "critical")
        for node in rule["nodes"]
    ]


# The first page, chapters with figures, tables, formulas and widgets, a list, the library.
OF_EACH_KIND = {
    "book/introduction",
    "book/glossary",
    "library/foundations",
    "notebooks/explore",
    "notebooks/formal_problem",
    "notebooks/limits",
}


def set_up(page, width, scheme):
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": width, "height": 740})
    page.wait_for_function(SETTLED)


def name_of(page):
    return urlsplit(page.url).path.removeprefix("/").removesuffix(".html")


def test_everybody_can_use_the_page(page):
    """One page of each kind, in one of two settings by turns; every night each page in all four.

    Axe takes 5 to 12 s for a page, and half a minute for one of the library, all of one template.
    """
    name = name_of(page)
    if name in OF_EACH_KIND:
        set_up(page, *SETTINGS[PAGES.index(name) % 2])
        assert violations(page, WCAG) == []
    levels = page.evaluate(
        "[...document.querySelectorAll('article :is(h1,h2,h3,h4,h5,h6)')].map(h => +h.tagName[1])"
    )
    assert all(later <= earlier + 1 for earlier, later in pairwise(levels)), levels
    assert page.evaluate("document.documentElement.lang") == "en"


@pytest.mark.nightly
def test_everybody_can_use_the_page_in_all_settings(page):
    for width, scheme in SETTINGS:
        set_up(page, width, scheme)
        assert violations(page, WCAG) == [], (width, scheme)


def test_page_fits_a_phone(page):
    """Nothing is wider than the screen, and code and text are not cut by their frames."""
    page.set_viewport_size({"width": 390, "height": 740})
    assert page.evaluate(CUT) == []
    page.set_viewport_size({"width": 320, "height": 740})
    assert page.evaluate("document.documentElement.scrollWidth") <= 320


def test_code_does_not_scroll_and_nothing_is_empty_on_a_desktop(page):
    page.set_viewport_size({"width": 1280, "height": 720})
    assert page.evaluate(CUT) == []
    assert page.evaluate(EMPTY) == []


# Brings an image into view, and says where it is.
SHOW = """async image => {
    image.scrollIntoView({block: "center", behavior: "instant"});
    await image.decode();
    const {x, y, width, height} = image.getBoundingClientRect();
    return {x, y, width, height};
}"""


def test_figures_stand_out_from_the_page_in_both_themes(page):
    """The text of a figure, after the theme's filter, differs from the background it lies on.

    In the dark all figures are looked at, since the filter changes them; in the light the first.
    """
    page.set_viewport_size({"width": 1280, "height": 720})
    for scheme, few in (("light", 1), ("dark", None)):
        page.emulate_media(color_scheme=scheme)
        wanted = "theme => document.documentElement.dataset.theme === theme"
        page.wait_for_function(wanted, arg=scheme)
        for image in page.locator(".bd-content figure:not(.explorable) img").all()[:few]:
            shades = lightness(page, image.evaluate(SHOW))
            assert max(shades) - min(shades) > 140, image.get_attribute("alt")
            assert (shades[0] > 128) == (scheme == "light"), "the figure brings a background"


def lightness(page, place):
    """Return the lightness (0 to 255) of the pixels of a place, its top left corner first."""
    import io

    from matplotlib.image import imread

    pixels = imread(io.BytesIO(page.screenshot(clip=place)))[..., :3].mean(-1) * 255
    return pixels.ravel()


@pytest.mark.parametrize("name", CHAPTERS)
def test_chapters_have_numbered_figures_with_captions(name):
    captions = [caption.get_text() for caption in html(name).select(".bd-content figcaption")]
    assert captions
    assert len(captions) == len(html(name).select(".bd-content figure"))
    assert all(caption.strip().startswith(("Fig. ", "Table ")) for caption in captions)


@pytest.mark.parametrize("name", CHAPTERS)
def test_each_chapter_offers_its_clean_notebook(name):
    def says_so(link):
        return "Download this chapter as a notebook" in link.get_text()

    (link,) = filter(says_so, html(name).select("a[href]"))
    path = SITE / "notebooks" / unquote(link["href"])
    notebook = json.loads(path.read_text(encoding="utf-8"))
    assert notebook["nbformat"] == 4
    assert notebook["metadata"]["kernelspec"]["language"] == "python"
    assert not any(cell.get("outputs") for cell in notebook["cells"])


def test_citations_and_algorithms_resolve(tab, address):
    with opened(tab, address, "book/bibliography") as page:
        assert "Kungurtsev" in page.locator(".bd-content").inner_text()
    with opened(tab, address, "notebooks/merging") as page:
        assert page.locator(".proof.algorithm").count() >= 1
        assert "Algorithm 9.1" in page.locator(".proof.algorithm").first.inner_text()


def test_search_finds_a_word_of_a_later_chapter(tab, address):
    with opened(tab, address, "search") as page:
        page.goto(f"{address}/search.html?q=hospitals")
        # Results come one after the other: it waits for the wanted one.
        wanted = page.locator("#search-results li a[href*='merging.html']").first
        wanted.wait_for()
        assert "merging medical data" in wanted.inner_text().lower()


def test_search_finds_a_function_of_the_library(tab, address):
    with opened(tab, address, "search") as page:
        page.goto(f"{address}/search.html?q=merge_tables")
        page.locator("#search-results li a").first.wait_for()
        found = page.locator("#search-results li a").first.get_attribute("href")
        assert "library/merge.html#ddlib.merge.tables.merge_tables" in found


def test_other_books_find_what_the_front_door_has():
    from sphinx.util.inventory import InventoryFile

    import ddlib

    with (SITE / "objects.inv").open("rb") as file:
        inventory = InventoryFile.load(file, "", os.path.join)
    places = {name: item[2] for kind in inventory.values() for name, item in kind.items()}
    for name in ddlib.__all__:
        page, _, anchor = places[f"ddlib.{name}"].partition(".html#")
        assert html(page).find(id=anchor.replace("$", f"ddlib.{name}")) is not None


def test_no_formula_is_left_in_dollars(page):
    text = page.evaluate(
        """() => {
            const article = document.querySelector('article').cloneNode(true);
            article.querySelectorAll('code, pre, script, .math').forEach(node => node.remove());
            return article.textContent;
        }"""
    )
    assert "$" not in text


@pytest.mark.parametrize("name", PAGES)
def test_no_page_shows_a_warning_or_a_path_of_the_machine(name):
    page = (SITE / f"{name}.html").read_text()
    for word in ("Warning:", "site-packages", str(ROOT)):
        assert word not in page, word


def test_no_page_is_left_over_or_missing():
    built = {str(p.relative_to(SITE).with_suffix("")) for p in SITE.rglob("*.html")}
    shell = {"index", "genindex", "search", "prf-prf"}
    pages = {name for name in built if not name.startswith(("_static", "_"))}
    assert pages - shell == set(PAGES)


@pytest.mark.parametrize("name", PAGES)
def test_no_page_asks_for_scripts_that_it_can_do_without(name):
    scripts = [script["src"] for script in html(name).select("script[src]")]
    assert any("book-theme" in script for script in scripts)
    for unwanted in ("fontawesome", "searchindex", "thebe"):
        assert not any(unwanted in script for script in scripts)
    assert all(image["loading"] == "lazy" for image in html(name).select("article img"))
