"""Thumbnails of pages, small enough to be stored, and how two of them differ."""

from __future__ import annotations

import io
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

CELL = 16  # pixels of a page, from side to side, that one of its thumbnail is the mean of
QUALITY = 60  # of WebP: what it adds to a cell is well below TOLERANCE
# Letters that are drawn a fraction of a pixel elsewhere, or with other edges, change the mean of a
# cell by a few of the 255 shades; a line of text that comes or goes, by 50 and more.
TOLERANCE = 30
FEWEST = 8  # cells beyond it that make a difference: half a word
ZOOM = 4  # of the picture of a difference
AROUND = 12  # rows of cells that it shows above and below


@dataclass(frozen=True)
class Difference:
    """How a page differs from what is stored of it.

    Attributes:
        cells: that differ by more than the tolerance.
        total: cells of the larger one.
        picture: the rows that differ: as stored, as seen, and where.
    """

    cells: int
    total: int
    picture: Image.Image


def thumbnail(picture: Image.Image) -> bytes:
    """Return a picture in small, as it is stored.

    Args:
        picture: of a page, or a part of it.
    """
    file = io.BytesIO()
    picture.convert("RGB").reduce(CELL).save(file, "WEBP", quality=QUALITY, method=4)
    return file.getvalue()


def difference(stored: bytes, seen: bytes) -> Difference | None:
    """Say how two thumbnails differ; None if they do not.

    Args:
        stored: what `thumbnail` returned once.
        seen: and what it returns now.
    """
    if stored == seen:
        return None
    before, now = map(_shades, (stored, seen))
    shape = tuple(np.maximum(before.shape, now.shape))
    before, now = (_padded(one, shape) for one in (before, now))
    changed = np.abs(before - now).max(-1) > TOLERANCE
    if changed.sum() < FEWEST:
        return None
    return Difference(int(changed.sum()), changed.size, _drawn(before, now, changed))


def _shades(image: bytes) -> NDArray[np.int16]:
    """Return the shades of a thumbnail: rows, columns and colours."""
    return np.asarray(Image.open(io.BytesIO(image)).convert("RGB"), dtype=np.int16)


def _padded(shades: NDArray[np.int16], shape: tuple[int, ...]) -> NDArray[np.int16]:
    """Return shades on a larger ground, of their own last row's middle shade."""
    ground = np.full(shape, np.median(shades[-1]), dtype=np.int16)
    ground[: shades.shape[0], : shades.shape[1]] = shades
    return ground


def _drawn(
    before: NDArray[np.int16], now: NDArray[np.int16], changed: NDArray[np.bool_]
) -> Image.Image:
    """Return the rows that differ three times: as stored, as seen, and red where they differ."""
    rows = np.flatnonzero(changed.any(1))
    shown = slice(max(0, rows[0] - AROUND), rows[-1] + AROUND)
    where = np.where(changed[..., None], np.array([220, 0, 0]), (now + 255) // 2)
    gap = np.full((len(before[shown]), 2, 3), 128)
    joined = np.hstack([before[shown], gap, now[shown], gap, where[shown]]).astype(np.uint8)
    picture = Image.fromarray(joined)
    picture = picture.resize(
        (picture.width * ZOOM, picture.height * ZOOM), Image.Resampling.NEAREST
    )
    sheet = Image.new("RGB", (picture.width, picture.height + 16), "white")
    sheet.paste(picture, (0, 16))
    for k, word in enumerate(("stored", "seen", "difference")):
        left = k * (before.shape[1] + 2) * ZOOM
        ImageDraw.Draw(sheet).text((left + 2, 2), word, fill="black")
    return sheet
