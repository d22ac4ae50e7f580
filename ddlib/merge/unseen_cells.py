"""Pairs of levels that no real row has where many could, and that merged rows have nevertheless.

Columns may follow rules, such as that whoever takes a low dose takes the drug. The model knows of
correlations alone, so that it breaks such rules now and then.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import numpy as np

from ddlib.tables import Column, Note
from ddlib.tables.columns import WITH_LEVELS, value_text
from ddlib.tables.faults import number_of, warning, yaml_word

LEAST_EXPECTED = 30.0  # real rows, were the two columns independent, of a cell that has none
SHOWN = 5  # cells that are told


def unseen_cells(
    columns: Sequence[Column], real: np.ndarray, merged: np.ndarray
) -> list[tuple[int, int, int, int, int]]:
    """Return the cells of two columns with levels that merged rows fill and no real row does.

    Args:
        columns: p of them.
        real: their codes in the real rows, `(n, p)`, NaN where missing.
        merged: complete codes of the merged rows, `(m, p)`.

    Returns:
        Both columns, both levels, and how many merged rows there are, most of them first.
    """
    found: list[tuple[int, int, int, int, int]] = []
    discrete = [i for i, column in enumerate(columns) if column.kind in WITH_LEVELS]
    for i, j in combinations(discrete, 2):
        counts = _counts(columns, real, i, j)
        total = max(counts.sum(), 1)
        expected = np.outer(counts.sum(1), counts.sum(0)) / total
        made = _counts(columns, merged, i, j)
        for a, b in np.argwhere((counts == 0) & (expected >= LEAST_EXPECTED) & (made > 0)):
            found.append((i, j, int(a), int(b), int(made[a, b])))
    return sorted(found, key=lambda cell: -cell[-1])


def cell_notes(columns: Sequence[Column], real: np.ndarray, merged: np.ndarray) -> list[Note]:
    """Return a warning on pairs of levels that merged rows have and no real row does.

    Args:
        columns: p of them.
        real: their codes in the real rows, `(n, p)`, NaN where missing.
        merged: complete codes of the merged rows, `(m, p)`.
    """
    cells = unseen_cells(columns, real, merged)
    if not cells:
        return []
    told = [
        f"{columns[i].name} = {value_text(columns[i].levels[a])} with {columns[j].name} = "
        f"{value_text(columns[j].levels[b])} ({number_of(count, 'row')})"
        for i, j, a, b, count in cells[:SHOWN]
    ]
    more = f" and {len(cells) - SHOWN} more" if len(cells) > SHOWN else ""
    asked = yaml_word(columns[cells[0][0]].name)
    line = (
        f"no real row has these pairs of values, and some merged rows do: {', '.join(told)}{more}; "
        f"if a rule forbids them, merge without one of the columns (leave_out: [{asked}] in the "
        "settings); do not delete these rows, as the weights of the others would no longer fit"
    )
    named = dict.fromkeys(columns[place].name for cell in cells[:SHOWN] for place in cell[:2])
    return [warning(line, [*named])]


def _counts(columns: Sequence[Column], codes: np.ndarray, i: int, j: int) -> np.ndarray:
    """Return how many rows that show two columns have each pair of their levels."""
    pairs = codes[:, [i, j]]
    shown = pairs[~np.isnan(pairs).any(axis=1)].astype(int)
    counts = np.zeros((len(columns[i].levels), len(columns[j].levels)), dtype=int)
    np.add.at(counts, (shown[:, 0], shown[:, 1]), 1)
    return counts
