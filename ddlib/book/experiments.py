"""The page of experiments: parameters, columns, and what the stored rows cost and come from."""

from __future__ import annotations

import pandas as pd

from ddlib.experiments.base import Experiment
from ddlib.experiments.registry import EXPERIMENTS
from ddlib.store import COMMITTED, Store


def experiments_page(store: Store | None = None) -> str:
    """Return Markdown with one section an experiment, from the registry and the stored rows."""
    store = store or Store((COMMITTED,))
    origins = pd.DataFrame([stored.provenance for stored in store.records()])
    return "\n\n".join(_section(e, origins) for e in EXPERIMENTS.values()) + "\n"


def _section(experiment: Experiment, origins: pd.DataFrame) -> str:
    """Return the section of one experiment."""
    columns = pd.DataFrame(
        [
            (f"`{name}`", column.meaning, column.unit or "–", _tolerance(column.tolerance))
            for name, column in experiment.columns.items()
        ],
        columns=["column", "meaning", "unit", "audit"],
    )
    fields = experiment.config.model_fields.items()
    parameters = ", ".join(
        f"`{name}`" if info.is_required() else f"`{name}` {info.default!r}" for name, info in fields
    )
    return (
        f"## `{experiment.name}`\n\n{experiment.summary}\n\n"
        f"Parameters and defaults: {parameters}.\n\n{_markdown(columns)}\n\n"
        f"{_stored(experiment, origins)}"
    )


def _stored(experiment: Experiment, origins: pd.DataFrame) -> str:
    """Return a paragraph on the stored rows: how many, how long, when, from which commits."""
    if origins.empty or not (own := origins["experiment"] == experiment.name).any():
        return "No rows are stored."
    own = origins[own]
    commits = own["commit"].fillna("outside a checkout").str[:12]
    commits = commits.where(own["clean"], commits + " with changes")
    return (
        f"Stored: {len(own)} configs of version {', '.join(map(str, own['version'].unique()))}, "
        f"computed in {own['seconds'].sum() / 3600:.2f} core-hours "
        f"({own['seconds'].median():.1f} s for the median config) until {own['time'].max()[:10]}, "
        f"at commit {', '.join(f'`{commit}`' for commit in commits.unique())}. {_promised(own)}"
    )


def _promised(own: pd.DataFrame) -> str:
    """Return a sentence on how many of the rows are promised to come out to the last bit."""
    pinned = own.get("arithmetic", pd.Series(index=own.index, dtype=object)).dropna()
    if len(pinned) == len(own):
        return "All were computed on pinned kernels and come out to the last bit."
    if pinned.empty:
        return "They are older than the pinned kernels, and may not come out to the last bit."
    return (
        f"{len(pinned)} of them were computed on pinned kernels and come out to the last bit; the "
        "others are older."
    )


def _tolerance(tolerance: float) -> str:
    return f"within {tolerance:g}" if tolerance else "exact"


def _markdown(table: pd.DataFrame) -> str:
    """Return `table` as a Markdown table."""
    lines = [table.columns, ["---"] * table.shape[1], *table.itertuples(index=False)]
    return "\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines)
