"""Stored rows beside recomputed ones: which columns came out other, and where the most."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ddlib.experiments.base import AnyExperiment


def compare(
    experiment: AnyExperiment, stored: pd.DataFrame, fresh: pd.DataFrame, *, exact: bool
) -> list[str]:
    """Return a line for each column whose values came out other, with the worst pair of them.

    Args:
        experiment: tells the tolerances of the columns.
        stored: rows as they were.
        fresh: rows as they came out now, in the same order whatever their index.
        exact: whether any difference counts, but for columns of infinite tolerance, which are
            times; else what exceeds the column's tolerance counts.
    """
    if list(stored.columns) != list(fresh.columns) or len(stored) != len(fresh):
        return [f"stored {stored.shape} of {list(stored)}, new {fresh.shape} of {list(fresh)}"]
    before, after = dict(stored.items()), dict(fresh.items())
    lines = []
    for name, column in experiment.columns.items():
        old, new = before[name], after[name].reset_index(drop=True)
        allowed = column.tolerance if not exact or np.isinf(column.tolerance) else 0.0
        apart = _distance(old, new, signed=exact)
        if exact and old.dtype != new.dtype:
            lines.append(f"column {name}: stored as {old.dtype}, new as {new.dtype}")
        elif apart.max(initial=0.0) > allowed:
            worst = int(apart.argmax())
            lines.append(
                f"column {name}, row {worst}: stored {old.iloc[worst]!r}, new {new.iloc[worst]!r}, "
                f"allowed difference {allowed:g}"
            )
    return lines


def _distance(old: pd.Series, new: pd.Series, *, signed: bool) -> np.ndarray:
    """Return how far each value moved `(n,)`: 0 for equal ones, NaN and None too, else |old-new|.

    Infinite where no difference is a number, for texts and booleans, and, with `signed`, between
    0.0 and -0.0.
    """
    equal = (old == new) | (old.isna() & new.isna())
    numbers = all(s.dtype.kind in "iuf" for s in (old, new))
    if numbers and signed:
        turned = (old == 0) & (np.signbit(old) != np.signbit(new))
        return np.where(turned, np.inf, _distance(old, new, signed=False))
    moved = (old - new).abs().fillna(np.inf) if numbers else np.inf
    return np.where(equal, 0.0, moved)
