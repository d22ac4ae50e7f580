"""The page of experiments: parameters, columns, and what the stored rows cost and come from."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ddlib.experiments.base import AnyExperiment, Column
from ddlib.experiments.registry import EXPERIMENTS
from ddlib.plots.numbers import TIMES, number
from ddlib.runs.arithmetic import PINNED
from ddlib.runs.store import Store

Origins = Sequence[Mapping[str, Any]]
"""The provenance of each stored config."""


def experiments_page(store: Store | None = None) -> str:
    """Return Markdown with one section an experiment, from the registry and the stored rows.

    Args:
        store: that of the committed rows unless told.
    """
    store = store or Store.at(None)
    origins = [stored.provenance for stored in store.records()]
    return "\n\n".join(_section(e, origins) for e in EXPERIMENTS.values()) + "\n"


def _section(experiment: AnyExperiment, origins: Origins) -> str:
    """Return the section of one experiment."""
    columns = [
        (f"`{name}`", _meaning(column), _tolerance(column.tolerance))
        for name, column in experiment.columns.items()
    ]
    fields = experiment.config.model_fields.items()
    parameters = ", ".join(
        f"`{name}`" if info.is_required() else f"`{name}` {info.default!r}" for name, info in fields
    )
    table = _markdown(("column", "meaning", "audit"), columns)
    own = [origin for origin in origins if origin["experiment"] == experiment.name]
    return (
        f"## `{experiment.name}`\n\n{experiment.summary}\n\n"
        f"Parameters and defaults: {parameters}.\n\n{table}\n\n{_stored(own)}"
    )


def _stored(own: Origins) -> str:
    """Return a paragraph on stored rows: how many, how long, when, from which commits and where."""
    if not own:
        return "No rows are stored."
    versions = dict.fromkeys(str(origin["version"]) for origin in own)
    seconds = [origin["seconds"] for origin in own]
    commits = dict.fromkeys(f"`{_commit(origin)}`" for origin in own)
    processors = dict.fromkeys(origin.get("processor", "an unknown processor") for origin in own)
    return (
        f"Stored: {number(len(own), '.0f')} configs of version {', '.join(versions)}, "
        f"computed in {math.fsum(seconds) / 3600:.2f} core-hours "
        f"({statistics.median(seconds):.1f} s for the median config) until "
        f"{max(origin['time'] for origin in own)[:10]}, "
        f"at commit {', '.join(commits)}, on {' and '.join(processors)}. {_promised(own)}"
    )


def _commit(origin: Mapping[str, Any]) -> str:
    """Return what tells the code that computed rows: a commit, and whether it had changes."""
    commit = origin["commit"][:12] if origin["commit"] else "outside a checkout"
    return commit if origin["clean"] else f"{commit} with changes"


def _promised(own: Origins) -> str:
    """Return a sentence on how many of the rows are promised to come out to the last bit."""
    pinned = sum(origin.get("arithmetic") == PINNED for origin in own)
    if pinned == len(own):
        return "All were computed on the pinned kernels and come out to the last bit."
    if not pinned:
        return "They are older than the pinned kernels, and may not come out to the last bit."
    return (
        f"{pinned} of them were computed on the pinned kernels and come out to the last bit; the "
        "others are older."
    )


def _meaning(column: Column) -> str:
    """Return what a column means, with its unit."""
    return f"{column.meaning} ({column.unit})" if column.unit else column.meaning


def _tolerance(tolerance: float) -> str:
    """Return how an audit compares a column."""
    if math.isinf(tolerance):
        return "not compared"
    if not tolerance:
        return "exact"
    return f"within {number(tolerance, '.1g').removeprefix(f'1{TIMES}')}"


def _markdown(heading: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a Markdown table."""
    lines = [heading, ["---"] * len(heading), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)
