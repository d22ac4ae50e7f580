"""Columns whose correlations hardly fit together: then coefficients may be far from the truth.

Sites tell of some pairs of columns in few rows, of others in many. A matrix of such correlations
may be nearly singular. Some pairs then have a large partial correlation, given all other columns,
without a large plain one. In a table of rows that is rare: its matrix is that of real rows.
"""

from __future__ import annotations

import numpy as np

from ddlib.copula import Copula
from ddlib.html.network import by_column, partial_correlations
from ddlib.tables import Note, Schema
from ddlib.tables.faults import warning

LARGE = 0.6
"""The size from which a partial correlation counts as large."""
APART = 0.3
"""By so much its size must exceed that of the plain one."""
SHOWN = 6  # columns that the line lists


def warn_of_dependent(copula: Copula, schema: Schema) -> list[Note]:
    """Return a warning that names columns whose correlations hardly fit together, if any do.

    Args:
        copula: of the columns.
        schema: of the same columns.
    """
    partial = by_column(partial_correlations(copula.correlation), copula.places)
    plain = by_column(copula.correlation, copula.places)
    odd = (np.abs(partial) >= LARGE) & (np.abs(partial) >= np.abs(plain) + APART)
    odd &= ~np.eye(len(odd), dtype=bool)
    if not odd.any():
        return []
    names = schema.without_keys().names
    sizes = np.where(odd, np.abs(partial), 0.0)
    i, j = np.unravel_index(int(np.argmax(sizes)), sizes.shape)
    order = np.argsort(-sizes.sum(0), kind="stable")[: int(odd.any(0).sum())].tolist()
    columns = [names[place] for place in order]
    more = f" and {len(columns) - SHOWN} more" if len(columns) > SHOWN else ""
    line = (
        f"correlations of {', '.join(columns[:SHOWN])}{more} hardly fit together: given all other "
        f"columns, that of {names[i]} and {names[j]} is {partial[i, j]:+.2f}, but "
        f"{plain[i, j]:+.2f} alone; the sites tell too little of them together, and coefficients, "
        "those of other columns too, may be far off: leave such columns out when sites summarise, "
        "or compare with a merge without them"
    )
    return [warning(line, columns)]
