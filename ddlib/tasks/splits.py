"""Three splits of a table, fixed by a seed: training, validation and test rows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import torch

from ddlib.arguments import fault, is_finite
from ddlib.streams import stream
from ddlib.tasks.columns import FrameError, some_of

SPLITS = ("training", "validation", "test")

Positions = Mapping[str, list[int]]
"""Split -> positions of its rows in the table, in the order of the table."""


def share_faults(validation: object, test: object) -> list[str]:
    """Return what is wrong with the shares of two splits.

    Args:
        validation: share of the rows that choose.
        test: share of the rows that report.
    """
    given = {"validation": validation, "test": test}
    faults = [
        fault(name, share, "a number above 0 and below 1")
        for name, share in given.items()
        if not (is_finite(share) and 0 < share < 1)
    ]
    if not faults and validation + test >= 1:  # pyright: ignore[reportOperatorIssue]
        faults = [f"validation = {validation}, test = {test}: must leave rows for training"]
    return faults


def random_splits(
    classes: pd.Series | None, num_rows: int, *, validation: float, test: float, seed: int
) -> Positions:
    """Return random splits, of each class the same share; a class of one row is for training.

    Args:
        classes: class of each row, `(num_rows,)`; None where there are none.
        num_rows: rows of the table.
        validation: share of the validation rows.
        test: share of the test rows.
        seed: draws the splits.
    """
    order = torch.randperm(num_rows, generator=stream(seed, "splits")).numpy()
    named = np.zeros(num_rows, int) if classes is None else pd.factorize(classes)[0]
    split = np.zeros(num_rows, int)
    for group in range(named.max() + 1):
        rows = order[named[order] == group]
        for_test = min(round(len(rows) * test), len(rows) - 1)
        for_validation = min(round(len(rows) * validation), len(rows) - 1 - for_test)
        split[rows[:for_test]] = 2
        split[rows[for_test : for_test + for_validation]] = 1
    return {name: np.flatnonzero(split == place).tolist() for place, name in enumerate(SPLITS)}


def stated_splits(column: pd.Series) -> Positions:
    """Return the splits that a column names.

    Args:
        column: "training", "validation" or "test" of each row.

    Raises:
        FrameError: for other words.
    """
    strange = [value for value in column.unique() if value not in SPLITS]
    if strange:
        wanted = f"must be one of {', '.join(SPLITS)}"
        raise FrameError([f"column {column.name!r}: {some_of(strange[:1])} is no split; {wanted}"])
    return {name: np.flatnonzero(column == name).tolist() for name in SPLITS}


def split_faults(splits: Positions, target: pd.Series, *, classes: bool) -> list[str]:
    """Return what is wrong with splits: one without rows, a class without a training row.

    Args:
        splits: of the table.
        target: of each row.
        classes: whether its values are classes.
    """
    sizes = {name: len(rows) for name, rows in splits.items()}
    empty = [name for name in SPLITS if sizes[name] == 0]
    if empty:
        told = ", ".join(f"{name} {sizes[name]}" for name in SPLITS)
        single = classes and sizes["training"] == len(target)
        alone = "; a class of one or two rows is for training alone" if single else ""
        return [f"table: {len(target)} rows in splits {told}; each must have at least 1{alone}"]
    if not classes:
        return []
    known: set[Any] = set(target.iloc[splits["training"]])
    lacking = [value for value in target.unique() if value not in known]
    return [f"class {value!r}: has no training row; must have one" for value in lacking]
