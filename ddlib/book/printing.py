"""Pages of the built book on paper, through a headless Chromium that calls nobody."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

from ddlib.runs.notebook import NotebookError

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
# Without these flags Chromium calls home at every start, which a closed network refuses.
FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
FLAGS.append("--force-prefers-reduced-motion")  # emulation does not reach into images
FORMAT: dict[str, Any] = {
    "format": "A4",
    "margin": {"top": "18mm", "bottom": "20mm", "left": "18mm", "right": "18mm"},
    "scale": 0.8,
    "print_background": True,
}
WIDTH = 820  # pixels of a line of text on this paper, at this scale
PATIENCE = 120_000  # milliseconds until a page that hangs stops the book

# What a page has besides its text is left out, and so is code that a reader has to unfold. All
# else that is folded is opened. What scrolls would be cut at the end of a page, and a frame whose
# code goes to the next page would stay behind empty.
STYLE = """
html { scroll-padding: 0; }
body, .bd-main, .bd-content, .bd-article-container, .bd-container__inner, .bd-article {
  display: block !important; max-width: none !important; overflow: visible !important;
  height: auto !important; padding: 0 !important; margin: 0 !important;
}
.bd-header, .bd-sidebar-primary, .bd-sidebar-secondary, .header-article, .bd-header-article,
.prev-next-footer, .bd-footer, .bd-footer-content, .copybtn, .headerlink, .pst-skip-link,
#pst-skip-link, #pst-back-to-top, #pst-scroll-pixel-helper, .again,
details.hide.above-input:not(:has(.cell_output)), details.hide.above-input > summary,
details.hide.above-input > .cell_input, #jb-print-docs-body, .toggle-button {
  display: none !important;
}
a { text-decoration: none; }
.bd-article h1 { display: block !important; break-before: avoid; margin-top: 0 !important; }
pre, code { white-space: pre-wrap !important; overflow-wrap: anywhere; }
pre, .cell_output, .highlight, .output, table, .pst-scrollable-table-container, .scrolling-frame,
.admonition, .sd-card {
  overflow: visible !important; max-height: none !important;
}
.pst-scrollable-table-container, .scrolling-frame, mjx-container { background: none !important; }
div.cell_input, div.highlight, div[class*="highlight-"] { display: block !important; }
table:not(figure table) { break-inside: auto !important; }
figure, tr, .sd-card, .admonition-title, .cell_input, div.highlight, div.math, h1, h2, h3, h4 {
  break-inside: avoid;
}
h1, h2, h3, h4, dt, summary { break-after: avoid; }
p:has(> a.download) { display: none; }
img, svg { max-width: 100% !important; }
figure img { max-height: 900px; }
"""
# Opens what is folded, scales what is wider than the paper, and names the places that other pages
# link to: Chromium remembers those alone that a link of the same page leads to.
PREPARE = """([width, anchors]) => {
  document.querySelectorAll("details").forEach(d => { d.open = true; });
  document.querySelectorAll("img[loading]").forEach(i => { i.loading = "eager"; });
  // From within: what holds a table that was scaled is no longer too wide.
  for (const kind of ["table, mjx-container", ".cell_output > *"])
    for (const wide of document.querySelectorAll(kind)) {
      const needed = Math.max(wide.scrollWidth, wide.getBoundingClientRect().width);
      const given = Math.min(width, wide.parentElement.clientWidth || width);
      if (needed > given + 1) wide.style.zoom = given / needed;
    }
  const places = document.createElement("div");
  places.style = "font-size: 1px; line-height: 1px; color: transparent; height: 1px";
  for (const anchor of anchors) {
    if (!document.getElementById(anchor)) continue;
    const link = document.createElement("a");
    link.href = "#" + anchor;
    link.textContent = ".";
    places.append(link);
  }
  document.querySelector("article, body").append(places);
}"""

HEADINGS = """() => [...document.querySelectorAll("article h1, article h2")].map(heading => {
  const copy = heading.cloneNode(true);
  copy.querySelectorAll(".headerlink").forEach(link => link.remove());
  return copy.textContent.trim().replace(/\\s+/g, " ");
})"""


@contextmanager
def browser() -> Iterator[Browser]:
    """Open a headless Chromium.

    Raises:
        NotebookError: where there is none.
    """
    path = next(filter(None, map(shutil.which, BROWSERS)), None)
    if path is None:
        raise NotebookError(f"none of {', '.join(BROWSERS)} found; must have one to see the book")
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield opened
        opened.close()


@contextmanager
def paper() -> Iterator[Page]:
    """Open a tab as wide as a line on paper.

    Raises:
        NotebookError: where there is no Chromium.
    """
    size = {"width": WIDTH, "height": 1100}
    with browser() as opened:
        tab = opened.new_page(viewport=size, color_scheme="light", reduced_motion="reduce")  # type: ignore[arg-type]
        tab.set_default_timeout(PATIENCE)
        yield tab


def print_page(tab: Page, page: Path, output: Path, *, anchors: Sequence[str] = ()) -> list[str]:
    """Print a page of the book, and return its headings.

    Args:
        tab: what `paper` opens.
        page: its HTML.
        output: the PDF.
        anchors: places on the page that others link to.
    """
    tab.goto(page.resolve().as_uri(), wait_until="load")
    tab.evaluate("window.MathJax && MathJax.startup ? MathJax.startup.promise : null")
    tab.emulate_media(media="print")
    tab.add_style_tag(content=STYLE)
    tab.evaluate(PREPARE, [WIDTH, list(anchors)])
    tab.evaluate("Promise.all([...document.images].map(i => i.decode().catch(() => null)))")
    tab.pdf(path=str(output), outline=True, tagged=True, **FORMAT)
    return tab.evaluate(HEADINGS)


def print_html(tab: Page, html: str, output: Path, **format: Any) -> None:
    """Print a page of ours.

    Args:
        tab: what `paper` opens.
        html: the whole page.
        output: the PDF.
        **format: what differs from the pages of the book.
    """
    tab.set_content(html)
    tab.pdf(path=str(output), **{**FORMAT, **format})
