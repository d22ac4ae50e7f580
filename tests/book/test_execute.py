"""Execution through papermill: parameters, provenance, failures, nothing half-written."""

import sys
import tempfile
from pathlib import Path

import nbformat
import papermill
import pytest
from papermill.exceptions import PapermillExecutionError

from ddlib.book.__main__ import main
from ddlib.book.execute import PATIENCE, NotebookError, execute, through_sockets
from ddlib.book.notebooks import read_source
from tests.shared.notebooks import HEADER

SOURCE = (
    HEADER
    + """# %% [markdown]
# # Rows

# %%
setting_up = "a machine in the cloud"

# %% tags=["parameters"]
num_rows = 2  # rows, at least 1
budgets = [1]  # budgets

# %%
from ddlib.config import Config, Count


class Parameters(Config):
    num_rows: Count
    budgets: tuple[Count, ...]


parameters = Parameters.from_namespace(globals())

# %%
print("computed", 6 / (parameters.num_rows - 5), *parameters.budgets)
"""
)


@pytest.fixture
def source(tmp_path):
    path = tmp_path / "rows.py"
    path.write_text(SOURCE)
    return path


def texts(path):
    cells = nbformat.read(path, as_version=4).cells
    return [out.get("text", "") for cell in cells for out in cell.get("outputs", [])]


def test_runs_with_parameters_and_notes_its_provenance(source, tmp_path, monkeypatch):
    start_up = tmp_path / "ipython" / "profile_default" / "startup" / "mine.py"
    start_up.parent.mkdir(parents=True)
    start_up.write_text("pi = 3.14", encoding="utf-8")
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    output = tmp_path / "out" / "rows.ipynb"
    given = {"num_rows": 7, "budgets": "[10, 20]"}  # a list as `papermill -p` passes it
    execute(source, output, given)
    assert texts(output) == ["computed 3.0 10 20\n"]
    metadata = nbformat.read(output, as_version=4).metadata
    assert metadata.papermill.parameters == given
    assert metadata.ddlib.packages.keys() >= {"torch", "numpy", "pgmpy"}
    assert len(metadata.ddlib.code) == 64
    assert [path.name for path in output.parent.iterdir()] == ["rows.ipynb"]


CONNECTIONS = """# %%
import psutil
from ipykernel.connect import get_connection_info

states = [one.status for one in psutil.Process().net_connections("inet")]
print(states.count("ESTABLISHED"), states.count("LISTEN"), get_connection_info(unpack=True)["ip"])
"""


def test_a_kernel_is_reached_through_sockets_not_ports(tmp_path, monkeypatch):
    """Of two kernels that start at once none takes a port that was chosen for the other."""
    long = tmp_path / ("a" * 100)  # sockets of this folder would have names that are too long
    long.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(long))
    source, output = tmp_path / "ports.py", tmp_path / "ports.ipynb"
    source.write_text(HEADER + CONNECTIONS)
    execute(source, output, {})
    (text,) = texts(output)
    established, listening, sockets = text.split()
    assert int(established) == 0
    assert int(listening) <= 1  # for what a cell forks: ipykernel tries ports until one is free
    assert not Path(sockets).parent.exists()
    assert not list(long.iterdir())


def test_a_wrong_parameter_is_one_line_and_nothing_is_computed(source, tmp_path):
    output = tmp_path / "rows.ipynb"
    with pytest.raises(NotebookError) as caught:
        execute(source, output, {"num_row": 3})
    assert str(caught.value).startswith(f"{source}: num_row = 3: unknown; perhaps num_rows?")
    assert not output.exists()


def test_the_cell_of_a_figure_that_leaves_none_fails(tmp_path):
    source = tmp_path / "empty.py"
    heading = "# %%\n# | label: fig-a\n# | caption: A figure\n# | alt: None at all\n"
    source.write_text(f"{HEADER}{heading}print('no figure')\n", encoding="utf-8")
    with pytest.raises(NotebookError) as caught:
        execute(source, tmp_path / "empty.ipynb", {})
    assert str(caught.value) == f"{source}: the cell of figure fig-a left no image; must leave one"
    assert not (tmp_path / "empty.ipynb").exists()


def test_the_style_of_the_chapters_keeps_figures_whatever_the_shell_says(tmp_path, monkeypatch):
    """Where papermill itself runs a chapter, MPLBACKEND reaches the kernel."""
    source = tmp_path / "line.py"
    code = "from ddlib.plots.style import use_style\n\nuse_style()\nplt.plot([1, 2])\nplt.show()\n"
    heading = "# %%\n#| label: fig-a\n#| caption: A line\n#| alt: A rising line\n"
    source.write_text(f"{HEADER}{heading}import matplotlib.pyplot as plt\n{code}", encoding="utf-8")
    monkeypatch.setenv("MPLBACKEND", "Agg")
    execute(source, tmp_path / "line.ipynb", {})
    assert "image/svg+xml" in (tmp_path / "line.ipynb").read_text(encoding="utf-8")


def test_a_failing_cell_names_notebook_cell_and_traceback(source, tmp_path):
    output = tmp_path / "rows.ipynb"
    with pytest.raises(NotebookError) as caught:
        execute(source, output, {"num_rows": 5})
    message = str(caught.value)
    assert message.startswith(f"{source}: cell 5 failed")
    assert 'print("computed"' in message
    assert "ZeroDivisionError: division by zero" in message
    assert not output.exists()


def test_plain_papermill_stops_at_an_unknown_name(source, tmp_path):
    """papermill itself only warns; the chapter's own check makes it an error."""
    clean, output = tmp_path / "rows.ipynb", tmp_path / "o.ipynb"
    nbformat.write(read_source(source), clean)
    patience = {"start_timeout": PATIENCE, "iopub_timeout": PATIENCE, "progress_bar": False}
    with through_sockets() as config, pytest.raises(PapermillExecutionError) as caught:
        papermill.execute_notebook(clean, output, {"nmu_rows": 3}, config=config, **patience)
    assert caught.value.ename == "ParameterError"
    assert caught.value.evalue.startswith("nmu_rows = 3: unknown; perhaps num_rows?")
    assert "computed" not in "".join(texts(output))


def test_command_line_reports_a_bad_parameter_and_a_missing_source(
    source, tmp_path, monkeypatch, capsys
):
    def error_of(*arguments):
        monkeypatch.setattr(sys, "argv", ["ddlib.book", "run", *map(str, arguments)])
        code = main()
        return code, capsys.readouterr().err

    monkeypatch.chdir(tmp_path)
    line = "num_rows = 0: must be greater than or equal to 1"
    assert error_of(source, "num_rows=0") == (1, f"{source}: {line}\n")
    missing = tmp_path / "none.py"
    line = "no such notebook source; must be one of notebooks/*.py"
    assert error_of(missing) == (1, f"{missing}: {line}\n")
    code, line = error_of(source, "num_rows")
    assert code == 1
    assert "must be name=value" in line
