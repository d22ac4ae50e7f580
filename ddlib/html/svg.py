"""What the figures share: a drawing, its colours, and round numbers on its axes.

Colours are the variables of the page's style sheet, so that a figure follows light and dark.
"""

from __future__ import annotations

import math
from datetime import date, timedelta

from ddlib.html.markup import Html, element

MOST_SITES = 5  # that have a colour and a mark of their own
MERGED = "var(--merged)"
HATCHED = "url(#hatched)"
"""What is not known; `definitions` must stand on the page."""
_DASHES = (None, "6 2", "2 2", "8 2 2 2", "1 2")  # sites are told apart without colours too


def site_colour(site: int) -> str:
    """Return the colour of a site.

    Args:
        site: counted from 0, below `MOST_SITES`.
    """
    return f"var(--site-{site})"


def site_dash(site: int) -> str | None:
    """Return the dashes of a site's lines.

    Args:
        site: as for its colour.
    """
    return _DASHES[site]


def definitions() -> Html:
    """Return what all figures of a page refer to, which is not seen itself."""
    line = element("path", d="M0 6L6 0", stroke="var(--soft)", stroke_width=1)
    pattern = element(
        "pattern", line, id="hatched", width=6, height=6, patternUnits="userSpaceOnUse"
    )
    return element("svg", pattern, width=0, height=0, class_="definitions", aria_hidden="true")


def drawing(width: float, height: float, label: str, *marks: Html, narrow: bool = False) -> Html:
    """Return a figure in pixels.

    Args:
        width: in pixels.
        height: in pixels.
        label: what it shows, for those who do not see it.
        marks: what is drawn.
        narrow: whether it shrinks on a narrow page, where it would scroll otherwise.
    """
    return element(
        "svg",
        *marks,
        class_="narrow" if narrow else None,
        viewBox=f"0 0 {width:g} {height:g}",
        width=width,
        height=height,
        role="img",
        aria_label=label,
    )


def strip(height: float, label: str, *marks: Html) -> Html:
    """Return a figure as wide as its place, whose marks have their x in percent.

    Args:
        height: in pixels.
        label: what it shows, for those who do not see it.
        marks: what is drawn.
    """
    return element("svg", *marks, height=height, width="100%", role="img", aria_label=label)


def site_mark(site: int, x: str, y: float, *, title: str | None = None) -> Html:
    """Return the mark of a site: a circle, a square, a diamond, a cross or a bar.

    Args:
        site: counted from 0, below `MOST_SITES`.
        x: place of its middle, a length of SVG.
        y: the same, in pixels.
        title: what is shown when a pointer rests on it.
    """
    shapes = (
        "M-3.5 0A3.5 3.5 0 1 1 3.5 0A3.5 3.5 0 1 1 -3.5 0Z",
        "M-3 -3H3V3H-3Z",
        "M0 -4.5L4.5 0L0 4.5L-4.5 0Z",
        "M-3.5 -3.5L3.5 3.5M-3.5 3.5L3.5 -3.5",
        "M0 -5V5",
    )
    open_shape = site >= 3
    path = element(
        "path",
        *([element("title", title)] if title else []),
        d=shapes[site],
        fill="none" if open_shape else site_colour(site),
        stroke=site_colour(site) if open_shape else "var(--ground)",
        stroke_width=2.0 if open_shape else 0.8,
    )
    # A nested SVG may stand at a percentage; a path may not.
    return element("svg", path, x=x, y=y, overflow="visible", width=1, height=1)


def text(
    x: float | str, y: float, shown: object, *, anchor: str = "start", soft: bool = False
) -> Html:
    """Return text in a figure.

    Args:
        x: of its anchor, in pixels, or a length of SVG.
        y: of its base line, in pixels.
        shown: the text.
        anchor: `start`, `middle` or `end`.
        soft: whether it is of a lesser kind.
    """
    kind = "soft" if soft else None
    return element("text", shown, x=x, y=y, text_anchor=anchor, class_=kind)


def shorten(shown: str, most: int) -> str:
    """Return a text of at most `most` characters, cut with an ellipsis where it is longer.

    Args:
        shown: the text.
        most: characters, at least 2.
    """
    return shown if len(shown) <= most else f"{shown[: most - 1].rstrip()}…"


def ticks(low: float, high: float) -> list[float]:
    """Return round numbers from `low` to `high`, at most five of them.

    Args:
        low: lower end.
        high: upper end, above it.
    """
    rough = (high - low) / 4
    size = 10.0 ** math.floor(math.log10(rough))
    step = next(size * factor for factor in (1, 2, 2.5, 5, 10) if size * factor >= rough * 0.999)
    first = math.ceil(low / step - 1e-9)
    return [k * step for k in range(first, math.floor(high / step + 1e-9) + 1)]


def scale(low: float, high: float, unit: str = "") -> Html:
    """Return the numbers of an axis that is as wide as its place, at most three of them.

    Args:
        low: at its left end.
        high: at its right end, above it.
        unit: behind each number.
    """
    values = ticks(low, high)
    marks = [element("line", x1="0%", x2="100%", y1=0.5, y2=0.5, stroke="var(--soft)")]
    for value in values[:: math.ceil(len(values) / 3)]:
        share = 100 * (value - low) / (high - low)
        x = f"{share:.2f}%"
        anchor = "start" if share < 15 else "end" if share > 85 else "middle"
        marks.append(element("line", x1=x, x2=x, y1=0, y2=4, stroke="var(--soft)"))
        marks.append(text(x, 14, f"{number(value)}{unit}", anchor=anchor, soft=True))
    shown = f"Axis from {number(low)}{unit} to {number(high)}{unit}"
    return strip(16, shown, *marks)


def number(value: float) -> str:
    """Return a number as people write it, with three digits that count.

    Args:
        value: the number.
    """
    if not math.isfinite(value):
        return "–"
    if value == 0:
        return "0"
    size = math.floor(math.log10(abs(value)))
    if not -4 <= size < 9:
        return f"{value:.2e}".replace("-", "−")
    decimals = max(0, 2 - size)
    shown = f"{value:,.{decimals}f}".replace(",", " ")
    shown = shown.rstrip("0").rstrip(".") if "." in shown else shown
    return shown.replace("-", "−")


def fixed(value: float, decimals: int) -> str:
    """Return a number with a fixed number of decimals, as the cells of one column have.

    Args:
        value: the number.
        decimals: of it.
    """
    if not math.isfinite(value):
        return "–"
    shown = f"{value:.{decimals}f}"
    return shown.replace("-", "−") if float(shown) else f"{0:.{decimals}f}"


def day(value: float) -> str:
    """Return a date.

    Args:
        value: days since 1970-01-01.
    """
    return (date(1970, 1, 1) + timedelta(days=round(value))).isoformat()
