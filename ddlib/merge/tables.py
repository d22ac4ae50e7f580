"""Merge tables: from tables with intersecting columns to one of complete synthetic rows.

The task is the density. The learner is maximum likelihood of a linear-Gaussian network; its
moments under all tables are found by expectation-maximisation, and exact rows carry them.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import torch
from torch import Generator, Tensor

from ddlib.arguments import count_faults, fault, is_number, raise_faults, size_faults
from ddlib.dbn import DBNLearner, fit_em
from ddlib.merge.columns import Columns
from ddlib.merge.coverage import coverage_of_rows
from ddlib.merge.sources import check_tables, warn_of_sources
from ddlib.streams import check_generator

Tables = Sequence[pd.DataFrame] | Mapping[str, pd.DataFrame]
"""A table a source, with names or without."""

# Entries of the result at most, 1 GiB: far more than rows are of use, and such as memory holds.
MAX_ENTRIES = 2**27
_NOISE = "a finite number, at least 0"


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
        num_rows: rows of the result, more than there are columns, of 2²⁷ entries at most.
        generator: draws which of the many such tables it is.
        noise_std: of measurement, in the units of each column: one number for all, or by column
            (0 where none is given). It is below the column's standard deviation over all tables.
        ridge: strength of the prior that columns are independent, in pseudo-rows.

    Returns:
        A table with the union of the columns, in order of appearance and in their own units.

    Raises:
        ValueError: names all arguments at fault; of tables it refuses what `check_sources` does.

    Warns of pairs of columns that no table has together: their dependence is a guess.
    """
    rows, columns = _checked(tables, num_rows, generator, noise_std, ridge)
    warn_of_sources(rows, columns.names, "tables")
    seen = coverage_of_rows(list(rows.values()), columns.names)
    if seen.unseen_pairs:
        warnings.warn(seen.summary, stacklevel=2)
    noise = _standardised_noise(noise_std, columns)
    sources = [columns.standardised(source) for source in rows.values()]
    fit = fit_em(sources, noise_std=noise, ridge=ridge)
    merged = DBNLearner().rows_for(fit.network, int(num_rows), 1, generator=generator)
    return columns.to_table(merged)


def _checked(
    tables: Tables,
    num_rows: object,
    generator: object,
    noise_std: float | Mapping[str, float],
    ridge: object,
) -> tuple[dict[str, Tensor], Columns]:
    """Return the tables' rows and columns, or raise one `ValueError` for all arguments at fault."""
    rows: dict[str, Tensor] = {}
    columns = Columns((), np.empty(0), np.empty(0))  # what is known of tables at fault
    faults: list[str] = []
    try:
        rows, _ = check_tables(tables)
        columns = Columns.pooled(tables)
    except ValueError as error:
        faults.append(str(error))
    if rows and is_number(ridge) and ridge == 0:
        faults += _budget_faults(rows, len(columns.names))
    faults += _count_faults(num_rows, len(columns.names))
    try:
        check_generator("generator", generator)
    except TypeError as error:
        faults.append(str(error))
    faults += _noise_faults(noise_std, columns)
    faults += size_faults("ridge", ridge, "a finite number, at least 0 pseudo-rows")
    raise_faults(faults)
    return rows, columns


def _count_faults(num_rows: object, num_columns: int) -> list[str]:
    """Return what is wrong with the number of rows; that of columns is 0 where not known."""
    most = MAX_ENTRIES // max(num_columns, 1)
    if is_number(num_rows) and num_rows > most:
        known = f" for {num_columns} columns" if num_columns else ""
        return [fault("num_rows", num_rows, f"at most {most}{known}")]
    # Exact rows need one more than there are columns; tables at fault have one column or more.
    least, known = (num_columns + 1, f", {num_columns}") if num_columns else (2, "")
    return count_faults(
        "num_rows", num_rows, least, f"a whole number above the number of columns{known}"
    )


def _noise_faults(noise_std: float | Mapping[str, float], columns: Columns) -> list[str]:
    """Return what is wrong with the noise of columns; they have no names where not known."""
    std = dict(zip(columns.names, columns.std.tolist(), strict=True))
    if not isinstance(noise_std, Mapping):
        wanted = f"{_NOISE}, or a mapping of column names to such numbers"
        faults = size_faults("noise_std", noise_std, wanted)
        return faults or _excess_faults("noise_std", noise_std, std)
    unknown = [name for name in noise_std if std and name not in std]
    faults = [f"noise_std: columns {unknown}; must be among {list(std)}"] if unknown else []
    for name, value in noise_std.items():
        label, own = f"noise_std[{name!r}]", {name: std[name]} if name in std else {}
        faults += size_faults(label, value, _NOISE) or _excess_faults(label, value, own)
    return faults


def _excess_faults(label: str, noise_std: float, std: Mapping[str, float]) -> list[str]:
    """Return the fault of a noise that is all a column shows, or more; the first such column's."""
    for name, most in std.items():
        if noise_std >= most:
            wanted = f"below the standard deviation of column {name!r}, {most:.6g}"
            return [fault(label, noise_std, wanted)]
    return []


def _budget_faults(rows: Mapping[str, Tensor], num_columns: int) -> list[str]:
    """Return the fault of tables with too few rows to be learnt from without a prior."""
    num_rows = sum(map(len, rows.values()))
    if num_rows > num_columns:
        return []
    return [
        f"tables: {num_rows} rows; must be more than {num_columns}, the columns, or the ridge "
        "above 0"
    ]


def _standardised_noise(noise_std: float | Mapping[str, float], columns: Columns) -> Tensor:
    """Return the noise `(p,)` in standard deviations of the columns."""
    if not isinstance(noise_std, Mapping):
        noise_std = dict.fromkeys(columns.names, noise_std)
    given = [float(noise_std.get(name, 0.0)) for name in columns.names]
    return torch.tensor(given, dtype=torch.float64) / torch.tensor(columns.std)
