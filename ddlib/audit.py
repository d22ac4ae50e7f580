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
    origins = {path: read(path).provenance for path in files}
    first: dict[str, Path] = {}
    rest: list[Path] = []
    for path, origin in origins.items():
        current = EXPERIMENTS.get(origin["experiment"])
        if current is None or origin["version"] != current.version:
            continue
        if first.setdefault(current.name, path) != path:
            rest.append(path)
    chosen: list[Path] = []
    for path in [*first.values(), *rest]:
        cost = origins[path]["seconds"]
        if not chosen or cost <= seconds:
            chosen.append(path)
            seconds -= cost
    return chosen


def recompute(path: Path) -> Audited:
    """Recompute the rows in the file at `path` and compare them with what it holds.

    Raises `StoreError` when the file is not named after its experiment and config.
    """
    stored = read(path)
    experiment = find_experiment(stored.provenance["experiment"])
    config = experiment.config(**stored.provenance["config"])
    own = (experiment.name, config_hash(config))
    if (path.parent.name, path.stem) != own:
        raise StoreError(f"{path}: holds rows of {'/'.join(own)}, not its own")
    differences = tuple(compare(experiment, stored.rows, experiment.compute(config)))
    return Audited(path, stored.provenance["config"], differences)


def compare(experiment: Experiment, stored: pd.DataFrame, fresh: pd.DataFrame) -> list[str]:
    """Return one line a column whose values left its tolerance, with the worst pair of them."""
    if list(stored.columns) != list(fresh.columns) or len(stored) != len(fresh):
        return [f"stored {stored.shape} of {list(stored)}, new {fresh.shape} of {list(fresh)}"]
    lines = []
    for name, column in experiment.columns.items():
        old, new = stored[name], fresh[name].reset_index(drop=True)
        apart = _distance(old, new)
        if apart.max(initial=0.0) > column.tolerance:
            worst = int(apart.argmax())
            lines.append(
                f"column {name}, row {worst}: stored {old.iloc[worst]!r}, new {new.iloc[worst]!r}, "
                f"tolerance {column.tolerance:g}"
            )
    return lines


def _distance(old: pd.Series, new: pd.Series) -> np.ndarray:
    """Return how far each value moved `(n,)`: 0 for equal ones, NaN and None too, else |old-new|.

    Infinite where no difference is a number, and for texts and booleans.
    """
    equal = (old == new) | (old.isna() & new.isna())
    numbers = all(s.dtype.kind in "iuf" for s in (old, new))
    moved = (old - new).abs().fillna(np.inf) if numbers else np.inf
    return np.where(equal, 0.0, moved)
