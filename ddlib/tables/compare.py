"""What tables of several sites may mean differently: codes for missing, levels, units, keys."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import combinations

import numpy as np
import pandas as pd

from ddlib.tables.cells import Cells
from ddlib.tables.columns import Column, value_text
from ddlib.tables.describe import as_levels
from ddlib.tables.faults import ON_COMMAND_LINE, Findings, note, number_of, some, warning, yaml_word
from ddlib.tables.schema import Schema
from ddlib.tables.sides import other_side

_LOW_CODES = (-1, -7, -8, -9, -77, -88, -99, -888, -999, -9999, -99999)
_HIGH_CODES = (9, 88, 99, 888, 999, 9999, 99999, 999999)
_WORDS = frozenset(
    ("?", ".", "-", "--", "unknown", "unk", "missing", "not done", "not known", "nd", "n.d.")
).union(("not available", "not recorded", "no data", "blank", "k.a."))
_SYNONYMS = {"m": "male", "f": "female", "w": "female", "y": "yes", "n": "no"}
_SYNONYMS |= {"1": "true", "1.0": "true", "0": "false", "0.0": "false"}  # of files that have both
SPREADS = 2.0
"""Spreads within a table by which medians differ where the units are suspected to."""
_NEAR = 0.15
"""Logarithm of a ratio of medians to a factor below which the factor is proposed."""
_FEWEST = 5
"""Values of a table whose median says something."""
# Factors between units of laboratories and wards: of glucose, creatinine, bilirubin, cholesterol,
# triglycerides; pounds, inches, feet; months; and powers of ten.
_FACTORS = (18.016, 88.42, 17.104, 38.67, 88.57, 2.2046, 2.54, 30.48, 12.0, 10.0, 100.0, 1000.0)
# Parts of names that say which of these a laboratory has.
_LABORATORY = {
    "glu": 18.016, "crea": 88.42, "krea": 88.42, "bili": 17.104, "chol": 38.67, "ldl": 38.67,
    "hdl": 38.67, "trig": 88.57,
}  # fmt: skip


def compare_cells(
    column: Column, cells: Cells, found: Findings, *, with_source: bool = False
) -> None:
    """Warn of codes for missing, levels written differently, and units that differ.

    Args:
        column: what the cells are.
        cells: of the column, by table, in the units that are set.
        found: gets the warnings.
        with_source: whether a column says which table a row is of.
    """
    if column.kind == "key":
        return
    if cells.form == "number":
        _warn_of_codes(cells, found)
    elif cells.form == "text":
        _warn_of_words(cells, found)
        _warn_of_levels(cells, found)
    if column.kind in ("number", "count"):
        _warn_of_units(column, cells, found, with_source=with_source)


def _warn_of_codes(cells: Cells, found: Findings) -> None:
    """Warn of values that look like codes for a missing cell, far outside the others."""
    pooled = np.unique(cells.pooled.to_numpy(dtype=float))
    lowest = _codes_at_end(pooled, _LOW_CODES)
    highest = _codes_at_end(-pooled[::-1], tuple(-code for code in _HIGH_CODES))
    suspects = [*lowest, *(-code for code in highest)]
    if suspects:
        listed = ", ".join(value_text(code) for code in suspects)
        line = f"column {cells.name!r}: {listed}: looks like a code for missing; kept as a value "
        line += f"until you set missing: [{listed}]"
        _warn(line, cells, suspects, found)


def _codes_at_end(values: np.ndarray, codes: tuple[int, ...]) -> list[float]:
    """Return the first of distinct values, in order, that look like codes for missing."""
    most = next((i for i, value in enumerate(values) if value not in codes), len(values))
    for count in range(most, 0, -1):
        rest = values[count:]
        if len(rest) < 2:
            continue
        # All others are of the other sign, or less wide than the gap before them.
        signed = values[count - 1] < 0 <= rest[0] and max(codes) < 0
        if signed or rest[0] - values[count - 1] > max(rest[-1] - rest[0], 1.0):
            return values[:count].tolist()
    return []


def _warn_of_words(cells: Cells, found: Findings) -> None:
    """Warn of texts that look like words for a missing cell."""
    words = sorted({str(word) for word in cells.pooled.unique() if str(word).casefold() in _WORDS})
    if words:
        listed = ", ".join(yaml_word(word) for word in words)
        line = f"column {cells.name!r}: {some(words)}: looks like a word for missing; kept as a "
        line += f"level until you set missing: [{listed}]"
        _warn(line, cells, words, found)


def _warn_of_levels(cells: Cells, found: Findings) -> None:
    """Warn of levels that may be one, written differently."""
    alike: dict[str, list[str]] = {}
    counts = as_levels(cells.pooled).value_counts()
    # The most frequent way of writing it first, the same whatever the order of the rows.
    for level in sorted(counts.index, key=lambda level: (-counts[level], level)):
        alike.setdefault(_plain(level), []).append(level)
    new = {other: first for first, *others in alike.values() for other in others}
    if new:
        told = "; ".join(f"{first!r} and {other!r}" for other, first in list(new.items())[:3])
        listed = ", ".join(f"{yaml_word(o)}: {yaml_word(f)}" for o, f in new.items())
        line = f"column {cells.name!r}: levels {told} may mean the same, taken as different; "
        line += f"if they are one, set levels: {{{yaml_word(cells.name)}: {{{listed}}}}}"
        _warn(line, cells, [*new, *new.values()], found)


def _warn(line: str, cells: Cells, values: Sequence[object], found: Findings) -> None:
    """Add a warning on some values of a column, and on the tables that have them."""
    labels = [label for label, part in cells.values.items() if part.isin(values).any()]
    found.notes.append(warning(line, [cells.name], labels))


def _plain(level: str) -> str:
    """Return a level without capitals, blanks, and a number before it: "0_No" as "no"."""
    text = re.sub(r"\s+", " ", level.casefold()).strip()
    text = re.sub(r"^[0-9]+[\s_.:)=-]+(?=\D)", "", text) or text
    return _SYNONYMS.get(text, text)


def _warn_of_units(column: Column, cells: Cells, found: Findings, *, with_source: bool) -> None:
    """Warn where a table's median lies far outside the spread of another's."""
    parts = {label: part.dropna().to_numpy(dtype=float) for label, part in cells.values.items()}
    parts = {label: values for label, values in parts.items() if len(values) >= _FEWEST}
    # A factor shifts logarithms; of values of both signs, only a shift can be seen.
    logs = all(np.median(values) > 0 and values.min() >= 0 for values in parts.values())
    scaled = {
        label: np.log(values[values > 0]) if logs else values for label, values in parts.items()
    }
    middles = {label: float(np.median(values)) for label, values in scaled.items()}
    pairs = list(combinations(parts, 2))
    if not pairs:
        return
    pair = max(pairs, key=lambda pair: abs(middles[pair[0]] - middles[pair[1]]))
    spread = max(_spread(scaled[label]) for label in pair)
    if abs(middles[pair[0]] - middles[pair[1]]) <= SPREADS * spread:
        return
    most, changed = other_side(middles, {label: len(values) for label, values in parts.items()})
    least = changed[0]
    medians = {label: float(np.median(values)) for label, values in parts.items()}
    told = ", ".join(f"{median:.4g} in {label}" for label, median in medians.items())
    unit = _degrees(parts[most], parts[least])
    if not unit:
        ratio = medians[most] / medians[least] if logs else None
        unit = unit_factor(column.name, ratio) if ratio else "{factor: …, offset: …}"
    line = f"column {column.name!r}: its median is {told}: "
    if not with_source:
        line += f"if their people differ, set source_column: site{ON_COMMAND_LINE}, and the model "
        line += "knows their site; "
    own = f"{{{yaml_word(column.name)}: {unit}}}"
    units = ", ".join(f"{yaml_word(label)}: {own}" for label in changed)
    line += f"if their units differ, set units: {{{units}}}"
    found.notes.append(warning(line, [column.name], list(parts)))


def _degrees(wanted: np.ndarray, given: np.ndarray) -> str | None:
    """Return what makes `given` like `wanted` if both are people's temperatures, else None."""
    for (low, high), (factor, offset) in (
        ((30.0, 45.0), (1 / 1.8, -32 / 1.8)),
        ((86.0, 113.0), (1.8, 32.0)),
    ):
        converted = given * factor + offset
        inside = np.concatenate([wanted, converted])
        if ((inside > low) & (inside < high)).mean() > 0.95:
            return f"{{factor: {factor:.5g}, offset: {offset:.5g}}}"
    return None


def _spread(values: np.ndarray) -> float:
    """Return the standard deviation that the middle half of values has in a normal law."""
    low, high = np.quantile(values, [0.25, 0.75])
    return float(high - low) / 1.349 or float(values.std())


def unit_factor(name: str, ratio: float) -> str:
    """Return the known factor nearest to a ratio of medians, or the ratio if none is near.

    That of a laboratory's value whose name the column has comes first, as others may be as near.

    Args:
        name: of the column.
        ratio: above 0.
    """
    own = [factor for part, factor in _LABORATORY.items() if part in name.casefold()]
    for factors in (own, _FACTORS) if own else (_FACTORS,):
        known = [factor for one in factors for factor in (one, 1 / one)]
        nearest = min(known, key=lambda factor: abs(np.log(ratio / factor)))
        if abs(np.log(ratio / nearest)) < _NEAR:
            return f"{nearest:.5g}"
    return f"{ratio:.3g}"


def same_keys(tables: Mapping[str, pd.DataFrame], schema: Schema, found: Findings) -> None:
    """Warn of keys that stand in two tables.

    Args:
        tables: label -> table.
        schema: of all of them.
        found: gets the warnings.
    """
    for name in [column.name for column in schema if column.kind == "key"]:
        own = {
            label: set(table[name].dropna().tolist())
            for label, table in tables.items()
            if name in table.columns
        }
        for first, second in combinations(own, 2):
            if both := len(own[first] & own[second]):
                line = f"column {name!r}: {number_of(both, 'key')} of {first} in {second} too: "
                line += "their rows are taken as different people; ddlib merge --link "
                line += f"{name} takes them as one"
                found.notes.append(warning(line, [name], [first, second]))


def note_lacking(
    tables: Mapping[str, pd.DataFrame], columns: Sequence[Column], found: Findings
) -> None:
    """Note the levels that a table with their column lacks; those of all tables are known.

    Args:
        tables: label -> table.
        columns: of all of them.
        found: gets the notes.
    """
    for column in [column for column in columns if column.levels]:
        lacking: dict[str, list[str]] = {}
        for label, table in tables.items():
            own = [column.name] if column.name in table.columns else []
            seen = {level for name in own for level in table[name].dropna().unique()}
            levels = [value_text(level) for level in column.levels if level not in seen]
            if seen and levels:
                lacking[label] = levels
        if lacking:
            told = "; ".join(f"{label} lacks {some(levels)}" for label, levels in lacking.items())
            line = f"column {column.name!r}: {told}: known from the other tables"
            found.notes.append(note(line, [column.name], list(lacking)))
