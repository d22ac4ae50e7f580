"""Tables of a chapter: numbered, found by their label, in a frame that a keyboard can scroll."""

import io

import nbformat
import pytest
from bs4 import BeautifulSoup
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError
from sphinx.util.docutils import docutils_namespace

from tests.shared.small_book import ROOT

CAPTION = "````{captioned-table}\n:name: tab-a\n\nOf $x$, see {numref}`tab-b`.\n````"
TABLE = "<table><tr><td>7</td></tr></table>"


def page(folder, *cells):
    """Build a page of these cells, and return it."""
    source = folder / "source"
    source.mkdir()
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    notebook = new_notebook(
        cells=[new_markdown_cell("# A page"), *cells], metadata={"kernelspec": kernel}
    )
    nbformat.write(notebook, source / "index.ipynb")
    settings = {
        "extensions": ["myst_nb", "captioned_tables"],
        "nb_execution_mode": "off",
        "numfig": True,
        "myst_enable_extensions": ["dollarmath"],
    }
    built = folder / "built"
    warnings = io.StringIO()
    with docutils_namespace():  # else the next build of the process finds nodes of this one
        app = Sphinx(
            source, None, built, built / "trees", "html", settings, status=None, warning=warnings
        )
        app.build()
    assert warnings.getvalue() == ""
    return BeautifulSoup((built / "index.html").read_text(), "html.parser")


def shows(html):
    output = new_output("execute_result", {"text/html": html, "text/plain": "7"})
    return new_code_cell("f()", outputs=[output])


@pytest.fixture(autouse=True)
def extension(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "book" / "_ext"))


def test_the_output_of_the_cell_below_stands_in_the_frame(tmp_path):
    other = CAPTION.replace("tab-a", "tab-b").replace("Of $x$, see {numref}`tab-b`.", "Another.")
    read = page(
        tmp_path,
        new_markdown_cell("See {numref}`tab-a`."),
        new_markdown_cell(CAPTION),
        shows(TABLE),
        new_markdown_cell(other),
        shows(TABLE.replace("7", "8")),
    )
    first, second = read.find_all("figure", class_="captioned-table")
    assert (first["id"], second["id"]) == ("tab-a", "tab-b")
    assert read.p.get_text() == "See Table 1."
    assert first.figcaption.get_text().strip().startswith("Table 1 Of ")
    assert "see Table 2." in first.figcaption.get_text()
    assert first.figcaption.find(class_="math")
    frame = first.find(role="region")
    assert (frame.td.get_text(), second.td.get_text()) == ("7", "8")
    assert frame["tabindex"] == "0"
    assert read.find(id=frame["aria-labelledby"]) is first.figcaption
    cell = first.find_parent(class_="cell")
    assert cell.find(class_="cell_input").find_next("figure") is first


@pytest.mark.parametrize("below", [[], [new_code_cell("x = 7")], [new_markdown_cell("No cell.")]])
def test_a_table_that_no_cell_shows_is_told(tmp_path, below):
    with pytest.raises(ExtensionError, match=r"table \['tab-a'\]: no output; must stand above"):
        page(tmp_path, new_markdown_cell(CAPTION.replace("tab-b", "tab-a")), *below)
