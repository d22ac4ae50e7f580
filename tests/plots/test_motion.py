"""Pictures of a method at work show its rows where they are, and move."""

from io import BytesIO
from itertools import pairwise

import numpy as np
import pytest
import torch
from matplotlib import colors
from matplotlib.collections import PathCollection
from matplotlib.contour import QuadContourSet
from matplotlib.figure import Figure
from matplotlib.pyplot import get_fignums
from PIL import Image, ImageChops

from ddlib.layout import Layout
from ddlib.plots.motion import FRAME_MS, animate, draw_decision, draw_density
from ddlib.plots.style import BLUE, ORANGE

CLASSES = Layout(2, categorical=True).classes


@pytest.fixture
def axes():
    return Figure().subplots()


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
    rows = trail[-1].clone().requires_grad_()
    before = rows.detach().clone()
    draw_both(Figure().subplots(2), data, rows, trail.clone().requires_grad_())
    assert rows.grad is None
    torch.testing.assert_close(rows.detach(), before, rtol=0, atol=0)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"rows": torch.zeros(4)}, r"rows: shape \(4,\); must be \(m, 2 or more\)"),
        ({"data": torch.zeros(4, 1)}, r"data: shape \(4, 1\); must be"),
        ({"trail": torch.zeros(5, 3, 2)}, r"trail: shape \(5, 3, 2\); must be \(steps, 4"),
        ({"predict": lambda grid: grid}, r"predict: gave shape \(14400, 2\); must be \(14400,\)"),
    ],
)
def test_shapes_that_do_not_fit_are_refused(axes, data, trail, changes, message):
    settings = {"predict": side, "data": data, "rows": trail[-1], "trail": trail, **changes}
    with pytest.raises(ValueError, match=message):
        draw_decision(axes, classes=CLASSES, **settings)


def test_a_gaussian_of_another_dimension_is_refused(axes, data, trail):
    with pytest.raises(ValueError, match=r"gaussian_mean: shape \(3,\)"):
        draw_density(axes, torch.zeros(3), torch.eye(3), data, trail[-1])


# Animations


def walk(axes, frame):
    """A dot that goes right, with a line of its way."""
    axes.set(xlim=(-1, 10), ylim=(-1, 1))
    axes.scatter([frame], [0], s=80, color=BLUE)
    axes.plot([0, frame], [0.2, 0.2], color=ORANGE)


def frames_of(data):
    """The stored pictures as RGBA, the default one first, and their durations in ms."""
    image = Image.open(BytesIO(data))
    shown, durations = [], []
    for k in range(image.n_frames):
        image.seek(k)
        shown.append(image.convert("RGBA"))
        durations.append(image.info.get("duration"))
    return image, shown, durations


def same(first, second):
    return ImageChops.difference(first, second).getbbox(alpha_only=False) is None


@pytest.mark.parametrize("num_frames", [1, 2, 7])
def test_an_animation_has_its_frames_its_loop_and_a_long_end(num_frames):
    data = animate(walk, num_frames, size=(2.0, 1.5), dpi=80, hold=5)
    image, shown, durations = frames_of(data)
    assert image.format == "PNG"
    assert image.default_image
    assert image.n_frames == num_frames + 1  # Pillow counts the default image
    assert image.info["loop"] == 0  # for ever
    assert image.size == (160, 120)
    assert durations[1:] == [FRAME_MS] * (num_frames - 1) + [5 * FRAME_MS]
    assert not any(same(a, b) for a, b in pairwise(shown[1:]))


@pytest.mark.parametrize("still", [-1, 0, 2, -4])
def test_the_default_image_is_the_frame_asked_for(still):
    _, shown, _ = frames_of(animate(walk, 4, still=still))
    assert [same(shown[0], frame) for frame in shown[1:]] == [k == still % 4 for k in range(4)]


def test_a_frame_is_its_drawing_without_a_background():
    _, shown, _ = frames_of(animate(walk, 3, size=(3.0, 2.0)))
    places = []
    for frame in shown[1:]:
        pixels = np.asarray(frame).astype(float)
        assert pixels[0, 0, 3] == 0
        solid = pixels[..., 3] > 250
        assert 0.001 < solid.mean() < 0.2
        close = np.abs(pixels[..., :3] - np.array(colors.to_rgb(BLUE)) * 255).max(-1) < 12
        places.append(np.nonzero(close & solid)[1].mean())
    assert (np.diff(places) > 10).all()


def test_equal_drawings_give_equal_bytes_and_leave_pyplot_alone():
    before = get_fignums()
    first, second = (animate(walk, 3) for _ in range(2))
    assert first == second
    assert animate(walk, 3, hold=2) != first
    assert get_fignums() == before


def test_each_frame_has_fresh_axes():
    seen = []

    def draw(axes, frame):
        assert not axes.has_data()
        axes.plot([0, frame + 1])
        seen.append((frame, axes))

    animate(draw, 3, dpi=40)
    assert [frame for frame, _ in seen] == [0, 1, 2]
    assert len({id(axes) for _, axes in seen}) == 3


def test_a_still_picture_is_stored_once():
    image, _, durations = frames_of(animate(lambda axes, frame: axes.plot([0, 1]), 3, hold=4))
    assert image.n_frames == 2
    assert durations[1] == 6 * FRAME_MS


def test_twenty_frames_of_a_method_are_small(generator):
    data = labelled(torch.randn(200, 2, generator=generator))
    path = torch.stack([labelled(0.2 * torch.randn(6, 2, generator=generator))] * 20)
    path[..., :2] += 0.1 * torch.randn(20, 6, 2, generator=generator).cumsum(0)

    def draw(axes, k):
        axes.set(xlim=(-3, 3), ylim=(-3, 3))

        def predict(grid):
            return (grid[:, 1] - (2 + 0.1 * k) * grid[:, 0].sin()).sigmoid()

        draw_decision(axes, predict, data, path[k], CLASSES, trail=path[: k + 1])

    assert len(animate(draw, 20)) < 150_000


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"num_frames": 0}, "num_frames = 0, hold = 8: must be at least 1"),
        ({"num_frames": 2, "hold": 0}, "num_frames = 2, hold = 0: must be at least 1"),
        ({"num_frames": 2, "still": 2}, "still = 2: must be one of the 2 frames"),
        ({"num_frames": 2, "still": -3}, "still = -3: must be one of the 2 frames"),
    ],
)
def test_impossible_counts_are_refused(settings, message):
    with pytest.raises(ValueError, match=message):
        animate(walk, **settings)
