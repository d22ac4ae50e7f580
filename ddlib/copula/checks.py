"""What is wrong with the arguments of `fit_copula`."""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Integral

import numpy as np

from ddlib.arguments import count_faults, fault, is_finite

KINDS = ("number", "count", "binary", "ordered", "category", "date")
_FEWEST_ROWS = 2


def code_faults(codes: object, kinds: Sequence[str], group: object) -> list[str]:
    """Return what is wrong with codes, or with their kinds.

    Args:
        codes: what was given.
        kinds: of its columns.
        group: rows that a mean of a margin is over, at least.
    """
    try:
        entries = np.asarray(codes, dtype=np.float64)
    except (TypeError, ValueError):
        return [f"codes: a {type(codes).__name__}; must be an array (n, p) of numbers, or NaN"]
    if entries.ndim != 2 or not entries.shape[1]:
        return [f"codes: shape {entries.shape}; must be (n, p) with p at least 1"]
    faults = _kind_faults(kinds, entries.shape[1])
    if np.isinf(entries).any():
        row, column = np.argwhere(np.isinf(entries))[0].tolist()
        faults.append(f"codes[{row}, {column}] = {entries[row, column]}: must be finite, or NaN")
    if faults or not isinstance(group, Integral) or count_faults("group", group, 1):
        return faults
    for j, (column, kind) in enumerate(zip(entries.T, kinds, strict=True)):
        faults += _column_faults(j, column[~np.isnan(column)], kind, int(group))
    return faults


def _column_faults(j: int, values: np.ndarray, kind: str, group: int) -> list[str]:
    """Return what is wrong with the seen values of a column."""
    faults = []
    least = max(group if kind in {"number", "count", "date"} else 1, _FEWEST_ROWS)
    if len(values) < least:
        of_group = f" = group, since it is a {kind}" if least > _FEWEST_ROWS else ""
        faults.append(
            f"codes: column {j} is seen in {len(values)} rows; must be at least {least}{of_group}"
        )
    num_values = len(np.unique(values))
    if kind == "binary" and num_values > 2:
        faults.append(f"codes: column {j} is binary and has {num_values} values; must be at most 2")
    return faults


def _kind_faults(kinds: Sequence[str], num_columns: int) -> list[str]:
    """Return what is wrong with the kinds of columns."""
    if isinstance(kinds, str) or len(kinds) != num_columns:
        return [f"kinds = {kinds!r}: must be {num_columns}, one for each column of codes"]
    wanted = "one of " + ", ".join(KINDS)
    return [fault(f"kinds[{j}]", kind, wanted) for j, kind in enumerate(kinds) if kind not in KINDS]


def setting_faults(
    seed: object, num_draws: object, burn_in: object, thin: object, group: object, prior: object
) -> list[str]:
    """Return what is wrong with the other arguments.

    Args:
        seed: whole number or generator.
        num_draws: at least 1.
        burn_in: at least 0.
        thin: at least 1.
        group: at least 1.
        prior: above 0, or None.
    """
    faults = seed_faults(seed)
    faults += count_faults("num_draws", num_draws, 1)
    faults += count_faults("burn_in", burn_in, 0)
    faults += count_faults("thin", thin, 1)
    faults += count_faults("group", group, 1)
    if prior is not None and not (is_finite(prior) and prior > 0):
        faults.append(fault("prior_rows", prior, "None or a finite number above 0"))
    return faults


def seed_faults(seed: object) -> list[str]:
    """Return what is wrong with a seed.

    Args:
        seed: what was given.
    """
    if isinstance(seed, np.random.Generator):
        return []
    return count_faults("seed", seed, 0, "a whole number, at least 0, or a numpy Generator")
