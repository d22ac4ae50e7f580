"""Small cells: rare levels are pooled, and columns and tables of few rows refused."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pandas as pd

from ddlib.tables.columns import OTHER, Column, other_of, value_text
from ddlib.tables.describe import dtype_of, natural
from ddlib.tables.faults import Findings, note, number_of, several, warning, yaml_word


def protect(
    column: Column,
    values: Mapping[str, pd.Series],
    min_count: int,
    found: Findings,
    *,
    of: str = "row",
    alone: bool = False,
) -> tuple[Column, dict[Any, Any]] | None:
    """Return a column without rare levels, and level -> the level that it is pooled into.

    A rare level of a category goes into the level "other" if enough rows come together there, else
    its cells are missing (None); a rare level of an ordered column goes to its rarer neighbour.

    Args:
        column: with levels.
        values: label -> its levels, by row; None where missing.
        min_count: rows that a level must have.
        found: gets faults and notes.
        of: what is counted: a row, or a person who has several rows.
        alone: whether the tables are one site's, where a level may be rare that others have.

    Returns:
        None for a binary column with a rare level, which is a fault, or a warning of a site alone,
        and for one that has no two levels left, which is a warning; `found` gets either.
    """
    counts = _counts(values)
    rare = [level for level in column.levels if counts[level] < min_count]
    if not rare or counts.total() < min_count:  # then the column is refused, its levels untold
        return column, {}
    where = f"column {column.name!r}"
    if column.kind == "binary" and alone:
        line = f"{where}: a level stands in fewer than {min_count} rows: left out"
        found.notes.append(warning(line, [column.name], list(values)))
        return None
    if column.kind == "binary":
        found.faults.append(
            f"{where}: {rare[0]!r} stands in {number_of(counts[rare[0]], of)}; must stand in at "
            f"least {min_count}, so that it shows no single person: set leave_out: "
            f"[{yaml_word(column.name)}], or a lower min_count"
        )
        return None
    pool = _neighbours if column.kind == "ordered" else _others
    into = pool(column.levels, counts, min_count)
    if len(_kept(column, into)) < 2:
        line = f"{where}: no two levels have {min_count} {several(of)}: left out"
        found.notes.append(warning(line, [column.name], list(values)))
        return None
    word = yaml_word(column.name)
    joined = _joined(column, into)
    told = _told(into, min_count, of, dict(joined))
    line = (
        f"{where}: {told}, as rows of a rare level may show single people, for "
        f"which it is not named here; set levels: {{{word}: {{RARE: ANOTHER}}}} to join it to a "
        "level of your choice, or a lower min_count to keep it"
    )
    found.notes.append(note(line, [column.name], list(values)))
    new, into = _pooled(column, into)
    return replace(new, joined=joined), into


def _joined(column: Column, into: dict[Any, Any]) -> tuple[tuple[Any, str], ...]:
    """Return the texts of the levels of an ordered column that stand for rarer ones too."""
    if column.kind != "ordered":
        return ()
    place = {level: i for i, level in enumerate(column.levels)}
    kept = [level for level in column.levels if level not in into]
    found: list[tuple[Any, str]] = []
    for level in kept:
        sides = {place[old] > place[level] for old, new in into.items() if new == level}
        ends = (level == kept[0] and sides == {False}, level == kept[-1] and sides == {True})
        words = "or below" if ends[0] else "or above" if ends[1] else "or near it"
        found += [(level, f"{value_text(level)} {words}")] if sides else []
    return tuple(found)


def _counts(values: Mapping[str, pd.Series]) -> Counter[Any]:
    """Return the rows of each level over all tables."""
    counts: Counter[Any] = Counter()
    for part in values.values():
        counts.update(part.value_counts().to_dict())
    return counts


def _kept(column: Column, into: dict[Any, Any]) -> set[Any]:
    """Return the levels that are left."""
    return {into.get(level, level) for level in column.levels} - {None}


def _told(into: dict[Any, Any], min_count: int, of: str, joined: dict[Any, str]) -> str:
    """Return what becomes of rare levels, in words that show none: notes can be sent to others."""
    new = list(into.values())
    return " and ".join(
        f"{number_of(new.count(level), 'level')} in fewer than {min_count} {several(of)} "
        + ("read as missing there" if level is None else f"pooled into {level!r}")
        + (f" (shown as {joined[level]!r})" if level in joined else "")
        for level in dict.fromkeys(new)
    )


def _pooled(column: Column, into: dict[Any, Any]) -> tuple[Column, dict[Any, Any]]:
    """Return a column with the levels that are left, and level -> the level that it is now."""
    kept = _kept(column, into)
    levels = tuple(level for level in column.levels if level in kept)
    if column.kind == "category":  # that of the rare ones last
        last = set(into.values()) - {None}
        levels = (*sorted(kept - last, key=natural), *sorted(last))
    if dtype_of(levels) == "str":  # numbers beside "other" become its like
        names = {level: str(level) for level in levels}
        into = {level: names.get(into.get(level, level)) for level in column.levels}
        levels = tuple(names.values())
    two = column.kind == "category" and len(levels) == 2 and not other_of(levels)
    kind = "binary" if two else column.kind
    return replace(column, kind=kind, levels=levels, dtype=dtype_of(levels)), into


def _others(levels: tuple[Any, ...], counts: Counter[Any], min_count: int) -> dict[Any, Any]:
    """Return rare level -> "other", or None where all of them are too few together."""
    other = other_of(levels) or OTHER
    rare = [level for level in levels if counts[level] < min_count and level != other]
    total = sum(counts[level] for level in rare) + counts[other]
    if total < min_count:
        return dict.fromkeys([*rare, *([other] if counts[other] else [])])
    return dict.fromkeys(rare, other)


def _neighbours(levels: tuple[Any, ...], counts: Counter[Any], min_count: int) -> dict[Any, Any]:
    """Return level -> the neighbour that it goes into, until all have enough rows."""
    groups = [([level], level, counts[level]) for level in levels]
    while len(groups) > 1 and min(group[2] for group in groups) < min_count:
        index = min(range(len(groups)), key=lambda i: groups[i][2])
        beside = [i for i in (index - 1, index + 1) if 0 <= i < len(groups)]
        other = min(beside, key=lambda i: groups[i][2])
        low, high = sorted((index, other))
        # The level of more rows gives its name.
        name = max(groups[index], groups[other], key=lambda group: group[2])[1]
        joined = groups[low][0] + groups[high][0]
        groups[low : high + 1] = [(joined, name, groups[low][2] + groups[high][2])]
    return {level: name for members, name, _ in groups for level in members if level != name}


def check_rows(
    rows: Mapping[str, int],
    seen: Mapping[str, int],
    min_count: int,
    found: Findings,
    *,
    of: str = "row",
) -> None:
    """Refuse tables and columns of few rows, and warn where the protection is off.

    Args:
        rows: label -> rows of the table that show something.
        seen: column -> rows of all tables that show it.
        min_count: rows that each must have; 0 where others count.
        found: gets faults and notes.
        of: what is counted: a row, or a person who has several rows.
    """
    for label, count in rows.items():
        if count < min_count:
            found.faults.append(
                f"{label}: has {number_of(count, of)}; must have at least {min_count}, so that "
                "they show no single person: join it with another table, or set a lower min_count"
            )
    enough = sum(rows.values()) >= min_count  # else no column can have enough
    for name, count in seen.items():
        if enough and count < min_count:
            found.faults.append(
                f"column {name!r}: is seen in {number_of(count, of)}; must be in at least "
                f"{min_count}, so that they show no single person: set leave_out: "
                f"[{yaml_word(name)}], or a lower min_count"
            )
    if min_count == 1:
        found.notes.append(
            warning("min_count = 1: SMALL CELLS ARE NOT PROTECTED: rows may show single people")
        )
    elif 0 < min_count < 10:
        line = f"min_count = {min_count}: fewer {several(of)} than 10 are protected less"
        found.notes.append(note(line))


def scarce(
    values: Mapping[str, Mapping[str, pd.Series]], min_count: int, found: Findings
) -> list[str]:
    """Return the columns that too few rows of a site show, with a warning on each.

    Args:
        values: column -> label -> its values.
        min_count: rows that a column must have.
        found: gets the warnings.
    """
    names: list[str] = []
    for name, parts in values.items():
        if sum(int(part.notna().sum()) for part in parts.values()) < min_count:
            line = f"column {name!r}: is seen in fewer than {min_count} rows: left out"
            found.notes.append(warning(line, [name], list(parts)))
            names.append(name)
    return names


def check_common(
    seen: Mapping[str, set[str]], names: Mapping[str, set[str]], found: Findings
) -> None:
    """Refuse tables that no chain of common columns connects.

    Args:
        seen: label -> columns of the table that show something, keys left out.
        names: label -> all its columns as they came.
        found: gets faults, which say what notes there are on columns of both sides.
    """
    if not any(seen.values()):
        labels = ", ".join(seen)
        found.faults.append(f"{labels}: no column to merge is left; must have one at least")
        found.faults += [entry.text for entry in found.notes if entry.text.endswith(": left out")]
        return
    first, *others = seen
    inside, reached = [first], set(seen[first])
    while touching := [label for label in others if seen[label] & reached]:
        inside += touching
        others = [label for label in others if label not in touching]
        reached = reached.union(*(seen[label] for label in touching))
    if not others:
        return
    here, there = (set().union(*(names[label] for label in side)) for side in (inside, others))
    why = [n.text for n in found.notes if set(n.columns) & here and set(n.columns) & there]
    reason = f" ({'; '.join(why)})" if why else ""
    found.faults.append(
        f"{', '.join(others)}: no column in common with {', '.join(inside)}; must share one at "
        f"least, under one name: rename maps names that differ{reason}"
    )
