"""Mend what axe-core finds in the pages of the theme and its extensions.

- A fold of the navigation has no name: it gets one.
- The bibliography is a list without list items, of a role that is deprecated: it is plain blocks.
- A table of which the head is empty has no head.
"""

import re
from pathlib import Path

EMPTY = r"\s*<th[^>]*>\s*(?:<p>\s*</p>)?\s*</th>"
MENDED = (
    (
        re.compile(r'<summary>(?=<span class="toctree-toggle")'),
        '<summary aria-label="Pages below">',
    ),
    (re.compile(r'<div role="list" class="citation-list">'), '<div class="citation-list">'),
    (re.compile(r' role="doc-biblioentry"'), ""),
    (re.compile(rf"<thead>\s*<tr[^>]*>({EMPTY})+\s*</tr>\s*</thead>"), ""),
    (re.compile(r'<th class="[^"]*\bblank\b[^"]*"\s*>&nbsp;</th>'), "<td></td>"),
    (re.compile(r"<th>\s*</th>"), "<td></td>"),
)


def _mend(app, error):
    if error or app.builder.format != "html":
        return
    for page in Path(app.outdir).rglob("*.html"):
        text = page.read_text(encoding="utf-8")
        for found, mended in MENDED:
            text = found.sub(mended, text)
        page.write_text(text, encoding="utf-8")


def setup(app):
    """Register with Sphinx."""
    app.connect("build-finished", _mend)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
