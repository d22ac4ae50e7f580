"""What the columns of a table are, and all that is wrong with them for a task."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from numbers import Real
from typing import Any

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray

from ddlib.arguments import fault
from ddlib.near import SHORT, meant
from ddlib.tables.faults import number_of, some

MOST_CODES = 10
"""Whole numbers that a target may have, and is still taken for classes unless told."""

LARGEST = 1e150
"""Numbers may be as large: the squares of larger ones are none."""

SMALLEST = 1e-150
"""The largest number of a column must be as large, or 0: the squares of smaller ones are 0."""

DTYPES = {"float32": torch.float32, "float64": torch.float64}


class FrameError(ValueError):
    """What a table, and what is asked of it, have wrong.

    Attributes:
        faults: a line each.
    """

    def __init__(self, faults: Sequence[str]) -> None:
        """Keep the faults.

        Args:
            faults: at least one.
        """
        super().__init__("; ".join(faults))
        self.faults = tuple(faults)


def refuse(faults: Sequence[str]) -> None:
    """Raise for faults.

    Args:
        faults: a line each.

    Raises:
        FrameError: where there are any.
    """
    if faults:
        raise FrameError(faults)


@dataclass(frozen=True)
class Reader:
    """How a table is read for a task.

    Attributes:
        target: name of the column that is predicted.
        classes: whether the target's values are classes; else they are numbers.
        one_hot: whether inputs of text are coded one-hot; else they are refused.
        dtype: of the rows.
    """

    target: Any
    classes: bool
    one_hot: bool
    dtype: torch.dtype

    def faults(self, table: pd.DataFrame) -> list[str]:
        """Return what is wrong with the cells of a table, a line a column.

        Args:
            table: with the target among its columns, no two of one name.
        """
        lines = [
            line
            for name in table.columns
            for line in cell_faults(table[name], text=self._advice(name))
        ]
        return lines + self._target_faults(table[self.target])

    def _advice(self, name: Any) -> str | None:
        """Return what is said of text in a column that must be a number; None where it may be."""
        if name == self.target:
            told = "must be numbers for a learner of numbers; or take a classifier"
            return None if self.classes else told
        told = "must be numbers; encode='one-hot' codes levels, or leave the column out"
        return None if self.one_hot else told

    def _target_faults(self, column: pd.Series) -> list[str]:
        """Return what is wrong with the values of the target."""
        values = column.dropna().unique()
        if len(values) == 1:
            told = f"target {column.name!r}: is {some_of(values)} in all rows"
            return [f"{told}; must have at least two values"]
        if self.classes and is_numeric(column) and len(values) > max(MOST_CODES, len(column) // 4):
            told = f"target {column.name!r}: {len(values)} numbers in {len(column)} rows"
            return [f"{told}; must be classes, as the learner is a classifier"]
        if self.classes and len(values) == len(column) > 2:
            told = f"target {column.name!r}: {len(values)} different values in {len(column)} rows"
            told += f", such as {some_of(values, 1).partition(' and ')[0]}"
            return [f"{told}; must be classes, or numbers"]
        return []


def is_numeric(column: pd.Series) -> bool:
    """Whether all cells of a column that are there are numbers, truth values among them.

    Args:
        column: of a table.
    """
    if pd.api.types.is_bool_dtype(column.dtype):
        return True
    if pd.api.types.is_numeric_dtype(column.dtype):
        return not pd.api.types.is_complex_dtype(column.dtype)
    if column.dtype == object:
        return all(isinstance(cell, Real) for cell in column.dropna())
    return False


def numbers(column: pd.Series) -> NDArray[np.float64]:
    """Return the cells of a column of numbers, NaN where they are missing, `(n,)`.

    Args:
        column: for which `is_numeric` is true.
    """
    return column.astype(object).to_numpy(dtype=np.float64, na_value=np.nan)


def levels_of(column: pd.Series) -> pd.Index:
    """Return the levels of a column, in order: that of its categories, else sorted.

    Args:
        column: of a table.
    """
    if isinstance(column.dtype, pd.CategoricalDtype):
        return pd.Index(column.cat.remove_unused_categories().cat.categories)
    found = pd.Index(column.dropna().unique())
    try:
        return found.sort_values()
    except TypeError:  # of numbers beside text
        return found[np.argsort([str(level) for level in found], kind="stable")]


def cell_faults(column: pd.Series, *, text: str | None = None) -> list[str]:
    """Return what is wrong with the cells of a column, in one line.

    Args:
        column: of a table.
        text: what the line says of cells that are no numbers; None where they are welcome.
    """
    name = f"column {column.name!r}"
    if pd.api.types.is_datetime64_any_dtype(column.dtype):
        return [f"{name}: dates; must be numbers, such as days since a first one"]
    absent = column.isna().to_numpy()
    if len(column) and absent.all():
        return [f"{name}: no cell is there; leave the column out, or fill it"]
    if absent.any():
        told = (
            f"{number_of(int(absent.sum()), 'missing cell')} (rows {some_of(column.index[absent])})"
        )
        return [f"{name}: {told}; fill them, or drop these rows"]
    if not is_numeric(column):
        if not text:
            return []
        if _have_commas(column):
            return [f"{name}: numbers with a comma ({some_of(column.unique())}); must have a point"]
        return [f"{name}: text ({some_of(column.unique())}); {text}"]
    cells = np.abs(numbers(column))
    infinite = ~np.isfinite(cells)
    if infinite.any():
        return [f"{name}: infinite in rows {some_of(column.index[infinite])}; must be finite"]
    if cells.max(initial=0.0) > LARGEST:
        return [f"{name}: numbers as large as {cells.max():.1g}; must be at most {LARGEST:g}"]
    if 0 < cells.max(initial=0.0) < SMALLEST:
        told = f"no number larger than {cells.max():.1g} in size"
        return [f"{name}: {told}; must be some of at least {SMALLEST:g}: choose another unit"]
    return []


def level_faults(column: pd.Series, levels: pd.Index) -> list[str]:
    """Return what is wrong with the cells of a column that must be levels, in one line.

    Args:
        column: of a table.
        levels: that a cell may be.
    """
    strange = pd.Index(column.dropna().unique()).difference(levels, sort=False)
    if len(strange):
        wanted = f"must be one of {some_of(levels, 10)}"
        return [f"column {column.name!r}: {some_of(strange)}; {wanted}"]
    return cell_faults(column)


def some_of(things: Iterable[object], most: int = 3) -> str:
    """Return the first things as Python writes them, plainly, and how many more there are.

    Args:
        things: at least one.
        most: that are written out.
    """
    plain = [thing.item() if isinstance(thing, np.generic) else thing for thing in things]
    return some(plain, most)


def column_fault(argument: str, name: object, columns: Iterable[object]) -> str:
    """Return that there is no column of a name, which is meant perhaps, and which there are.

    Args:
        argument: that names a column.
        name: what it was given.
        columns: names that there are.
    """
    wanted = meant(name, columns, quoted=True, most=SHORT)
    return f"{argument} = {name!r}: no such column; {wanted}"


def with_numbers(table: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """Return a table whose texts that are numbers are numbers; and columns where some are.

    Args:
        table: as a file of text has it.

    Returns:
        The table, and a line for each column of which at least half of the cells are numbers.
    """
    columns: dict[Any, pd.Series] = {}
    faults: list[str] = []
    for name, column in table.items():
        values = pd.to_numeric(column, errors="coerce")
        text = column[values.isna() & column.notna()]
        if not is_numeric(column) and len(text) and len(text) <= values.notna().sum():
            odd = f"{some_of(text.unique())} (rows {some_of(text.index)}) beside numbers"
            faults.append(f"column {name!r}: {odd}; must be numbers, or levels that are none")
        columns[name] = column if len(text) else values.where(column.notna())
    return pd.DataFrame(columns), faults


def _have_commas(column: pd.Series) -> bool:
    """Whether all texts would be numbers if the commas in them were points."""
    points = column.astype(str).str.replace(",", ".")
    return bool(pd.to_numeric(points, errors="coerce").notna().all())


def are_classes(column: pd.Series) -> bool:
    """Whether a target is taken for classes: text, truth values, or a few whole numbers.

    Args:
        column: the target.
    """
    if not is_numeric(column) or pd.api.types.is_bool_dtype(column.dtype):
        return True
    cells = numbers(column)
    cells = cells[np.isfinite(cells)]
    return bool((cells == np.round(cells)).all()) and len(np.unique(cells)) <= MOST_CODES


def table_faults(table: object, target: object, dtype: object, encode: object) -> list[str]:
    """Return what is wrong with the shape of a table and with how it is to be read.

    Args:
        table: a data frame.
        target: name of a column.
        dtype: name of the rows' type.
        encode: "one-hot", or None.
    """
    faults: list[str] = []
    if dtype not in DTYPES:
        faults.append(fault("dtype", dtype, f"one of {', '.join(DTYPES)}"))
    if encode not in (None, "one-hot"):
        faults.append(fault("encode", encode, "'one-hot', or None"))
    if not isinstance(table, pd.DataFrame):
        return [fault("table", table, "a pandas DataFrame"), *faults]
    twice = list(table.columns[table.columns.duplicated()])
    if twice:
        faults.append(f"table: columns {some_of(twice)} come twice; must have names of their own")
    if target not in table.columns:
        faults.append(column_fault("target", target, table.columns))
    elif len(table.columns) < 2:
        faults.append("table: has the target alone; must have a column to predict it from")
    if len(table) < 3:
        faults.append(f"table: {number_of(len(table), 'row')}; must have at least 3, one a split")
    return faults
