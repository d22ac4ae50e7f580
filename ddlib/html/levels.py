"""One column of levels, real at each site against merged: a bar and a mark for each site."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from ddlib.html.markup import Html, element, name
from ddlib.html.protection import protected_counts
from ddlib.html.samples import Sample, few_sites
from ddlib.html.svg import MERGED, scale, site_colour, site_mark, strip

MOST_LEVELS = 8  # that have a line of their own
LANE = 8  # pixels of each site, so that marks of equal shares do not cover one another


def levels(
    label: str,
    sites: Mapping[str, np.ndarray],
    merged: Sample,
    *,
    names: Sequence[object],
    least: int,
) -> Html:
    """Return the shares of a column's levels: a bar for the merged rows, a mark for each site.

    Where a site has too few rows of a level, a line shows from where to where its share may lie.

    Args:
        label: the column's name.
        sites: label -> codes `(n,)` without NaN; none of a site that does not show the column.
        merged: of the merged rows.
        names: of the levels.
        least: rows that a figure may tell of, at least.
    """
    kept = _kept(sites, merged, len(names))
    bars = _counts(merged.values, merged.weights, kept, len(names))
    shares: dict[int, np.ndarray] = {}
    for site, values in enumerate(few_sites(sites).values()):
        if len(values):
            counts = _counts(values, np.ones(len(values)), kept, len(names))
            shares[site] = np.column_stack(protected_counts(counts, least)) / len(values)
    heads = [str(names[level]) for level in kept]
    if len(kept) < len(names):
        heads.append(f"{len(names) - len(kept)} others")
    rows = [
        _level(head, bars[place] / bars.sum(), {site: own[place] for site, own in shares.items()})
        for place, head in enumerate(heads)
    ]
    axis = element("td", scale(0, 100, " %"), class_="row")
    rows.append(element("tr", element("td"), axis, element("td")))
    return element("table", element("tbody", *rows), aria_label=f"Shares of the levels of {label}")


def _kept(sites: Mapping[str, np.ndarray], merged: Sample, size: int) -> list[int]:
    """Return the levels that have a line of their own: all, or the most common ones."""
    if size <= MOST_LEVELS:
        return list(range(size))
    values = np.concatenate([*sites.values(), merged.values]).astype(int)
    common = np.argsort(-np.bincount(values, minlength=size), kind="stable")
    return sorted(common[: MOST_LEVELS - 1].tolist())


def _counts(values: np.ndarray, weights: np.ndarray, kept: list[int], size: int) -> np.ndarray:
    """Return the weights of the levels that are kept, and last that of all others."""
    counts = np.bincount(values.astype(int), weights, size)
    others = [] if len(kept) == size else [counts.sum() - counts[kept].sum()]
    return np.array([*counts[kept], *others])


def _level(shown: str, share: float, sites: Mapping[int, np.ndarray]) -> Html:
    """Return the row of one level: its name, a bar with marks, and the share of merged rows."""
    height = max(16, 4 + LANE * (1 + max(sites, default=0)))
    bar = element(
        "rect",
        x="0%",
        y=3,
        width=f"{100 * share:.2f}%",
        height=height - 6,
        fill=MERGED,
        fill_opacity=0.55,
    )
    marks = [_mark(site, float(low), float(high)) for site, (low, high) in sites.items()]
    picture = strip(height, f"{100 * share:.0f} % of the merged rows", bar, *marks)
    return element(
        "tr",
        element("th", name(shown), scope="row"),
        element("td", picture, class_="row"),
        element("td", f"{100 * share:.0f} %", class_="number"),
    )


def _mark(site: int, low: float, high: float) -> Html:
    """Return the mark of one site's share, or the line on which it lies; none where that is all."""
    y = 2 + LANE * (site + 0.5)
    if low == high:
        return site_mark(site, f"{100 * low:.2f}%", y, title=f"{100 * low:.0f} %")
    if high - low == 1:
        return Html("")
    return element(
        "line",
        element("title", f"from {100 * low:.0f} to {100 * high:.0f} %"),
        x1=f"{100 * low:.2f}%",
        x2=f"{100 * high:.2f}%",
        y1=y,
        y2=y,
        stroke=site_colour(site),
        stroke_width=2,
    )
