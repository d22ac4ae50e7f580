"""Summaries and scales as JSON that a person can read and check before it leaves the site."""

from __future__ import annotations

import json
from typing import Any

import numpy as np

from ddlib.sites.moments import Pattern
from ddlib.sites.quantiles import Quantiles
from ddlib.sites.scale import Scale
from ddlib.sites.summary import ColumnMargin, Summary
from ddlib.tables import Column
from ddlib.tables.columns import WITH_LEVELS

VERSION = 1
SUMMARY, SCALE = "ddlib summary", "ddlib scale"
"""What the field `format` says."""

OWN = "own"
"""What stands for the scale where it is that of the site's own margins."""


def summary_text(summary: Summary) -> str:
    """Return a summary as JSON.

    Args:
        summary: of a site.
    """
    scale = summary.scale
    columns = [
        _column(column) | _margin(margin)
        for column, margin in zip(scale.columns, summary.margins, strict=True)
    ]
    entry: dict[str, Any] = {
        "format": SUMMARY,
        "version": VERSION,
        "rows": summary.rows,
        "minimum count": summary.min_count,
        "notes": [*summary.notes],
        "columns": columns,
        "scale": _laws(scale) if summary.shared else OWN,
        "features": [*scale.features],
        "patterns": [_pattern(pattern, scale) for pattern in summary.moments.patterns],
    }
    return readable(entry) + "\n"


def scale_text(scale: Scale) -> str:
    """Return a scale as JSON.

    Args:
        scale: that sites are to share.
    """
    entry = {"format": SCALE, "version": VERSION, "columns": _laws(scale)}
    return readable(entry) + "\n"


def readable(value: object, indent: int = 0) -> str:
    """Return JSON with a line for each field and for each list of plain values.

    Args:
        value: of dicts, lists, texts, numbers, truth values and None.
        indent: blanks that the lines after the first begin with.
    """
    if isinstance(value, dict):
        marks, items = (
            "{}",
            [f"{json.dumps(k)}: {readable(v, indent + 1)}" for k, v in value.items()],
        )
    elif isinstance(value, list) and any(isinstance(item, list | dict) for item in value):
        marks, items = "[]", [readable(item, indent + 1) for item in value]
    else:
        return json.dumps(value, ensure_ascii=False, allow_nan=False)
    inner = " " * (indent + 1)
    return f"{marks[0]}\n{inner}" + f",\n{inner}".join(items) + f"\n{' ' * indent}{marks[1]}"


def _column(column: Column) -> dict[str, Any]:
    """Return what a column is."""
    entry: dict[str, Any] = {"name": column.name, "kind": column.kind, "type": column.dtype}
    if column.kind in WITH_LEVELS:
        return entry | {"levels": [*column.levels]}
    return entry | {"decimals": column.decimals}


def _margin(margin: ColumnMargin) -> dict[str, Any]:
    """Return what is told of a column alone."""
    entry: dict[str, Any] = {"rows": margin.seen}
    if margin.counts is not None:
        entry["rows of levels"] = margin.counts.tolist()
    return entry | (_law(margin.law) if margin.law is not None else {})


def _laws(scale: Scale) -> list[dict[str, Any]]:
    """Return the columns of a scale with their laws."""
    pairs = zip(scale.columns, scale.laws, strict=True)
    return [_column(column) | (_law(law) if law is not None else {}) for column, law in pairs]


def _law(law: Quantiles) -> dict[str, Any]:
    """Return a law: from share to share of the rows, from value to value."""
    return {"shares": law.edges.tolist(), "from": law.low.tolist(), "to": law.high.tolist()}


def _pattern(pattern: Pattern, scale: Scale) -> dict[str, Any]:
    """Return a pattern; of its products the lower half, the diagonal with it."""
    shown = np.unique(scale.owners[pattern.seen])
    return {
        "columns": [scale.names[place] for place in shown],
        "rows": int(pattern.rows),
        "sums": pattern.sums.tolist(),
        "products": [row[: i + 1].tolist() for i, row in enumerate(pattern.products)],
    }
