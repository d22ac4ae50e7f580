"""People who are told of twice: two files about the same rows, of one site or of one round each."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations

import numpy as np

from ddlib.sites.summary import Summary
from ddlib.tables import Note
from ddlib.tables.columns import value_text
from ddlib.tables.faults import number_of, warning

_ROUNDING = 1e-9  # of sums of the same rows in another order


def same_people(summaries: Mapping[str, Summary]) -> tuple[list[str], list[Note]]:
    """Return what seems to be about the same people, who would count twice.

    Args:
        summaries: label -> summary.

    Returns:
        Faults, of files that tell the same; and warnings, of those that tell the same of more than
        half of the columns of both, such as two rounds of a site.
    """
    faults: list[str] = []
    notes: list[Note] = []
    for (first, one), (second, other) in combinations(summaries.items(), 2):
        if one.rows != other.rows:
            continue
        if _is_same(one, other):
            faults.append(f"{second}: tells what {first} does; people must be merged once")
            continue
        both, alike = _columns(one, other)
        if len(alike) > 1 and 2 * len(alike) > len(both):
            line = (
                f"{first} and {second} seem to be about the same people, who then count twice: "
                f"{number_of(one.rows, 'row')} each, with the same values in {len(alike)} of "
                f"{len(both)} columns; of each site, merge one file"
            )
            notes.append(warning(line, alike, [first, second]))
    return faults, notes


def _columns(one: Summary, other: Summary) -> tuple[list[str], list[str]]:
    """Return the columns that both show, and those of which they tell the same."""
    first, second = _margins(one), _margins(other)
    both = [name for name in first if name in second]
    return both, [name for name in both if first[name] == second[name]]


def _margins(summary: Summary) -> dict[str, object]:
    """Return column -> what is told of its rows: rows of levels, or values of quantiles."""
    found: dict[str, object] = {}
    for column, margin in zip(summary.scale.columns, summary.margins, strict=True):
        if margin.counts is not None and margin.seen:
            pairs = zip(map(value_text, column.levels), margin.counts.tolist(), strict=True)
            found[column.name] = {level: count for level, count in pairs if count}
        elif margin.law is not None:
            law = margin.law
            found[column.name] = [law.edges.tolist(), law.low.tolist(), law.high.tolist()]
    return found


def _is_same(one: Summary, other: Summary) -> bool:
    """Whether two summaries tell the same, to rounding."""
    if not one.scale.is_same(other.scale) or _margins(one) != _margins(other):
        return False
    first, second = ({p.seen.tobytes(): p for p in s.moments.patterns} for s in (one, other))
    return first.keys() == second.keys() and all(
        own.rows == second[key].rows
        and np.allclose(own.sums, second[key].sums, _ROUNDING, _ROUNDING * own.rows)
        and np.allclose(own.products, second[key].products, _ROUNDING, _ROUNDING * own.rows)
        for key, own in first.items()
    )
