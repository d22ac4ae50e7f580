"""The benchmark for papers and for others: text, LaTeX, and a record with a digest of its rows."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from math import isfinite, isnan
from typing import Any

import numpy as np
import pandas as pd

COLUMNS = (
    "method", "value", "95 %", "difference", "95 % of it", "verdict", "wins", "rank", "regret",
    "converged", "seconds",
)  # fmt: skip
"""Columns of a table that is read; `standings` has more."""

FORMAT = "ddlib benchmark 1"
"""What a record says that it is."""

SPECIAL = {
    "\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}",
    **{sign: f"\\{sign}" for sign in "&%$#_{}"},
}  # fmt: skip


def as_text(table: pd.DataFrame, units: Mapping[tuple[str, str], str]) -> str:
    """Return the standings as text, a block for each family, task and budget of rows.

    Args:
        table: as `standings` returns it.
        units: family and task -> what its values are.
    """
    blocks: list[str] = []
    for heading, lines, notes in _blocks(table, units):
        cells = [COLUMNS, *lines]
        widths = [max(len(line[place]) for line in cells) for place in range(len(COLUMNS))]
        told = [
            "  ".join(
                cell.rjust(width) if place else cell.ljust(width)
                for place, (cell, width) in enumerate(zip(line, widths, strict=True))
            ).rstrip()
            for line in cells
        ]
        blocks.append("\n".join([heading, *told, *notes]))
    return "\n\n".join(blocks) + "\n"


def as_latex(table: pd.DataFrame, units: Mapping[tuple[str, str], str]) -> str:
    r"""Return the standings as a `tabular` that needs `\usepackage{booktabs}`.

    Args:
        table: as `standings` returns it.
        units: family and task -> what its values are.
    """
    lines = [
        "% value: over draws on test rows, lower is better, with its 95 % interval: the median",
        "%   where each draw has data of its own, the mean where draws re-split one table",
        "% difference: to the best of as many random sets as it has looks, draw by draw",
        "% verdict: from it, adjusted for all lines of the table (Holm)",
        "% wins: draws in which it is at least as good as these",
        r"\begin{tabular}{l" + "r" * (len(COLUMNS) - 1) + "}",
        r"\toprule",
        " & ".join(map(_escaped, COLUMNS)) + r" \\",
    ]
    for heading, block, notes in _blocks(table, units):
        lines += [
            r"\midrule",
            _across(heading),
            *(" & ".join(map(_escaped, line)) + r" \\" for line in block),
            *(_across(note) for note in notes),
        ]
    return "\n".join([*lines, r"\bottomrule", r"\end{tabular}", ""])


def _across(text: str) -> str:
    """Return a line of LaTeX over all columns."""
    return rf"\multicolumn{{{len(COLUMNS)}}}{{l}}{{\emph{{{_escaped(text)}}}}} \\"


def record(
    rows: pd.DataFrame, timed: Sequence[str], provenance: Callable[[str], list[dict[str, Any]]]
) -> str:
    """Return the rows of each method as JSON, with what they depend on and a digest.

    Args:
        rows: of the experiment, with the fields of their configs.
        timed: columns that another run does not repeat; they are in no digest.
        provenance: maps a method to what its rows depend on beside their configs, one entry for
            each commit and machine.
    """
    methods: dict[str, Any] = {}
    for method, own in rows.groupby("method", sort=False):
        columns = [str(name) for name in own.columns]
        values = [[_plain(cell) for cell in line] for line in own.itertuples(index=False)]
        methods[str(method)] = {
            "sha256": digest(columns, values, timed),
            "not in sha256": [name for name in timed if name in columns],
            "provenance": provenance(str(method)),
            "columns": columns,
            "rows": values,
        }
    return json.dumps({"format": FORMAT, "methods": methods}, indent=1) + "\n"


def digest(columns: Sequence[str], rows: Sequence[Sequence[Any]], timed: Sequence[str]) -> str:
    """Return the SHA-256 of rows without their times, in hex, whatever their order.

    It is that of the JSON of the rows, each an object with sorted keys and without blanks, the
    texts sorted and joined by line ends.

    Args:
        columns: their names.
        rows: cells of each, as JSON has them.
        timed: columns that are left out.
    """
    objects = [dict(zip(columns, line, strict=True)) for line in rows]
    texts = [
        json.dumps(
            {name: cell for name, cell in each.items() if name not in timed},
            sort_keys=True,
            separators=(",", ":"),
        )
        for each in objects
    ]
    return hashlib.sha256("\n".join(sorted(texts)).encode()).hexdigest()


def _blocks(
    table: pd.DataFrame, units: Mapping[tuple[str, str], str]
) -> list[tuple[str, list[list[str]], list[str]]]:
    """Return heading, lines and notes of each family, task and budget of rows."""
    found: list[tuple[str, list[list[str]], list[str]]] = []
    for place, group in table.groupby(["family", "task", "num_rows"], sort=False):
        family, task, num_rows = place
        draws = group["draws"].max()
        unit = units[str(family), str(task)]
        over = f"{group['statistic'].iloc[0]} of {draws} draws"
        heading = f"{family}, {num_rows} rows for {task}, {over}: {unit}, lower is better"
        with_value = group[group["draws"] > 0]
        lines = [_line(row) for row in with_value.to_dict("records")]
        lost = group[(group["note"] != "")].to_dict("records")
        notes = [
            f"{row['method']}: {draws - row['draws']} of {draws} draws have no value: {row['note']}"
            for row in lost
        ]
        found.append((heading, lines, notes))
    return found


def _line(row: Mapping[Any, Any]) -> list[str]:
    """Return the cells of a method as text."""
    draws = row["draws"]
    return [
        str(row["method"]),
        _number(row["value"], ".4g"),
        _interval(row["low"], row["high"]),
        _number(row["difference"], ".4g"),
        _interval(row["difference_low"], row["difference_high"]),
        row["verdict"],
        _of(row["wins"], draws),
        _number(row["rank"], ".1f"),
        _number(row["regret"], ".4g"),
        _of(row["converged"], draws),
        _number(row["seconds"], ".2g"),
    ]


def _interval(low: float, high: float) -> str:
    """Return the ends of an interval, or nothing where there is none."""
    return "" if isnan(low) else f"{low:.3g} to {high:.3g}"


def _of(count: float, draws: int) -> str:
    """Return `3 of 10`, or nothing where there is no count."""
    return "" if isnan(count) else f"{count:.0f} of {draws}"


def _number(value: float, form: str) -> str:
    """Return a number as text, or nothing where there is none."""
    return "" if isnan(value) else format(value, form)


def _escaped(text: str) -> str:
    """Return a text as LaTeX has it."""
    return "".join(SPECIAL.get(sign, sign) for sign in text)


def _plain(cell: Any) -> Any:
    """Return a cell as JSON has it: a number that is none is null."""
    if isinstance(cell, tuple):
        return list(cell)
    plain = cell.item() if isinstance(cell, np.generic) else cell
    return None if isinstance(plain, float) and not isfinite(plain) else plain
