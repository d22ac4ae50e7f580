"""A wrong parameter stops with one line that names it, its value and what is allowed."""

import pytest

from ddlib.config import Config, Count, NonNegative, ParameterError, Seed, parse_parameters


class Example(Config):
    num_rows: Count
    noise_std: NonNegative = 0.1
    seeds: tuple[Seed, ...] = (0,)


def test_accepts_what_fits_and_is_frozen():
    config = Example(num_rows=3, noise_std=1, seeds=[1, 2])
    assert (config.num_rows, config.noise_std, config.seeds) == (3, 1.0, (1, 2))
    with pytest.raises(ValueError, match="frozen"):
        config.num_rows = 4


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"num_rows": 0}, "num_rows = 0: must be greater than or equal to 1"),
        ({"num_rows": 2.5}, "num_rows = 2.5: must be a valid integer"),
        ({"num_rows": True}, "num_rows = True: must be a valid integer"),
        ({"num_rows": "3"}, "num_rows = '3': must be a valid integer"),
        ({"num_rows": 1, "noise_std": -0.5}, "noise_std = -0.5: must be greater"),
        ({"num_rows": 1, "noise_std": float("nan")}, "noise_std = nan: must be a finite"),
        ({"num_rows": 1, "seeds": [0, -1]}, "seeds[1] = -1: must be greater"),
        (
            {"num_rows": 1, "nois_std": 0},
            "nois_std = 0: unknown; perhaps noise_std?",
        ),
        ({"num_rows": 1, "nois_std": None}, "nois_std: unknown; perhaps noise_std?"),
        ({"num_rows": None}, "num_rows: has no value; must be a valid integer"),
        ({"num_rows": 1, "seeds": [None]}, "seeds[0]: has no value; must be a valid integer"),
        ({"num_rows": 1, "noise_std": "inf"}, "noise_std = 'inf': must be a finite number"),
        ({"num_rows": 1, "noise_std": None}, "noise_std: has no value; must be a finite number"),
        ({}, "num_rows: missing"),
    ],
)
def test_names_parameter_value_and_range(values, message):
    with pytest.raises(ParameterError) as caught:
        Example(**values)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


# In a notebook: `_ih` is IPython's own list of the cells that ran.

CELLS = ["", "num_rows = 2\nseeds = [0]  # a comment", "config = Example.from_namespace(globals())"]


def ran(*cells):
    """Return the globals of a kernel in which `cells` ran."""
    namespace = {"_ih": list(cells), "Example": Example}
    exec("\n".join(cells), namespace)
    return namespace


def test_a_notebook_reads_its_parameters_and_what_papermill_injects():
    assert ran(*CELLS)["config"] == Example(num_rows=2)
    injected = "# Parameters\nnum_rows = 5\n"
    assert ran(*CELLS[:2], injected, CELLS[2])["config"] == Example(num_rows=5)


@pytest.mark.parametrize(
    "cells",
    [
        [*CELLS[:2], "# Parameters\nnum_row = 5\n", CELLS[2]],
        [CELLS[0], "num_rows = 2\nnum_row = 5", CELLS[2]],
    ],
    ids=["injected", "typed"],
)
def test_a_notebook_refuses_a_misspelt_name(cells):
    with pytest.raises(ParameterError, match=r"num_row = 5: unknown; perhaps num_rows\?"):
        ran(*cells)


@pytest.mark.parametrize(
    "above",
    ["pi = 3.14", "import math\nseeds = [7]\npi = 3.14", "seeds = [7]\npi = 3.14"],
)
def test_a_notebook_lets_other_cells_and_start_up_files_bind_what_they_like(above):
    assert ran(CELLS[0], above, *CELLS[1:])["config"] == Example(num_rows=2)
    namespace = {"start_up": 1, "_ih": CELLS, "num_rows": 2}  # of a file that ran before any cell
    assert Example.from_namespace(namespace) == Example(num_rows=2)


def test_a_notebook_reads_its_parameters_again_among_other_variables():
    again = ran(*CELLS, "rows = [1, 2]", "num_rows = 7", CELLS[2])
    assert again["config"] == Example(num_rows=7)


def test_a_mended_parameters_cell_is_read_in_the_same_kernel():
    namespace = ran("# Parameters\nnum_row = 5\n", "num_rows = 2", CELLS[2])
    assert namespace["config"] == Example(num_rows=2)


def test_a_notebook_takes_the_text_of_a_list_as_the_list():
    """`papermill -p seeds "[1, 2]"` injects a text."""
    injected = '# Parameters\nseeds = "[1, 2]"\n'
    assert ran(*CELLS[:2], injected, CELLS[2])["config"].seeds == (1, 2)
    with pytest.raises(ParameterError, match=r"seeds = '.1, 2': must be a valid tuple"):
        ran(*CELLS[:2], injected.replace("]", ""), CELLS[2])


# Typed on a command line


@pytest.mark.parametrize(
    ("words", "values"),
    [
        ([], {}),
        ([""], {}),
        (["n=1", "noise=1e-1"], {"n": 1, "noise": 0.1}),
        (["n=1 noise=1e-1"], {"n": 1, "noise": 0.1}),
        (["rows=[10,", "20]", "n=1"], {"rows": [10, 20], "n": 1}),
        (["rows=[10, 20]   n=010"], {"rows": [10, 20], "n": 10}),
        (["label=a b = c"], {"label": "a b = c"}),
        (["a=", "b=~", "c=null"], {"a": None, "b": None, "c": None}),
    ],
)
def test_parameters_are_read_however_the_shell_cut_them(words, values):
    assert parse_parameters(words) == values


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("n", "'n': must be name=value"),
        ("1n=2", "'1n=2': must be name=value"),
        ("n=[1,", "'n=[1,': its value is not YAML; must be YAML"),
        ("n=1 n=2", "n: given twice; must be given once"),
    ],
)
def test_what_is_no_parameter_is_refused(text, message):
    with pytest.raises(ParameterError) as caught:
        parse_parameters([text])
    assert str(caught.value) == message


def test_a_notebook_shows_the_line_and_no_traceback():
    with pytest.raises(ParameterError) as caught:
        Example(num_rows=0)
    assert caught.value._render_traceback_() == [f"ParameterError: {caught.value}"]
