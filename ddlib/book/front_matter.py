"""Cover, contents and footers of the printed book."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from typing import TYPE_CHECKING

from ddlib.html.markup import Html, element, join
from ddlib.runs.provenance import environment

if TYPE_CHECKING:
    from ddlib.book.pdf import Chapter

LINKS = "https://pages.invalid/"  # stands for a page of the book in the contents' links

STYLE = """
body { margin: 0; font: 16px/1.4 "DejaVu Sans", Verdana, sans-serif; color: #111; }
.cover { height: 1100px; padding-top: 260px; box-sizing: border-box; break-after: page; }
.cover h1 { font-size: 44px; line-height: 1.2; margin: 0 0 12px; }
.cover p { margin: 6px 0; } .cover .foot { margin-top: 300px; color: #444; font-size: 14px; }
.contents h2 { margin: 0 0 10px; }
.contents p { margin: 0; display: flex; gap: 8px; break-inside: avoid; }
.contents p::before { content: ""; order: 1; flex: 1; border-bottom: 1px dotted #888; }
.contents p > * { order: 0; } .contents p > span { order: 2; }
.contents a { color: inherit; text-decoration: none; }
.contents .part { font-weight: 700; margin-top: 14px; break-after: avoid; }
.contents .depth1 { margin-left: 22px; }
.contents .heading { margin-left: 44px; font-size: 14px; color: #333; }
"""
FOOTERS = """
@page { size: A4; margin: 0; } body { margin: 0; }
div { position: relative; height: 297mm; break-after: page; break-inside: avoid; overflow: hidden; }
div:last-child { break-after: auto; }
p { position: absolute; bottom: 8mm; left: 18mm; right: 18mm; margin: 0; display: flex;
  justify-content: space-between; font: 8.5pt "DejaVu Sans", Verdana, sans-serif; color: #444; }
"""


def contents_html(chapters: Sequence[Chapter]) -> str:
    """Return the cover and the contents.

    Args:
        chapters: with titles, headings and first pages.
    """
    lines: list[Html] = []
    for one in chapters:
        if one.part:
            lines.append(element("div", one.part, class_="part"))
        lines.append(_line(one.title, one.first, f"depth{one.depth}"))
        lines += [_line(title, one.first + page, "heading") for title, page in one.sections]
    contents = element("div", element("h2", "Contents"), join(lines), class_="contents")
    return _page(STYLE, join([_cover(), contents]))


def footers_html(titles: Sequence[str], first: int) -> str:
    """Return a page for each page of the chapters that has its footer alone.

    Args:
        titles: of the chapters, one for each page.
        first: number of pages before the first.
    """
    sheets = [
        element("div", element("p", element("span", title), element("span", first + k + 1)))
        for k, title in enumerate(titles)
    ]
    return _page(FOOTERS, join(sheets))


def _cover() -> Html:
    """Return the title page: what it is, of which version, and what is left out."""
    about = environment()
    commit = (about["commit"] or "unknown")[:12] + ("" if about["clean"] else ", changed since")
    today = datetime.now(UTC).date().isoformat()
    return element(
        "div",
        element("h1", "Dataset distillation from first principles"),
        element("p", "A reproducible companion to Kungurtsev, Peng, Gu, Vahidian, Quinn,"),
        element("p", "Idlahcen and Chen, arXiv:2409.01410"),
        element(
            "p",
            f"Version {version('ddlib')}, commit {commit}, printed {today}. Code that is folded "
            "on the pages is left out here; all else that is folded is open. Explorers and "
            "animations stand still. The reference of the library is left out.",
            class_="foot",
        ),
        class_="cover",
    )


def _line(title: str, page: int, kind: str) -> Html:
    """Return a line of the contents."""
    link = element("a", title, href=f"{LINKS}{page}")
    return element("p", link, element("span", page + 1), class_=kind)


def _page(style: str, body: Html) -> str:
    """Return a whole page of HTML."""
    head = element("head", element("meta", charset="utf-8"), element("style", Html(style)))
    return "<!doctype html>" + element("html", head, element("body", body), lang="en")
