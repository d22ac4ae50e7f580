"""Name links that are a symbol alone by what the page of notation says of it.

Who hears the page hears words in place of a formula.
"""

import html
import re
from pathlib import Path

from lxml.html import fromstring

LINK = re.compile(r'(?P<link><a class="reference internal" href="[^"]*#(?P<id>symbol-[a-z-]+)")>')
FORMULA = re.compile(r"\\\((.*?)\\\)", re.DOTALL)
NO_LETTERS = re.compile(r"\\(?:(?:hat|bar)\b)?|[{}^_]")
LONGEST = 12  # characters of a formula that can be read out as its letters
LEFT_OVER = re.compile(r"[\s,;:]+(?=[;:]|$)")  # where a formula stood


def _in_words(cell):
    """Return what a cell says, with short formulas as their letters, and without others."""

    def letters(formula):
        return NO_LETTERS.sub("", formula[1]) if len(formula[1]) <= LONGEST else ""

    return LEFT_OVER.sub("", " ".join(FORMULA.sub(letters, cell.text_content()).split()))


def _meanings(page):
    """Return symbol's place -> what it means, in words and letters."""
    if not page.is_file():
        return {}
    tree = fromstring(page.read_text(encoding="utf-8"))
    places = tree.xpath("//td//*[starts-with(@id, 'symbol-')]")
    cells = {place.get("id"): next(place.iterancestors("td")).getnext() for place in places}
    return {place: _in_words(cell) for place, cell in cells.items()}


class Names:
    """Names of the links of one build."""

    def __init__(self):
        self.meanings = None

    def give(self, app, page):
        """Name the links of a page."""
        if self.meanings is None:
            self.meanings = _meanings(Path(app.outdir, "book", "notation.html"))
        page.text = LINK.sub(self._named, page.text)

    def _named(self, link):
        return f'{link["link"]} aria-label="{html.escape(self.meanings[link["id"]])}">'


def setup(app):
    """Register with Sphinx."""
    app.setup_extension("pages")
    app.connect("page-edit", Names().give)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
