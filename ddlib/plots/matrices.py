"""Heat maps of a table: rows by columns, a number in every cell."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.image import AxesImage

from ddlib.plots.style import GREY

VERDICT_STYLES = {"higher": {"weight": "bold"}, "lower": {"style": "italic"}}
ALPHA = 0.75  # of the colours: pale enough for text
CHARACTER = 0.6  # width of a character, in heights of the font


def draw_matrix(
    values: pd.DataFrame,
    axes: Axes,
    *,
    verdicts: pd.DataFrame | None = None,
    limits: tuple[float, float] = (-1.0, 1.0),
    fmt: str = "{:.2f}",
) -> AxesImage:
    """Draw a table of numbers as a heat map, its colours clipped at `limits`, its numbers not.

    Index and columns are the tick labels. A NaN is an empty cell with a small dash. A cell that
    `verdicts`, labelled as `values`, calls "higher" has its number in bold, one that is "lower"
    in italics. Raises `ValueError` for an empty table, for verdicts with other labels and for
    limits out of order.
    """
    _check(values, verdicts, limits)
    numbers = values.to_numpy(dtype=float)
    image = axes.imshow(
        np.ma.masked_invalid(numbers.clip(*limits)), cmap="RdBu", vmin=limits[0], vmax=limits[1],
        alpha=ALPHA, aspect="auto", interpolation="nearest",
    )  # fmt: skip
    for (i, j), number in np.ndenumerate(numbers):
        if np.isnan(number):
            axes.text(j, i, "–", ha="center", va="center", fontsize=7, color=GREY)
            continue
        style = {} if verdicts is None else VERDICT_STYLES.get(verdicts.iloc[i, j], {})
        color = _text_color(image.to_rgba(number)[:3])
        axes.text(
            j, i, fmt.format(number), ha="center", va="center", fontsize=8, color=color, **style
        )
    _label(axes, values)
    return image


def _label(axes: Axes, values: pd.DataFrame) -> None:
    """Write the labels; those of columns are turned where they would run into each other."""
    axes.set_xticks(range(values.shape[1]), values.columns)
    axes.set_yticks(range(values.shape[0]), values.index)
    axes.tick_params(length=0)
    axes.grid(visible=False)
    axes.spines[:].set_visible(False)
    labels = axes.get_xticklabels()
    longest = max(len(label.get_text()) for label in labels) + 1  # and a space between two
    needed = CHARACTER * longest * labels[0].get_fontsize()
    points = axes.get_window_extent().width * 72 / axes.figure.dpi
    if needed > points / len(labels):
        for label in labels:
            label.set(rotation=40, ha="right", rotation_mode="anchor")


def _text_color(cell: tuple[float, float, float]) -> str:
    """Return black or white, whichever stands out more from the cell on a white page.

    On a dark page the style sheet turns over the lightness of both.
    """
    red, green, blue = (
        _linear(ALPHA * channel + (1 - ALPHA) * page)
        for channel, page in zip(cell, to_rgb("white"), strict=True)
    )
    luminance = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    # Contrast is (lighter + 0.05) / (darker + 0.05), as in WCAG 2.
    return "black" if (luminance + 0.05) ** 2 > 0.05 * 1.05 else "white"


def _linear(channel: float) -> float:
    """Return the light of a channel of sRGB, both in [0, 1]."""
    return channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4


def _check(
    values: pd.DataFrame, verdicts: pd.DataFrame | None, limits: tuple[float, float]
) -> None:
    """Raise `ValueError` for what cannot be drawn."""
    if values.empty:
        raise ValueError(f"values: shape {values.shape}; must have a row and a column")
    if verdicts is not None and not (
        verdicts.index.equals(values.index) and verdicts.columns.equals(values.columns)
    ):
        raise ValueError(
            f"verdicts: shape {verdicts.shape}; must have the rows and columns of values, "
            f"{values.shape}, in their order"
        )
    if not limits[0] < limits[1]:
        raise ValueError(f"limits = {limits}: must be two numbers in ascending order")
