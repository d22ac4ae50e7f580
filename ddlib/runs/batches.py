"""A sweep as batches: slices of a grid's configs that are worth a process of their own."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

from ddlib.config import Config
from ddlib.experiments.base import AnyExperiment
from ddlib.runs.compute import lacks
from ddlib.runs.store import Store

BATCH_SECONDS = 60.0  # a process takes a few seconds to start: a few per cent of this
# Where there are as many configs: enough to keep the cores of a laptop busy.
FEWEST_BATCHES = 4


def batches(experiment: AnyExperiment, configs: Sequence[Config]) -> list[tuple[int, int]]:
    """Return slices `(start, stop)` of configs, in order, each of about `BATCH_SECONDS`.

    They depend on the grid alone, not on what is stored: a job that starts late, on another
    machine, must find the slices that the scheduler saw.

    Args:
        experiment: tells what each config costs.
        configs: all of the grid.
    """
    total, fewest = sum(map(experiment.seconds, configs)), min(FEWEST_BATCHES, len(configs))
    limit = min(BATCH_SECONDS, total / FEWEST_BATCHES)
    slices, start, seconds = [], 0, 0.0
    for i, config in enumerate(configs):
        cost = experiment.seconds(config)
        full = seconds + cost > limit * (1 + 1e-9)
        # With this config in the batch, and every later one alone, there would be too few.
        needed = len(slices) + len(configs) - i < fewest
        if i > start and (full or needed):
            slices.append((start, i))
            start, seconds = i, 0.0
        seconds += cost
    return [*slices, (start, len(configs))]


def unfinished(
    experiment: AnyExperiment, configs: Sequence[Config], *, store: Store, replace: bool = False
) -> list[tuple[int, int]]:
    """Return the batches `(start, stop)` of which the store lacks a config.

    Args:
        experiment: what computes them.
        configs: all of the grid.
        store: where their rows may be.
        replace: whether a damaged file counts as absent.

    Raises:
        StoreError: for a damaged file, unless `replace`.
    """
    return [
        (start, stop)
        for start, stop in batches(experiment, configs)
        if any(lacks(experiment, c, store=store, replace=replace) for c in configs[start:stop])
    ]


def point_name(point: Mapping[str, Any]) -> str:
    """Return 12 hex digits that name one point of a grid over a notebook.

    Args:
        point: parameter -> value; the order makes no difference.
    """
    return hashlib.sha256(json.dumps(point, sort_keys=True).encode()).hexdigest()[:12]
