"""What a source is, as its owner has it: a table, or trajectories with holes; read and checked.

A *source* shows some of the variables, each row an independent person or trajectory. It is a
table of n rows (a missing column or entry is hidden), or a tensor `(n, T, p)` over T slices in
which NaN is hidden. All sources are in the same units.

An error means that merging has no meaning as the data stand; a warning, that it has one which
is easily overlooked.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from ddlib.arguments import fault
from ddlib.dbn.sources import as_names, check_noise, check_tensors, labelled

AnySources = Sequence[Tensor] | Sequence[pd.DataFrame] | Mapping[str, Tensor | pd.DataFrame]
"""Tensors or tables, with names or without."""


def check_sources(
    sources: AnySources,
    names: Sequence[str] | None = None,
    *,
    noise_std: float = 0.0,
    argument: str = "sources",
) -> tuple[list[Tensor], tuple[str, ...]]:
    """Return the sources as rows and the names of their variables, as `read_sources` does.

    Args:
        sources: as there.
        names: as there.
        noise_std: of measurement, in the units of the data.
        argument: what an error or a warning calls the sources.

    Raises:
        ValueError: as `read_sources` does, and for a noise that is negative or not finite.

    Warns of columns perfectly correlated in a source, and of sources that no chain of shared
    columns connects.
    """
    check_noise(noise_std, 1)
    rows, found = read_sources(sources, names, argument=argument)
    for label, source in rows.items():
        _warn_of_copies(label, source, found)
    _warn_of_islands(rows, argument)
    return list(rows.values()), found


def read_sources(
    sources: AnySources, names: Sequence[str] | None = None, *, argument: str = "sources"
) -> tuple[dict[str, Tensor], tuple[str, ...]]:
    """Return the sources as rows, and the names of their variables.

    Args:
        sources: tables, or tensors `(n, T, p)`; or a mapping from their names to them.
        names: of the variables of tensors, x0, x1, … unless told. Tables name their columns.
        argument: what an error calls the sources.

    Returns:
        Float64 rows `(n, T, p)` of each source by what an error calls it, NaN where hidden (T = 1
        for tables, over the union of their columns in order of appearance), and the p names.

    Raises:
        ValueError: as `read_tables`, `labelled` and `check_tensors` of `ddlib.dbn.sources` do,
            for a mixture of the two kinds, a variable that no source sees, that is constant, or
            whose variance double precision cannot hold.
    """
    names = None if names is None else as_names(names)
    given: dict[str, Any] = labelled(sources, argument, "tables or tensors")
    tables = {label: s for label, s in given.items() if isinstance(s, pd.DataFrame)}
    tensors = {label: s for label, s in given.items() if not isinstance(s, pd.DataFrame)}
    if tables and tensors:
        first, *_ = given
        kind, others = ("table", tensors) if first in tables else ("tensor", tables)
        raise ValueError(f"{next(iter(others))}: must be a {kind} as the first is")
    if tables:
        if names is not None:
            raise ValueError(
                f"names = {list(names)}: must be None for tables, which name their columns"
            )
        tensors, names = read_tables(tables, argument)
    rows, found = check_tensors(tensors, names)
    _check_variables(rows, found, argument)
    return rows, found


def check_tables(
    tables: Sequence[pd.DataFrame] | Mapping[str, pd.DataFrame],
) -> tuple[dict[str, Tensor], tuple[str, ...]]:
    """Return the argument `tables` as rows, and their columns, as `read_sources` does.

    Args:
        tables: one per source, with names or without.

    Raises:
        ValueError: as there, and for a source that is not a table.
    """
    for label, table in labelled(tables, "tables", "data frames").items():
        if not isinstance(table, pd.DataFrame):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise ValueError(fault(label, table, "a data frame"))
    return read_sources(tables, argument="tables")


def read_tables(
    tables: Mapping[str, pd.DataFrame], argument: str = "sources"
) -> tuple[dict[str, Tensor], tuple[str, ...]]:
    """Return tables as rows over the union of their columns, in order of appearance.

    Args:
        tables: by what an error calls them.
        argument: what it calls them all.

    Returns:
        Rows `(n, 1, p)` by the same names, and the p columns.

    Raises:
        ValueError: for no column, a column that stands twice, and one that does not hold real
            numbers.
    """
    for label, table in tables.items():
        if not table.columns.is_unique:
            twice = table.columns[table.columns.duplicated()][0]
            raise ValueError(f"{label}: column {twice!r} stands twice; names must be unique")
        for name in table.columns:
            if not pd.api.types.is_numeric_dtype(table[name]) or np.iscomplexobj(table[name]):
                raise ValueError(f"{label}: column {name!r} is {table[name].dtype}; must be real")
    names = tuple(dict.fromkeys(name for table in tables.values() for name in table.columns))
    if not names:
        raise ValueError(f"{argument}: no columns; must be at least one")
    return {
        label: torch.tensor(entries(table, names))[:, None] for label, table in tables.items()
    }, names


def entries(table: pd.DataFrame, names: Sequence[str]) -> np.ndarray:
    """Return some columns of a table as `(n, p)`, NaN for what is missing or lacking.

    Args:
        table: n rows.
        names: of the p columns, in order.
    """
    values = table.reindex(columns=list(names)).to_numpy(dtype=float, na_value=np.nan)
    return np.ascontiguousarray(values)  # torch takes no negative strides


def _check_variables(rows: Mapping[str, Tensor], names: tuple[str, ...], argument: str) -> None:
    """Raise `ValueError` for a variable that no source sees, or that does not vary over all."""
    pooled = torch.cat(list(rows.values()))
    for index, name in enumerate(names):
        values = pooled[..., index]
        seen = values[~values.isnan()]
        if not len(seen):
            raise ValueError(f"{argument}: column {name!r} is NaN in all of them; one must see it")
        if seen.min() == seen.max():
            raise ValueError(f"{argument}: column {name!r} is constant; must vary")
        variance = float(seen.var(correction=0))
        if not 0 < variance < math.inf:
            raise ValueError(
                f"{argument}: column {name!r} has variance {variance}; must be positive and finite "
                "in double precision, so in other units"
            )


def _warn_of_copies(label: str, source: Tensor, names: tuple[str, ...]) -> None:
    """Warn of columns that are perfectly correlated over the entries seen together."""
    # Any two entries lie on a line, so that three are the fewest that say something.
    correlation = pd.DataFrame(source.flatten(0, 1).numpy()).corr(min_periods=3).abs().to_numpy()
    for i, j in np.argwhere(np.triu(correlation > 1 - 1e-12, k=1)):
        warnings.warn(
            f"{label}: columns {names[i]!r} and {names[j]!r} are perfectly correlated; what is "
            "known of one is taken to hold for the other",
            stacklevel=3,
        )


def _warn_of_islands(rows: Mapping[str, Tensor], argument: str) -> None:
    """Warn when the sources fall into groups that have no column in common."""
    groups: list[tuple[list[str], Tensor]] = []
    for label, source in rows.items():
        labels, seen = [label], _seen(source)
        touching = [group for group in groups if (group[1] & seen).any()]
        groups = [group for group in groups if not (group[1] & seen).any()]
        for group in touching:
            labels, seen = group[0] + labels, group[1] | seen
        groups.append((labels, seen))
    if len(groups) > 1:
        parts = "; ".join(", ".join(labels) for labels, _ in groups)
        warnings.warn(
            f"{argument}: {len(groups)} groups have no column in common ({parts}), so that no pair "
            "across them is seen together",
            stacklevel=3,
        )


def _seen(source: Tensor) -> Tensor:
    """Whether `source` sees each variable at all, (p,)."""
    return (~source.isnan()).flatten(0, 1).any(0)
