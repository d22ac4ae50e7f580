"""The marks of a panel, such as lines, points and bands, as columns of numbers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.collections import (
    Collection,
    FillBetweenPolyCollection,
    LineCollection,
    PathCollection,
    QuadMesh,
)
from matplotlib.colors import to_rgba_array
from matplotlib.container import BarContainer, ErrorbarContainer
from matplotlib.contour import ContourSet
from matplotlib.image import AxesImage
from matplotlib.lines import AxLine, Line2D
from matplotlib.patches import Patch, Rectangle

from ddlib.plots.described import is_left_out, words_of
from ddlib.plots.words import own_name, ticks

X, X_LOW, X_HIGH = "horizontal", "horizontal low", "horizontal high"
Y, Y_LOW, Y_HIGH = "vertical", "vertical low", "vertical high"
SIZE, VALUE, PART = "size", "value", "part"
LOW_HIGH = {X: (X_LOW, X_HIGH), Y: (Y_LOW, Y_HIGH)}

Columns = dict[str, Any]


@dataclass
class Mark:
    """What one artist, or a group of them, shows.

    Attributes:
        kind: what it is: "line", "points", "band", "interval", "bars", "cells", "span" or "arrow".
        columns: name -> numbers, all of one length.
        name: that it was given; empty for none.
        look: by which a legend shows it; None for what no legend has.
        words: what was said of it beside.
    """

    kind: str
    columns: Columns
    name: str = ""
    look: tuple[Any, ...] | None = None
    words: dict[str, Any] = field(default_factory=dict[str, Any])


def marks(axes: Axes) -> list[Mark]:
    """Return the marks of a panel in the order in which they were drawn, decoration left out.

    Left out are the grid, the axes' own lines, lines and areas across the whole panel without a
    name, text, and what `leave_out` names. A panel without axes shows what was described alone.

    Args:
        axes: the panel.
    """
    done: set[Artist] = set()
    found = [mark for held in axes.containers for mark in _of_container(held, axes, done)]
    for artist in axes.get_children():
        told = words_of(artist)
        shown = artist.get_visible() and not is_left_out(artist) and artist not in done
        if shown and artist is not axes.patch and (axes.axison or told):
            found += [_told(mark, told) for mark in _of_artist(artist, axes, bool(told))]
    return [mark for mark in found if _length(mark)]


def _length(mark: Mark) -> int:
    """Return how many rows a mark has."""
    return max((np.size(values) for values in mark.columns.values()), default=bool(mark.words))


def _told(mark: Mark, words: dict[str, Any]) -> Mark:
    """Return a mark with what was said of it."""
    mark.words = words
    return mark


def _of_artist(artist: Artist, axes: Axes, told: bool) -> Iterator[Mark]:
    """Yield what an artist shows that stands for itself."""
    if isinstance(artist, Line2D) and not isinstance(artist, AxLine):
        yield from _of_line(artist, axes)
    elif isinstance(artist, Collection):
        yield from _of_collection(artist)
    elif isinstance(artist, AxesImage) and _numbers(artist.get_array()).ndim == 2:
        yield Mark("cells", _cells(artist, axes), own_name(artist))
    elif isinstance(artist, Rectangle) and own_name(artist):
        low, high = artist.get_x(), artist.get_x() + artist.get_width()
        yield Mark("span", {X_LOW: np.array([low]), X_HIGH: np.array([high])}, own_name(artist))
    elif isinstance(artist, Patch) and told:
        yield Mark("arrow", {})


def _of_line(line: Line2D, axes: Axes) -> Iterator[Mark]:
    """Yield a line's points, or the level of one across the panel, if it has a name."""
    name, look = own_name(line), look_of(line)
    x, y = map(np.asarray, line.get_data(orig=False))
    in_data = line.get_transform().contains_branch_seperately(axes.transData)
    if all(in_data) and len(x):
        kind = "points" if line.get_linestyle() == "None" else "line"
        yield Mark(kind, {X: x, Y: y}, name, look)
    elif name and any(in_data) and len(x):
        yield Mark("level", {X: x[:1]} if in_data[0] else {Y: y[:1]}, name, look)


def look_of(line: Line2D) -> tuple[Any, ...]:
    """Return colour, marker and dashes, by which a legend tells a line.

    Args:
        line: the line.
    """
    return (_color(line.get_color()), str(line.get_marker()), str(line.get_linestyle()))


def _color(given: Any) -> tuple[float, ...]:
    """Return the first of one or more colours, without its opacity."""
    return tuple(to_rgba_array(given)[0, :3].tolist())


def _numbers(given: Any) -> Any:
    """Return an array of floats; what is masked is NaN."""
    return np.ma.filled(np.ma.asarray(given, dtype=float), np.nan)


def _of_collection(drawn: Collection) -> Iterator[Mark]:
    """Yield what many shapes of one kind show."""
    name = own_name(drawn)
    if isinstance(drawn, ContourSet):
        if not drawn.filled:
            yield Mark("line", _contours(drawn), name)
    elif isinstance(drawn, FillBetweenPolyCollection):
        yield Mark("band", _band(drawn), name, (_color(drawn.get_facecolor()),))
    elif isinstance(drawn, PathCollection):
        yield Mark("points", _points(drawn), name, _face(drawn))
    elif isinstance(drawn, LineCollection):
        yield from (Mark("line", {X: ends[:, 0], Y: ends[:, 1]}, name) for ends in _segments(drawn))
    elif isinstance(drawn, QuadMesh):
        corners, values = _numbers(drawn.get_coordinates()), _numbers(drawn.get_array())
        middle = (corners[:-1, :-1] + corners[1:, :-1] + corners[:-1, 1:] + corners[1:, 1:]) / 4
        cells = {X: middle[..., 0].ravel(), Y: middle[..., 1].ravel(), VALUE: values.ravel()}
        yield Mark("cells", cells, name)


def _segments(drawn: LineCollection) -> list[Any]:
    """Return the corners of each line, those that are not there as NaN."""
    return [_numbers(path.vertices) for path in drawn.get_paths()]


def _face(drawn: PathCollection) -> tuple[Any, ...] | None:
    """Return the one colour of points; None where they have several."""
    colors = {_color(color) for color in np.asarray(drawn.get_facecolor())}
    return (colors.pop(),) if len(colors) == 1 else None


def _points(drawn: PathCollection) -> Columns:
    """Return places, and sizes and values where these differ."""
    places = _numbers(drawn.get_offsets())
    found = {X: places[:, 0], Y: places[:, 1]}
    if len(np.unique(drawn.get_sizes())) > 1:
        found[SIZE] = np.asarray(drawn.get_sizes())
    if drawn.get_array() is not None:
        found[VALUE] = np.asarray(drawn.get_array())
    return found


def _band(drawn: FillBetweenPolyCollection) -> Columns:
    """Return the lower and the upper end at each place along the horizontal axis."""
    corners = np.concatenate([np.asarray(path.vertices) for path in drawn.get_paths()])
    x = np.unique(corners[:, 0])
    ends = [corners[corners[:, 0] == one, 1] for one in x]
    return {
        X: x,
        Y_LOW: np.array([e.min() for e in ends]),
        Y_HIGH: np.array([e.max() for e in ends]),
    }


def _contours(drawn: ContourSet) -> Columns:
    """Return the points of lines of one value, each line with a number where there are several."""
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


def _cells(image: AxesImage, axes: Axes) -> Columns:
    """Return the values of an image, with the words of its columns and rows where each has one."""
    values = _numbers(image.get_array())
    rows, columns = np.indices(values.shape)
    names = []
    for axis, places in ((axes.xaxis, columns), (axes.yaxis, rows)):
        words = ticks(axis)
        if set(words) >= {float(place) for place in np.unique(places)}:
            places = np.array([words[float(place)] for place in places.ravel()], dtype=object)
        names.append(places.ravel())
    return {X: names[0], Y: names[1], VALUE: values.ravel()}


def _of_container(held: Any, axes: Axes, done: set[Artist]) -> Iterator[Mark]:
    """Yield error bars and bars, and note which artists they are made of."""
    parts = [part for part in held.get_children() if isinstance(part, Artist)]
    if isinstance(held, ErrorbarContainer):
        done.update(parts)
        yield _error_bars(held)
    elif isinstance(held, BarContainer) and held.patches:
        done.update(parts)
        boxes = [(b.get_x(), b.get_y(), b.get_width(), b.get_height()) for b in held.patches]
        x, y, width, height = np.array(boxes).T
        middle, ends = (
            ({X: x + width / 2}, {Y: y + height})
            if held.orientation == "vertical"
            else ({X: x + width}, {Y: y + height / 2})
        )
        yield Mark("bars", {**middle, **ends}, own_name(held))


def _error_bars(held: ErrorbarContainer) -> Mark:
    """Return points with the ends of their bars; bars without points have the ends alone."""
    line, _, bars = held
    found: Columns = {}
    along = [axis for axis, has in ((X, held.has_xerr), (Y, held.has_yerr)) if has]
    for axis, drawn in zip(along, bars, strict=True):
        ends = np.array(_segments(drawn))  # (bars, 2 ends, 2 coordinates)
        k, other = (0, Y) if axis == X else (1, X)
        low, high = LOW_HIGH[axis]
        found |= {other: ends[:, 0, 1 - k], low: ends[:, :, k].min(1), high: ends[:, :, k].max(1)}
    look = None
    if line is not None:
        found |= {
            X: np.asarray(line.get_xdata(orig=False)),
            Y: np.asarray(line.get_ydata(orig=False)),
        }
        look = look_of(line)
    words = words_of(line or bars[0])
    return Mark("points" if line is not None else "interval", found, own_name(held), look, words)
