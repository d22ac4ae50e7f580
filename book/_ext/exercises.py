"""Fold the solution of an exercise with the browser's own fold, which the keyboard opens.

sphinx-exercise numbers exercises, and joins a solution with the cells that it runs. It folds by a
script of another extension; `<details>` needs none, and is shown open in print.
"""

from docutils import nodes
from sphinx_exercise.nodes import is_extension_node, solution_node


def _tidy(app, doctree, docname):
    """Drop the ids that all exercises of a page share, and the title of a solution, which links."""
    for node in doctree.findall(is_extension_node):
        for part in [*node.children]:
            if isinstance(part, nodes.section):
                part["ids"] = []
            elif isinstance(part, nodes.title) and isinstance(node, solution_node):
                node.remove(part)


def _visit_solution(self, node):
    self.body.append(self.starttag(node, "details"))
    self.body.append(f"<summary>{self.encode(node['title'])}</summary>\n")


def _depart_solution(self, node):
    self.body.append("</details>\n")


def setup(app):
    """Register with Sphinx."""
    app.setup_extension("sphinx_exercise")
    app.add_node(solution_node, override=True, html=(_visit_solution, _depart_solution))
    app.connect("doctree-resolved", _tidy)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
