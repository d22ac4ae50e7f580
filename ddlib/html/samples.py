"""The rows that a figure of one column compares: those of each site, and the merged ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ddlib.html.markup import Html, element, name
from ddlib.html.svg import MERGED, MOST_SITES, site_colour, site_dash, site_mark


@dataclass(frozen=True)
class Sample:
    """Values of a column in some rows.

    Attributes:
        values: `(n,)` codes without NaN.
        weights: of the rows, `(n,)`.
    """

    values: np.ndarray
    weights: np.ndarray


def few_sites(sites: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Return the sites, or all in one where they are too many to be told apart.

    Args:
        sites: label -> codes.
    """
    if len(sites) <= MOST_SITES:
        return dict(sites)
    return {f"all {len(sites)} tables": np.concatenate(list(sites.values()))}


def legend(sites: Sequence[str]) -> Html:
    """Return what bars, lines and marks stand for.

    Args:
        sites: labels of all.
    """
    bar = element("rect", width=24, height=12, fill=MERGED, fill_opacity=0.55)
    entries = [("merged rows", [bar])]
    for site, shown in enumerate(few_sites(dict.fromkeys(sites, np.empty(0)))):
        line = element(
            "line",
            x1=0,
            x2=24,
            y1=6,
            y2=6,
            stroke=site_colour(site),
            stroke_width=1.6,
            stroke_dasharray=site_dash(site),
        )
        entries.append((shown, [line, site_mark(site, "12", 6)]))
    items = [
        element("li", element("svg", *marks, viewBox="0 0 24 12", aria_hidden="true"), name(shown))
        for shown, marks in entries
    ]
    return element("ul", *items, class_="legend")
