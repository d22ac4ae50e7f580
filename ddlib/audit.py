"""The audit: recompute a random sample of stored rows, and compare.

A changed number is a fault of the code or of the store; either way it must not pass silently.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from ddlib.experiments.base import Experiment
from ddlib.experiments.registry import EXPERIMENTS, find_experiment
from ddlib.store import Store, StoreError, config_hash, read


@dataclass(frozen=True)
class Audited:
    """One stored config that was recomputed, and what came out otherwise (empty: nothing)."""

    path: Path
    config: dict
    differences: tuple[str, ...]


def sample(store: Store, *, seconds: float, seed: int) -> list[Path]:
    """Return a random choice of stored files whose recorded cost adds up to about `seconds`.

    At least one file, and of each experiment one as long as the budget has room for it; files of
    another version of their experiment cannot be recomputed and are left out.
    """
    files = store.files()
    random.Random(seed).shuffle(files)
    first: dict[str, Path] = {}
    for path in files:
        first.setdefault(path.parent.name, path)
    order = [*first.values(), *(path for path in files if path not in first.values())]
    chosen: list[Path] = []
    for path in order:
        origin = read(path).provenance
        current = EXPERIMENTS.get(origin["experiment"])
        if current is None or origin["version"] != current.version:
            continue
        if chosen and origin["seconds"] > seconds:
            continue
        chosen.append(path)
        seconds -= origin["seconds"]
    return chosen


def recompute(path: Path) -> Audited:
    """Recompute the rows in the file at `path` and compare them with what it holds.

    Raises `StoreError` when the file is not named after its config.
    """
    stored = read(path)
    experiment = find_experiment(stored.provenance["experiment"])
    config = experiment.config(**stored.provenance["config"])
    if path.stem != config_hash(config):
        raise StoreError(f"{path}: its config hashes to {config_hash(config)}")
    differences = tuple(compare(experiment, stored.rows, experiment.compute(config)))
    return Audited(path, stored.provenance["config"], differences)


def compare(experiment: Experiment, stored: pd.DataFrame, fresh: pd.DataFrame) -> list[str]:
    """Return one line a column whose values left its tolerance, with the worst pair of them."""
    if list(stored.columns) != list(fresh.columns) or len(stored) != len(fresh):
        return [f"stored {stored.shape} of {list(stored)}, new {fresh.shape} of {list(fresh)}"]
    lines = []
    for name, column in experiment.columns.items():
        old, new = stored[name], fresh[name]
        if pd.api.types.is_float_dtype(old):
            apart = (old - new).abs().fillna(np.inf).mask(old.isna() & new.isna(), 0.0)
            worst = int(apart.argmax())
            changed = apart.iloc[worst] > column.tolerance
        else:
            unequal = (old != new).to_numpy()
            worst, changed = int(unequal.argmax()), bool(unequal.any())
        if changed:
            lines.append(
                f"column {name}, row {worst}: stored {old.iloc[worst]!r}, new {new.iloc[worst]!r}, "
                f"tolerance {column.tolerance:g}"
            )
    return lines
