"""What sites may mean differently, seen in their summaries: units, names, and shared scales."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations

import numpy as np

from ddlib.sites.quantiles import Quantiles
from ddlib.sites.summary import Summary
from ddlib.tables import Note
from ddlib.tables.compare import SPREADS, unit_factor
from ddlib.tables.faults import warning, yaml_word
from ddlib.tables.sides import other_side


def warn_of_units(summaries: Mapping[str, Summary]) -> list[Note]:
    """Return warnings on columns whose medians lie far outside the spread of other sites' values.

    Args:
        summaries: label -> summary.
    """
    laws: dict[str, dict[str, Quantiles]] = {}
    seen: dict[str, dict[str, int]] = {}
    for label, summary in summaries.items():
        for column, margin in zip(summary.scale.columns, summary.margins, strict=True):
            if margin.law is not None and column.kind in ("number", "count"):
                laws.setdefault(column.name, {})[label] = margin.law
                seen.setdefault(column.name, {})[label] = margin.seen
    return [note for name, own in laws.items() for note in _of_column(name, own, seen[name])]


def _of_column(name: str, laws: Mapping[str, Quantiles], rows: Mapping[str, int]) -> list[Note]:
    """Return the warning on a column, if any."""
    quartiles = {label: law.values(np.array([0.25, 0.5, 0.75])) for label, law in laws.items()}
    # A factor shifts logarithms; of values of both signs, only a shift can be seen.
    logs = all(law.low[0] >= 0 for law in laws.values())
    logs &= all(own[0] > 0 for own in quartiles.values())
    scaled = {label: np.log(own) if logs else own for label, own in quartiles.items()}
    pairs = list(combinations(laws, 2))
    if not pairs:
        return []
    first, second = max(pairs, key=lambda pair: abs(scaled[pair[0]][1] - scaled[pair[1]][1]))
    spread = max(float(scaled[k][2] - scaled[k][0]) / 1.349 for k in (first, second))
    if abs(scaled[first][1] - scaled[second][1]) <= SPREADS * spread:
        return []
    told = ", ".join(f"{own[1]:.4g} in {label}" for label, own in quartiles.items())
    kept, changed = other_side({label: float(own[1]) for label, own in scaled.items()}, rows)
    ratio = float(quartiles[kept][1] / quartiles[changed[0]][1]) if logs else None
    unit = unit_factor(name, ratio) if ratio else "{factor: …, offset: …}"
    line = (
        f"column {name!r}: its median is {told}: if units differ, set units: "
        f"{{FILE: {{{yaml_word(name)}: {unit}}}}} in the settings of {', '.join(changed)}, and "
        "summarise anew"
    )
    return [warning(line, [name], [*laws])]


def scale_numbers(summaries: Mapping[str, Summary]) -> dict[str, int]:
    """Return label -> number of its shared scale from 1, 0 where the scale is the site's own.

    Args:
        summaries: label -> summary.
    """
    known: list[Summary] = []
    found: dict[str, int] = {}
    for label, each in summaries.items():
        if not each.shared:
            found[label] = 0
            continue
        places = (k for k, one in enumerate(known, 1) if one.scale.is_same(each.scale))
        found[label] = next(places, len(known) + 1)
        if found[label] > len(known):
            known.append(each)
    return found


def warn_of_scales(summaries: Mapping[str, Summary]) -> list[Note]:
    """Return a warning where sites share more than one scale, so that moments do not add up.

    Args:
        summaries: label -> summary.
    """
    numbers = scale_numbers(summaries)
    count = max(numbers.values(), default=0)
    if count < 2:
        return []
    ways = [[label for label in numbers if numbers[label] == k] for k in range(1, count + 1)]
    told = "; ".join(", ".join(own) for own in ways)
    line = (
        f"{count} shared scales ({told}): sums on different ones are brought together, near for "
        "numbers and not exact: to add them up, let all sites summarise on one file of ddlib scale"
    )
    return [warning(line, (), [label for own in ways for label in own])]


def warn_of_little_common(summaries: Mapping[str, Summary]) -> list[Note]:
    """Return a warning on each site that has one column in common with all others together.

    Args:
        summaries: label -> summary.
    """
    shown = {
        label: {n for n, m in zip(each.scale.names, each.margins, strict=True) if m.seen}
        for label, each in summaries.items()
    }
    notes: list[Note] = []
    for label, own in shown.items():
        rest = set[str]().union(*(names for other, names in shown.items() if other != label))
        if len(own & rest) == 1 < len(own):
            name = next(iter(own & rest))
            line = (
                f"{label}: column {name!r} is the only one that another site has too: the others "
                "are related to theirs by it alone; where one is theirs under another name, set "
                "rename in the settings, and summarise anew"
            )
            notes.append(warning(line, [name], [label]))
    return notes
