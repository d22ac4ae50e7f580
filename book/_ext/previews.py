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

from lxml.html import fromstring, tostring

LINK = re.compile(r'<a class="[^"]*reference internal[^"]*" href="([^"#]*)#([^"]+)"')
ARTICLE = re.compile(r"<article.*?</article>", re.DOTALL)
EMPTY = ("a", "span")
HEADINGS = ("h1", "h2", "h3", "h4")


def _wanted(articles):
    """Return page -> the places on it that links of the text lead to."""
    wanted = defaultdict(set)
    for page, article in articles.items():
        for path, place in LINK.findall(article):
            target = posixpath.normpath(posixpath.join(posixpath.dirname(page), path))
            wanted[target.removesuffix(".html") if path else page].add(place)
    return wanted


def _shown(element):
    """Return the elements that say what a place is about."""
    while element.tag in EMPTY and not element.text_content().strip():
        element = element.getparent()  # an empty anchor stands for what is around it
    if (row := next(element.iterancestors("tr"), None)) is not None:
        return row.findall("td")[:2]  # a symbol, and what it means
    if element.tag == "dt":
        definition = next(element.itersiblings("dd"), ())
        return [element, *[p for one in definition for p in one.iter("p")][:1]]
    if element.tag == "section":
        return [one for one in element if one.tag in (*HEADINGS, "p")][:2]
    return [element]


def _snippet(element):
    """Return the HTML of an element, without ids, which would stand twice, and what is no text."""
    piece = copy.deepcopy(element)
    if piece.tag == "td":
        piece.tag = "div"  # a cell without its row
    for name in ("headerlink", "copybtn", "figure-source"):
        for dropped in list(piece.find_class(name)):
            dropped.drop_tree()
    for inner in piece.iter("*"):
        inner.attrib.pop("id", None)
    return tostring(piece, encoding="unicode", with_tail=False)


def _previews(article, places):
    """Return place -> what is shown of it."""
    placed = fromstring(article).iterfind(".//*[@id]")
    return {
        one.get("id"): "".join(map(_snippet, _shown(one)))
        for one in placed
        if one.get("id") in places
    }


def _write_previews(app, pages):
    folder = Path(app.outdir, "_static", "previews")
    folder.mkdir(exist_ok=True)
    articles = {page: found[0] for page, text in pages.items() if (found := ARTICLE.search(text))}
    for page, places in _wanted(articles).items():
        if page in articles:
            shown = json.dumps(_previews(articles[page], places), sort_keys=True)
            script = folder / f"{page.replace('/', '-')}.js"
            script.write_text(f"bookPreviews[{json.dumps(page)}] = {shown};\n", encoding="utf-8")


def setup(app):
    """Register with Sphinx."""
    app.add_js_file("previews.js", loading_method="defer")
    app.setup_extension("pages")
    app.connect("pages-edited", _write_previews)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
