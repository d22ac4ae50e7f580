"""What the landing page shows of the book's own results: picture, claims counted, best methods."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import nbformat

from ddlib.book.report import filled, glued
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

# With names of values that the chapter of the benchmark glues.
METHODS = """\
{ref}`A table of the benchmark <which-method>` names the best method on each of
{glue:text}`firsts_lines:.0f` tasks. It is told apart from the second on
{glue:text}`firsts_told:.0f` of them; on the others either may be the better one.

Of the methods that apply to all {glue:text}`firsts_system:.0f` tasks of a linear system,
*{glue:text}`everywhere_name`* is the best on {glue:text}`everywhere_first:.0f`, and of the rest
*{glue:text}`otherwise_name`* on {glue:text}`otherwise_first:.0f`. Of those that see neither learner
nor criterion, *{glue:text}`untold_name`* is the best on {glue:text}`untold_first:.0f`.
"""


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


def best_methods(executed: Path) -> str:
    """Return in Markdown which methods are best on how many tasks, and how often that is sure.

    Args:
        executed: the notebook of the benchmark's chapter.

    Raises:
        ValueError: for a chapter that glues no such values.
    """
    return filled(METHODS, glued(nbformat.read(executed, as_version=4)))


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
