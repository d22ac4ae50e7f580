"""What the sites' summaries leave out, and what exact ones may still tell of few people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from ddlib.html.markup import Html, join, name
from ddlib.html.page import Row, table
from ddlib.sites.rare import few_pairs

if TYPE_CHECKING:
    from ddlib.sites.summary import Summary

FEW = 10
"""Rows below which a pair of levels is counted as rare."""
REVEALS = (
    "An exact summary is no guarantee: a pair of levels may be told of few rows, down to one, as "
    "the table counts them. Two summaries of one site that differ by few people, such as one "
    "before and one after an admission, or on two scales, tell these people by their difference: "
    "let a site send one. Noise protects against both: ddlib summarize with --epsilon."
)


def lost_columns(summaries: Mapping[str, Summary]) -> tuple[Html | str, ...]:
    """Return a table of what each site's summary leaves out, and what exact ones may reveal.

    Args:
        summaries: label -> summary.
    """
    columns = [*dict.fromkeys(n for each in summaries.values() for n in each.scale.names)]
    rows = [_row(label, each, columns) for label, each in summaries.items()]
    heads = [
        "site", "lacks", "in no pattern", "in fewer rows than it has",
        f"pairs of levels in 1 to {FEW - 1} rows",
    ]  # fmt: skip
    found = table(heads, rows, caption="Columns that moments lack, by site", numbers=False)
    exact = any(each.min_count is not None for each in summaries.values())
    return (found, REVEALS) if exact else (found,)


def _row(label: str, summary: Summary, columns: Sequence[str]) -> Row:
    """Return what a site's summary leaves out."""
    names = summary.scale.names
    seen = {n: margin.seen for n, margin in zip(names, summary.margins, strict=True)}
    lacks = [column for column in columns if not seen.get(column)]
    if summary.min_count is None:
        return Row(name(label), (_list(lacks), "none", "none", "hidden by noise"))
    told = dict.fromkeys(names, 0)
    for pattern in summary.moments.patterns:
        for place in np.unique(summary.scale.owners[pattern.seen]).tolist():
            told[names[place]] += pattern.rows
    gone = [column for column in names if seen[column] and not told[column]]
    parts = [
        join([name(column), f" ({told[column]} of {seen[column]})"])
        for column in names
        if 0 < told[column] < seen[column]
    ]
    pairs = few_pairs(summary.moments, summary.scale, below=FEW)
    return Row(name(label), (_list(lacks), _list(gone), join(parts, ", ") or "none", f"{pairs}"))


def _list(columns: Sequence[str]) -> Html | str:
    """Return names, or that there are none."""
    return join([name(column) for column in columns], ", ") if columns else "none"
