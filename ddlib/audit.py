"""The audit: recompute a random sample of stored rows, and compare.

A changed number is a fault of the code or of the store; either way it must not pass silently.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ddlib.experiments.base import Experiment
from ddlib.experiments.registry import EXPERIMENTS, find_experiment
from ddlib.store import Store, config_hash
from ddlib.stored import Stored, StoreError


@dataclass(frozen=True)
class Audited:
    """One stored config that was recomputed, and what came out otherwise (empty: nothing)."""

    stored: Stored
    config: dict
    differences: tuple[str, ...]


def sample(store: Store, *, seconds: float, seed: int) -> list[Stored]:
    """Return a random choice of stored configs whose recorded cost adds up to about `seconds`.

    At least one config, and of each experiment one as long as the budget has room for it; rows of
    another version of their experiment cannot be recomputed and are left out.
    """
    records = list(store.records())
    random.Random(seed).shuffle(records)
    first: dict[str, Stored] = {}
    rest: list[Stored] = []
    for stored in records:
        current = EXPERIMENTS.get(stored.provenance["experiment"])
        if current is None or stored.provenance["version"] != current.version:
            continue
        if first.setdefault(current.name, stored) is not stored:
            rest.append(stored)
    chosen: list[Stored] = []
    for stored in [*first.values(), *rest]:
        cost = stored.provenance["seconds"]
        if not chosen or cost <= seconds:
            chosen.append(stored)
            seconds -= cost
    return chosen


def recompute(stored: Stored) -> Audited:
    """Recompute the stored rows of one config and compare them with what is stored.

    Raises `StoreError` when they do not lie under their own experiment and hash.
    """
    experiment = find_experiment(stored.provenance["experiment"])
    config = experiment.config.from_stored(stored.provenance["config"])
    own = (experiment.name, config_hash(config))
    if (stored.experiment, stored.hash) != own:
        raise StoreError(f"{stored.path}: holds rows of {'/'.join(own)}, not its own")
    differences = tuple(compare(experiment, stored.rows, experiment.compute(config)))
    return Audited(stored, stored.provenance["config"], differences)


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
