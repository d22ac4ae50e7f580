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
from matplotlib.container import BarContainer, ErrorbarContainer
from matplotlib.contour import ContourSet
from matplotlib.image import AxesImage
from matplotlib.lines import AxLine, Line2D
from matplotlib.patches import Patch, Rectangle

from ddlib.plots.described import is_left_out, words_of
from ddlib.plots.shapes import (
    LOW_HIGH,
    X_HIGH,
    X_LOW,
    Columns,
    X,
    Y,
    band,
    cells,
    contours,
    face,
    first_color,
    mesh,
    numbers,
    points,
    segments,
)
from ddlib.plots.words import own_name


@dataclass
class Mark:
    """What one artist, or a group of them, shows.

    Attributes:
        kind: what it is, such as "line", "points" or "cells".
        columns: name -> numbers, all of one length.
        name: that it was given; empty for none.
        look: by which a legend shows it; None for what no legend has.
        words: what was said of it beside.
        in_legend: whether a legend shows its name, for all that look alike.
    """

    kind: str
    columns: Columns
    name: str = ""
    look: tuple[Any, ...] | None = None
    words: dict[str, Any] = field(default_factory=dict[str, Any])
    in_legend: bool = False


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
            found += [_told(mark, artist) for mark in _of_artist(artist, axes, bool(told))]
    return [mark for mark in found if _length(mark)]


def _length(mark: Mark) -> int:
    """Return how many rows a mark has."""
    return max((np.size(values) for values in mark.columns.values()), default=bool(mark.words))


def _told(mark: Mark, artist: Artist) -> Mark:
    """Return a mark with what was said of it."""
    mark.words = words_of(artist)
    mark.in_legend = bool(mark.name) and not str(artist.get_label()).startswith("_")
    return mark


def _of_artist(artist: Artist, axes: Axes, told: bool) -> Iterator[Mark]:
    """Yield what an artist shows that stands for itself."""
    if isinstance(artist, Line2D) and not isinstance(artist, AxLine):
        yield from _of_line(artist, axes)
    elif isinstance(artist, Collection):
        yield from _of_collection(artist)
    elif isinstance(artist, AxesImage) and numbers(artist.get_array()).ndim == 2:
        yield Mark("cells", cells(artist, axes), own_name(artist))
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
    return (first_color(line.get_color()), str(line.get_marker()), str(line.get_linestyle()))


def _of_collection(drawn: Collection) -> Iterator[Mark]:
    """Yield what many shapes of one kind show."""
    name = own_name(drawn)
    if isinstance(drawn, ContourSet):
        if not drawn.filled:
            yield Mark("line", contours(drawn), name)
    elif isinstance(drawn, FillBetweenPolyCollection):
        yield Mark("band", band(drawn), name, (first_color(drawn.get_facecolor()),))
    elif isinstance(drawn, PathCollection):
        yield Mark("points", points(drawn), name, face(drawn))
    elif isinstance(drawn, LineCollection):
        yield from (Mark("line", {X: ends[:, 0], Y: ends[:, 1]}, name) for ends in segments(drawn))
    elif isinstance(drawn, QuadMesh):
        yield Mark("cells", mesh(drawn), name)


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
        ends = np.array(segments(drawn))  # (bars, 2 ends, 2 coordinates)
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
