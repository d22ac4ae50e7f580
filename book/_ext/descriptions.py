"""Say in a sentence or two in the head of each page what it is about, for search and for links.

That is the first paragraph of the page that is long enough, cut after a word.
"""

import posixpath
from html import escape

from docutils import nodes

SHORTEST, LONGEST = 50, 160  # characters
APART = (nodes.table, nodes.figure, nodes.footnote, nodes.list_item, nodes.caption)
LIBRARY = "library/"
OF_A_PACKAGE = (
    "Reference of {}: each module, class and function with arguments, results and errors."
)
# Pages that Sphinx makes have no text of their own.
OF_THE_SHELL = {
    "genindex": "All terms, symbols and names of the book and its library, in alphabetical order.",
    "prf-prf": "All definitions, theorems and algorithms of the book, each with its place.",
    "search": "Search the pages of the book and of its library.",
}


def _is_apart(paragraph):
    node = paragraph.parent
    while node is not None:
        if isinstance(node, APART):
            return True
        node = node.parent
    return False


def _cut(text):
    """Return the beginning of a text that ends with a word."""
    if len(text) <= LONGEST:
        return text
    return text[: LONGEST - 1].rsplit(" ", 1)[0].rstrip(",;:–") + "…"


def _described(doctree):
    """Return what a page is about; nothing for one without a paragraph of its own."""
    for paragraph in doctree.findall(nodes.paragraph):
        text = " ".join(paragraph.astext().split())
        if len(text) >= SHORTEST and not _is_apart(paragraph):
            return _cut(text)
    return ""


def _add(app, page, template, context, doctree):
    text = OF_THE_SHELL.get(page)
    if doctree is not None:
        text = _described(doctree)
    if page.startswith(LIBRARY):
        text = OF_A_PACKAGE.format(f"ddlib.{posixpath.basename(page)}")
    if text:
        tag = f'<meta name="description" content="{escape(text)}" />\n'
        context["metatags"] = context.get("metatags", "") + tag


def setup(app):
    """Register with Sphinx."""
    app.connect("html-page-context", _add)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
