"""Mend what axe-core finds in the pages of the theme and its extensions.

- A fold of the navigation has no name: it gets one.
- The bibliography is a list without list items, of a role that is deprecated: it is plain blocks.
- A table of which the head is empty has no head.
- A fold of code has a name that is not what it shows: it has none.
- A proof, and what a theorem says, have the id of every other: they have none.
"""

import re

EMPTY = r"\s*<th[^>]*>\s*(?:<p>\s*</p>)?\s*</th>"
MENDED = (
    (
        re.compile(r'<summary>(?=<span class="toctree-toggle")'),
        '<summary aria-label="Pages below">',
    ),
    (re.compile(r'<summary aria-label="Toggle hidden content">'), "<summary>"),
    (re.compile(r'<div role="list" class="citation-list">'), '<div class="citation-list">'),
    (re.compile(r' role="doc-biblioentry"'), ""),
    (re.compile(rf"<thead>\s*<tr[^>]*>({EMPTY})+\s*</tr>\s*</thead>"), ""),
    (re.compile(r'<th class="[^"]*\bblank\b[^"]*"\s*>&nbsp;</th>'), "<td></td>"),
    (re.compile(r"<th>\s*</th>"), "<td></td>"),
    (re.compile(r' id="proof(-content)?"'), ""),
)


def _mend(app, page):
    for found, mended in MENDED:
        page.text = found.sub(mended, page.text)


def setup(app):
    """Register with Sphinx."""
    app.setup_extension("pages")
    app.connect("page-edit", _mend)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
