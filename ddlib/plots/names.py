"""Names beside the ends of lines, in place of a legend, moved apart where they would touch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from ddlib.plots.style import TEXT

SPACING = 1.3  # from a name to the next, in heights of the font
BESIDE = 1.05  # where names begin, in widths of the axes
POINTS_PER_INCH = 72
STROKE = {"arrowstyle": "-", "lw": 1.2, "shrinkA": 1, "shrinkB": 0, "relpos": (0, 0.5)}


def name_lines(axes: Axes, names: Mapping[str, str] | None = None) -> None:
    """Write the name of each line that has one to the right of its last point.

    A short stroke in the line's own look leads from the line to its name: the name itself is
    black, since not every colour of a line has the contrast that text needs.

    Args:
        axes: what is drawn on; its limits and scales have to be final.
        names: what is written in place of a label, which may be broken into lines; the label
            itself unless told.
    """
    lines = [line for line in axes.lines if not str(line.get_label()).startswith("_")]
    to_axes = axes.transAxes.inverted()
    ends: list[tuple[float, float]] = []
    for line in lines:
        places = line.get_transform().transform(line.get_xydata())
        x, y = to_axes.transform(places[np.isfinite(places).all(axis=1)][-1])
        ends.append((float(x), float(np.clip(y, 0.0, 1.0))))
    labels = [(names or {}).get(str(line.get_label()), str(line.get_label())) for line in lines]
    write_beside(
        axes,
        labels,
        ends,
        looks=[{"color": line.get_color(), "ls": line.get_linestyle()} for line in lines],
    )


def write_beside(
    axes: Axes,
    names: Sequence[str],
    ends: Sequence[tuple[float, float]],
    *,
    looks: Sequence[Mapping[str, Any]],
    color: str = "black",
) -> None:
    """Write names to the right of the axes, each with a stroke from where its line ends.

    Args:
        axes: what is drawn on.
        names: that are written.
        ends: of the lines, in widths and heights of the axes.
        looks: of the strokes, colour and dashes.
        color: of the names.
    """
    figure = axes.get_figure(root=True)
    assert figure is not None, "axes that are drawn on belong to a figure"
    figure.draw_without_rendering()  # the layout settles how high the axes are
    height = axes.get_window_extent().height * POINTS_PER_INCH / figure.dpi
    order = sorted(range(len(names)), key=lambda k: ends[k][1])
    sizes = [(names[k].count("\n") + 1) * SPACING * TEXT / height for k in order]
    heights = spread([ends[k][1] for k in order], sizes)
    for k, y in zip(order, heights, strict=True):
        axes.annotate(
            names[k], ends[k], (BESIDE, y), "axes fraction", color=color, va="center",
            fontsize=TEXT, annotation_clip=False,
            arrowprops={**STROKE, **looks[k]},
        )  # fmt: skip


def spread(heights: Sequence[float], sizes: Sequence[float]) -> list[float]:
    """Return the places nearest to some heights, by least squares, at which boxes do not overlap.

    Args:
        heights: where the middles of the boxes would be, ascending.
        sizes: how high the boxes are.

    Returns:
        The middles, as far as there is room from 0 to 1.
    """
    if not len(heights):
        return []
    middles = np.cumsum(sizes) - np.array(sizes) / 2  # of boxes that stand on each other
    free = np.array(heights) - middles
    # The nearest ascending sequence: blocks that are out of order take their common mean.
    blocks: list[tuple[float, int]] = []
    for value in free.tolist():
        block = (value, 1)
        while blocks and blocks[-1][0] > block[0]:
            (mean, count), (own, size) = blocks.pop(), block
            block = ((mean * count + own * size) / (count + size), count + size)
        blocks.append(block)
    ascending = np.repeat([mean for mean, _ in blocks], [count for _, count in blocks])
    room = max(1.0 - float(np.sum(sizes)), 0.0)
    return (ascending.clip(0.0, room) + middles).tolist()
