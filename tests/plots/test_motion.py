"""Pictures of a method at work show its rows where they are."""

import numpy as np
import pytest
import torch
from matplotlib import colors
from matplotlib.collections import PathCollection
from matplotlib.contour import QuadContourSet
from matplotlib.figure import Figure

from ddlib.plots.motion import animate, draw_decision, draw_density
from ddlib.plots.style import BLUE, ORANGE
from ddlib.problem.rows import Layout

CLASSES = Layout(2, categorical=True).classes


def labelled(inputs):
    """Rows (n, 2 + 2) of the classes 0, 1, 0, …."""
    return torch.cat([inputs, torch.eye(2).repeat(len(inputs) // 2, 1)], dim=1)


@pytest.fixture
def data(generator):
    return labelled(torch.randn(40, 2, generator=generator))


@pytest.fixture
def trail(generator):
    """Where four rows went in five steps, (5, 4, 2 + 2)."""
    walk = 0.2 * torch.randn(5, 4, 2, generator=generator).cumsum(0)
    return torch.stack([labelled(inputs) for inputs in walk])


def points(axes):
    """The offsets and the colour of each group of markers, the faint ones and the large ones."""
    groups = [c for c in axes.collections if isinstance(c, PathCollection)]
    drawn = [
        (g.get_sizes()[0], colors.to_hex(g.get_facecolor()[0]), g.get_offsets().data)
        for g in groups
    ]
    smallest = min(size for size, *_ in drawn)
    faint = [(color.upper(), where) for size, color, where in drawn if size == smallest]
    large = [(color.upper(), where) for size, color, where in drawn if size > smallest]
    return faint, large


def side(points):
    """A score that is 1/2 on the line y = 2x + 0.3."""
    return (points[:, 1] - 2 * points[:, 0] - 0.3).sigmoid()


def test_the_boundary_lies_where_predict_crosses_one_half(axes, data, trail):
    draw_decision(axes, side, data, trail[-1], CLASSES)
    filled, line = (c for c in axes.collections if isinstance(c, QuadContourSet))
    assert line.levels.tolist() == [0.5]
    x, y = np.concatenate([path.vertices for path in line.get_paths()]).T
    np.testing.assert_allclose(y, 2 * x + 0.3, atol=0.02)
    assert np.ptp(y) > 2  # from edge to edge
    below, above = filled.get_facecolor()
    assert (colors.to_hex(below).upper(), colors.to_hex(above).upper()) == (BLUE, ORANGE)
    for path, is_class_one in zip(filled.get_paths(), (False, True), strict=True):
        middle = torch.tensor(path.vertices.mean(0))[None]
        assert (side(middle).item() > 0.5) == is_class_one


def test_points_stand_where_they_are_in_the_colour_of_their_class(axes, data, trail):
    rows = trail[-1]
    draw_decision(axes, side, data, rows, CLASSES)
    for drawn, expected in zip(points(axes), (data, rows), strict=True):
        assert [color for color, _ in drawn] == [BLUE, ORANGE]
        for c, (_, where) in enumerate(drawn):
            np.testing.assert_array_equal(where, expected[CLASSES(expected) == c, :2])


def draw_both(axes, data, rows, trail):
    """Draw either picture on the axes it is given."""
    draw_decision(axes[0], side, data, rows, CLASSES, trail=trail)
    draw_density(axes[1], torch.zeros(2), torch.eye(2), data, rows, trail=trail)


def test_trails_lead_from_the_start_to_the_row(data, trail):
    panels = Figure().subplots(2)
    draw_both(panels, data, trail[-1], trail)
    for axes, order in zip(panels, ([0, 2, 1, 3], [0, 1, 2, 3]), strict=True):
        lines = axes.lines[-4:]
        for line, row in zip(lines, order, strict=True):
            np.testing.assert_array_equal(line.get_xydata(), trail[:, row, :2])


def test_the_frame_holds_all_that_is_drawn_unless_it_is_set(data, trail):
    rows = trail[-1] + 10
    for panels, limits in ((Figure().subplots(2), None), (Figure().subplots(2), (-3, 4))):
        for axes in panels:
            if limits is not None:
                axes.set(xlim=limits, ylim=limits)
        draw_both(panels, data, rows, trail)
        for axes in panels:
            if limits is not None:
                assert axes.get_xlim() == axes.get_ylim() == limits
                continue
            for column, (low, high) in enumerate((axes.get_xlim(), axes.get_ylim())):
                drawn = torch.cat([data[:, column], rows[:, column], trail[..., column].flatten()])
                assert low < drawn.min() < drawn.max() < high


def test_ellipses_stand_at_one_and_two_standard_deviations(axes, data, trail):
    mean = torch.tensor([0.5, -1.0], dtype=torch.float64)
    covariance = torch.tensor([[2.0, 0.9], [0.9, 0.6]], dtype=torch.float64)
    draw_density(axes, mean, covariance, data, trail[-1])
    precision = torch.linalg.inv(covariance).numpy()
    found = []
    for line in axes.lines:
        offset = line.get_xydata() - mean.numpy()
        distances = np.sqrt(np.einsum("ni,ij,nj->n", offset, precision, offset))
        np.testing.assert_allclose(distances, distances[0], rtol=1e-9)
        np.testing.assert_allclose(offset[0], offset[-1], atol=1e-9)  # closed
        found.append(round(distances[0], 9))
    assert sorted(found) == [1, 2]
    (_, faint), (_, large) = (group[0] for group in points(axes))
    np.testing.assert_array_equal(faint, data[:, :2])
    np.testing.assert_array_equal(large, trail[-1, :, :2])


def test_drawing_needs_no_graph_and_changes_no_data(data, trail):
    drawn = [data, trail[-1].clone().requires_grad_(), trail.clone().requires_grad_()]
    before = [tensor.detach().clone() for tensor in drawn]
    draw_both(Figure().subplots(2), *drawn)
    for tensor, copy in zip(drawn, before, strict=True):
        assert torch.equal(tensor.detach(), copy)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"rows": torch.zeros(4)}, r"rows: shape \(4,\); must be \(m, 2 or more\)"),
        ({"data": torch.zeros(4, 1)}, r"data: shape \(4, 1\); must be \(m, 2 or more\)"),
        (
            {"trail": torch.zeros(5, 3, 2)},
            r"trail: shape \(5, 3, 2\); must be \(steps, 4, 2 or more\)",
        ),
        (
            {"predict": lambda grid: grid},
            r"predict: values of shape \(14400, 2\); must be \(14400,\), one for each point",
        ),
    ],
)
def test_shapes_that_do_not_fit_are_refused(axes, data, trail, changes, message):
    settings = {"predict": side, "data": data, "rows": trail[-1], "trail": trail, **changes}
    with pytest.raises(ValueError, match=message):
        draw_decision(axes, classes=CLASSES, **settings)


def test_a_gaussian_of_another_dimension_is_refused(axes, data, trail):
    message = (
        r"gaussian_mean: shape \(3,\), gaussian_covariance: shape \(3, 3\); must be \(2,\) and "
        r"\(2, 2\)"
    )
    with pytest.raises(ValueError, match=message):
        draw_density(axes, torch.zeros(3), torch.eye(3), data, trail[-1])


def test_axes_stay_where_they_are_whatever_their_labels():
    drawn = []

    def draw(axes, k):
        axes.plot([0, 10.0 ** (5 * k)])
        axes.set_ylabel("y")
        drawn.append(axes)

    animate(draw, 3)
    first, *others = [axes.get_position().bounds for axes in drawn]
    assert others == [first, first]
