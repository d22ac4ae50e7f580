"""Figures of the page of claims: estimates against their thresholds, and shares of worlds."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from ddlib.plots.described import describe, leave_out
from ddlib.plots.style import BLUE, GREY, ORANGE

COLORS = {"holds": BLUE, "fails": ORANGE, "not told apart": GREY}
MARKERS = {"holds": "o", "fails": "s", "not told apart": "D"}  # told apart without colour, too
LINE = 0.24  # inches a setting needs
HEAD = 0.55  # inches of the axis and its label
LINEAR = 0.3  # nats: a difference up to here is drawn to scale, a larger one by its logarithm
TICKS = (-30, -10, -3, -1, -0.3, 0, 0.3, 1, 3, 10, 30)
MOST_TICKS = 7  # more would touch each other: of more, the powers of ten are left
RATIO_TICKS = (0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10)


def height_of(table: pd.DataFrame) -> float:
    """Return the height in inches that a figure of these settings needs.

    Args:
        table: as `ddlib.claims.tables.settings` returns it.
    """
    return HEAD + LINE * (len(table) + table["reading"].nunique())


def draw_settings(
    table: pd.DataFrame, axes: Axes, *, threshold: float, ratio: bool, label: str
) -> None:
    """Draw the estimate of each setting with its interval, and the threshold as a line.

    Args:
        table: columns `reading`, `setting`, `median`, `low`, `high` and `word`, a row per setting.
        axes: what is drawn on; the first reading is at the top.
        threshold: that the claim names.
        ratio: whether the estimates are ratios.
        label: of the axis of the estimates.
    """
    for y, line in _places(table, axes):
        color = COLORS[line["word"]]
        axes.plot([line["low"], line["high"]], [y, y], color=color, lw=1.8)
        (dot,) = axes.plot(line["median"], y, MARKERS[line["word"]], ms=5, color=color)
        describe(dot, {"reading": line["reading"]})
    _set_scale(axes, ratio=ratio)
    axes.axvline(1.0 if ratio else 0.0, color=GREY, lw=0.8, zorder=0)
    axes.axvline(threshold, color=GREY, lw=1.2, ls="--", zorder=0)
    axes.set_xlabel(label)


def draw_passes(table: pd.DataFrame, axes: Axes, *, seeds: int) -> None:
    """Draw in how many data sets each setting passes: for settings of different units.

    Those at the threshold are on neither side. A line from the mark is as long as they are many.

    Args:
        table: columns `reading`, `setting`, `passed` (such as "18 of 20"), `tied` and `word`.
        axes: what is drawn on.
        seeds: data sets of a setting.
    """
    for y, line in _places(table, axes):
        passed = int(line["passed"].split()[0])
        color = COLORS[line["word"]]
        (ties,) = axes.plot([passed, passed + line["tied"]], [y, y], color=color, lw=1.8)
        leave_out(ties)
        (dot,) = axes.plot(passed, y, MARKERS[line["word"]], ms=5, color=color)
        describe(dot, {"reading": line["reading"], "ties": line["tied"]})
    axes.axvline(seeds / 2, color=GREY, lw=1.2, ls="--", zorder=0)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    label = f"data sets on the claim's side,\nof {seeds}; as a line: ties"
    axes.set(xlim=(-0.5, seeds + 0.5), xlabel=label)


def mark_words(axes: Axes) -> None:
    """Add a legend of the words, below what is drawn.

    Args:
        axes: what was drawn on.
    """
    for word, color in COLORS.items():
        axes.plot([], [], MARKERS[word], color=color, ms=5, label=word)
    axes.figure.legend(*axes.get_legend_handles_labels(), loc="outside lower center", ncols=3)


def draw_shares(shares: pd.DataFrame, axes: Axes, *, color: str) -> None:
    """Draw for each level of each choice the share of worlds that pass.

    Args:
        shares: columns `choice`, `level`, `passed` and `worlds`, the first row at the top.
        axes: what is drawn on.
        color: of the shares.
    """
    y = -np.arange(len(shares))
    share = shares["passed"] / shares["worlds"]
    leave_out(axes.hlines(y, 0, share, color=color, lw=1.2))
    axes.plot(share, y, "o", ms=4.5, color=color)
    names = (shares["choice"] + " " + shares["level"]).str.strip()
    axes.set_yticks(y, names)
    axes.set(xlim=(-0.02, 1.02), xlabel="share that passes")
    axes.tick_params(axis="y", length=0)
    axes.grid(visible=False, axis="y")


def _places(table: pd.DataFrame, axes: Axes) -> list[tuple[float, pd.Series]]:
    """Return the height of each setting, with its row; name them, and head each reading."""
    places, names, y = [], [], 0.0
    for reading, part in table.groupby("reading", sort=False):
        axes.annotate(
            str(reading), (0, y), (-4, 0), ("axes fraction", "data"), "offset points",
            ha="right", va="center", fontweight="bold",
        )  # fmt: skip
        for _, line in part.iterrows():
            y -= 1
            places.append((y, line))
            names.append(line["setting"])
        y -= 1
    axes.set_yticks([place for place, _ in places], names)
    axes.set_ylim(y + 0.4, 0.6)
    axes.tick_params(axis="y", length=0)
    axes.grid(visible=False, axis="y")
    return places


def _set_scale(axes: Axes, *, ratio: bool) -> None:
    """Put ratios on a logarithmic axis, differences on one that is linear near 0."""
    if ratio:
        axes.set_xscale("log")
    else:
        axes.set_xscale("symlog", linthresh=LINEAR, linscale=0.6)
    low, high = axes.get_xlim()
    ticks = [tick for tick in (RATIO_TICKS if ratio else TICKS) if low <= tick <= high]
    if len(ticks) > MOST_TICKS:
        ticks = [tick for tick in ticks if not tick or f"{abs(tick):e}".startswith("1")]
    axes.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    axes.minorticks_off()
