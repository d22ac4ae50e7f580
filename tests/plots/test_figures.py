"""Figures are drawn on the axes they are given, in one style, and never train."""

import ast
from pathlib import Path
from types import SimpleNamespace

import matplotlib.pyplot as plt
import pandas as pd
import pytest
import torch
from IPython.core.formatters import DisplayFormatter
from matplotlib import rc_context
from matplotlib.figure import Figure

import ddlib.plots
from ddlib.dbn import LinearGaussianDBN
from ddlib.pinn import RobinPoisson
from ddlib.plots import style
from ddlib.plots.boundary import draw_solutions, error_by_alpha
from ddlib.plots.curves import plot_means, plot_references
from ddlib.plots.merging import draw_algorithm, draw_network, draw_rows
from ddlib.plots.motion import draw_decision
from ddlib.plots.style import WIDTH
from ddlib.problem.rows import Layout

# The style


@pytest.mark.parametrize("has_kernel", [True, False])
def test_only_a_notebook_is_told_to_show_figures_inline(has_kernel, monkeypatch):
    told = []
    shell = SimpleNamespace(
        run_line_magic=lambda *command: told.append(command), display_formatter=DisplayFormatter()
    )
    if has_kernel:
        shell.kernel = None
    monkeypatch.setattr(style, "get_ipython", lambda: shell)
    monkeypatch.setattr(style, "set_matplotlib_formats", lambda *a, **b: told.append((*a, b)))
    with rc_context():
        style.use_style()
        assert plt.rcParams["figure.figsize"][0] == WIDTH
    assert told == [("matplotlib", "inline")] * has_kernel + [("svg", {"bbox_inches": None})]


# What holds for all


def test_figures_are_drawn_on_the_given_axes_alone(generator):
    figure = Figure()
    given_axes, other = figure.subplots(1, 2)
    table = pd.DataFrame({"m": [1, 2], "F": [3.0, 4.0], "by": "a"})
    plot_means(table, given_axes, x="m", y="F", by="by")
    plot_references(given_axes, {"r": 1.0})
    draw_network(LinearGaussianDBN.random(3, generator=generator), given_axes)
    draw_rows(torch.zeros(2, 1, 2), given_axes)
    draw_algorithm(given_axes)
    assert not other.has_data()
    assert not other.texts
    assert not other.patches
    assert figure.axes == [given_axes, other]


def test_drawing_changes_no_data(axes):
    rows = torch.tensor([[[1.0, torch.nan]]])
    before = rows.clone()
    draw_rows(rows, axes)
    torch.testing.assert_close(rows, before, rtol=0, atol=0, equal_nan=True)


# All that a figure may import, and all that it may use of torch: nothing here can learn.
LANGUAGE = {
    *("__future__", "collections", "dataclasses", "html", "io", "itertools", "json", "math"),
    *("numbers", "re", "string", "typing", "unicodedata", "weakref"),
}
DRAWING = {
    *("IPython", "PIL", "altair", "cycler", "great_tables", "matplotlib", "matplotlib_inline"),
}
ARRAYS = {"numpy as np", "pandas as pd", "torch", "torch.Tensor"}
OURS = {
    "ddlib.arguments.fault",
    "ddlib.arguments.raise_faults",
    "ddlib.comparisons.Comparison",
    "ddlib.dbn.LinearGaussianDBN",
    "ddlib.html.markup.Html",
    "ddlib.html.markup.Value",
    "ddlib.html.markup.element",
    "ddlib.html.markup.join",
    "ddlib.pinn.problem.ParametricProblem",
    "ddlib.pinn.problem.Prior",
    "ddlib.pinn.problem.Tails",
    "ddlib.summaries.summarise",
}
OF_TORCH = {
    *("cat", "full", "stack", "tensor", "zeros", "linspace", "cartesian_prod", "linalg.cholesky"),
    *("dtype", "float64", "pi", "no_grad"),
}


def imports(tree):
    """What a module imports, with the names that it gives."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from (ast.unparse(alias) for alias in node.names)


def dotted(node):
    """A name with its dots, `torch.linalg.cholesky`; empty for what is no such name."""
    match node:
        case ast.Name():
            return node.id
        case ast.Attribute():
            start = dotted(node.value)
            return start and f"{start}.{node.attr}"
    return ""


def used_of_torch(tree):
    """What follows `torch.` in a module, as far as there are dots."""
    found = {dotted(node) for node in ast.walk(tree)}
    names = {name.removeprefix("torch.") for name in found if name.startswith("torch.")}
    return {name for name in names if not any(other.startswith(f"{name}.") for other in names)}


MODULES = {path.name: path for path in sorted(Path(ddlib.plots.__file__).parent.glob("*.py"))}


@pytest.mark.parametrize("module", MODULES)
def test_a_figure_uses_only_what_draws(module):
    tree = ast.parse(MODULES[module].read_text(encoding="utf-8"))
    for name in imports(tree):
        package = name.replace(" ", ".").split(".")[0]
        known = package in LANGUAGE | DRAWING or name in ARRAYS | OURS
        assert known or name.startswith("ddlib.plots."), name
    assert used_of_torch(tree) <= OF_TORCH


def test_what_uses_more_than_draws_is_found():
    tree = ast.parse("import torch as t\nfrom torch import optim\ntorch.nn.functional.relu(1)")
    assert set(imports(tree)) == {"torch as t", "torch.optim"}
    assert used_of_torch(tree) == {"nn.functional.relu"}


def test_a_model_that_is_drawn_is_not_trained(generator):
    problem = RobinPoisson()
    weights = torch.randn(2, dtype=torch.float64, generator=generator).requires_grad_()
    before = weights.detach().clone()
    first, second = Figure().subplots(2)

    def model(points):
        return points @ weights

    data = torch.randn(6, 4, dtype=torch.float64, generator=generator)
    draw_solutions(problem, {"line": model}, 0.5, first)
    error_by_alpha(problem, model, torch.zeros(1, dtype=torch.float64))
    draw_decision(second, model, data, data[:2], Layout(2, categorical=True).classes)
    assert weights.grad is None
    assert torch.equal(weights.detach(), before)
