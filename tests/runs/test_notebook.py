"""A notebook's text tells its parameters and its faults before any kernel starts."""

import subprocess
import sys
from pathlib import Path

import pytest

from ddlib.config import ParameterError
from ddlib.runs.notebook import NotebookError, check_parameters, declared_parameters, parse

NOTEBOOKS = sorted((Path(__file__).parents[2] / "notebooks").glob("*.py"))
SOURCE = """\
# %% [markdown]
# # A title

# %% tags=["parameters"]
num_rows = 2  # rows
budgets = [1, 2]  # budgets

# %%
import no_such_module
from typing import Annotated
from pydantic import Field
from ddlib.config import Config, Count

Few = Annotated[int, Field(strict=True, le=9)]


class Parameters(Config):
    num_rows: Few
    budgets: tuple[Count, ...]

    def use(self):
        return no_such_module


parameters = Parameters.from_namespace(globals())
"""


@pytest.fixture
def source(tmp_path):
    path = tmp_path / "x.py"
    path.write_text(SOURCE, encoding="utf-8")
    return path


ALL = "must be one of num_rows, budgets"


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (
            {"num_row": 3},
            f"num_row = 3: unknown; perhaps num_rows? {ALL}",
        ),
        ({"num_rows": 10}, "num_rows = 10: must be less than or equal to 9"),
        ({"budgets": [1, 0]}, "budgets[1] = 0: must be greater than or equal to 1"),
    ],
)
def test_a_wrong_parameter_is_found_without_what_the_notebook_imports(source, given, message):
    check_parameters(source, {"num_rows": 3, "budgets": [4]})
    with pytest.raises(ParameterError) as caught:
        check_parameters(source, given)
    assert str(caught.value) == message


def test_without_a_class_the_names_are_those_of_the_parameters_cell(source):
    source.write_text(SOURCE[: SOURCE.index("# %%\n")], encoding="utf-8")
    check_parameters(source, {"num_rows": "any"})
    with pytest.raises(ParameterError, match=r"num_row = 3: unknown; perhaps num_rows\?"):
        check_parameters(source, {"num_row": 3})


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_the_chapters_declare_what_their_parameters_cells_bind(path):
    check_parameters(path, {})
    fields = declared_parameters(path).model_fields
    with pytest.raises(
        ParameterError, match="nme = 3: unknown; must be one of " + ", ".join(fields)
    ):
        check_parameters(path, {"nme": 3})


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("%matplotlib inline\n", ":1: '%matplotlib inline' is not Python: invalid syntax; comment"),
        ("n = 1\nn = (\n", ":2: 'n = (' is not Python: '(' was never closed"),
        ("n = '\xe9'\n", ": is not UTF-8 at byte 5"),
    ],
)
def test_a_faulty_source_is_one_line(source, text, message):
    source.write_text(text, encoding="latin-1")
    with pytest.raises(NotebookError) as caught:
        parse(source)
    assert str(caught.value).startswith(f"{source}{message}")
    assert "\n" not in str(caught.value)


def test_a_byte_order_mark_is_no_fault(source):
    source.write_text(SOURCE, encoding="utf-8-sig")
    check_parameters(source, {"num_rows": 3})


def test_the_line_comes_before_anything_slow_is_imported():
    """Seconds would pass: of papermill and torch, and of the kernel."""
    code = """
import sys
from ddlib.book.__main__ import main
sys.argv = ["ddlib.book", "run", "notebooks/merging.py", "nme=3"]
assert main() == 1
slow = {"papermill", "nbformat", "jupytext", "torch", "pandas", "numpy"} & sys.modules.keys()
assert not slow, slow
"""
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=NOTEBOOKS[0].parents[1], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr.startswith(
        "notebooks/merging.py: nme = 3: unknown; must be one of num_networks"
    )
    assert done.stderr.count("\n") == 1
