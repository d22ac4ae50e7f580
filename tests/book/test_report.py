"""The table of what runs of a notebook report."""

import math

import nbformat
import numpy as np
import pandas as pd
import pytest
from IPython.core.interactiveshell import InteractiveShell

from ddlib.book.execute import execute
from ddlib.book.report import RECORD, filled, glued, report
from tests.shared.notebooks import HEADER

SOURCE = (
    HEADER
    + """# %% [markdown]
# # Numbers

# %% tags=["parameters"]
n = 2  # a number, at least 1

# %%
from myst_nb import glue

glue("third", n / 3, display=False)
glue("word", "β's", display=False)
print("something else")
"""
)


def executed(folder, name, values, parameters):
    """Write a notebook as papermill does, with one cell a glued value (its text)."""
    cells = [nbformat.v4.new_markdown_cell("Prose."), nbformat.v4.new_code_cell("1")]
    cells[1].outputs.append(nbformat.v4.new_output("stream", text="2.5"))
    for key, text in values.items():
        data, metadata = {RECORD: text}, {"scrapbook": {"name": key, "mime_prefix": "x"}}
        output = nbformat.v4.new_output("display_data", data=data, metadata=metadata)
        cells.append(nbformat.v4.new_code_cell("glue", outputs=[output]))
    notebook = nbformat.v4.new_notebook(cells=cells)
    notebook.metadata["papermill"] = {"parameters": parameters}
    path = folder / f"{name}.ipynb"
    nbformat.write(notebook, path)
    return path


def test_one_row_a_notebook_its_parameters_and_then_its_numbers(tmp_path):
    paths = [
        executed(tmp_path, "b", {"loss": "0.25", "count": "3"}, {"label": "x", "seed": 1}),
        executed(tmp_path, "a", {"loss": "1e-05", "count": "4"}, {"label": "y", "seed": 0}),
    ]
    table = report(paths)
    expected = {"label": ["x", "y"], "seed": [1, 0], "loss": [0.25, 1e-5], "count": [3, 4]}
    pd.testing.assert_frame_equal(table, pd.DataFrame(expected), check_exact=True)


def test_what_one_notebook_does_not_report_is_missing(tmp_path):
    one = executed(tmp_path, "a", {"loss": "1.0"}, {"seed": 0})
    two = executed(tmp_path, "b", {"gain": "2.0"}, {"seed": 1})
    assert report([one, two])["loss"].isna().tolist() == [False, True]


def test_a_notebook_that_reports_nothing_is_named(tmp_path):
    silent = executed(tmp_path, "silent", {}, {"seed": 0})
    paths = [executed(tmp_path, "a", {"loss": "1.0"}, {"seed": 0}), silent]
    with pytest.raises(ValueError, match="reports no number; must glue those") as caught:
        report(paths)
    assert str(caught.value).startswith(f"{silent}: ")


@pytest.mark.parametrize(
    "value",
    [3, -2.5, 0.1 + 0.2, 1e-300, math.inf, np.float64(1 / 3), np.int64(7), "a word", "", True],
)
def test_values_are_read_as_they_were_glued(tmp_path, value):
    text = InteractiveShell.instance().display_formatter.format(value)[0]["text/plain"]
    path = executed(tmp_path, "a", {"x": text}, {})
    (found,) = glued(nbformat.read(path, as_version=4)).values()
    assert found == (str(value) if isinstance(value, bool) else value)
    assert isinstance(found, int) == (isinstance(value, int | np.int64) and value is not True)


def test_nan_is_a_number(tmp_path):
    path = executed(tmp_path, "a", {"x": "nan"}, {})
    assert math.isnan(report([path])["x"].item())


def test_an_executed_notebook_is_reported(tmp_path):
    source = tmp_path / "numbers.py"
    source.write_text(SOURCE)
    execute(source, tmp_path / "out.ipynb", {"n": 5})
    table = report([tmp_path / "out.ipynb"])
    assert table.to_dict("records") == [{"n": 5, "third": 5 / 3, "word": "β's"}]


@pytest.mark.parametrize(
    ("prose", "read"),
    [
        ("{glue:text}`low:.2f` nats", "−0.84 nats"),
        ("of {glue:text}`rows` rows", "of 19\u202f700 rows"),
        ("{glue:text}`rows`. Then", "19\u202f700. Then"),
        ("So\n{glue:text}`few`. Then", "So\n7\\. Then"),  # no list begins
        ("{glue:text}`word` and {glue:text}`word`", r"a\_b \<c\> and a\_b \<c\>"),
    ],
)
def test_prose_has_numbers_in_place_of_their_names(prose, read):
    assert filled(prose, {"low": -0.84, "rows": 19700, "few": 7, "word": "a_b <c>"}) == read


def test_prose_asks_for_what_is_glued_alone():
    with pytest.raises(ValueError, match="rowz: glued by no cell; must be one of rows"):
        filled("{glue:text}`rowz`", {"rows": 3})
