r"""Columns whose terms follow from one another, so that their coefficients cannot be told apart.

The terms of a task are standardised, so that the eigenvalues of their correlation say how much of
the variance of a single term is left in a combination of unit length. Where hardly any is, the
coefficients along it come from the penalty rather than from the rows. The terms that take part are
those whose variance inflation comes from such combinations for the most part (Belsley, Kuh and
Welsch 1980).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from scipy.sparse.csgraph import connected_components

from ddlib.merge.design import Design
from ddlib.tables import Note
from ddlib.tables.faults import some, warning

NEAR = 0.02  # share of a term's variance; two terms have it whose correlation is 0.98
EXACT = 1e-9  # below, what is left is rounding
_ROUNDING = 1e-14
_LINKED = 0.1  # cosine of two terms in the combinations, from which one speaks of both
_SHOWN = 5  # columns that a line lists


def collinear(
    design: Design, draws: Sequence[np.ndarray], names: Sequence[str]
) -> list[tuple[tuple[str, ...], bool]]:
    """Return the groups of columns that follow from one another, and whether they do exactly.

    Args:
        design: of a task; a density has no coefficients, and no such groups.
        draws: complete codes `(n, p)`.
        names: of the p columns.

    Returns:
        Groups of two columns or more, each in the columns' order; levels of one column alone are
        no group.
    """
    if not (design.outcomes and len(design.columns)):
        return []
    x = design.matrix(np.concatenate(list(draws)))[:, 1:]
    square = x.T @ x / len(x)
    sizes, vectors = np.linalg.eigh(square)
    inflation = np.square(vectors) / np.maximum(sizes, _ROUNDING)
    near = sizes < NEAR
    taking = np.nonzero(inflation[:, near].sum(1) > inflation.sum(1) / 2)[0]
    axes = vectors[taking][:, near]
    axes /= np.linalg.norm(axes, axis=1, keepdims=True)
    count, group = connected_components(np.abs(axes @ axes.T) > _LINKED, directed=False)
    found: list[tuple[tuple[str, ...], bool]] = []
    for place in range(count):
        terms = taking[group == place]
        columns = np.unique(design.columns[terms])
        if len(columns) > 1:
            least = np.linalg.eigvalsh(square[np.ix_(terms, terms)])[0]
            found.append((tuple(names[int(c)] for c in columns), bool(least < EXACT)))
    return sorted(found, key=lambda entry: [*names].index(entry[0][0]))


def collinear_notes(
    designs: Iterable[Design], draws: Sequence[np.ndarray], names: Sequence[str]
) -> list[Note]:
    """Return a warning on each group of columns that a task cannot tell apart.

    Args:
        designs: of the tasks.
        draws: complete codes `(n, p)`.
        names: of the p columns.
    """
    notes: list[Note] = []
    for design in designs:
        for columns, exact in collinear(design, draws, names):
            text = design.task.text
            line = (
                f"{text}: {some(columns, _SHOWN)} {'' if exact else 'nearly '}follow from one "
                "another: their coefficients cannot be told apart; leave out those that the others "
                f"imply, as in {text} - {columns[-1]}"
            )
            notes.append(warning(line, columns))
    return notes
