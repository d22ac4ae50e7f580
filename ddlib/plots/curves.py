"""Curves over a budget or over steps, with intervals over seeds and reference lines."""

from __future__ import annotations

from itertools import cycle

import pandas as pd
from matplotlib.axes import Axes

from ddlib.plots.style import GREY
from ddlib.results import summarise


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


def plot_references(axes: Axes, values: dict[str, float]) -> None:
    """Draw a horizontal line a reference value, named in the legend."""
    for (name, value), dashes in zip(values.items(), cycle(["--", ":", "-."]), strict=False):
        axes.axhline(value, color=GREY, linestyle=dashes, linewidth=1.2, label=name)
