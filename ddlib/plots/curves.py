"""Curves over a budget or over steps, with intervals over seeds and reference lines."""

from __future__ import annotations

from itertools import cycle

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ddlib.plots.style import GREY, WIDTH
from ddlib.results import summarise

LABEL_GAP = 0.058  # between two names at the edge, in heights of the axes


def plot_means(
    table: pd.DataFrame, axes: Axes, *, x: str, y: str, by: str, markers: bool = True
) -> None:
    """Draw one line a group of `by`: the mean of `y` at each `x`, with its 95 % interval.

    `table` has one row a seed, group and `x`; groups are drawn in order of appearance.
    """
    for name, group in table.groupby(by, sort=False):
        summary = summarise(group, by=[x], value=y).sort_values(x)
        style = {"marker": "o", "markersize": 4} if markers else {}
        (line,) = axes.plot(summary[x], summary["mean"], label=name, **style)
        axes.fill_between(
            summary[x], summary["low"], summary["high"], color=line.get_color(), alpha=0.2, lw=0
        )


def plot_medians(
    table: pd.DataFrame, axes: Axes, *, x: str, y: str, by: str, markers: bool = True
) -> None:
    """Draw one line a group of `by`: the median of `y` at each `x`, and the quartiles as a band.

    `table` is as in `plot_means`. One seed far from the others moves neither.
    """
    for name, group in table.groupby(by, sort=False):
        quartiles = group.groupby(x)[y].quantile([0.25, 0.5, 0.75]).unstack()
        style = {"marker": "o", "markersize": 4} if markers else {}
        (line,) = axes.plot(quartiles.index, quartiles[0.5], label=name, **style)
        axes.fill_between(
            quartiles.index, quartiles[0.25], quartiles[0.75], color=line.get_color(), alpha=0.2,
            lw=0,
        )  # fmt: skip


def panels(count: int, *, height: float, sharey: bool = False) -> tuple[Figure, list[Axes]]:
    """Return a figure of `count` panels in two columns, each row `height` inches."""
    rows = -(-count // 2)
    figure, grid = plt.subplots(
        rows, 2, figsize=(WIDTH, height * rows), sharey=sharey, squeeze=False
    )
    for spare in grid.flat[count:]:
        spare.set_visible(False)
    return figure, list(grid.flat[:count])


def plot_levels(axes: Axes, values: dict[str, float]) -> None:
    """Draw a thin line at each value, named at the right edge; names are moved apart.

    The limits and scales of `axes` have to be final.
    """
    to_axes = axes.transData + axes.transAxes.inverted()
    last = -1.0
    for name, value in sorted(values.items(), key=lambda item: item[1]):
        height = float(to_axes.transform((axes.get_xlim()[0], value))[1])
        last = max(height, last + LABEL_GAP)
        axes.axhline(value, color=GREY, linestyle=":", linewidth=1.0, zorder=1)
        axes.annotate(
            name, (1.0, height), (1.03, last), "axes fraction", color=GREY, fontsize=8, va="center",
            arrowprops={"arrowstyle": "-", "color": GREY, "lw": 0.5, "shrinkA": 1, "shrinkB": 0},
        )  # fmt: skip


def signed_log(axes: Axes, *, linear: float, ticks: list[float]) -> None:
    """Put losses below 0 on a logarithmic axis that is linear between -`linear` and `linear`."""
    axes.set_yscale("symlog", linthresh=linear, linscale=0.4)
    axes.set_yticks(ticks, [f"{tick:g}" for tick in ticks])
    axes.minorticks_off()


def plot_references(axes: Axes, values: dict[str, float]) -> None:
    """Draw a horizontal line a reference value, named in the legend."""
    for (name, value), dashes in zip(values.items(), cycle(["--", ":", "-."]), strict=False):
        axes.axhline(value, color=GREY, linestyle=dashes, linewidth=1.2, label=name)
