"""Put the values of case study 1 side by side: each relative to all clean data of its network."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

from ddlib.comparisons import Comparison, compare, verdicts
from ddlib.experiments.descents import DescentsConfig
from ddlib.experiments.references import CLEAN
from ddlib.problem import gap_closed

# What makes a network and its sources: rows with the same values of these share their data.
DATA_COLUMNS = [
    "seed", "num_variables", "num_slices", "num_sources", "num_hidden", "hide", "noise_std",
    "edge_probability", "weights", "training_rows", "validation_rows", "test_rows", "ridge",
]  # fmt: skip


def against_clean(references: pd.DataFrame, descents: pd.DataFrame | None = None) -> pd.DataFrame:
    """Return the loss of each method against clean rows: all those of its network are at 0.

    Args:
        references: collected rows of the experiment `references`.
        descents: collected rows of the experiment `descents`, of which those count that validation
            rows chose; none unless told.

    Returns:
        A row per data, method and size. Columns: `DATA_COLUMNS`, `method`, `rows`, `IPC` (rows
        over sources), `unseen_pairs` (NaN for merged sets), `loss`: the log-likelihood of all
        clean rows less the method's, in nats per trajectory, which may be negative; and `shd` and
        `intervention`.

    Raises:
        ValueError: where `references` has no clean rows of some data.
    """
    errors = ["log_likelihood", "shd", "intervention"]
    table = references[[*DATA_COLUMNS, "method", "rows", "unseen_pairs", *errors]]
    if descents is not None:
        chosen = descents[descents["chosen"]]
        rows = chosen["rows_per_source"] * chosen["num_sources"]
        table = pd.concat(
            [table, chosen.assign(rows=rows)[[*DATA_COLUMNS, "method", "rows", *errors]]]
        )
    loss = clean_loss(references, table)
    return table.assign(loss=loss, IPC=table["rows"] / table["num_sources"]).drop(
        columns="log_likelihood"
    )


def clean_loss(
    references: pd.DataFrame, table: pd.DataFrame, column: str = "log_likelihood"
) -> pd.Series:
    """Return for each row of a table its loss against all clean rows of its network.

    Args:
        references: collected rows of the experiment `references`.
        table: has the columns `DATA_COLUMNS` and `column`.
        column: the log-likelihood whose loss it is, in nats per trajectory.

    Raises:
        ValueError: where `references` has no clean rows of some data.
    """
    return clean_level(references, table) - table[column]


def clean_level(references: pd.DataFrame, table: pd.DataFrame) -> pd.Series:
    """Return for each row of a table the log-likelihood of all clean data of its network.

    Args:
        references: collected rows of the experiment `references`.
        table: has the columns `DATA_COLUMNS`.

    Raises:
        ValueError: where `references` has no clean rows of some data.
    """
    clean = references.loc[references["method"] == CLEAN, [*DATA_COLUMNS, "log_likelihood"]]
    clean = clean.rename(columns={"log_likelihood": "clean"}).set_index(DATA_COLUMNS)
    if not clean.index.is_unique:
        twice = clean.index[clean.index.duplicated()][0]
        raise ValueError(
            f"references: has several clean rows for the data of "
            f"{dict(zip(DATA_COLUMNS, twice, strict=True))}; must have one"
        )
    level = table.join(clean, on=DATA_COLUMNS)["clean"]
    if bool(level.isna().any()):
        lost = table.loc[level.isna(), DATA_COLUMNS].iloc[0].to_dict()
        raise ValueError(f"references: has no rows for the data of {lost}")
    return level


def stopped_early(descents: pd.DataFrame, share: float) -> pd.DataFrame:
    """Return the rows of `descents` as if each run had ended early and chosen among these.

    Args:
        descents: collected rows of the experiment `descents`.
        share: of the steps that count, in (0, 1].

    Raises:
        ValueError: for another share.
    """
    if not 0 < share <= 1:
        raise ValueError(f"share = {share}: must be above 0 and at most 1")
    runs = [*DescentsConfig.model_fields]  # `method` may be the name of a way
    last = descents.groupby(runs)["step"].transform("max")
    table = descents[descents["step"] <= share * last]
    return table.assign(chosen=table.index.isin(table.groupby(runs)["validation"].idxmax()))


def gaps_closed(table: pd.DataFrame, method: str, *, subset: str) -> pd.DataFrame:
    r"""Return $\gamma=(F_{sub}-F)/(F_{sub}-F_{clean})$ of `method`, a row per network and size.

    Args:
        table: a result of `against_clean`.
        method: the method whose gap it is.
        subset: the method that is worth 0 at equal rows.

    Returns:
        The columns `DATA_COLUMNS`, `rows`, `IPC` and `gap_closed`, where both methods have a value.

    Raises:
        ValueError: as `ddlib.problem.gap_closed` does, where the subset is all clean data.
    """
    keys = [*DATA_COLUMNS, "rows", "IPC"]
    wide = table[table["method"].isin([method, subset])].pivot(
        index=keys, columns="method", values="loss"
    )
    wide = wide.dropna()
    pairs = zip(wide[method], wide[subset], strict=True)
    gaps = [gap_closed(ours, subset=theirs, clean=0.0) for ours, theirs in pairs]
    return wide.assign(gap_closed=gaps).reset_index()[[*keys, "gap_closed"]]


def verdict_table(
    losses: pd.DataFrame, settings: Mapping[str, Any], methods: Iterable[str], *, baseline: str
) -> pd.DataFrame:
    """Return in words how the log-likelihood of methods compares with a baseline's.

    Args:
        losses: a column per method, lower is better; the last level of the index is the network.
        settings: name -> what the other levels of the index are in this setting.
        methods: those that are compared.
        baseline: the method that they are compared with.

    Returns:
        A row per method, a column per setting, as text: a word of `ddlib.comparisons.verdicts`, all
        words adjusted together, and in brackets the number of networks on which the method has the
        lower loss. It is empty where the method lacks a network of the setting.
    """
    methods = [*methods]
    cells = {
        (method, name): compare(losses.loc[where][baseline], losses.loc[where][method])
        for name, where in settings.items()
        for method in methods
        if losses.loc[where][method].notna().all()
    }
    words = verdicts(cells)
    told = {cell: f"{words[cell]} ({found.wins})" for cell, found in cells.items()}
    return pd.Series(told).unstack(fill_value="").loc[methods, [*settings]]


def median_table(comparisons: Mapping[str, Comparison], *, name: str) -> pd.DataFrame:
    """Return the median difference of each comparison, with its 95 % interval.

    Args:
        comparisons: by the name of their row.
        name: of the column of medians.

    Returns:
        A row per comparison. Columns: `name`, `low` and `high`, in the units of the values.
    """
    return pd.DataFrame.from_dict(
        {key: [found.median, found.low, found.high] for key, found in comparisons.items()},
        orient="index",
        columns=[name, "low", "high"],
    )
