"""Figures of case study 1: the network, the sources, and Algorithm 1 as a loop."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pandas as pd
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch, Patch
from torch import Tensor

from ddlib.dbn import LinearGaussianDBN
from ddlib.plots.described import describe
from ddlib.plots.style import BLUE, GREY, ORANGE, SCRIPT
from ddlib.plots.words import plain

BEND = 0.35  # of arcs within a slice, whose nodes stand in a line, as a share of their length
HEADROOM = 1.6  # of a colour map above the largest count: its dark end would hide black text
# Where an arrow ends, in points from the centre of a box: half its width and half its height.
BESIDE, BELOW = 48, 28
ASLANT = 54, 36  # the same for the arrow back, from a wide box to a narrow one
NETWORK_LINES = 4  # lines of the grid of sources that the network above them is high

Place = tuple[float, float]
"""A point, in the units of the axes."""


def draw_network(law: LinearGaussianDBN, axes: Axes) -> None:
    """Draw two neighbouring slices: arcs within a slice in grey, from the slice before in blue.

    Args:
        law: whose arcs are drawn.
        axes: what is drawn on.
    """
    num_variables = law.num_variables
    heights = np.linspace(1, 0, num_variables).tolist()
    _, arcs = law.structure
    lagged, within = arcs[:num_variables], arcs[num_variables:]
    for i, j in lagged.nonzero().tolist():
        arrow = _arc(axes, (0, heights[i]), (1, heights[j]), BLUE)
        describe(arrow, {"from": f"{i} of the slice before", "to": str(j)})
    for i, j in within.nonzero().tolist():
        for column in (0, 1):
            bend = BEND if i < j else -BEND
            arrow = _arc(axes, (column, heights[i]), (column, heights[j]), GREY, bend)
            if column:  # the slice before has the same arcs
                describe(arrow, {"from": str(i), "to": str(j)})
    for column, label in ((0, "$x_{t-1}$"), (1, "$x_t$")):
        places = [column] * num_variables
        axes.scatter(places, heights, s=150, color="white", zorder=3)
        axes.scatter(places, heights, s=150, facecolor="none", edgecolor=GREY, zorder=4)
        for i, height in enumerate(heights):
            axes.text(column, height, str(i), ha="center", va="center", zorder=5)
        axes.text(column, 1.16, label, ha="center", fontsize=SCRIPT)
    axes.set(xlim=(-0.45, 1.45), ylim=(-0.12, 1.25))
    axes.axis("off")


def draw_sources(
    law: LinearGaussianDBN,
    clean: Tensor,
    sources: Sequence[Tensor],
    figure: Figure,
    *,
    rows: int = 10,
) -> None:
    """Draw a network, and below it clean rows of it and what each source shows of these rows.

    Args:
        law: the network.
        clean: `(n, T, p)`, the rows of the first source first, as many for each.
        sources: of each source, its rows `(n_j, T, p)`; NaN is hidden.
        figure: what is drawn on.
        rows: of each source that are drawn.
    """
    grid = figure.add_gridspec(NETWORK_LINES + len(sources), 2)
    draw_network(law, figure.add_subplot(grid[:NETWORK_LINES, :]))
    left = figure.add_subplot(grid[NETWORK_LINES:, 0], title="clean rows")
    draw_rows(torch.cat([share[:rows] for share in clean.tensor_split(len(sources))]), left)
    panels = [figure.add_subplot(grid[NETWORK_LINES + i, 1]) for i in range(len(sources))]
    for i, (panel, source) in enumerate(zip(panels, sources, strict=True)):
        draw_rows(source[:rows], panel)
        describe(panel.images[0], {"source": i + 1})
        panel.set_ylabel(f"$D^T_{i + 1}$", rotation=0, ha="right", va="center", fontsize=SCRIPT)
    for panel in panels[:-1]:
        panel.set_xticks([])
    panels[0].set_title("sources")


def draw_rows(rows: Tensor, axes: Axes, *, limit: float = 3.0) -> None:
    """Draw trajectories as a table of colours, a row each; hidden entries are hatched.

    Args:
        rows: `(n, T, p)`; NaN is hidden.
        axes: what is drawn on.
        limit: the size of an entry at which colours are clipped, in the units of the rows.
    """
    flat = rows.flatten(1).numpy()
    num_slices, num_variables = rows.shape[1:]
    axes.add_patch(
        FancyBboxPatch(
            (-0.5, -0.5), flat.shape[1], len(flat),
            boxstyle="square,pad=0", facecolor="none", edgecolor=GREY, hatch="////", lw=0, zorder=0,
        )
    )  # fmt: skip
    image = axes.imshow(
        np.ma.masked_invalid(flat), cmap="PuOr", vmin=-limit, vmax=limit, aspect="auto", zorder=1
    )
    row, column = np.indices(flat.shape)
    places = {"row": row + 1, "slice": column // num_variables, "variable": column % num_variables}
    describe(image, {"horizontal": None, "vertical": None, **places})
    for t in range(1, num_slices):
        axes.axvline(t * num_variables - 0.5, color=GREY, lw=1)
    centres = [t * num_variables + (num_variables - 1) / 2 for t in range(num_slices)]
    axes.set_xticks(centres, [f"$x_{t}$" for t in range(num_slices)], fontsize=SCRIPT)
    axes.set_yticks([])
    axes.tick_params(length=0)
    axes.grid(visible=False)


def draw_counts(counts: pd.DataFrame, axes: Axes) -> None:
    """Draw how many rows see each pair of variables: darker is more, a cross is none.

    Args:
        counts: whole numbers; index and columns are the names of the variables.
        axes: what is drawn on.
    """
    values = counts.to_numpy()
    axes.imshow(values, cmap="Blues", vmin=0, vmax=HEADROOM * values.max())
    for i, j in np.ndindex(*values.shape):
        text, color = (str(values[i, j]), "black") if values[i, j] else ("×", ORANGE)
        axes.text(j, i, text, ha="center", va="center", color=color)
    axes.set_xticks(range(len(counts)), counts.columns)
    axes.set_yticks(range(len(counts)), counts.index)
    axes.tick_params(length=0)
    axes.grid(visible=False)


def draw_algorithm(axes: Axes) -> None:
    """Draw one epoch of Algorithm 1 as boxes in a loop.

    Args:
        axes: what is drawn on.
    """
    boxes = {
        "start": (0.13, 0.8, "start\nfrom each\nsource"),
        "part": (0.5, 0.8, "take\npart $j$"),
        "noise": (0.87, 0.8, "perturb\na copy"),
        "learn": (0.87, 0.2, "learn\na DBN\nfrom both"),
        "score": (0.5, 0.2, "score both\non sources\n" + r"$i\neq j$"),
        "step": (0.13, 0.2, "step along\nthe finite\ndifference"),
    }
    for x, y, text in boxes.values():
        axes.text(
            x, y, text, ha="center", va="center",
            bbox={"boxstyle": "round,pad=0.45", "facecolor": "none", "edgecolor": GREY},
        )  # fmt: skip
    for begin, end, color in (*((*two, GREY) for two in pairwise(boxes)), ("step", "part", ORANGE)):
        arrow = _between(axes, boxes[begin][:2], boxes[end][:2], color)
        describe(arrow, {"from": plain(boxes[begin][2]), "to": plain(boxes[end][2])})
    axes.text(0.42, 0.5, "next epoch:\n$j$ at random", color=ORANGE, va="center")
    axes.set(xlim=(0, 1), ylim=(0, 1))
    axes.axis("off")


def _arc(axes: Axes, start: Place, end: Place, color: str, bend: float = 0.0) -> Patch:
    """Draw an arrow between two nodes, ending at their rims, and return it."""
    return axes.add_patch(
        FancyArrowPatch(
            start, end, arrowstyle="-|>", mutation_scale=8, color=color, lw=1, alpha=0.8,
            shrinkA=7, shrinkB=7, connectionstyle=f"arc3,rad={bend}", zorder=2,
        )
    )  # fmt: skip


def _between(axes: Axes, start: Place, end: Place, color: str) -> Patch:
    """Draw an arrow between two boxes, beside or below each other or aslant, and return it."""
    level, upright = start[1] == end[1], start[0] == end[0]
    from_start, to_end = (BESIDE, BESIDE) if level else (BELOW, BELOW) if upright else ASLANT
    return axes.add_patch(
        FancyArrowPatch(
            start, end, arrowstyle="-|>", mutation_scale=12, color=color, lw=1.3,
            shrinkA=from_start, shrinkB=to_end,
        )
    )  # fmt: skip
