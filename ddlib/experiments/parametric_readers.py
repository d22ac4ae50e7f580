"""Case study 2 as tables: who reads a set of rows, and with which error.

The stored rows of `parametric` name a learner and where it asks for the equation. Its pages name
both by one short word, the *reader* of a set.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import pandas as pd

from ddlib.comparisons import Comparison, compare_ratios
from ddlib.experiments.parametric import (
    AT_ROWS,
    BOOSTING,
    FEATURE,
    NETWORK,
    NOWHERE,
    OPERATOR,
    PLAIN,
    PROCESS,
)

READERS: Mapping[tuple[str, str], str] = {
    (FEATURE, AT_ROWS): "PINN",
    (FEATURE, NOWHERE): "plain",
    (NETWORK, AT_ROWS): "MLP PINN",
    (PLAIN, NOWHERE): "MLP",
    (OPERATOR, NOWHERE): "DeepONet",
    (PROCESS, NOWHERE): "GP",
    (BOOSTING, NOWHERE): "boosting",
}
"""Learner and where it asks for the equation -> its name in tables.

Rows are made for the first two, and the others get them afterwards.
"""


def final_sets(table: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of final sets under the readers, with their names in a column `reader`.

    Args:
        table: rows of `parametric`.
    """
    pairs = zip(table["learner"], table["physics"], strict=True)
    names = pd.Series([READERS.get(pair) for pair in pairs], index=table.index)
    named = table.assign(reader=names)
    return named[named["last"] & named["reader"].notna()]


def errors_of(table: pd.DataFrame, error: str = "outside") -> pd.DataFrame:
    """Return errors with a column per reader and method, a row per draw of the data.

    Args:
        table: what `final_sets` returns.
        error: `"outside"` the training tail, or `"inside"`.

    Raises:
        ValueError: for two sets of one method on one draw.
    """
    return table.pivot(index="seed", columns=["reader", "method"], values=error)


def medians_of(errors: pd.DataFrame, methods: Iterable[str]) -> pd.DataFrame:
    """Return median errors, a row per method, a column per reader.

    Args:
        errors: what `errors_of` returns.
        methods: in the order of the rows; those without errors are left out.
    """
    medians = errors.median().unstack("reader")
    shown = [method for method in methods if method in medians.index]
    return medians.loc[shown, [name for name in READERS.values() if name in medians.columns]]


def ratios_of(
    errors: pd.DataFrame, method: str, others: Sequence[str]
) -> dict[str, dict[str, Comparison]]:
    """Return a method's errors over those of others, paired by draw.

    Args:
        errors: what `errors_of` returns.
        method: whose sets are compared.
        others: the methods that they are compared with.

    Returns:
        Reader -> "over" and the other method -> comparison.

    Raises:
        KeyError: for a method without errors.
    """
    there = set(errors.columns.get_level_values("reader"))
    return {
        reader: {
            f"over {other}": compare_ratios(errors[reader, method], errors[reader, other])
            for other in others
        }
        for reader in READERS.values()
        if reader in there
    }
