"""Write what links of the text lead to, in small, for `book/_static/previews.js` to show on hover.

Of each page that others, or itself, refer to a place on, `_static/previews/PAGE.js` has that place:
a formula, a figure, a theorem, a source, a term, a symbol, the beginning of a section. They are
scripts, not JSON: a page that is opened from a file may load scripts, and nothing else.
"""

import copy
import json
import posixpath
import re
from collections import defaultdict
from pathlib import Path

from bs4 import BeautifulSoup

LINK = re.compile(r'<a class="[^"]*reference internal[^"]*" href="([^"#]*)#([^"]+)"')
ARTICLE = re.compile(r"<article.*?</article>", re.DOTALL)
EMPTY = ("a", "span")
HEADINGS = ["h1", "h2", "h3", "h4"]


def _wanted(folder):
    """Return page -> the places on it that links of the text lead to."""
    wanted = defaultdict(set)
    for file in folder.rglob("*.html"):
        page = file.relative_to(folder).with_suffix("").as_posix()
        article = ARTICLE.search(file.read_text(encoding="utf-8"))
        for path, place in LINK.findall(article[0] if article else ""):
            target = posixpath.normpath(posixpath.join(posixpath.dirname(page), path))
            wanted[target.removesuffix(".html") if path else page].add(place)
    return wanted


def _shown(element):
    """Return the elements that say what a place is about."""
    while element.name in EMPTY and not element.get_text(strip=True):
        element = element.parent  # an empty anchor stands for what is around it
    if row := element.find_parent("tr"):  # a symbol, and what it means
        return row.find_all("td", limit=2)
    if element.name == "dt":
        text = element.find_next_sibling("dd")
        return [element, *(text.select("p")[:1] if text else [])]
    if element.name == "section":
        return element.find_all([*HEADINGS, "p"], recursive=False, limit=2)
    return [element]


def _snippet(element):
    """Return the HTML of what is shown of a place, without ids, which would stand twice."""
    pieces = [copy.copy(piece) for piece in _shown(element)]
    for piece in pieces:
        if piece.name == "td":
            piece.name = "div"  # a cell without its row
        for dropped in piece.select(".headerlink, .copybtn, .figure-source"):
            dropped.decompose()
        for inner in (piece, *piece.find_all(id=True)):
            del inner["id"]
    return "".join(map(str, pieces))


def _write_previews(app, error):
    if error or app.builder.format != "html":
        return
    folder = Path(app.outdir)
    previews = folder / "_static" / "previews"
    previews.mkdir(exist_ok=True)
    for page, places in sorted(_wanted(folder).items()):
        file = folder / f"{page}.html"
        article = ARTICLE.search(file.read_text(encoding="utf-8")) if file.is_file() else None
        if article is None:
            continue
        tree = BeautifulSoup(article[0], "html.parser")
        found = {e["id"]: _snippet(e) for e in tree.find_all(id=places.__contains__)}
        text = f"bookPreviews[{json.dumps(page)}] = {json.dumps(found, sort_keys=True)};\n"
        (previews / f"{page.replace('/', '-')}.js").write_text(text, encoding="utf-8")


def setup(app):
    """Register with Sphinx."""
    app.add_js_file("previews.js", loading_method="defer")
    app.connect("build-finished", _write_previews, priority=600)  # of pages as they stay
    return {"parallel_read_safe": True, "parallel_write_safe": True}
