"""Say below each figure of a chapter where its data and its code are, and how to draw it again.

`ddlib.book.figure_data` puts into the cell's metadata what the line says, and writes the data.
"""

import posixpath
from html import escape

from docutils import nodes
from sphinx.errors import ExtensionError
from sphinx.transforms import SphinxTransform

FOLDER = "figures"  # of the site
LINE = '<p class="figure-source">{}</p>'
LINK = '<a href="{}">{}</a>'
BETWEEN = '<span class="between"> · </span>'  # which paper leaves out with the links


class AddSources(SphinxTransform):
    """Give the code of figures an anchor, and their captions the line that leads there."""

    default_priority = 210

    def apply(self, **_):
        """Change the document."""
        for cell in [*self.document.findall(nodes.container)]:
            drawn = cell.get("cell_metadata", {}).get("drawn")
            if drawn and cell.get("nb_element") == "cell_code":
                self._add(cell, **drawn)

    def _add(self, cell, label, has_data, again):
        """Add the line to the figure of a cell."""
        code = [n for n in cell.children if n.get("nb_element") == "cell_code_source"]
        figure = next(cell.findall(nodes.figure), None)
        if not code or figure is None:
            what = "no figure" if code else "no code on the page"
            raise ExtensionError(f"figure {label}: {what}; must have both, so not remove-input")
        code[0]["ids"].append(f"code-{label}")
        pieces = [LINK.format(f"#code-{label}", "Code")]
        if has_data:
            folder = posixpath.relpath(FOLDER, posixpath.dirname(self.env.docname))
            pieces.insert(0, LINK.format(escape(f"{folder}/{label}.csv"), "Data (CSV)"))
        pieces.append(f"Draw it again: <code>{escape(again)}</code>")
        line = LINE.format(BETWEEN.join(pieces))
        figure += nodes.legend("", nodes.raw("", line, format="html"))


def setup(app):
    """Register with Sphinx."""
    app.add_transform(AddSources)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
