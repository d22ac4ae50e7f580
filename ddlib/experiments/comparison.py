"""Put the values of case study 1 side by side: each relative to all clean data of its network."""

from __future__ import annotations

import pandas as pd

from ddlib.experiments.references import CLEAN
from ddlib.problem import gap_closed

# What makes a network and its sources: rows with the same values of these share their data.
DATA_COLUMNS = [
    "seed", "num_variables", "num_slices", "num_sources", "num_hidden", "hide", "noise_std",
    "edge_probability", "training_rows", "test_rows", "ridge",
]  # fmt: skip


def against_clean(references: pd.DataFrame, merging: pd.DataFrame | None = None) -> pd.DataFrame:
    """Return tidy values relative to the network learnt from all clean rows of the same data.

    Args:
        references: collected rows of the experiment `references`.
        merging: collected rows of the experiment `merging`, of which those count that validation
            rows chose; none unless told.

    Returns:
        A row per data, method and size. Columns: `DATA_COLUMNS`, `method`, `rows`, `IPC` (rows
        over sources), `unseen_pairs` (NaN for merged sets), and `nats`: the log-likelihood less
        that of all clean rows, in nats a trajectory.

    Raises:
        ValueError: where `references` has no clean rows of some data.
    """
    table = references[[*DATA_COLUMNS, "method", "rows", "unseen_pairs", "log_likelihood"]]
    if merging is not None:
        chosen = merging[merging["chosen"]]
        rows = chosen["rows_per_source"] * chosen["num_sources"]
        table = pd.concat(
            [table, chosen.assign(rows=rows)[[*DATA_COLUMNS, "method", "rows", "log_likelihood"]]]
        )
    clean = references.loc[references["method"] == CLEAN, [*DATA_COLUMNS, "log_likelihood"]]
    clean = clean.rename(columns={"log_likelihood": "clean"}).set_index(DATA_COLUMNS)
    level = table.join(clean, on=DATA_COLUMNS)["clean"]
    if bool(level.isna().any()):
        lost = table.loc[level.isna(), DATA_COLUMNS].iloc[0].to_dict()
        raise ValueError(f"references: has no rows for the data of {lost}")
    return table.assign(
        nats=table["log_likelihood"] - level, IPC=table["rows"] / table["num_sources"]
    ).drop(columns="log_likelihood")


def stopped_at(merging: pd.DataFrame, step: int) -> pd.DataFrame:
    """Return the rows of `merging` as if each run had ended at `step` and chosen among these.

    Args:
        merging: collected rows of the experiment `merging`.
        step: last step that counts.
    """
    table = merging[merging["step"] <= step]
    runs = table.groupby([*DATA_COLUMNS, "rows_per_source", "method"])["validation"]
    return table.assign(chosen=table.index.isin(runs.idxmax()))


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
        index=keys, columns="method", values="nats"
    )
    wide = wide.dropna()
    pairs = zip(wide[method], wide[subset], strict=True)
    # `nats` are higher where better, and 0 at all clean data.
    gaps = [gap_closed(-ours, subset=-theirs, clean=0.0) for ours, theirs in pairs]
    return wide.assign(gap_closed=gaps).reset_index()[[*keys, "gap_closed"]]
