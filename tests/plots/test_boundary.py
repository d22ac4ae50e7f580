import numpy as np
import pytest
import torch
from torch import Generator

from ddlib.comparisons import Comparison
from ddlib.experiments.parametric_sets import METHODS
from ddlib.pinn import RobinPoisson
from ddlib.pinn.data import rows_at
from ddlib.pinn.problem import Tails
from ddlib.plots.boundary import (
    SET_COLORS,
    draw_error_map,
    draw_ratios,
    draw_solutions,
    draw_tails,
    draw_values,
    error_by_alpha,
    shade_tails,
)
from ddlib.plots.style import GREY

PROBLEM, TAILS = RobinPoisson(), Tails(0.2, 0.1)


def test_each_set_has_a_colour_of_its_own():
    assert set(SET_COLORS) <= set(METHODS)
    assert len({*SET_COLORS.values(), GREY}) == len(SET_COLORS) + 1


def test_tails_end_where_the_prior_says(axes):
    draw_tails(PROBLEM.prior, TAILS, axes)
    low, high = TAILS.gap(PROBLEM.prior)
    training, test = (c.get_paths()[0].vertices[:, 0] for c in axes.collections)
    assert low - 0.02 < training.max() <= low
    assert high <= test.min() < high + 0.02


def test_values_are_drawn_over_the_solution_of_their_parameter(axes):
    alphas = torch.tensor([-1.0, 0.5], dtype=torch.float64)
    points = PROBLEM.sample_points(alphas, generator=Generator().manual_seed(0))
    rows = rows_at(PROBLEM, points)
    draw_values(PROBLEM, rows, axes, color="k")
    assert np.allclose(axes.collections[0].get_offsets(), rows[:, [0, 2]])
    assert len(axes.lines) == 2
    x, y = axes.lines[0].get_data()
    x = torch.as_tensor(np.asarray(x))
    assert np.allclose(y, PROBLEM.exact(x, torch.full_like(x, -1.0)))


def test_solutions_have_a_line_each(axes):
    models = {"zero": lambda points: torch.zeros(len(points)), "exact": PROBLEM.solution}
    draw_solutions(PROBLEM, models, 0.3, axes)
    exact, zero, again = (line.get_ydata() for line in axes.lines)
    assert np.allclose(exact, again)
    assert not np.any(zero)
    assert exact.max() > 0.1


def test_the_error_at_a_parameter_is_relative():
    alphas = torch.tensor([-2.0, 0.0, 2.0], dtype=torch.float64)
    errors = error_by_alpha(PROBLEM, lambda points: 1.5 * PROBLEM.solution(points), alphas)
    assert errors.tolist() == pytest.approx([0.5] * 3)


def test_shades_keep_the_limits(axes):
    axes.set_xlim(-3, 3)
    shade_tails(PROBLEM.prior, TAILS, axes)
    assert axes.get_xlim() == (-3, 3)
    assert len(axes.patches) == 2


def test_a_map_has_the_error_of_each_point_and_the_rows(axes):
    rows = torch.tensor([[0.25, -1.0, 0.3], [0.75, 2.0, 0.1]], dtype=torch.float64)

    def wrong(points):
        """The solution, off by a hundredth where alpha is above 0, and by ten elsewhere."""
        return PROBLEM.solution(points) + torch.where(points[:, 1] > 0, 0.01, 10.0)

    drawn = draw_error_map(PROBLEM, wrong, rows, axes, color="k")
    shown = np.asarray(drawn.get_array())
    right = np.linspace(*axes.get_xlim(), shown.shape[1]) > 1e-9
    assert np.allclose(shown[:, right], 0.01)
    assert (shown[:, ~right] == 1.0).all()  # the end of the colours
    assert np.allclose(axes.collections[1].get_offsets(), [[-1.0, 0.25], [2.0, 0.75]])


def test_ratios_are_drawn_with_their_intervals_in_order_from_the_top(axes):
    one, two = Comparison(0.5, 0.2, 0.9, 1, 6), Comparison(2.0, 1.0, 4.0, 6, 1)
    draw_ratios({"a": {"x": one, "y": two}, "b": {"y": one}}, axes, colors={"x": "C0", "y": "C1"})
    spans = [tuple(line.get_xdata()) for line in axes.lines if len(line.get_xdata()) == 2]
    assert spans[:3] == [(0.2, 0.9), (1.0, 4.0), (0.2, 0.9)]
    marks = [line for line in axes.lines if line.get_marker() == "o"]
    assert [float(line.get_xdata()[0]) for line in marks] == [0.5, 2.0, 0.5]
    heights = [float(line.get_ydata()[0]) for line in marks]
    assert heights == sorted(heights, reverse=True)
    assert [label.get_text() for label in axes.get_yticklabels()] == ["a", "b"]
    assert axes.get_legend_handles_labels()[1] == ["x", "y"]
