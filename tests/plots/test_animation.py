"""Animations have their frames, loop, and are small."""

from io import BytesIO
from itertools import pairwise

import numpy as np
import pytest
import torch
from matplotlib import colors
from matplotlib.pyplot import get_fignums
from PIL import Image, ImageChops

from ddlib.plots.motion import FRAME_MS, animate, draw_decision
from ddlib.plots.style import BLUE, ORANGE
from ddlib.problem.rows import Layout

CLASSES = Layout(2, categorical=True).classes


def labelled(inputs):
    """Rows (n, 2 + 2) of the classes 0, 1, 0, …."""
    return torch.cat([inputs, torch.eye(2).repeat(len(inputs) // 2, 1)], dim=1)


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
        ({"num_frames": 2, "still": 2}, "still = 2: must be from -2 to 1, one of the frames"),
        ({"num_frames": 2, "still": -3}, "still = -3: must be from -2 to 1, one of the frames"),
    ],
)
def test_impossible_counts_are_refused(settings, message):
    with pytest.raises(ValueError, match=message):
        animate(walk, **settings)
