"""Scores of rivals, one line each, with the interval of their distance from one's own."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ddlib.html.markup import Html, element, join, name
from ddlib.html.page import Row, table
from ddlib.html.svg import fixed, scale, strip

_HEIGHT = 22.0  # pixels of a line


@dataclass(frozen=True)
class Scored:
    """One line of the figure.

    Attributes:
        label: whose score it is.
        mean: the score; NaN where there is none.
        low: lower end of the score's interval; NaN where there is none.
        high: upper end.
        own: whether it is the one that others are held against.
    """

    label: str
    mean: float
    low: float = math.nan
    high: float = math.nan
    own: bool = False


def scores(
    lines: Sequence[Scored], *, head: str, score: str, caption: str, value: str = "mean"
) -> Html:
    """Return a table with a figure in each line, all on the same axis.

    Args:
        lines: in order; the own one has a mean.
        head: of the labels.
        score: name of the score.
        caption: what is shown.
        value: head of the scores themselves.
    """
    known = [v for line in lines for v in (line.mean, line.low, line.high) if math.isfinite(v)]
    margin = 0.06 * (max(known) - min(known)) or 0.5
    low, high = min(known) - margin, max(known) + margin
    own = next(line.mean for line in lines if line.own)

    def place(value: float) -> str:
        return f"{100 * (value - low) / (high - low):.2f}%"

    rows = []
    for line in lines:
        marks = _marks(line, place, own)
        picture = strip(_HEIGHT, f"{line.label}: {' '.join(_told(line, own))}", *marks)
        label = element("b", line.label) if line.own else name(line.label)
        # Words that a narrow page may put below one another, each unbroken.
        distance = join([element("span", part) for part in _told(line, own)], " ")
        mean = join([fixed(line.mean, 3), element("small", distance)])
        rows.append(Row(label, (element("div", picture, class_="row"), mean)))
    axis = element("div", scale(low, high), class_="row")
    rows.append(Row(element("small", score), (axis, "")))
    return table([head, score, value], rows, caption=caption, class_="scores")


def _marks(line: Scored, place: Callable[[float], str], own: float) -> list[Html]:
    """Return the marks of one line: its interval and its mean, over the line of one's own."""
    colour = "var(--accent)" if line.own else "var(--soft)"
    y = {"y1": _HEIGHT / 2, "y2": _HEIGHT / 2}
    marks = [
        element("line", x1="0%", x2="100%", **y, stroke="var(--line)"),
        element(
            "line",
            x1=place(own),
            x2=place(own),
            y1=0,
            y2=_HEIGHT,
            stroke="var(--accent)",
            stroke_dasharray="2 3",
        ),
    ]
    if math.isfinite(line.low + line.high):
        ends = {"x1": place(line.low), "x2": place(line.high)}
        marks.append(element("line", **ends, **y, stroke=colour, stroke_width=2))
    if math.isfinite(line.mean):
        dot = {"cx": place(line.mean), "cy": _HEIGHT / 2, "r": 6 if line.own else 4.5}
        marks.append(element("circle", **dot, fill=colour))
    return marks


def _told(line: Scored, own: float) -> list[str]:
    """Return the words on the distance of a score from one's own, and on its interval."""
    if line.own:
        return []
    if not math.isfinite(line.mean):
        return ["no score"]
    distance = _signed(line.mean - own)
    if not math.isfinite(line.low + line.high):
        return [distance]
    return [distance, f"({_signed(line.low - own)} to {_signed(line.high - own)})"]


def _signed(value: float) -> str:
    """Return a difference with its sign."""
    return f"+{fixed(value, 3)}" if value > 0 else fixed(value, 3)
