"""Say on pages with formulas, where scripts are off, that MathJax would typeset them."""

import re

FORMULA = re.compile(r'class="math notranslate')
CONTAINER = re.compile(r'(?=<div class="bd-container">)')  # outside of what excerpts are made of
WORDS = "Scripts are off, so formulas are shown as their TeX source."
NOTE = f'<noscript><p class="without-scripts">{WORDS}</p></noscript>'


def _say_so(app, page):
    if FORMULA.search(page.text):
        page.text = CONTAINER.sub(NOTE, page.text, count=1)


def setup(app):
    """Register with Sphinx."""
    app.setup_extension("pages")
    app.connect("page-edit", _say_so)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
