"""Below each figure: its data, the code that draws it, and the command that draws it again."""

import json
import re
import shlex

import nbformat
import numpy as np
import pandas as pd
import pytest
from bs4 import BeautifulSoup
from nbformat.v4 import new_code_cell, new_notebook, new_output
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError
from sphinx.util.docutils import docutils_namespace

from ddlib.book.execute import execute
from ddlib.book.figure_data import CSV, again, take_data, write_data
from ddlib.book.notebooks import weave
from ddlib.book.project import chapters
from ddlib.config import parse_parameters
from ddlib.plots import described
from ddlib.runs.places import ROOT
from tests.shared.notebooks import HEADER

SITE = ROOT / "_build" / "html"
SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>'
CHAPTER = (
    HEADER
    + """# %% [markdown]
# # A chapter

# %% tags=["parameters"]
heights = [0.1, 0.7]  # of the line, in metres

# %% tags=["hide-input"]
# | label: fig-line
# | caption: A line
# | alt: A rising line
import matplotlib.pyplot as plt

from ddlib.plots.style import use_style

use_style()
plt.plot(heights)
plt.xlabel("β")
plt.show()
"""
)


def test_both_sides_name_the_format_alike():
    assert CSV == described.CSV


@pytest.fixture(scope="module")
def woven(tmp_path_factory):
    folder = tmp_path_factory.mktemp("woven")
    source = folder / "one.py"
    source.write_text(CHAPTER, encoding="utf-8")
    execute(source, folder / "one.ipynb", {"heights": [1 / 3, 2.0]})
    return weave(source, folder / "one.ipynb")


def test_what_an_executed_cell_draws_is_read_back_from_the_file(woven, tmp_path):
    page = nbformat.from_dict(woven)
    write_data(take_data(page, "make it"), tmp_path / "figures")
    (file,) = (tmp_path / "figures").iterdir()
    assert file.name == "fig-line.csv"
    found = pd.read_csv(file)
    assert [*found.columns] == ["mark", "β", "vertical"]
    np.testing.assert_array_equal(found["vertical"], [1 / 3, 2.0])
    assert file.read_bytes().startswith("\ufeffmark".encode())
    assert b"\r" not in file.read_bytes()
    cell = next(c for c in page.cells if "drawn" in c.metadata)
    assert cell.metadata["drawn"] == {"label": "fig-line", "has_data": True, "again": "make it"}
    assert not any(CSV in o.get("data", {}) for o in cell.outputs)
    assert any("image/svg+xml" in o.get("data", {}) for o in cell.outputs)


@pytest.mark.parametrize(
    "parameters", [{}, {"n": 7}, {"tasks": ["died ~ .", "a's"], "rate": 0.5, "name": "β γ"}]
)
def test_the_command_gives_the_parameters_that_the_page_had(tmp_path, parameters):
    make, run, *words = shlex.split(again(tmp_path / "x.py", parameters))
    assert [make, run] == ["make", "run"]
    given = dict(word.split("=", 1) for word in words)
    assert given["NOTEBOOK"] == str(tmp_path / "x.py")
    assert parse_parameters([given.get("PARAMS", "")]) == parameters


def page(folder, *cells):
    """Build a page of these cells in a folder of the site, and return it."""
    source = folder / "source"
    (source / "notebooks").mkdir(parents=True)
    (source / "index.md").write_text("# A\n\n```{toctree}\nnotebooks/one\n```\n")
    head = nbformat.v4.new_markdown_cell("# A page")
    nbformat.write(new_notebook(cells=[head, *cells]), source / "notebooks" / "one.ipynb")
    settings = {
        "extensions": ["myst_nb", "figure_sources"],
        "nb_execution_mode": "off",
        "numfig": True,
    }
    built = folder / "built"
    with docutils_namespace():
        app = Sphinx(source, None, built, built / "trees", "html", settings, status=None)
        app.build()
    return BeautifulSoup((built / "notebooks" / "one.html").read_text(), "html.parser")


def figure(label, *, has_data=True, tags=(), **metadata):
    drawn = {"label": label, "has_data": has_data, "again": "make run NOTEBOOK=notebooks/one.py"}
    mystnb = {"figure": {"name": label, "caption": "A line"}, "image": {"alt": "A line"}}
    cell = {"mystnb": mystnb, "drawn": drawn, "tags": [*tags], **metadata}
    output = new_output("display_data", {"image/svg+xml": SVG, "text/plain": "figure"})
    return new_code_cell(f"draw('{label}')", outputs=[output], metadata=cell)


@pytest.fixture
def extension(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "book" / "_ext"))


@pytest.mark.usefixtures("extension")
def test_the_line_stands_below_the_caption_and_leads_to_file_and_code(tmp_path):
    read = page(tmp_path, figure("fig-a", tags=["hide-input"]), figure("fig-b", has_data=False))
    first, second = read.find_all("figure")
    lines = [one.figcaption.find(class_="figure-source") for one in (first, second)]
    tail = "Code · Draw it again: make run NOTEBOOK=notebooks/one.py"
    assert [line.get_text() for line in lines] == [f"Data (CSV) · {tail}", tail]
    data, code = (link["href"] for link in lines[0].find_all("a"))
    assert data == "../figures/fig-a.csv"
    assert (
        first.figcaption.find(class_="caption-text").find_next(class_="figure-source") is lines[0]
    )
    target = read.find(id=code.removeprefix("#"))
    assert "draw('fig-a')" in target.get_text()
    assert target.find_parent("details")
    assert lines[0].code.get_text() == "make run NOTEBOOK=notebooks/one.py"


@pytest.mark.usefixtures("extension")
def test_a_figure_whose_code_is_not_on_the_page_is_told(tmp_path):
    with pytest.raises(ExtensionError, match="figure fig-a: no code on the page; must have both"):
        page(tmp_path, figure("fig-a", tags=["remove-input"]))


@pytest.mark.parametrize("name", chapters(ROOT))
def test_every_figure_of_the_book_has_data_code_and_command(name):
    source = (ROOT / "notebooks" / f"{name}.py").read_text(encoding="utf-8")
    labels = re.findall(r"^#\s?\|\s*label: (fig-\S+)", source, re.MULTILINE)
    file = SITE / "notebooks" / f"{name}.html"
    read = BeautifulSoup(file.read_text(encoding="utf-8"), "html.parser")
    assert [f["id"] for f in read.select("article figure:not(.captioned-table)")] == labels
    for label in labels:
        (line,) = read.find(id=label).select("figcaption .figure-source")
        links = {link.get_text(): link["href"] for link in line.find_all("a")}
        cell = read.find(id=links["Code"].removeprefix("#")).find_parent(class_="cell")
        assert cell.find(id=label), label
        assert cell.find(class_="cell_input").get_text().strip(), label
        assert f"make run NOTEBOOK=notebooks/{name}.py" in line.code.get_text()
        table = pd.read_csv(file.parent / links["Data (CSV)"])
        assert len(table), label
        assert table.select_dtypes("number").shape[1] or "from" in table, label
        assert not [head for head in table if head.startswith("Unnamed") or "$" in head], label


def test_the_file_of_a_matrix_has_the_numbers_that_its_widget_carries():
    """The widget's rows were written by other code, with four digits."""
    read = BeautifulSoup((SITE / "notebooks" / "explore.html").read_text("utf-8"), "html.parser")
    widget = read.find(class_="explorer", attrs={"data-still": "fig-explore-benchmark"})
    rows = pd.DataFrame(json.loads(widget.find("script").string)["rows"])
    expected = rows.set_index(["method", "task"])["ratio"].astype(float)
    found = pd.read_csv(SITE / "figures" / "fig-explore-benchmark.csv")
    found = found.set_index(["row", "column"])["value"].rename_axis(["method", "task"])
    assert len(found) > 100
    np.testing.assert_allclose(found, expected.reindex(found.index), rtol=1e-3)


def test_previews_of_figures_leave_the_line_out():
    shown = [file.read_text("utf-8") for file in (SITE / "_static" / "previews").glob("*.js")]
    assert any("figcaption" in text for text in shown)
    assert not any("figure-source" in text for text in shown)


def test_no_data_lie_in_the_site_that_no_figure_has():
    files = {file.stem for file in (SITE / "figures").iterdir()}
    pages = [(SITE / "notebooks" / f"{name}.html").read_text() for name in chapters(ROOT)]
    linked = {label for text in pages for label in re.findall(r'figures/([^"/]+)\.csv"', text)}
    assert files == linked
