"""Tables of a page: heads in words, numbers in stated digits, intervals that stay on a line."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from html import escape
from math import isnan
from numbers import Real
from typing import Any, Literal

import pandas as pd
from great_tables import GT, html
from IPython.display import HTML

from ddlib.plots.numbers import MINUS, THOUSANDS, interval, number

FIGURE_SPACE, POINT_SPACE = "\u2007", "\u2008"
_GROUP, _ROW = "group", "row"  # of the frame that great_tables is given
_MUST_BE_NAMED = "must have a name, in words: it is the head of the first column"

Best = Literal["min", "max"]


def specs_of(frame: pd.DataFrame, spec: str) -> dict[Any, str]:
    """Return the format of each column of a table as people have it: whole numbers stay whole.

    Args:
        frame: the table; columns of text have no format.
        spec: as in `number`, of columns of numbers that are not all whole.
    """
    numbers = frame.select_dtypes("number").dropna(axis=1, how="all")
    whole = {name: (column.dropna() % 1 == 0).all() for name, column in numbers.items()}
    return {name: ".0f" if is_whole else spec for name, is_whole in whole.items()}


def typeset(
    frame: pd.DataFrame,
    specs: str | Mapping[Any, str] = "",
    *,
    best: Best | None = None,
    bars: Collection[Any] = (),
) -> HTML:
    """Return a table for a page, whose look is that of the page's style sheet.

    Heads are the names of columns and index; `$…$` in them and in text is mathematics. A second
    level of columns stands above the first; of an index with two levels the outer one heads groups
    of rows. A cell that is a triple is an estimate with its interval.

    Args:
        frame: the table, in the order in which it is shown.
        specs: format of the numbers, as in `number`; or that of each column of numbers, by name.
        best: whether the least or the greatest number of each column is bold.
        bars: columns of numbers, none below 0, whose cells have a small bar; the largest has the
            longest.

    Raises:
        ValueError: for an index or a column without a name, and for a column that is not there.
    """
    _check(frame, specs, bars)
    shown = pd.DataFrame(
        {
            str(place): _cells(frame.iloc[:, place], _spec(specs, name), best, bar=name in bars)
            for place, name in enumerate(frame.columns)
        }
    )
    *outer, inner = [frame.index.get_level_values(k) for k in range(frame.index.nlevels)]
    shown[_ROW] = [_marked(value) for value in inner]
    if outer:
        shown[_GROUP] = [_marked(value) for value in outer[0]]
    table = GT(shown, rowname_col=_ROW, groupname_col=_GROUP if outer else None)
    table = table.fmt_passthrough([*shown.columns], escape=False)
    table = table.tab_stubhead(html(_marked(frame.index.names[-1])))
    for place, name in enumerate(frame.columns):
        head = name[-1] if isinstance(name, tuple) else name
        side = "right" if _is_number(frame.iloc[:, place]) else "left"
        table = table.cols_label({str(place): html(_marked(head))}).cols_align(side, [str(place)])
    for above in dict.fromkeys(n[0] for n in frame.columns if isinstance(n, tuple) and n[0]):
        below = [str(k) for k, name in enumerate(frame.columns) if name[0] == above]
        table = table.tab_spanner(html(_marked(above)), below, id=str(above))
    return HTML(_bare(table.as_raw_html()))


def _check(frame: pd.DataFrame, specs: str | Mapping[Any, str], bars: Collection[Any]) -> None:
    """Raise `ValueError` for what no table can be made of."""
    faults = []
    if frame.index.nlevels > 2:
        faults.append(f"index: {frame.index.nlevels} levels; must be one, or two with groups")
    if frame.index.names[-1] in (None, ""):
        faults.append(f"index: {_MUST_BE_NAMED}")
    heads = [name[-1] if isinstance(name, tuple) else name for name in frame.columns]
    faults += [
        f"column {place}: no name; must have one" for place, h in enumerate(heads) if h == ""
    ]
    named = [*(specs if isinstance(specs, Mapping) else ()), *bars]
    known = ", ".join(map(str, frame.columns))
    faults += [f"{n}: no such column; must be one of {known}" for n in named if n not in frame]
    if faults:
        raise ValueError("; ".join(faults))


def _spec(specs: str | Mapping[Any, str], name: Any) -> str:
    """Return the format of a column."""
    return specs.get(name, "") if isinstance(specs, Mapping) else specs


def _is_number(column: pd.Series) -> bool:
    """Whether a column holds numbers or estimates with intervals, and not text or truth."""
    return all(isinstance(v, tuple | Real) and not isinstance(v, bool) for v in column)


def _cells(column: pd.Series, spec: str, best: Best | None, *, bar: bool) -> list[str]:
    """Return the cells of a column as HTML."""
    if not _is_number(column):
        return ["–" if value != value else _marked(value) for value in column]
    texts = [
        interval(v[0], v[1], v[2], spec) if isinstance(v, tuple) else number(v, spec)
        for v in column
    ]
    middles = [v[0] if isinstance(v, tuple) else v for v in column]
    cells = _aligned(texts)
    known = [value for value in middles if not isnan(value)]
    if best and known:
        wanted = min(known) if best == "min" else max(known)
        cells = [
            f"<strong>{c}</strong>" if v == wanted else c
            for c, v in zip(cells, middles, strict=True)
        ]
    if bar:
        top = max(known, default=0.0) or 1.0
        cells = [_bar(v / top) + c for c, v in zip(cells, middles, strict=True)]
    return cells


def _aligned(texts: list[str]) -> list[str]:
    """Return numbers that end on the same decimal, with blanks as wide as digits."""
    if not all(re.fullmatch(rf"[{MINUS}+]?[\d{THOUSANDS}]+(\.\d+)?", text) for text in texts):
        return texts
    decimals = [len(text.partition(".")[2]) for text in texts]
    most = max(decimals, default=0)
    return [
        text + ("" if own or not most else POINT_SPACE) + FIGURE_SPACE * (most - own)
        for text, own in zip(texts, decimals, strict=True)
    ]


def _bar(share: float) -> str:
    """Return a bar, whose length the style sheet takes from a variable; none of NaN."""
    share = 0.0 if isnan(share) else share
    return f'<span class="small-bar" style="--share: {share:.3f}" aria-hidden="true"></span>'


def _marked(text: Any) -> str:
    r"""Return text as HTML, with `$…$` in the brackets that MathJax looks for."""
    parts = escape(str(text), quote=False).split("$")
    if len(parts) % 2 == 0:
        return "$".join(parts)
    parts[1::2] = [rf'<span class="math notranslate">\({part}\)</span>' for part in parts[1::2]]
    return "".join(parts)


def _bare(page: str) -> str:
    """Return a table without colours and identifiers of its own: many stand on one page."""
    table = page[page.index("<table") : page.index("</table>") + len("</table>")]
    table = re.sub(r' (?:id|headers|data-quarto-[a-z-]+)="[^"]*"', "", table)
    return f'<div class="results-table">{table}</div>'
