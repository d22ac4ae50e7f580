"""One scale for all sites, from what each of them tells of its columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from ddlib.sites.quantiles import Quantiles
from ddlib.sites.scale import Scale
from ddlib.sites.summary import ColumnMargin, Summary
from ddlib.tables import Column, TablesError
from ddlib.tables.columns import WITH_LEVELS, other_of, value_text
from ddlib.tables.describe import dtype_of, natural
from ddlib.tables.faults import Findings, yaml_word
from ddlib.tables.protect import check_common

_Told = Mapping[str, tuple[Column, ColumnMargin]]


def common_scale(summaries: Mapping[str, Summary]) -> Scale:
    """Return the scale of all summaries: the one that they share, or one of their margins.

    Args:
        summaries: label -> summary, at least one.

    Raises:
        TablesError: for columns that clash, a line each, and sites without common columns.
    """
    scales = [summary.scale for summary in summaries.values()]
    is_one = all(scale.is_same(scales[0]) for scale in scales[1:])
    if is_one and all(summary.shared for summary in summaries.values()):
        return scales[0]
    columns: list[Column] = []
    laws: list[Quantiles | None] = []
    faults = _apart(summaries)
    for name in dict.fromkeys(name for scale in scales for name in scale.names):
        told = {
            label: (summary.scale.schema[name], summary.margins[summary.scale.names.index(name)])
            for label, summary in summaries.items()
            if name in summary.scale.names
        }
        try:
            column, law = _joined(told)
        except ValueError as error:
            faults.append(f"column {name!r}: {error}")
            continue
        columns.append(column)
        laws.append(law)
    if faults:
        raise TablesError(faults)
    return Scale.of(columns, laws)


def _apart(summaries: Mapping[str, Summary]) -> list[str]:
    """Return a line on sites that no chain of common columns connects with the first."""
    named = {label: {*each.scale.names} for label, each in summaries.items()}
    seen = {
        label: {n for n, m in zip(each.scale.names, each.margins, strict=True) if m.seen}
        for label, each in summaries.items()
    }
    found = Findings()
    check_common(seen, named, found)
    return found.faults


def _joined(told: _Told) -> tuple[Column, Quantiles | None]:
    """Return a column of all sites and its law."""
    with_levels = {label: column.kind in WITH_LEVELS for label, (column, _) in told.items()}
    kinds = {column.kind for column, _ in told.values()}
    if kinds <= {*WITH_LEVELS}:
        return _with_levels({label: column for label, (column, _) in told.items()}), None
    if any(with_levels.values()) or ("date" in kinds and len(kinds) > 1):
        ways = ", ".join(f"{column.kind} in {label}" for label, (column, _) in told.items())
        name = next(column.name for column, _ in told.values())
        raise ValueError(
            f"is {ways}; must be of one kind: let sites run ddlib summarize with --settings, a "
            f"file with kinds: {{{yaml_word(name)}: KIND}}, or with one --scale"
        )
    return _number(told)


def _number(told: _Told) -> tuple[Column, Quantiles]:
    """Return a column of numbers of all sites and its law."""
    columns = [column for column, _ in told.values()]
    shown = [(margin.law, margin.seen) for _, margin in told.values() if margin.law is not None]
    if not shown:
        raise ValueError(f"no rows of {', '.join(told)} show it; must be shown by some")
    law = Quantiles.mixed([law for law, _ in shown], [rows for _, rows in shown])
    kind = "number" if any(column.kind == "number" for column in columns) else columns[0].kind
    decimals = [column.decimals for column in columns]
    most = None if None in decimals else max(d for d in decimals if d is not None)
    dtypes = {column.dtype for column in columns}
    dtype = dtypes.pop() if len(dtypes) == 1 else "float64"
    return replace(columns[0], kind=kind, decimals=most, dtype=dtype), law


def _with_levels(columns: Mapping[str, Column]) -> Column:
    """Return a column with the levels of all sites."""
    first, *others = columns.values()
    if all((c.kind, c.levels) == (first.kind, first.levels) for c in others):
        return first
    _check_overlap(columns)
    kinds = {column.kind for column in columns.values()}
    numbers = all(not isinstance(v, str) for c in columns.values() for v in c.levels)
    if "category" not in kinds and numbers:
        levels = tuple(sorted({level for c in columns.values() for level in c.levels}))
        kind = "binary" if len(levels) == 2 else "ordered"
        return replace(first, kind=kind, levels=levels, dtype=dtype_of(levels))
    if "ordered" in kinds:
        return _ordered(columns)
    texts = {value_text(level) for c in columns.values() for level in c.levels}
    other = other_of(sorted(texts))
    levels = (*sorted(texts - {other}, key=natural), *([other] if other else []))
    kind = "binary" if len(levels) == 2 else "category"
    return replace(first, kind=kind, levels=levels, dtype="str")


def _check_overlap(columns: Mapping[str, Column]) -> None:
    """Raise where a site's levels are none of the other sites'."""
    texts = {label: {*map(value_text, column.levels)} for label, column in columns.items()}
    for label, own in texts.items():
        rest = set[str]().union(*(levels for other, levels in texts.items() if other != label))
        if not own & rest:
            ways = {label: sorted(levels) for label, levels in texts.items()}
            raise ValueError(levels_clash(columns[label].name, ways))


def levels_clash(name: str, ways: Mapping[str, Sequence[object]]) -> str:
    """Return that levels of a column are none of those of another one.

    Args:
        name: of the column.
        ways: where it is -> its levels.
    """
    told = "; ".join(
        f"{label}: {', '.join(map(value_text, levels))}" for label, levels in ways.items()
    )
    word = yaml_word(name)
    return (
        f"levels clash ({told}); must be the same: where they are to change, set levels: "
        f"{{{word}: {{OLD: NEW}}}} in the settings, and summarise anew"
    )


def _ordered(columns: Mapping[str, Column]) -> Column:
    """Return an ordered column of texts with the most levels, in whose order all others are."""
    longest = max(columns.values(), key=lambda column: len(column.levels))
    places = {level: place for place, level in enumerate(longest.levels)}
    for label, column in columns.items():
        order = [places.get(level, -1) for level in column.levels]
        if min(order) < 0 or order != sorted(order):
            told = f"levels of {label} are {', '.join(map(str, column.levels))}"
            wanted = ", ".join(map(str, longest.levels))
            raise ValueError(f"{told}; must be some of {wanted}, in this order: set kinds")
    return replace(longest, kind="ordered")
