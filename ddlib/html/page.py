"""A page that stands alone: one HTML file with style and figures, nothing fetched or run."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ddlib.html.markup import Html, as_html, element, join
from ddlib.html.style import STYLE
from ddlib.html.svg import definitions

# Says to the browser what holds here anyway, so that no name could ever fetch or run anything.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"


@dataclass(frozen=True)
class Section:
    """One section of a page.

    Attributes:
        key: its anchor, unique on the page.
        title: its heading.
        parts: what stands in it; text is escaped and becomes a paragraph.
    """

    key: str
    title: str
    parts: tuple[object, ...]


@dataclass(frozen=True)
class Row:
    """One row of a table.

    Attributes:
        head: what the row is about.
        cells: under the other column heads; text is escaped.
    """

    head: object
    cells: tuple[object, ...]


def page(title: str, lead: object, sections: Sequence[Section]) -> str:
    """Return a whole HTML file.

    Args:
        title: of the page; text.
        lead: what stands under it.
        sections: in order; each is linked at the top.
    """
    links = [element("li", element("a", s.title, href=f"#{s.key}")) for s in sections]
    head = [
        element("meta", charset="utf-8"),
        element("meta", http_equiv="Content-Security-Policy", content=_POLICY),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="color-scheme", content="light dark"),
        element("title", title),
        element("style", Html(STYLE)),
    ]
    body = [
        definitions(),
        element("header", element("h1", title), element("p", lead, class_="lead")),
        element("nav", element("ul", *links), aria_label="Sections"),
        element("main", *map(_section, sections)),
    ]
    shown = element("html", element("head", *head), element("body", *body), lang="en")
    return f"<!doctype html>\n{shown}\n"


def table(
    head: Sequence[object],
    rows: Iterable[Row],
    *,
    caption: str | None = None,
    numbers: bool = True,
    class_: str | None = None,
) -> Html:
    """Return a table in a box of its own, which scrolls where the page is narrower.

    Args:
        head: of all columns, that of the rows' heads first.
        rows: of it.
        caption: what it shows.
        numbers: whether the cells behind the rows' heads are numbers, set to the right.
        class_: its class in the style sheet.
    """
    kind = "number" if numbers else None
    heads = [element("th", head[0], scope="col")]
    heads += [element("th", text, scope="col", class_=kind) for text in head[1:]]
    body = [
        element(
            "tr",
            element("th", row.head, scope="row"),
            *(element("td", cell, class_=kind) for cell in row.cells),
        )
        for row in rows
    ]
    whole = element(
        "table", element("thead", element("tr", *heads)), element("tbody", *body), class_=class_
    )
    # Outside of the box, so that it is read without scrolling.
    told = "" if caption is None else element("p", caption, class_="caption")
    return join([told, _box(whole, str(caption or "table"))])


def bullets(items: Iterable[object]) -> Html:
    """Return a list.

    Args:
        items: of it; text is escaped.
    """
    return element("ul", *(element("li", item) for item in items))


def figure(picture: Html, caption: object) -> Html:
    """Return a figure in a box of its own, which scrolls where the page is narrower.

    Args:
        picture: an SVG.
        caption: what it shows.
    """
    return element("figure", _box(picture, "figure"), element("figcaption", caption))


def paragraph(*parts: object) -> Html:
    """Return a paragraph.

    Args:
        parts: one after the other; text is escaped.
    """
    return element("p", *parts)


def _box(content: Html, label: str) -> Html:
    """Return a box that scrolls, which the keyboard must reach too."""
    return element("div", content, class_="scroll", tabindex=0, role="region", aria_label=label)


def _section(section: Section) -> Html:
    """Return the HTML of a section."""
    parts = [p if isinstance(p, Html) else paragraph(as_html(p)) for p in section.parts]
    return element("section", element("h2", section.title), join(parts), id=section.key)
