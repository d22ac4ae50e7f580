"""One column of numbers, real at each site against merged: bars and a line for each site."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from ddlib.html.markup import Html, element
from ddlib.html.protection import pooled_bins, protected_range
from ddlib.html.samples import Sample, few_sites
from ddlib.html.svg import (
    MERGED,
    day,
    drawing,
    number,
    site_colour,
    site_dash,
    text,
    ticks,
)

WIDTH, HEIGHT, FOOT = 280.0, 96.0, 16.0
MOST_BINS = 20
# A column is drawn on a logarithmic axis where its upper end lies so many times farther from the
# median than its lower end does, and less so on the logarithms.
_SKEWED = 4.0


def histogram(
    label: str, sites: Mapping[str, np.ndarray], merged: Sample, *, kind: str, least: int
) -> Html:
    """Return the histogram of a column of numbers, counts or dates.

    Values beyond the axis count at its ends. Bins of a site with fewer rows than `least` are
    pooled.

    Args:
        label: the column's name.
        sites: label -> codes `(n,)` without NaN; none of a site that does not show the column.
        merged: of the merged rows.
        kind: `number`, `count` or `date`.
        least: rows that a figure may tell of, at least.
    """
    real = np.concatenate(list(sites.values()))
    edges = _edges(real, merged.values, kind, least)
    log = kind == "number" and _is_logarithmic(edges)
    place = _Axis(edges, log=log)
    bars = _density(merged.values, merged.weights, edges)
    lines = {
        site: pooled_bins(_counts(values, edges), least) / len(values)
        for site, values in enumerate(few_sites(sites).values())
        if len(values)
    }
    top = max(bars.max(), *(line.max() for line in lines.values())) or 1.0
    heights = HEIGHT - FOOT - 6
    places = [place(edge) for edge in edges]
    marks = _bars(heights * bars / top, places)
    marks += [_outline(line / top * heights, places, site) for site, line in lines.items()]
    marks += _axis(place, log=log, kind=kind)
    names = ", ".join(sites)
    return drawing(WIDTH, HEIGHT, f"Histogram of {label}: merged rows and {names}", *marks)


class _Axis:
    """Places of values on the x axis, in pixels."""

    def __init__(self, edges: np.ndarray, *, log: bool) -> None:
        self.change = np.log10 if log else np.asarray
        self.low, self.high = self.change(edges[0]), self.change(edges[-1])

    def __call__(self, value: float) -> float:
        """Return the place of a value."""
        return float((self.change(value) - self.low) / (self.high - self.low) * (WIDTH - 8) + 4)


def _edges(real: np.ndarray, merged: np.ndarray, kind: str, least: int) -> np.ndarray:
    """Return the edges of the bins, from about the lowest to about the highest value."""
    ends = [protected_range(real, least), (merged.min(), merged.max())]
    low, high = min(low for low, _ in ends), max(high for _, high in ends)
    if kind in {"count", "date"}:
        low, high = np.floor(low), np.ceil(high)
        step = max(1, int(np.ceil((high - low + 1) / MOST_BINS)))
        return np.arange(low - 0.5, high + step, step)
    if low == high:
        low, high = low - 0.5, high + 0.5
    if low > 0:
        middle = float(np.median(real))
        apart = (high - middle) / max(middle - low, 1e-12 * high)
        logs = np.log(high / middle) / max(np.log(middle / low), 1e-12)
        if apart > _SKEWED > 1.5 * logs:
            return np.geomspace(low, high, MOST_BINS + 1)
    return np.linspace(low, high, MOST_BINS + 1)


def _is_logarithmic(edges: np.ndarray) -> bool:
    """Whether bins are equally wide on logarithms."""
    return edges[-1] - edges[-2] > 1.01 * (edges[1] - edges[0])


def _counts(values: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """Return how many values lie in each bin; those beyond the ends lie in the last one there."""
    return np.histogram(np.clip(values, edges[0], edges[-1]), edges)[0]


def _density(values: np.ndarray, weights: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """Return the weighted share of values in each bin."""
    inside = np.clip(values, edges[0], edges[-1])
    return np.histogram(inside, edges, weights=weights)[0] / weights.sum()


def _bars(heights: np.ndarray, places: Sequence[float]) -> list[Html]:
    """Return the bars of the merged rows."""
    return [
        element(
            "rect",
            x=left,
            y=HEIGHT - FOOT - height,
            width=max(right - left - 0.5, 0.5),
            height=height,
            fill=MERGED,
            fill_opacity=0.55,
        )
        for left, right, height in zip(places[:-1], places[1:], heights, strict=True)
    ]


def _outline(heights: np.ndarray, places: Sequence[float], site: int) -> Html:
    """Return the steps of one site's histogram."""
    base = HEIGHT - FOOT
    steps = [f"M{places[0]:.1f} {base:.1f}"]
    for right, height in zip(places[1:], heights, strict=True):
        steps.append(f"V{base - height:.1f}H{right:.1f}")
    return element(
        "path",
        d="".join(steps) + f"V{base:.1f}",
        fill="none",
        stroke=site_colour(site),
        stroke_width=1.6,
        stroke_linejoin="round",
        stroke_dasharray=site_dash(site),
    )


def _axis(place: _Axis, *, log: bool, kind: str) -> list[Html]:
    """Return the base line and its numbers."""
    base = HEIGHT - FOOT
    line = element("line", x1=4, x2=WIDTH - 4, y1=base, y2=base, stroke="var(--soft)")
    low, high = float(place.low), float(place.high)
    if log:
        values = [v for k in range(-12, 13) for v in (10.0**k, 3 * 10.0**k)]
        values = [v for v in values if low <= np.log10(v) <= high] or [10**low, 10**high]
    else:
        values = ticks(low, high)
    marks = [line]
    for value in values[:: max(1, len(values) // 5 + (kind == "date"))]:
        x = place(value)
        anchor = "start" if x < 24 else "end" if x > WIDTH - 24 else "middle"
        shown = day(value) if kind == "date" else number(value)
        marks.append(element("line", x1=x, x2=x, y1=base, y2=base + 3, stroke="var(--soft)"))
        marks.append(text(x, HEIGHT - 3, shown, anchor=anchor, soft=True))
    return marks
