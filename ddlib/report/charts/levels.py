"""One column of levels, real at each site against merged: a bar and a mark for each site."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from ddlib.report.charts.samples import Sample, few_sites
from ddlib.report.charts.svg import MERGED, site_mark, strip
from ddlib.report.markup import Html, element, name
from ddlib.report.protection import protected_counts

MOST_LEVELS = 8  # that have a line of their own


def levels(
    label: str,
    sites: Mapping[str, np.ndarray],
    merged: Sample,
    *,
    names: Sequence[object],
    least: int,
) -> Html:
    """Return the shares of a column's levels: a bar for the merged rows, a mark for each site.

    A site in which too few rows have too many of the levels has no marks.

    Args:
        label: the column's name.
        sites: label -> codes `(n,)` without NaN; none of a site that does not show the column.
        merged: of the merged rows.
        names: of the levels.
        least: rows that a figure may tell of, at least.
    """
    kept = _kept(sites, merged, len(names))
    bars = _counts(merged.values, merged.weights, kept, len(names))
    marks: dict[int, np.ndarray] = {}
    for site, values in enumerate(few_sites(sites).values()):
        counts = _counts(values, np.ones(len(values)), kept, len(names))
        shown = protected_counts(counts, least)
        if shown.any():
            marks[site] = shown / shown.sum()
    heads = [str(names[level]) for level in kept]
    if len(kept) < len(names):
        heads.append(f"{len(names) - len(kept)} others")
    rows = [
        _level(head, bars[place] / bars.sum(), {site: own[place] for site, own in marks.items()})
        for place, head in enumerate(heads)
    ]
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


def _level(shown: str, share: float, sites: Mapping[int, float]) -> Html:
    """Return the row of one level: its name, a bar with marks, and the share of merged rows."""
    bar = element(
        "rect", x="0%", y=3, width=f"{100 * share:.2f}%", height=10, fill=MERGED, fill_opacity=0.55
    )
    marks = [
        site_mark(site, f"{100 * own:.2f}%", 8, title=f"{100 * own:.0f} %")
        for site, own in sites.items()
    ]
    picture = strip(16, f"{100 * share:.0f} % of the merged rows", bar, *marks)
    return element(
        "tr",
        element("th", name(shown), scope="row"),
        element("td", picture, class_="row"),
        element("td", f"{100 * share:.0f} %", class_="number"),
    )
