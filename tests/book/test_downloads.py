"""The notebook that a chapter offers reads without Sphinx."""

import re

import nbformat
import pytest
import yaml
from bs4 import BeautifulSoup
from nbconvert import HTMLExporter
from nbformat.v4 import new_code_cell, new_notebook, new_output

from ddlib.book.downloads import INSTALL, download, result
from ddlib.book.notebooks import read_source
from ddlib.book.project import chapters
from ddlib.book.report import RECORD, glued
from ddlib.runs.places import ROOT

TEX = yaml.safe_load((ROOT / "_config.yml").read_text())["sphinx"]["config"]["mathjax3_config"]
MACROS = "|".join(TEX["tex"]["macros"])
SOURCE = """# %% [markdown]
# # A chapter
#
# It has {glue:text}`rows` rows, {glue:text}`share:.1f` per cent {cite:p}`two,three`,
# as {cite:t}`one` says.
#
# ````{prf:theorem} Exact rows
# :label: thm-exact
#
# For {math}`d+1` rows see {numref}`tab-x`, {numref}`fig-elsewhere` and
# {numref}`tab-elsewhere`, {eq}`eq-a` and
# {prf:ref}`thm-exact`. A [learner](#symbol-learner) is $\\learner(S)$, with $\\tr\\risk_Q$.
#
# ```{dropdown} Solution
# By {py:obj}`~ddlib.distill` or {py:obj}`EM <ddlib.dbn.fit_em>`.
# ```
# ````
#
# Go on to [the next](next.ipynb#part), [rules](../book/rules.md) or [a site](https://a.org/x.md).
#
# ```python
# kept = 1
# ```

# %%
# | label: tab-x
# | caption: >-
# |   What is
# |   shown.
rows = 3

# %% [markdown]
# ```{exercise} Twice the rows
# :label: ex-twice
#
# How many are they?
# ```
#
# ```{solution-start} ex-twice
# ```

# %%
print(2 * rows)

# %% [markdown]
# So there are more.
#
# ```{solution-end}
# ```

# %% [markdown]
# ```{solution-end}
# ```
"""
CONFIG = r"""
sphinx:
  config:
    mathjax3_config:
      tex:
        macros:
          learner: "\\mathcal{A}"
          risk: "\\mathcal{R}"
          tr: "\\operatorname{tr}"
"""
BIBTEX = """@article{one,
  author = {Izzo, Zachary},
  year = {2023}
}
@book{two,
  author  = {Nadeau, Claude and Bengio, Yoshua},
  year    = {2003},
}
@article{three,
  author = {A, B and C, D and E, F},
  year = {1999}
}
"""


def glues(values):
    return [
        new_output("display_data", {RECORD: text}, metadata={"scrapbook": {"name": name}})
        for name, text in values.items()
    ]


@pytest.fixture
def notebook(tmp_path):
    (tmp_path / "x.py").write_text(SOURCE)
    (tmp_path / "x.bib").write_text(BIBTEX)
    (tmp_path / "x.yml").write_text(CONFIG)
    shown = glues({"rows": "3", "share": "12.345"})
    done = new_notebook(cells=[new_code_cell("rows = 3", outputs=shown)])
    nbformat.write(done, tmp_path / "x.ipynb")
    given = (tmp_path / name for name in ("x.py", "x.ipynb", "x.bib", "x.yml"))
    return download(*given)


def test_roles_read_as_words(notebook):
    text = notebook.cells[0].source
    assert "It has 3 rows, 12.3 per cent (Nadeau and Bengio 2003; A et al. 1999)" in text
    assert "as Izzo (2023) says" in text
    assert (
        "see Table 1, a figure of another chapter and\na table of another chapter, (eq-a)" in text
    )
    assert "By `distill` or `EM`." in text


def test_directives_are_quoted_below_their_titles_and_code_stays(notebook):
    lines = notebook.cells[0].source.splitlines()
    assert "**Theorem: Exact rows** (thm-exact)" in lines
    assert "**Solution**" in lines
    assert lines[-3:] == ["```python", "kept = 1", "```"]
    assert sum(line.startswith("`") for line in lines) == 2


def test_macros_are_written_out_and_places_of_the_book_are_words(notebook):
    text = notebook.cells[0].source
    assert r"A learner is ${\mathcal{A}}(S)$, with $\operatorname{tr}{\mathcal{R}}_Q$." in text


def test_an_exercise_and_its_solution_are_told_apart_and_its_code_stays(notebook):
    exercise, code, end = notebook.cells[3:]
    lines = exercise.source.splitlines()
    assert [line for line in lines if line] == [
        "**Exercise: Twice the rows**",
        "How many are they?",
        "**Solution**",
    ]
    assert (code.cell_type, code.source) == ("code", "print(2 * rows)")
    assert end.source.strip() == "So there are more."


def test_links_to_pages_of_the_book_are_words_and_others_stay(notebook):
    expected = "Go on to the next, rules or [a site](https://a.org/x.md)."
    assert expected in notebook.cells[0].source


def test_it_says_how_to_run_it_and_what_a_cell_shows(notebook):
    assert notebook.cells[1].source == INSTALL
    assert notebook.cells[2].source == "# Table 1: What is shown.\nrows = 3"
    assert not notebook.cells[2].outputs


def test_a_result_has_the_numbers_of_its_own_run_and_keeps_what_it_showed(notebook, tmp_path):
    """As a reader of Jupyter sees it: rendered by nbconvert, which knows nothing of MyST."""
    done = read_source(tmp_path / "x.py")
    done.metadata["papermill"] = {"parameters": {"rows": 12000}}
    done.cells[1].outputs = glues({"rows": "12000", "share": "np.float64(-0.25)"})
    done.cells[1].outputs.append(new_output("stream", text="what the cell printed"))
    nbformat.write(done, tmp_path / "x.ipynb")
    read = result(*(tmp_path / name for name in ("x.ipynb", "x.bib", "x.yml")))
    nbformat.validate(read)
    page, _ = HTMLExporter().from_notebook_node(read)
    text = BeautifulSoup(page, "html.parser").get_text()
    assert "It has 12\u202f000 rows, −0.2 per cent (Nadeau and Bengio 2003" in text
    assert "with rows = 12000; each number in the text is of this run" in text
    assert "what the cell printed" in text
    assert "glue:" not in text
    assert glued(read) == {"rows": 12000, "share": -0.25}


@pytest.mark.parametrize("name", chapters(ROOT))
def test_no_chapter_offers_what_only_sphinx_reads(name):
    built = nbformat.read(ROOT / "_build" / "downloads" / f"{name}.ipynb", as_version=4)
    for cell in built.cells:
        if cell.cell_type == "markdown":
            assert not re.search(r"\{[a-z:]+\}`|^`{3,}\{|^:[a-z-]+:", cell.source, re.MULTILINE)
            assert not re.search(rf"\\({MACROS})(?![A-Za-z])|\]\(#", cell.source)
