"""Rows that a reader drags, and the line that is learnt from them: the still and the widget."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from ddlib.plots.explorers import Explorer
from ddlib.plots.style import GREY

SHOWN = 250  # of the table's rows, as dots
POINTS = 81  # of the curve
DASHED: Mapping[str, Any] = {"color": GREY, "ls": "--"}


@dataclass(frozen=True)
class Plane:
    """A part of a plot, from left to right and from below to above.

    Attributes:
        low: its least values.
        high: its largest values.
        ticks: those of each axis.
        names: those of the axes.
    """

    low: tuple[float, float]
    high: tuple[float, float]
    ticks: tuple[list[float], list[float]]
    names: tuple[str, str]

    def on(self, axes: Axes) -> None:
        """Give axes these limits, ticks and names."""
        axes.set(xlim=(self.low[0], self.high[0]), ylim=(self.low[1], self.high[1]))
        axes.set(xticks=self.ticks[0], yticks=self.ticks[1])
        axes.set(xlabel=self.names[0], ylabel=self.names[1])

    def settings(self) -> dict[str, Any]:
        """Return it as the page's script reads it."""
        parts = {"low": self.low, "high": self.high, "ticks": self.ticks, "names": self.names}
        return {name: [*part] for name, part in parts.items()}


@dataclass(frozen=True)
class DraggedRows:
    r"""A few rows in place of a table, read by ridge regression of one column on another.

    With both columns standardised, the slope learnt from $m$ rows is $\frac1m\sum x_iy_i$ over
    $\frac1m\sum x_i^2+\lambda$. The loss of a slope is the root mean square of how far rows are
    from its line, in the units of $y$; on the table it is $F$.

    Attributes:
        table: two columns, the input first.
        start: the rows at first, two columns as in the table.
        center: of the two columns, where 0 of the standard units is.
        scale: of a standard unit, in the units of the columns.
        penalty: $\lambda$, in standard units.
        step: of an arrow key, in the units of each column.
        rows_plane: the plane of the rows.
        curve_plane: that of the loss over the slope, in units of the table.
    """

    table: pd.DataFrame
    start: pd.DataFrame
    center: np.ndarray
    scale: np.ndarray
    penalty: float
    step: tuple[float, float]
    rows_plane: Plane
    curve_plane: Plane

    def _standard(self, rows: pd.DataFrame) -> np.ndarray:
        return (rows.to_numpy() - self.center) / self.scale

    def slope(self, rows: pd.DataFrame) -> float:
        """Return the slope that is learnt from rows, in standard units."""
        x, y = self._standard(rows).T
        return float((x * y).mean() / ((x * x).mean() + self.penalty))

    def loss(self, learnt_from: pd.DataFrame, on: pd.DataFrame) -> float:
        """Return the loss on some rows of the slope that is learnt from others.

        Args:
            learnt_from: rows of the two columns.
            on: rows of the two columns.
        """
        return self._loss(self.slope(learnt_from), on)

    def _loss(self, slope: float, rows: pd.DataFrame) -> float:
        x, y = self._standard(rows).T
        return float(self.scale[1] * np.sqrt(np.mean((y - slope * x) ** 2)))

    def draw(self, rows_axes: Axes, curve_axes: Axes) -> None:
        """Draw the still: rows and lines on one side, the loss over the slope on the other.

        Args:
            rows_axes: of the rows.
            curve_axes: of the curve.
        """
        tilt = self.scale[1] / self.scale[0]  # of a slope of 1 in standard units
        dots = self.table.iloc[:SHOWN].to_numpy()
        rows_axes.scatter(*dots.T, s=5, lw=0, color=GREY, alpha=0.4, label="_rows of the table")
        ends = np.array([self.rows_plane.low[0], self.rows_plane.high[0]])
        looks: dict[str, tuple[pd.DataFrame, Mapping[str, Any]]] = {
            "_line of all rows": (self.table, DASHED),
            "_line of the few rows": (self.start, {"color": "black"}),
        }
        for label, (rows, look) in looks.items():
            heights = self.center[1] + tilt * self.slope(rows) * (ends - self.center[0])
            rows_axes.plot(ends, heights, label=label, **look)
        discs = self.start.to_numpy()
        look = {"color": "black", "edgecolor": "white", "zorder": 3}
        rows_axes.scatter(*discs.T, s=60, label="_the few rows", **look)
        slopes = np.linspace(self.curve_plane.low[0], self.curve_plane.high[0], POINTS)
        curve = [self._loss(slope / tilt, self.table) for slope in slopes]
        curve_axes.plot(slopes, curve, color=GREY, label="_F")
        curve_axes.axvline(tilt * self.slope(self.table), **DASHED, label="_slope of all rows")
        place = tilt * self.slope(self.start), self.loss(self.start, self.table)
        curve_axes.plot(*place, "o", color="black", label="_F of the few rows")
        self.rows_plane.on(rows_axes)
        self.curve_plane.on(curve_axes)

    def widget(self, still: str, *, words: str, said: str) -> Explorer:
        """Return the widget: the reader moves the rows, and the line and the loss follow.

        Args:
            still: label of the figure with the still.
            words: below the drawing, with [F], [best] and [own] for the loss on the table, that of
                the table's own slope, and the loss on the rows themselves.
            said: of a row, to those who do not see it, with [x] and [y].
        """
        x, y = self._standard(self.table).T
        products = {"xx": x * x, "xy": x * y, "yy": y * y}
        rows = self.start.set_axis(["x", "y"], axis=1).assign(row=range(1, len(self.start) + 1))
        return Explorer(
            kind="ridge",
            still=still,
            controls=[],
            rows=rows,
            columns=dict(zip(("row", "x", "y"), ("row", *self.rows_plane.names), strict=True)),
            shown=rows,
            settings={
                "all": {name: float(values.mean()) for name, values in products.items()},
                "center": self.center.tolist(),
                "scale": self.scale.tolist(),
                "penalty": self.penalty,
                "start": self.start.to_numpy().tolist(),
                "shownRows": self.table.iloc[:SHOWN].round(2).to_numpy().tolist(),
                "rowsPlane": self.rows_plane.settings() | {"step": [*self.step]},
                "curvePlane": self.curve_plane.settings(),
                "words": words,
                "said": said,
            },
        )
