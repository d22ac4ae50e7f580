"""Number and caption the table that a cell shows, so that `{numref}` finds it.

`{captioned-table}` stands right above the cell, with the caption as its content: what the cell
shows moves below the caption, into a frame that scrolls sideways where the table is wide.
"""

from typing import ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.errors import ExtensionError
from sphinx.transforms import SphinxTransform
from sphinx.util.docutils import SphinxDirective


class CaptionedTable(nodes.General, nodes.Element):
    """A caption, and what it is the caption of."""


class TableCaption(nodes.caption):
    """What the table shows."""


class ScrollingFrame(nodes.General, nodes.Element):
    """What a cell shows; keyboards can scroll it, and a reader is told whose frame it is."""


class CaptionedTableDirective(SphinxDirective):
    """Hold the caption until the cell below is there."""

    has_content = True
    option_spec: ClassVar = {"name": directives.unchanged_required}

    def run(self):
        """Return the table with its caption alone."""
        parsed = nodes.Element()
        self.state.nested_parse(self.content, self.content_offset, parsed)
        table = CaptionedTable()
        self.set_source_info(table)
        self.add_name(table)
        caption = TableCaption("", "", *(parsed[0].children if parsed.children else ()))
        caption["ids"] = [f"{identifier}-caption" for identifier in table["ids"]]
        table += caption
        return [table]


class MoveTables(SphinxTransform):
    """Move what cells show into the tables above them."""

    default_priority = 210

    def apply(self, **_):
        """Change the document."""
        for table in [*self.document.findall(CaptionedTable)]:
            after = table.parent[table.parent.index(table) + 1 :][:1]
            shown = [
                node
                for cell in after
                for node in cell
                if isinstance(node, nodes.container)
                and node.get("nb_element") == "cell_code_output"
            ]
            if not shown:
                raise ExtensionError(
                    f"table {table['names']}: no output; must stand above the cell that shows it"
                )
            output = shown[0]
            frame = ScrollingFrame("", *output.children, labelledby=table[0]["ids"][0])
            table.parent.remove(table)
            table += frame
            output.children = []
            output += table


def _title(table):
    return table[0].astext()


def _visit_table(self, node):
    self.body.append(self.starttag(node, "figure", CLASS="captioned-table"))


def _depart_table(self, node):
    self.body.append("</figure>\n")


def _visit_caption(self, node):
    self.body.append(self.starttag(node, "figcaption"))
    self.add_fignumber(node.parent)
    self.body.append('<span class="caption-text">')


def _depart_caption(self, node):
    self.body.append("</span>")
    self.add_permalink_ref(node.parent, "Link to this table")
    self.body.append("</figcaption>\n")


def _visit_frame(self, node):
    more = {"role": "region", "aria-labelledby": node["labelledby"], "tabindex": "0"}
    self.body.append(self.starttag(node, "div", CLASS="scrolling-frame", **more))


def _depart_frame(self, node):
    self.body.append("</div>\n")


def setup(app):
    """Register with Sphinx."""
    html = (_visit_table, _depart_table)
    app.add_enumerable_node(CaptionedTable, "table", _title, html=html)
    app.add_node(TableCaption, html=(_visit_caption, _depart_caption))
    app.add_node(ScrollingFrame, html=(_visit_frame, _depart_frame))
    app.add_directive("captioned-table", CaptionedTableDirective)
    app.add_transform(MoveTables)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
