import numpy as np
import pytest
import torch
from torch import Generator

from ddlib.pinn import RobinPoisson
from ddlib.pinn.data import rows_at
from ddlib.pinn.problem import Tails
from ddlib.plots.boundary import (
    draw_solutions,
    draw_tails,
    draw_values,
    error_by_alpha,
    shade_tails,
)

PROBLEM, TAILS = RobinPoisson(), Tails(0.2, 0.1)


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
