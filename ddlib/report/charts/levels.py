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

    Args:
        label: the column's name.
        sites: label -> codes `(n,)` without NaN, of the sites that show the column.
        merged: of the merged rows.
        names: of the levels.
        least: rows that a figure may tell of, at least.
    """
    size = len(names)
    bars = np.bincount(merged.values.astype(int), merged.weights, size)
    shares = {"merged": bars / bars.sum()}
    for site, values in few_sites(sites).items():
        counts = protected_counts(np.bincount(values.astype(int), minlength=size), least)
        shares[f"site {site}"] = counts / max(counts.sum(), 1.0)
    table = np.array(list(shares.values()))
    shown = list(range(size))
    if size > MOST_LEVELS:
        kept = np.argsort(-table.mean(axis=0), kind="stable")[: MOST_LEVELS - 1]
        shown = sorted(kept.tolist())
    rows = [_level(names[level], table[:, level]) for level in shown]
    if len(shown) < size:
        rest = np.delete(table, shown, axis=1).sum(axis=1)
        rows.append(_level(f"{size - len(shown)} others", rest))
    return element("table", element("tbody", *rows), aria_label=f"Shares of the levels of {label}")


def _level(shown: object, shares: np.ndarray) -> Html:
    """Return the row of one level: its name, a bar with marks, and the share of merged rows."""
    marks = [
        element("rect", x="0%", y=3, width=f"{100 * shares[0]:.2f}%", height=10, fill=MERGED,
                fill_opacity=0.55)
    ]  # fmt: skip
    for site, share in enumerate(shares[1:]):
        marks.append(site_mark(site, f"{100 * share:.2f}%", 8, title=f"{100 * share:.0f} %"))
    picture = strip(16, f"{100 * shares[0]:.0f} % of the merged rows", *marks)
    return element(
        "tr",
        element("th", name(shown), scope="row"),
        element("td", picture, class_="row"),
        element("td", f"{100 * shares[0]:.0f} %", class_="number"),
    )
