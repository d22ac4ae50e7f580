"""The numbers of a shape that is drawn: of points, lines, bands, cells."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import (
    FillBetweenPolyCollection,
    LineCollection,
    PathCollection,
    QuadMesh,
)
from matplotlib.colors import to_rgba_array
from matplotlib.contour import ContourSet
from matplotlib.image import AxesImage

from ddlib.plots.words import ticks

X, X_LOW, X_HIGH = "horizontal", "horizontal low", "horizontal high"
Y, Y_LOW, Y_HIGH = "vertical", "vertical low", "vertical high"
SIZE, VALUE, PART = "size", "value", "part"
LOW_HIGH = {X: (X_LOW, X_HIGH), Y: (Y_LOW, Y_HIGH)}

Columns = dict[str, Any]


def first_color(given: Any) -> tuple[float, ...]:
    """Return the first of one or more colours, without its opacity.

    Args:
        given: as matplotlib takes it.
    """
    return tuple(to_rgba_array(given)[0, :3].tolist())


def numbers(given: Any) -> Any:
    """Return an array of floats; what is masked is NaN.

    Args:
        given: a list or an array of them.
    """
    return np.ma.filled(np.ma.asarray(given, dtype=float), np.nan)


def segments(drawn: LineCollection) -> list[Any]:
    """Return the corners of each line, those that are not there as NaN.

    Args:
        drawn: the lines.
    """
    return [numbers(path.vertices) for path in drawn.get_paths()]


def face(drawn: PathCollection) -> tuple[Any, ...] | None:
    """Return the one colour of points; None where they have several.

    Args:
        drawn: the points.
    """
    colors = {first_color(color) for color in np.asarray(drawn.get_facecolor())}
    return (colors.pop(),) if len(colors) == 1 else None


def points(drawn: PathCollection) -> Columns:
    """Return places, and sizes and values where these differ.

    Args:
        drawn: the points.
    """
    places = numbers(drawn.get_offsets())
    found = {X: places[:, 0], Y: places[:, 1]}
    if len(np.unique(drawn.get_sizes())) > 1:
        found[SIZE] = np.asarray(drawn.get_sizes())
    if drawn.get_array() is not None:
        found[VALUE] = np.asarray(drawn.get_array())
    return found


def band(drawn: FillBetweenPolyCollection) -> Columns:
    """Return the lower and the upper end at each place along the horizontal axis.

    Args:
        drawn: the band, which has one lower and one upper end at a place.
    """
    corners = np.concatenate([np.asarray(path.vertices) for path in drawn.get_paths()])
    x = np.unique(corners[:, 0])
    ends = [corners[corners[:, 0] == one, 1] for one in x]
    return {
        X: x,
        Y_LOW: np.array([e.min() for e in ends]),
        Y_HIGH: np.array([e.max() for e in ends]),
    }


def contours(drawn: ContourSet) -> Columns:
    """Return the points of lines of one value, each line with a number where there are several.

    Args:
        drawn: the lines.
    """
    pieces = [
        (level, np.asarray(piece))
        for level, path in zip(drawn.levels, drawn.get_paths(), strict=True)
        for piece in path.to_polygons(closed_only=False)
    ]
    points = np.concatenate([piece for _, piece in pieces]) if pieces else np.empty((0, 2))
    counts = [len(piece) for _, piece in pieces]
    found = {X: points[:, 0], Y: points[:, 1], VALUE: np.repeat([v for v, _ in pieces], counts)}
    if len(pieces) > 1:
        found[PART] = np.repeat(np.arange(len(pieces)) + 1, counts)
    return found


def cells(image: AxesImage, axes: Axes) -> Columns:
    """Return the values of an image, with the words of its columns and rows where each has one.

    Args:
        image: of one number a cell.
        axes: whose ticks may have the words.
    """
    values = numbers(image.get_array())
    rows, columns = np.indices(values.shape)
    names = []
    for axis, places in ((axes.xaxis, columns), (axes.yaxis, rows)):
        words = ticks(axis)
        if set(words) >= {float(place) for place in np.unique(places)}:
            places = np.array([words[float(place)] for place in places.ravel()], dtype=object)
        names.append(places.ravel())
    return {X: names[0], Y: names[1], VALUE: values.ravel()}


def mesh(drawn: QuadMesh) -> Columns:
    """Return the middle and the value of each cell.

    Args:
        drawn: the mesh.
    """
    corners, values = numbers(drawn.get_coordinates()), numbers(drawn.get_array())
    middle = (corners[:-1, :-1] + corners[1:, :-1] + corners[:-1, 1:] + corners[1:, 1:]) / 4
    return {X: middle[..., 0].ravel(), Y: middle[..., 1].ravel(), VALUE: values.ravel()}
