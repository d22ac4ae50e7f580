"""Merge tables: from tables with intersecting columns to one of complete synthetic rows.

The task is the density. The learner is maximum likelihood of a linear-Gaussian network; its
moments under all tables are found by expectation-maximisation, and exact rows carry them.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping, Sequence

import pandas as pd
import torch
from torch import Generator, Tensor

from ddlib.dbn import DBNLearner, fit_em
from ddlib.merge.columns import Columns
from ddlib.merge.coverage import coverage

Tables = Sequence[pd.DataFrame] | Mapping[str, pd.DataFrame]
"""A table a source, with names or without."""


def merge_tables(
    tables: Tables,
    num_rows: int,
    *,
    generator: Generator,
    noise_std: float | Mapping[str, float] = 0.0,
    ridge: float = 1.0,
) -> pd.DataFrame:
    """Return one table of `num_rows` complete synthetic rows that stands for all `tables`.

    A network that is learnt from its rows has the moments that fit the tables best, hidden columns
    and measurement noise taken into account.

    Args:
        tables: one table per source, one row per person, all in the same units. A column that a
            table lacks is hidden there, and so is a missing entry.
        num_rows: rows of the result, more than there are columns.
        generator: draws which of the many such tables it is.
        noise_std: of measurement, in the units of each column: one number for all, or by column
            (0 where none is given).
        ridge: strength of the prior that columns are independent, in pseudo-rows.

    Returns:
        A table with the union of the columns, in order of appearance and in their own units.

    Raises:
        ValueError: as `check_sources` does, and for an argument out of its range.

    Warns of pairs of columns that no table has together: their dependence is a guess.
    """
    seen = coverage(tables)
    columns = Columns.of(tables)
    noise = _standardised_noise(noise_std, columns)
    _check_count(num_rows, len(columns.names))
    if seen.unseen_pairs:
        warnings.warn(seen.summary, stacklevel=2)
    each = tables.values() if isinstance(tables, Mapping) else tables
    fit = fit_em([columns.to_rows(table) for table in each], noise_std=noise, ridge=ridge)
    return columns.to_table(DBNLearner().rows_for(fit.network, num_rows, 1, generator=generator))


def _check_count(num_rows: int, num_columns: int) -> None:
    """Raise `ValueError` unless exact rows can be so few."""
    if num_rows <= num_columns:
        raise ValueError(
            f"num_rows = {num_rows}: must be above the number of columns, {num_columns}"
        )


def _standardised_noise(noise_std: float | Mapping[str, float], columns: Columns) -> Tensor:
    """Return the noise `(p,)` in standard deviations of the columns."""
    if not isinstance(noise_std, Mapping):
        noise_std = dict.fromkeys(columns.names, noise_std)
    unknown = [name for name in noise_std if name not in columns.names]
    if unknown:
        raise ValueError(f"noise_std: columns {unknown}; must be among {list(columns.names)}")
    for name, value in noise_std.items():
        if not 0 <= value < math.inf:
            raise ValueError(f"noise_std[{name!r}] = {value}: must be finite and at least 0")
    given = torch.tensor([noise_std.get(name, 0.0) for name in columns.names], dtype=torch.float64)
    return given / torch.tensor(columns.std)
