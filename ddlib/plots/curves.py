"""Curves over a budget or over steps, with intervals over seeds and reference lines."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import cycle
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.ticker import NullFormatter

from ddlib.plots.methods import color_of
from ddlib.plots.names import write_beside
from ddlib.plots.style import GREY, WIDTH
from ddlib.summaries import summarise

BAND_OPACITY = 0.2  # so that bands that overlap are both seen
NUM_COLUMNS = 2  # of panels: more would be too narrow in the text column


def plot_means(
    table: pd.DataFrame, axes: Axes, *, x: str, y: str, by: str, markers: bool = True
) -> None:
    """Draw a line for each group: the mean over seeds, with its 95 % interval as a band.

    Args:
        table: tidy, one row per seed, group and `x`.
        axes: what is drawn on.
        x: the column along the horizontal axis.
        y: the column whose means are drawn.
        by: the column of the groups, which are drawn in order of appearance; those of a column
            `method` have the colours of `ddlib.plots.methods`, others those of the style in turn.
        markers: whether each mean has a marker.
    """
    for name, group in table.groupby(by, sort=False):
        summary = summarise(group, by=[x], value=y).sort_values(x)
        look: dict[str, Any] = _markers(markers) | _color(by, name)
        (line,) = axes.plot(summary[x], summary["mean"], label=name, **look)
        axes.fill_between(
            summary[x], summary["low"], summary["high"], color=line.get_color(),
            alpha=BAND_OPACITY, lw=0,
        )  # fmt: skip


def plot_medians(
    table: pd.DataFrame,
    axes: Axes,
    *,
    x: str,
    y: str,
    by: str,
    order: Iterable[str] | None = None,
    markers: bool = True,
) -> None:
    """Draw a line for each group: the median over seeds, and the quartiles as a band.

    One seed far from the others moves neither.

    Args:
        table: as in `plot_means`.
        axes: as there.
        x: as there.
        y: the column whose medians are drawn.
        by: as there.
        order: the groups that are drawn, in this order, where they have rows; all unless told.
        markers: whether each median has a marker.
    """
    for name, group in _groups(table, by, order):
        quartiles = group.groupby(x)[y].quantile(np.array([0.25, 0.5, 0.75])).unstack()
        look: dict[str, Any] = _markers(markers) | _color(by, name)
        (line,) = axes.plot(quartiles.index, quartiles[0.5], label=name, **look)
        axes.fill_between(
            quartiles.index, quartiles[0.25], quartiles[0.75], color=line.get_color(),
            alpha=BAND_OPACITY, lw=0,
        )  # fmt: skip


def plot_median_lines(
    table: pd.DataFrame,
    axes: Axes,
    *,
    x: str,
    y: str,
    by: str,
    order: Iterable[str] | None = None,
    dashes: Iterable[str] = (":",),
    named: bool = True,
) -> None:
    """Draw a thin grey line for each group, the median over seeds: what curves stand beside.

    Args:
        table: as in `plot_medians`.
        axes: as there.
        x: as there.
        y: as there.
        by: as there.
        order: as there.
        dashes: styles of the lines, in turn.
        named: whether the lines stand in the legend.
    """
    for (name, group), style in zip(_groups(table, by, order), cycle(dashes), strict=False):
        label = str(name) if named else f"_{name}"  # which no legend shows
        axes.plot(group.groupby(x)[y].median(), color=GREY, ls=style, lw=1.2, label=label)


def panels(count: int, *, height: float, sharey: bool = False) -> tuple[Figure, list[Axes]]:
    """Return a figure of panels in two columns, and their axes, row by row.

    Args:
        count: how many panels.
        height: of a row, in inches.
        sharey: whether all have one vertical axis.
    """
    rows = -(-count // NUM_COLUMNS)
    figure, grid = plt.subplots(
        rows, NUM_COLUMNS, figsize=(WIDTH, height * rows), sharey=sharey, squeeze=False
    )
    for spare in grid.flat[count:]:
        spare.set_visible(False)
    return figure, list(grid.flat[:count])


def plot_levels(axes: Axes, values: dict[str, float]) -> None:
    """Draw a thin line at each value, named at the right edge; names are moved apart.

    Args:
        axes: what is drawn on; its limits and scales have to be final.
        values: by name, in the units of the vertical axis.
    """
    to_axes = axes.transData + axes.transAxes.inverted()
    for name, value in values.items():
        axes.axhline(value, color=GREY, linestyle=":", linewidth=1.0, zorder=1, label=f"_{name}")
    left = axes.get_xlim()[0]
    ends = [(1.0, float(to_axes.transform((left, value))[1])) for value in values.values()]
    write_beside(axes, [*values], ends, looks=[{"color": GREY}] * len(values), color=GREY)


def signed_log(axes: Axes, *, linear: float, ticks: list[float]) -> None:
    """Put values of both signs on a logarithmic axis that is linear near zero.

    Args:
        axes: whose vertical axis it is.
        linear: the axis is linear from minus this to this.
        ticks: the values that are marked.
    """
    axes.set_yscale("symlog", linthresh=linear, linscale=0.4)
    axes.set_yticks(ticks, [f"{tick:g}" for tick in ticks])
    axes.minorticks_off()


def plain_decades(axis: Axis) -> None:
    """Write the decades of a logarithmic axis as 0.01, whose exponents a phone would not show.

    Args:
        axis: horizontal or vertical one, or that of a colour bar.
    """
    axis.set_major_formatter(lambda value, _: f"{value:g}")
    axis.set_minor_formatter(NullFormatter())


def plot_references(axes: Axes, values: dict[str, float]) -> None:
    """Draw a horizontal line for each reference value, named in the legend.

    Args:
        axes: what is drawn on.
        values: by name, in the units of the vertical axis.
    """
    for (name, value), dashes in zip(values.items(), cycle(["--", ":", "-."]), strict=False):
        axes.axhline(value, color=GREY, linestyle=dashes, linewidth=1.2, label=name)


def _groups(
    table: pd.DataFrame, by: str, order: Iterable[str] | None
) -> Iterable[tuple[Any, pd.DataFrame]]:
    """Return the groups with their names, in order of appearance unless told another."""
    groups = dict(iter(table.groupby(by, sort=False)))
    return [(name, groups[name]) for name in order or groups if name in groups]


def _color(by: str, name: Any) -> dict[str, Any]:
    """Return the colour of a method; of other groups none, which leaves it to the style."""
    return {"color": color_of(str(name))} if by == "method" else {}


def _markers(wanted: bool) -> dict[str, Any]:
    """Return the style of a line's markers, empty for a line without."""
    return {"marker": "o", "markersize": 4} if wanted else {}
