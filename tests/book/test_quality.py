"""Each page scores as Lighthouse would score it for accessibility and best practice, on a phone.

Lighthouse comes from npm and takes half a minute a page; its audits that hold for a book without a
host are axe-core's rules, with Lighthouse's weights, and a list of checks of our own.
"""

from pathlib import Path

import pytest
import yaml
from bs4 import BeautifulSoup
from playwright.sync_api import ViewportSize

from tests.shared.chromium import PATIENCE, chromium
from tests.shared.quality import PERMISSIONS, accessibility, practice, score
from tests.shared.site_server import serve

ROOT = Path(__file__).parents[2]
SITE = ROOT / "_build" / "html"
LEAST = 95
# A figure on the first screen is loaded late, too: where that ends, a build does not know.
SLOWER = ("LazyLoadImageIssue",)
SHELL = ("genindex", "search", "prf-prf")
PHONE = ViewportSize(width=390, height=844)


def files(chapters):
    """Yield the files of a table of contents in their order."""
    for chapter in chapters:
        yield chapter["file"]
        yield from files(chapter.get("sections", ()))


TOC = yaml.safe_load((ROOT / "_toc.yml").read_text())
PAGES = [TOC["root"], *(file for part in TOC["parts"] for file in files(part["chapters"])), *SHELL]


@pytest.fixture(scope="module")
def context():
    with chromium() as browser:
        opened = browser.new_context(viewport=PHONE)
        opened.set_default_timeout(PATIENCE)
        opened.add_init_script(PERMISSIONS)
        yield opened


@pytest.fixture(scope="module")
def address():
    assert SITE.is_dir(), "no book: run `make book` first"
    with serve(SITE) as address:
        yield address


def visited(context, url, home):
    """Open a page, and return it with what the browser said of it."""
    page = context.new_page()
    noted = {"console": [], "deprecations": [], "foreign": [], "status": []}

    def issue(event):
        if event["issue"]["code"] not in SLOWER:
            noted["deprecations"].append(str(event["issue"]))

    session = context.new_cdp_session(page)
    session.on("Audits.issueAdded", issue)
    session.send("Audits.enable")
    page.on("console", lambda m: noted["console"].append(m.text) if m.type == "error" else None)
    page.on("pageerror", lambda error: noted["console"].append(str(error)))

    def note(request):
        if not request.url.startswith((home, "data:", "blob:")):
            noted["foreign"].append(request.url)

    page.on("request", note)
    answer = page.goto(url, wait_until="load")
    page.evaluate("window.MathJax?.startup?.promise")
    noted["status"] += [] if answer.status == 200 else [str(answer.status)]
    return page, noted


@pytest.mark.nightly
@pytest.mark.parametrize("name", PAGES)
def test_the_page_scores_at_least_95(context, address, name):
    page, noted = visited(context, f"{address}/{name}.html", address)
    for found, faults in (accessibility(page), practice(page, noted)):
        assert found >= LEAST, faults
    page.close()


@pytest.mark.parametrize("name", PAGES)
def test_the_head_of_the_page_says_what_it_is(name):
    page = BeautifulSoup((SITE / f"{name}.html").read_text(encoding="utf-8"), "html.parser")
    assert [node["lang"] for node in page.select("html")] == ["en"]
    assert all(len(node.get_text()) > 10 for node in page.select("head > title"))
    found = [str(node["content"]) for node in page.select("meta[name=description]")]
    assert [30 <= len(text) <= 160 for text in found] == [True]


def test_no_two_pages_are_described_alike():
    def description(name):
        text = (SITE / f"{name}.html").read_text(encoding="utf-8")
        return text.partition('<meta name="description" content="')[2].partition('"')[0]

    found = [description(name) for name in PAGES]
    assert len({*found}) == len(found)


BAD = """<html><head><title>Bad</title><script>console.error("broken");
navigator.geolocation.getCurrentPosition(() => 0);</script></head><body><img src="a.png">
<a href="http://example.org/">here</a><p style="font-size: 8px">Small letters.</p></body></html>"""


def test_a_bad_page_scores_low_and_says_why(context, tmp_path):
    (tmp_path / "bad.html").write_text(BAD)
    with serve(tmp_path) as address:
        page, noted = visited(context, f"{address}/bad.html", address)
        usable, barriers = accessibility(page)
        good, faults = practice(page, noted)
        page.close()
    assert usable < LEAST
    assert {"image-alt", "html-has-lang"} <= {*barriers}
    assert good < LEAST
    assert {
        *("doctype", "charset", "viewport", "title", "description", "font-size", "link-text"),
        *("insecure-links", "console", "permissions"),
    } <= {*faults}


def test_the_score_is_the_weighted_share():
    assert score({"a": 7, "b": 3}, {"b": ["here"]}) == pytest.approx(70)
    assert score({"a": 7, "b": 3}, {}) == pytest.approx(100)
