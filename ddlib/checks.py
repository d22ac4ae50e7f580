"""Checks of sources before they are merged: errors and warnings that name source and column.

An error means that merging has no meaning as the data stand; a warning, that it has one which
is easily overlooked. NaN is a hidden entry; every other entry must be a finite number.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import torch
from torch import Tensor

AnySources = Sequence[Tensor] | Sequence[pd.DataFrame] | Mapping[str, Tensor | pd.DataFrame]


def check_sources(
    sources: AnySources, names: Sequence[str] | None = None, *, noise_std: float = 0.0
) -> tuple[list[Tensor], tuple[str, ...]]:
    """Return the sources as float64 tensors (rows, slices, variables) and the variables' names.

    Sources are tensors (n, T, p), NaN = hidden, their variables called `names` (default x0, x1,
    …), or tables of n rows, which become (n, 1, p) over the union of their columns. Raises
    `ValueError` for no source, a wrong shape or unequal shapes, fewer than two rows, names that
    do not fit or stand twice, a column that is no number, infinite, constant in a source, or too
    large or small for its variance, a source that sees nothing, a column seen by no source, and
    a `noise_std` (units of the data) that is negative or not finite. Warns of columns perfectly
    correlated in a source and of sources that no chain of shared columns connects.
    """
    if not 0 <= noise_std < math.inf:
        raise ValueError(f"noise_std = {noise_std}: must be at least 0 and finite")
    labelled = _labelled(sources)
    tables = [isinstance(source, pd.DataFrame) for source in labelled.values()]
    if any(tables) and not all(tables):
        label = list(labelled)[tables.index(not tables[0])]
        raise ValueError(f"{label}: must be a {'table' if tables[0] else 'tensor'} as the first is")
    if tables[0] and names is not None:
        raise ValueError(
            f"names = {list(names)}: must be None for tables, which name their columns"
        )
    rows, found = _from_tables(labelled) if tables[0] else _from_tensors(labelled, names)
    for label, source in rows.items():
        _check_values(label, source, found)
    _check_seen(rows, found)
    for label, source in rows.items():
        _warn_of_copies(label, source, found)
    _warn_of_islands(rows)
    return list(rows.values()), found


def _labelled(sources: AnySources) -> dict[str, Tensor | pd.DataFrame]:
    """Return the sources by what an error calls them, such as `sources[2]`."""
    if isinstance(sources, Tensor | pd.DataFrame):
        raise ValueError("sources: one table or tensor; must be a sequence or mapping of them")
    if not isinstance(sources, Mapping):
        sources = dict(enumerate(sources))
    if not sources:
        raise ValueError("sources: none given; must be at least one")
    return {f"sources[{key!r}]": source for key, source in sources.items()}


def _from_tables(tables: Mapping[str, pd.DataFrame]) -> tuple[dict[str, Tensor], tuple[str, ...]]:
    """Return tables as rows (n, 1, p) over the union of their columns, in order of appearance."""
    for label, table in tables.items():
        if not table.columns.is_unique:
            twice = table.columns[table.columns.duplicated()][0]
            raise ValueError(f"{label}: column {twice!r} stands twice; names must be unique")
        for name in table.columns:
            if not pd.api.types.is_numeric_dtype(table[name]) or np.iscomplexobj(table[name]):
                raise ValueError(f"{label}: column {name!r} is {table[name].dtype}; must be real")
    names = tuple(dict.fromkeys(name for table in tables.values() for name in table.columns))
    if not names:
        raise ValueError("sources: no columns; must be at least one")
    rows = {}
    for label, table in tables.items():
        values = table.reindex(columns=list(names)).to_numpy(dtype=float, na_value=np.nan)
        rows[label] = torch.tensor(values)[:, None, :]
    return rows, names


def _from_tensors(
    tensors: Mapping[str, Tensor], names: Sequence[str] | None
) -> tuple[dict[str, Tensor], tuple[str, ...]]:
    """Return the tensors as float64, all of one (slices, variables), and their names."""
    rows = {}
    for label, source in tensors.items():
        rows[label] = torch.as_tensor(source, dtype=torch.float64).detach()
        shape = tuple(rows[label].shape)
        if len(shape) != 3 or 0 in shape[1:]:
            raise ValueError(f"{label}: shape {shape}; must be (rows, slices, variables)")
        expected = tuple(next(iter(rows.values())).shape[1:])
        if shape[1:] != expected:
            raise ValueError(
                f"{label}: {shape[1]} slices and {shape[2]} variables; must be {expected[0]} and "
                f"{expected[1]} as in the first source"
            )
    found = tuple(names) if names is not None else tuple(f"x{i}" for i in range(expected[1]))
    if len(found) != expected[1] or len(set(found)) < len(found):
        raise ValueError(f"names = {list(found)}: must be {expected[1]} different names")
    return rows, found


def _check_values(label: str, source: Tensor, names: tuple[str, ...]) -> None:
    """Raise `ValueError` unless each column that `source` sees is finite and varies."""
    if len(source) < 2:
        count = "1 row" if len(source) else "no rows"
        raise ValueError(f"{label}: {count}; must be at least 2")
    if source.isnan().all():
        raise ValueError(f"{label}: sees no column; must see at least one")
    for index, name in enumerate(names):
        values = source[..., index]
        if values.isinf().any():
            row = int(values.isinf().nonzero()[0, 0])
            raise ValueError(f"{label}: column {name!r} is infinite in row {row}; must be finite")
        seen = values[~values.isnan()]
        if not len(seen):
            continue
        if seen.min() == seen.max():
            raise ValueError(f"{label}: column {name!r} is constant; must vary")
        variance = float(seen.var(correction=0))
        if not 0 < variance < math.inf:
            raise ValueError(
                f"{label}: column {name!r} has variance {variance}; must be positive and finite "
                "in double precision, so in other units"
            )


def _check_seen(rows: Mapping[str, Tensor], names: tuple[str, ...]) -> None:
    """Raise `ValueError` for a column that no source sees."""
    seen = torch.stack([_seen(source) for source in rows.values()]).any(0)
    for name, is_seen in zip(names, seen.tolist(), strict=True):
        if not is_seen:
            raise ValueError(f"sources: column {name!r} is NaN in every source; one must see it")


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


def _warn_of_islands(rows: Mapping[str, Tensor]) -> None:
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
            f"sources: {len(groups)} groups have no column in common ({parts}), so that no pair "
            "across them is seen together",
            stacklevel=3,
        )


def _seen(source: Tensor) -> Tensor:
    """Whether `source` sees each variable at all, (p,)."""
    return (~source.isnan()).flatten(0, 1).any(0)
