"""Merge tables: from tables with intersecting columns to one of complete synthetic rows.

The task is the density. The learner is maximum likelihood of a linear-Gaussian network; its
moments under all tables are found by expectation-maximisation, and exact rows carry them.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence

import pandas as pd
import torch
from torch import Generator, Tensor

from ddlib.arguments import count_faults, is_number, raise_faults, size_faults
from ddlib.dbn import DBNLearner, fit_em
from ddlib.merge.columns import Columns
from ddlib.merge.coverage import coverage_of_rows
from ddlib.merge.sources import check_sources, check_tables
from ddlib.streams import check_generator

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
        ValueError: names all arguments at fault; of tables it refuses what `check_sources` does.

    Warns of pairs of columns that no table has together: their dependence is a guess.
    """
    _check_arguments(tables, num_rows, generator, noise_std, ridge)
    seen = coverage_of_rows(*check_sources(tables, argument="tables"))
    columns = Columns.of(tables)
    noise = _standardised_noise(noise_std, columns)
    if seen.unseen_pairs:
        warnings.warn(seen.summary, stacklevel=2)
    each = tables.values() if isinstance(tables, Mapping) else tables
    fit = fit_em([columns.to_rows(table) for table in each], noise_std=noise, ridge=ridge)
    rows = DBNLearner().rows_for(fit.network, int(num_rows), 1, generator=generator)
    return columns.to_table(rows)


def _check_arguments(
    tables: Tables,
    num_rows: object,
    generator: object,
    noise_std: float | Mapping[str, float],
    ridge: object,
) -> None:
    """Raise one `ValueError` for all that is wrong with the arguments of `merge_tables`."""
    names = None
    faults: list[str] = []
    try:
        names = check_tables(tables)
    except ValueError as error:
        faults.append(str(error))
    if names is not None and is_number(ridge) and ridge == 0:
        faults += _budget_faults(tables, len(names))
    # Exact rows need one more than there are columns; tables at fault have one column or more.
    least, known = (2, "") if names is None else (len(names) + 1, f", {len(names)}")
    wanted = f"a whole number above the number of columns{known}"
    faults += count_faults("num_rows", num_rows, least, wanted)
    try:
        check_generator("generator", generator)
    except TypeError as error:
        faults.append(str(error))
    faults += _noise_faults(noise_std, names)
    faults += size_faults("ridge", ridge, "a finite number, at least 0 pseudo-rows")
    raise_faults(faults)


def _noise_faults(noise_std: float | Mapping[str, float], names: Sequence[str] | None) -> list[str]:
    """Return what is wrong with the noise of columns; `names` are None where not known."""
    if not isinstance(noise_std, Mapping):
        wanted = "a finite number, at least 0, or a mapping of column names to such numbers"
        return size_faults("noise_std", noise_std, wanted)
    unknown = [name for name in noise_std if names is not None and name not in names]
    faults = [f"noise_std: columns {unknown}; must be among {list(names or ())}"] if unknown else []
    for name, value in noise_std.items():
        faults += size_faults(f"noise_std[{name!r}]", value)
    return faults


def _budget_faults(tables: Tables, num_columns: int) -> list[str]:
    """Return the fault of tables with too few rows to be learnt from without a prior."""
    each = tables.values() if isinstance(tables, Mapping) else tables
    num_rows = sum(len(table) for table in each)
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
    given = torch.tensor([noise_std.get(name, 0.0) for name in columns.names], dtype=torch.float64)
    return given / torch.tensor(columns.std)
