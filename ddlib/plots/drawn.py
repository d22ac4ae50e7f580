"""The data of a figure as one tidy table, read from what is drawn on it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ddlib.plots.described import COLOUR, CSV, csv_text
from ddlib.plots.marks import Mark, look_of, marks
from ddlib.plots.shapes import LOW_HIGH, SIZE, VALUE, Columns, X, Y
from ddlib.plots.words import axis_label, categories, own_name, panels, value_label

PANEL, SERIES, MARK = "panel", "series", "mark"
IN_MATRIX = {X: "column", Y: "row"}  # words for axes without a label
LABELS = {X: "horizontal axis", Y: "vertical axis"}
ENDS = {axis: (axis, *LOW_HIGH[axis]) for axis in LABELS}
ORDER = (PANEL, SERIES, MARK, LABELS[X], *ENDS[X], LABELS[Y], *ENDS[Y], SIZE, VALUE)


def drawn(figure: Figure) -> pd.DataFrame:
    """Return what is drawn on a figure, a row for each point, bar or cell.

    The columns, without those that are empty: `panel`, the title of the axes or their number;
    `series`, the name of what is drawn, a number where there are several without; `mark`, such as
    "line" or "cells"; the two axes, with the ends of intervals and bands as `…, low` and
    `…, high`; `value`, what a colour or the number in a cell stands for; what `describe` said.

    The column of an axis has the axis' label as its name. Without one it is "horizontal" or
    "vertical", in a matrix "column" or "row"; where labels of panels differ, they have a column
    beside. `value` has the label of the colour bar. Words at the ticks stand in place of numbers.

    Args:
        figure: as it is shown.
    """
    named = panels(figure.axes)
    found = {axes: _joined(marks(axes), _words(axes)) for axes in named}
    known = _known(mark for axes, those in found.items() for mark in (*those, *_legend(axes)))
    parts: list[pd.DataFrame] = []
    for axes, those in found.items():
        heads = {
            PANEL: named[axes],
            LABELS[X]: axis_label(axes, "x"),
            LABELS[Y]: axis_label(axes, "y"),
        }
        for mark, name in zip(those, _names(those, known), strict=True):
            shown = _columns(mark, _words(axes))
            parts.append(pd.DataFrame({**heads, SERIES: name, MARK: mark.kind, **shown}))
    if not parts:
        return pd.DataFrame()
    table = pd.concat(parts, ignore_index=True)
    table = table[[*(n for n in ORDER if n in table), *(n for n in table if n not in ORDER)]]
    for axis in LABELS:
        table = _label_axis(table, axis)
    told = COLOUR if COLOUR in table else VALUE  # which of them the colour bar is about
    return _tidy(table.rename(columns={told: value_label(figure.axes) or told}))


def carry_data(formatter: Any) -> None:
    """Let a notebook's figures come with their data, as one more format of what a cell shows.

    Args:
        formatter: `display_formatter` of the notebook's shell.
    """

    def with_data(figure: Figure, **_: Any) -> dict[str, str]:
        table = drawn(figure)
        return {} if table.empty else {CSV: csv_text(table)}

    formatter.mimebundle_formatter.for_type(Figure, with_data)


def _words(axes: Axes) -> dict[str, dict[float, str]]:
    """Return the words at the ticks of both axes, where they have words."""
    return {X: categories(axes.xaxis), Y: categories(axes.yaxis)}


def _known(found: Iterable[Mark]) -> dict[Any, str]:
    """Return kind and look -> name of the marks of that look, where all have the same."""
    names: dict[Any, set[str]] = {}
    for mark in found:
        if mark.in_legend and mark.look:
            names.setdefault((mark.kind, mark.look), set()).add(mark.name)
    return {look: min(those) for look, those in names.items() if len(those) == 1}


def _legend(axes: Axes) -> Iterator[Mark]:
    """Yield lines without points, which are drawn for a legend alone."""
    for line in axes.lines:
        if not np.size(line.get_xdata()) and own_name(line):
            kind = "points" if line.get_linestyle() == "None" else "line"
            yield Mark(kind, {}, own_name(line), look_of(line), in_legend=True)


def _joined(found: list[Mark], words: Mapping[str, Mapping[float, str]]) -> list[Mark]:
    """Return marks with bands and intervals joined to the lines and points that they are about."""
    kept: list[Mark] = []
    for mark in found:
        hosts = [one for one in found if one is not mark and one.kind in ("line", "points")]
        if mark.name or mark.words:
            joined = False
        elif mark.kind == "band":
            joined = any(_join_band(mark, host) for host in hosts)
        else:
            free = [axis for axis in LABELS if not words[axis]]
            joined = any(_join_interval(mark, host, axis) for host in hosts for axis in free)
        if not joined:
            kept.append(mark)
    return kept


def _join_band(band: Mark, line: Mark) -> bool:
    """Give a line the ends of the band around it; say whether it is its own."""
    low, high = LOW_HIGH[Y]
    own = bool(line.look and band.look and line.look[0] == band.look[0])
    if not own or low in line.columns or not np.array_equal(line.columns[X], band.columns[X]):
        return False
    line.columns |= {low: band.columns[low], high: band.columns[high]}
    return True


def _join_interval(mark: Mark, host: Mark, axis: str) -> bool:
    """Give a point the ends of the interval that is drawn through it; say whether it is its own."""
    other = Y if axis == X else X
    if mark.kind != "line" or host.kind != "points" or len(mark.columns[X]) != 2:
        return False
    (low, high), across = sorted(mark.columns[axis]), mark.columns[other]
    places = host.columns[axis]
    hit = (host.columns[other] == across[0]) & (low <= places) & (places <= high)
    if across[0] != across[1] or hit.sum() != 1:
        return False
    for name, value in zip(LOW_HIGH[axis], (low, high), strict=True):
        host.columns.setdefault(name, np.full(len(places), np.nan))[hit] = value
    return True


def _names(found: list[Mark], known: Mapping[Any, str]) -> list[str]:
    """Return the names of a panel's marks, as a legend gives them; those without are numbered."""
    named = [mark.name or known.get((mark.kind, mark.look), "") for mark in found]
    without = Counter(mark.kind for mark, name in zip(found, named, strict=True) if not name)
    numbers: Counter[str] = Counter()
    for k, mark in enumerate(found):
        if not named[k] and not mark.words and without[mark.kind] > 1:
            numbers[mark.kind] += 1
            named[k] = f"{mark.kind} {numbers[mark.kind]}"
    return named


def _columns(mark: Mark, words: Mapping[str, Mapping[float, str]]) -> Columns:
    """Return the columns of a mark, with the words of the ticks and with what was said of it."""
    columns = {name: np.ravel(values) for name, values in mark.columns.items()}
    if mark.kind != "cells":  # which have their words already
        for axis, known in words.items():
            if known and axis in columns:
                columns[axis] = _nearest(columns[axis], known)
    count = max((len(values) for values in columns.values()), default=1)
    columns |= {name: _said(name, value, count) for name, value in mark.words.items()}
    columns = {name: values for name, values in columns.items() if values is not None}
    if not any(np.ndim(values) for values in columns.values()):
        columns = {name: [value] for name, value in columns.items()}
    table = pd.DataFrame(columns)
    pointless = mark.kind == "line" and any(words.values())  # the ends of a line across one place
    return dict(table.drop_duplicates() if pointless else table)


def _said(name: str, value: Any, count: int) -> Any:
    """Return the values of a column that `describe` gave, as one row or as many as there are."""
    if value is None or np.ndim(value) == 0:
        return value
    values = np.ravel(np.asarray(value))
    if len(values) != count:
        told = f"describe, {name!r}: {len(values)} values"
        raise ValueError(f"{told}; must be one, or {count}, as many as the mark has rows")
    return values


def _nearest(values: Any, known: Mapping[float, str]) -> Any:
    """Return the word of the tick that is nearest to each value."""
    places, words = np.array([*known]), np.array([*known.values()], dtype=object)
    return words[np.abs(np.asarray(values, dtype=float)[:, None] - places).argmin(1)]


def _label_axis(table: pd.DataFrame, axis: str) -> pd.DataFrame:
    """Return a table with the label of an axis as its columns' name, where all panels have one."""
    own = [name for name in ENDS[axis] if name in table]
    used = table[own].notna().any(axis=1)
    labels = table[LABELS[axis]].where(used, "")
    known = set(labels[used])
    if len(known) > 1:
        return table.assign(**{LABELS[axis]: labels})
    of_cells = IN_MATRIX[axis] if (table[MARK] == "cells").all() else ""
    table, label = table.drop(columns=LABELS[axis]), "".join(known) or of_cells
    if not label or label in table:
        return table
    heads = (label, f"{label}, low", f"{label}, high")
    return table.rename(columns=dict(zip(ENDS[axis], heads, strict=True)))


def _tidy(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table without empty rows and columns, whole numbers as such."""
    table = table.replace({"": None}).dropna(axis=1, how="all")
    for name in table.select_dtypes("float").columns:
        values = table[name].dropna()
        if np.isfinite(values).all() and (values == values.round()).all():
            table[name] = table[name].astype("Int64")
    return table.reset_index(drop=True)
