"""Thumbnails of pages: what changes one, and what does not."""

import numpy as np
import pytest
from PIL import Image, ImageDraw

from ddlib.book.thumbnails import CELL, difference, thumbnail


def page(*, move=0.0, line=True, extra=False, ground="white", letters="black"):
    """Return a drawn page: lines of text, a frame, and a shape, all moved by a part of a pixel."""
    size = (640, 960)
    times = 4  # drawn larger, so that parts of pixels give edges of other shades
    image = Image.new("RGB", (size[0] * times, size[1] * times), ground)
    draw = ImageDraw.Draw(image)
    right = round(move * times)
    for k in range(20):
        if k == 7 and not line:
            continue
        for word in range(12):
            left, top = 40 + word * 45, 40 + k * 24
            corners = [left * times + right, top * times, (left + 33) * times + right]
            for stroke in range(corners[0], corners[2], 6 * times):
                draw.rectangle([stroke, corners[1], stroke + 2 * times, corners[1] + 40], letters)
    draw.ellipse([200 * times + right, 600 * times, 320 * times + right, 720 * times], "orange")
    if extra:
        draw.rectangle([400 * times, 600 * times, 470 * times, 670 * times], "blue")
    return image.resize(size, Image.Resampling.BOX)


@pytest.mark.parametrize("move", [0.0, 0.25, 0.5, 1.0])
def test_letters_a_part_of_a_pixel_elsewhere_make_no_difference(move):
    assert difference(thumbnail(page()), thumbnail(page(move=move))) is None


@pytest.mark.parametrize(
    "change", [{"line": False}, {"extra": True}, {"ground": "#e8e8ff"}, {"letters": "#999"}]
)
def test_what_a_reader_sees_is_a_difference(change):
    found = difference(thumbnail(page()), thumbnail(page(**change)))
    assert found is not None
    assert found.cells <= found.total == (640 // CELL) * (960 // CELL)


def test_the_picture_of_a_difference_shows_the_rows_that_differ_in_red():
    found = difference(thumbnail(page()), thumbnail(page(extra=True)))
    assert found is not None
    shades = np.asarray(found.picture).astype(int)
    red = (shades[..., 0] > 200) & (shades[..., 1] < 40) & (shades[..., 2] < 40)
    assert red.any()
    assert red[:, : red.shape[1] // 2].sum() == 0  # neither in what was stored nor in what is seen
    assert shades.shape[0] < 960  # not the whole page, four times as large as its thumbnail


def test_a_longer_page_is_a_difference_of_its_new_rows_alone():
    longer = Image.new("RGB", (640, 1280), "white")
    longer.paste(page())
    assert difference(thumbnail(page()), thumbnail(longer)) is None  # empty ground
    ImageDraw.Draw(longer).rectangle([100, 1100, 300, 1200], "black")
    found = difference(thumbnail(page()), thumbnail(longer))
    assert found is not None
    assert found.cells == pytest.approx(200 * 100 / CELL**2, rel=0.3)
