"""Tell Sphinx of the entries of the library, whose pages `ddlib.book.reference` writes as HTML.

Roles find them (`{py:func}` and the like), the search does, and so do other books. Names by which
an entry is imported lead to it, too.
"""

import re

from docutils import nodes

ENTRY = re.compile(r'id="([^"]+)" data-kind="([^"]+)" data-names="([^"]*)"')
MATHEMATICS = '<span class="math'


def _note_entries(app, doctree):
    if not app.env.docname.startswith("library/"):
        return
    python, mathematics = app.env.get_domain("py"), app.env.get_domain("math")
    for raw in doctree.findall(nodes.raw):
        html = raw.astext()
        for path, kind, names in ENTRY.findall(html):
            if kind == "module":
                python.note_module(path, path, "", "", False)
            python.note_object(path, kind, path)
            for name in names.split():
                python.note_object(name, kind, path, aliased=True)
        if MATHEMATICS in html:
            mathematics.data["has_equations"][app.env.docname] = True  # so that MathJax is there


def setup(app):
    """Register with Sphinx."""
    app.connect("doctree-read", _note_entries)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
