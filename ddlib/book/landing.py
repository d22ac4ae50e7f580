"""What the landing page shows of the book's own results: its picture, and the claims counted."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import nbformat

from ddlib.claims.judged import FAILS, HOLDS, OPEN, PART, SETTING, UNTESTABLE, Judged
from ddlib.html.markup import Html, element, join

CLAIMS = "../notebooks/claims.html"
# The verdicts in their order, with what one claim of each does, and several do.
VERDICTS = {
    HOLDS: ("holds", "hold"),
    PART: ("holds in part", "hold in part"),
    OPEN: ("is not told apart", "are not told apart"),
    FAILS: ("fails", "fail"),
    SETTING: ("is a setting, not a claim", "are settings, not claims"),
    UNTESTABLE: ("cannot be tested", "cannot be tested"),
}
# An SVG that stands in the page is played again by putting a copy in its place.
AGAIN = (
    "const picture = this.parentElement.querySelector('svg');"
    "picture.replaceWith(picture.cloneNode(true));"
)


def raw_html(piece: Html) -> str:
    """Return Markdown that shows a piece of HTML as it is.

    Args:
        piece: what `picture` and `verdicts` return.
    """
    return f"```{{raw}} html\n{piece}\n```\n"


def picture(executed: Path) -> Html:
    """Return the run at work that a chapter shows, with a button that plays it again.

    Args:
        executed: the chapter's notebook.

    Raises:
        ValueError: for a chapter that shows none.
    """
    notebook = nbformat.read(executed, as_version=4)
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    drawn = [output.get("data", {}).get("image/svg+xml", "") for output in outputs]
    playing = [svg for svg in drawn if 'class="playback"' in svg]
    if not playing:
        raise ValueError(f"{executed}: shows no run at work; must show one, as `playback` draws it")
    button = element("button", "Play again", type="button", class_="again", onclick=AGAIN)
    return element("div", Html(playing[0]), button, class_="at-work")


def verdicts(judged: Mapping[str, Judged]) -> Html:
    """Return a list of how many claims have each verdict, with a link to the claims' page.

    Args:
        judged: all claims, by name.
    """
    found = [one.verdict for one in judged.values()]
    items = [
        element(
            "li",
            element("b", count),
            f" {words[count > 1]}",
            class_="verdict-" + verdict.replace(",", "").replace(" ", "-"),
        )
        for verdict, words in VERDICTS.items()
        if (count := found.count(verdict))
    ]
    head = element("a", f"Of the paper’s {len(found)} statements:", href=CLAIMS)
    return element("div", head, element("ul", join(items)), class_="verdicts")
