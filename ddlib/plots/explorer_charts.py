"""The Vega-Lite charts of the book's explorers, in the colours of its figures.

Each returns a chart as plain data, whose rows are named "rows" and come with the page.
"""

# altair's methods take whatever Vega-Lite does.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt

X_TITLE = "[x]"  # in place of words that the page's script knows
HEIGHT = 340  # pixels
EDGE = 5  # around a chart, in pixels
TURNED = 60  # right of the matrix, for the turned name of its last column
CELL = 22  # height of a line of the matrix, in pixels
LINEAR = 0.1  # a signed logarithmic axis is linear from minus this to this
BAND_OPACITY = 0.18
TEXT = {"labelFontSize": 13, "titleFontSize": 13, "titleFontWeight": "normal"}


def curves_chart(
    colors: Mapping[str, str], *, y: str, limits: tuple[float, float], ticks: Sequence[float]
) -> dict[str, Any]:
    """Return curves of medians with quartiles as bands, over the column `x` of the rows.

    The words of the horizontal axis are `X_TITLE`, which the page's script replaces.

    Args:
        colors: of the methods, in the order of the legend.
        y: words of the vertical axis, which is signed logarithmic.
        limits: of the vertical axis; they stay as the reader moves.
        ticks: values that it marks.
    """
    scale = alt.Scale(type="symlog", constant=LINEAR, domain=[*limits], clamp=True)
    axis = alt.Axis(values=[*ticks], title=y, format="~g")
    base = alt.Chart(alt.NamedData("rows")).encode(
        x=alt.X("x:O", axis=alt.Axis(title=X_TITLE, labelAngle=0), scale=_spread()),
        color=alt.Color("method:N", scale=_palette(colors), legend=_legend()),
    )
    band = base.mark_area(opacity=BAND_OPACITY).encode(
        y=alt.Y("low:Q", scale=scale, axis=axis), y2="high:Q"
    )
    told = [
        alt.Tooltip("method:N", title="method"),
        alt.Tooltip("median:Q", title="median", format=".3f"),
        alt.Tooltip("low:Q", title="lower quartile", format=".3f"),
        alt.Tooltip("high:Q", title="upper quartile", format=".3f"),
    ]
    height = alt.Y("median:Q", scale=scale, axis=axis)
    line = base.mark_line(strokeWidth=2).encode(y=height)
    points = base.mark_circle(size=60, opacity=1).encode(y=height, tooltip=told)
    return _finished(alt.layer(band, line, points), height=HEIGHT)


def matrix_chart(tasks: Sequence[str]) -> dict[str, Any]:
    """Return a heat map of methods by tasks: `shade` is the colour, `text` what stands in a cell.

    Lines are in the order of `place`, which the page's script gives each row: an axis in the order
    of the rows would keep that of the first drawing.

    Args:
        tasks: the columns, in order.
    """
    by_place = alt.EncodingSortField("place", op="min", order="ascending")
    base = alt.Chart(alt.NamedData("rows")).encode(
        x=alt.X("task:N", sort=[*tasks], scale=alt.Scale(domain=[*tasks]), axis=_turned()),
        y=alt.Y("method:N", sort=by_place, axis=alt.Axis(title=None, labelLimit=260)),
    )
    told = [
        alt.Tooltip("method:N", title="method"),
        alt.Tooltip("task:N", title="task"),
        alt.Tooltip("ratio:Q", title="median ratio", format=".3g"),
        alt.Tooltip("low:Q", title="lower quartile", format=".3g"),
        alt.Tooltip("high:Q", title="upper quartile", format=".3g"),
        alt.Tooltip("verdict:N", title="against the baseline"),
    ]
    colors = alt.Scale(scheme="redblue", domain=[-2, 2], clamp=True)
    cells = base.mark_rect(opacity=0.75).encode(
        color=alt.Color("shade:Q", scale=colors, legend=None), tooltip=told
    )
    dark = "abs(datum.shade) > 1.7"
    ink = alt.condition(dark, alt.value("white"), alt.value("black"))
    text = base.mark_text(fontSize=12).encode(text="text:N", color=ink, tooltip=told)
    return _finished(alt.layer(cells, text), height=alt.Step(CELL), right=TURNED)


def solutions_chart(colors: Mapping[str, str], limits: tuple[float, float]) -> dict[str, Any]:
    """Return lines of `u` over `x`, one for each `method`.

    Args:
        colors: of the methods, in the order of the legend.
        limits: of the vertical axis; they stay as the reader moves.
    """
    dashes = alt.StrokeDash(
        "method:N",
        scale=alt.Scale(domain=[*colors], range=[[7, 4], [2, 2], [1, 0]][: len(colors)]),
        legend=_legend(),
    )
    line = alt.Chart(alt.NamedData("rows")).mark_line(strokeWidth=2.4, clip=True)
    line = line.encode(
        x=alt.X("x:Q", axis=alt.Axis(title="x", tickCount=6)),
        y=alt.Y("u:Q", scale=alt.Scale(domain=[*limits]), axis=alt.Axis(title="u")),
        color=alt.Color("method:N", scale=_palette(colors), legend=_legend()),
        strokeDash=dashes,
    )
    return _finished(line, height=HEIGHT)


def _palette(colors: Mapping[str, str]) -> alt.Scale:
    """Return the colours of the methods as a scale."""
    return alt.Scale(domain=[*colors], range=[*colors.values()])


def _spread() -> alt.Scale:
    """Return a scale of few values, the first and last near the edges."""
    return alt.Scale(type="point", padding=0.3)


def _turned() -> alt.Axis:
    """Return the axis of the columns, above them, with names that do not meet."""
    return alt.Axis(title=None, orient="top", labelAngle=-40, labelLimit=160)


def _legend() -> alt.Legend:
    """Return a legend below, which leaves a phone its width."""
    return alt.Legend(orient="bottom", columns=2, title=None, labelLimit=280, symbolOpacity=1)


def _finished(chart: Any, *, height: Any, right: int = EDGE) -> dict[str, Any]:
    """Return a chart as wide as its place, in the look of the figures, as plain data."""
    chart = chart.properties(width="container", height=height, background="transparent")
    padding = {"left": EDGE, "right": right, "top": EDGE, "bottom": EDGE}
    size = alt.AutoSizeParams(type="fit-x", contains="padding")
    chart = chart.properties(padding=padding, autosize=size)
    chart = chart.configure(font="Helvetica, Arial, sans-serif", aria=False)
    chart = chart.configure_axis(**TEXT, gridOpacity=0.3, domainColor="#444444")
    chart = chart.configure_legend(labelFontSize=13).configure_view(stroke=None)
    return chart.to_dict()
