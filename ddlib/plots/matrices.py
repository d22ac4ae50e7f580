"""Heat maps of a table: rows by columns, a number in every cell."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.image import AxesImage

from ddlib.plots.described import COLOUR, describe
from ddlib.plots.style import GREY
from ddlib.plots.tables import MINUS

VERDICT_STYLES: dict[str, dict[str, Any]] = {
    "higher": {"weight": "bold"},
    "lower": {"style": "italic"},
}
"""How the numbers of each verdict are printed."""
CELL_OPACITY = 0.75  # so that black or white is readable on every colour: a contrast of 4.5
CHARACTER_WIDTH = 0.6  # on average, in heights of the font
POINTS_PER_INCH = 72
LIGHT = (0.2126, 0.7152, 0.0722)  # that red, green and blue of sRGB give to white, as in WCAG 2
GLARE = 0.05  # that WCAG 2 adds to both luminances of a contrast


def draw_matrix(
    values: pd.DataFrame,
    axes: Axes,
    *,
    verdicts: pd.DataFrame | None = None,
    shades: pd.DataFrame | None = None,
    limits: tuple[float, float] = (-1.0, 1.0),
    fmt: str | Callable[[float], str] = "{:.2f}",
) -> AxesImage:
    """Return a table of numbers, drawn as a heat map.

    Args:
        values: the numbers; index and columns are the tick labels. A NaN is an empty cell with a
            small dash.
        axes: what is drawn on.
        verdicts: labelled as `values`. A cell that they call "higher" has its number in bold, one
            that is "lower" in italics.
        shades: what colours show where it is not the numbers, labelled as `values`. A NaN is a
            cell without colour.
        limits: at which colours are clipped; numbers are not.
        fmt: format of a number, or what returns its text.

    Raises:
        ValueError: for an empty table, verdicts or shades with other labels, and limits out of
            order.
    """
    _check(values, {"verdicts": verdicts, "shades": shades}, limits)
    numbers = values.to_numpy(dtype=float)
    colors = numbers if shades is None else shades.where(values.notna()).to_numpy(dtype=float)
    image = axes.imshow(
        np.ma.masked_invalid(colors.clip(*limits)), cmap="RdBu", vmin=limits[0], vmax=limits[1],
        alpha=CELL_OPACITY, aspect="auto", interpolation="nearest",
    )  # fmt: skip
    shown = {"value": values, "verdict": verdicts, COLOUR: shades}
    describe(image, {name: table.to_numpy() for name, table in shown.items() if table is not None})
    centred: dict[str, Any] = {"ha": "center", "va": "center"}
    for (i, j), number in np.ndenumerate(numbers):
        if np.isnan(number):
            axes.text(j, i, "–", color=GREY, **centred)
            continue
        style = {} if verdicts is None else VERDICT_STYLES.get(str(verdicts.iloc[i, j]), {})
        shade = colors[i, j]
        color = "black" if np.isnan(shade) else _text_color(image.to_rgba(shade)[:3])
        text = fmt.format(number) if isinstance(fmt, str) else fmt(float(number))
        axes.text(j, i, text, color=color, **centred, **style)
    _label(axes, values)
    return image


def brief(number: float, most: int = 999) -> str:
    """Return a number as a narrow cell has room for: two or three digits, and no zero in front.

    Args:
        number: what is written.
        most: above it, that alone is said.
    """
    size = abs(number)
    if size >= most + 0.5:
        return f">{most}" if number > 0 else f"<{MINUS}{most}"
    decimals = 0 if size >= 9.95 else 1 if size >= 0.995 else 2 if size >= 0.0995 else 3
    text = f"{size:.{decimals}f}".removeprefix("0")
    if not text.strip(".0"):
        return "0"
    return MINUS * (number < 0) + text


def _label(axes: Axes, values: pd.DataFrame) -> None:
    """Write the labels; those of columns are turned where they would run into each other."""
    axes.set_xticks(range(values.shape[1]), values.columns)
    axes.set_yticks(range(values.shape[0]), values.index)
    axes.tick_params(length=0)
    axes.grid(visible=False)
    axes.spines[:].set_visible(False)
    labels = axes.get_xticklabels()
    longest = max(len(label.get_text()) for label in labels) + 1  # and a space between two
    size = labels[0].get_fontproperties().get_size_in_points()
    needed = CHARACTER_WIDTH * longest * size
    width = axes.get_window_extent().width * POINTS_PER_INCH / axes.figure.dpi
    if needed > width / len(labels):
        for label in labels:
            label.set(rotation=40, ha="right", rotation_mode="anchor")


def _text_color(cell: np.ndarray) -> str:
    """Return black or white, whichever stands out more from the cell on a white page.

    On a dark page the style sheet turns over the lightness of both.
    """
    on_page = (
        CELL_OPACITY * channel + (1 - CELL_OPACITY) * page
        for channel, page in zip(cell, to_rgb("white"), strict=True)
    )
    luminance = sum(share * _linear(channel) for share, channel in zip(LIGHT, on_page, strict=True))
    # Contrast is (lighter + glare) / (darker + glare); black has luminance 0, white 1.
    with_black = (luminance + GLARE) / GLARE
    with_white = (1 + GLARE) / (luminance + GLARE)
    return "black" if with_black > with_white else "white"


def _linear(channel: float) -> float:
    """Return the light of a channel of sRGB, both in [0, 1]."""
    return channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4


def _check(
    values: pd.DataFrame,
    others: Mapping[str, pd.DataFrame | None],
    limits: tuple[float, float],
) -> None:
    """Raise `ValueError` for what cannot be drawn."""
    if values.empty:
        raise ValueError(f"values: shape {values.shape}; must have a row and a column")
    for name, table in others.items():
        if table is not None and not (
            table.index.equals(values.index) and table.columns.equals(values.columns)
        ):
            raise ValueError(
                f"{name}: shape {table.shape}; must have the rows and columns of values, "
                f"{values.shape}, in their order"
            )
    if not limits[0] < limits[1]:
        raise ValueError(f"limits = {limits}: must be two numbers in ascending order")
