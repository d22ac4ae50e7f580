"""The audit: recompute stored rows, and compare to the last bit.

Rows are promised to come out alike where the arithmetic is the one they were computed with (see
`ddlib.kernels`, `ddlib.arithmetic`). A changed number is then a fault of the code or of the store,
and must not pass silently. Where the arithmetic is another, nothing is promised; `loose` compares
these rows too, within the tolerances of the columns.
"""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ddlib.arithmetic import fingerprint
from ddlib.config import ParameterError
from ddlib.experiments.base import Experiment
from ddlib.experiments.registry import EXPERIMENTS, find_experiment
from ddlib.store import Store, config_hash
from ddlib.stored import Stored, StoreError


@dataclass(frozen=True)
class Plan:
    """Which stored configs an audit takes, of how many, and what they cost in seconds.

    `exact` is how many of each experiment were computed with the arithmetic of this process.
    """

    chosen: list[Stored]
    exact: dict[str, int]
    total: int
    total_seconds: float

    @property
    def seconds(self) -> float:
        """Recorded cost of the chosen configs."""
        return sum(map(_cost, self.chosen))

    @property
    def share(self) -> str:
        """Which part of all that is stored is recomputed: configs, and their computing time."""
        count, time = len(self.chosen), self.seconds / (self.total_seconds or 1.0)
        return (
            f"{count} of {self.total} stored configs ({count / self.total:.1%}, {time:.1%} of "
            "their computing time)"
        )


def plan(
    store: Store, *, seconds: float, seed: str, count: int | None = None, loose: bool = False
) -> Plan:
    """Return a random choice of stored configs whose recorded cost adds up to about `seconds`.

    At least one config, and of each experiment one as long as the budget has room for it, at most
    `count`. Rows of another version of their experiment cannot be recomputed and are left out;
    so are those of another arithmetic, unless `loose`. Raises `ValueError` for impossible numbers,
    and `StoreError` where nothing is left.
    """
    if not seconds > 0:
        raise ValueError(f"seconds = {seconds}: must be above 0, or inf for all")
    if count is not None and count < 1:
        raise ValueError(f"count = {count}: must be at least 1")
    records = [stored for stored in store.records() if _is_current(stored)]
    if not records:
        raise StoreError(f"{', '.join(map(str, store.folders))}: no stored rows to audit")
    comparable = [stored for stored in records if loose or promised(stored)]
    if not comparable:
        raise StoreError(
            f"audit: none of {len(records)} stored configs has the arithmetic of this process, "
            f"{fingerprint()}; --loose compares them within tolerances (python -m ddlib runs on "
            "the kernels that the rows of the book were computed with, on x86-64 Linux)"
        )
    random.Random(seed).shuffle(comparable)
    comparable.sort(key=_turn(comparable).get)
    chosen, taken = [], Counter()
    for stored in comparable:
        cost = _cost(stored)
        full = count is not None and taken[stored.experiment] >= count
        if full or (chosen and cost > seconds):
            continue
        chosen.append(stored)
        taken[stored.experiment] += 1
        seconds -= cost
    total_seconds = sum(map(_cost, records))
    exact = {stored.experiment: 0 for stored in records}
    for stored in filter(promised, records):
        exact[stored.experiment] += 1
    return Plan(chosen, exact, len(records), total_seconds)


def promised(stored: Stored) -> bool:
    """Return whether the rows were computed with the arithmetic of this process."""
    return stored.provenance.get("arithmetic") == fingerprint()


def recompute(stored: Stored) -> list[str]:
    """Recompute the stored rows of one config; return a line for each column that came out other.

    Raises `StoreError` when they do not lie under their own experiment and hash.
    """
    experiment = find_experiment(stored.provenance["experiment"])
    try:
        config = experiment.config.from_stored(stored.provenance["config"])
    except ParameterError as error:
        place = f"{stored.path}: {stored.experiment}/{stored.hash}"
        raise StoreError(f"{place}: holds an impossible config: {error}") from error
    own = (experiment.name, config_hash(config))
    if (stored.experiment, stored.hash) != own:
        raise StoreError(f"{stored.path}: holds rows of {'/'.join(own)}, not its own")
    fresh = experiment.compute(config)
    return compare(experiment, stored.rows, fresh, exact=promised(stored))


def compare(
    experiment: Experiment, stored: pd.DataFrame, fresh: pd.DataFrame, *, exact: bool
) -> list[str]:
    """Return a line for each column whose values came out other, with the worst pair of them.

    With `exact` any difference counts but for columns of infinite tolerance, which are times; else
    what exceeds the column's tolerance.
    """
    if list(stored.columns) != list(fresh.columns) or len(stored) != len(fresh):
        return [f"stored {stored.shape} of {list(stored)}, new {fresh.shape} of {list(fresh)}"]
    lines = []
    for name, column in experiment.columns.items():
        old, new = stored[name], fresh[name].reset_index(drop=True)
        allowed = column.tolerance if not exact or np.isinf(column.tolerance) else 0.0
        apart = _distance(old, new, signed=exact)
        if exact and old.dtype != new.dtype:
            lines.append(f"column {name}: stored as {old.dtype}, new as {new.dtype}")
        elif apart.max(initial=0.0) > allowed:
            worst = int(apart.argmax())
            lines.append(
                f"column {name}, row {worst}: stored {old.iloc[worst]!r}, new {new.iloc[worst]!r}, "
                f"allowed difference {allowed:g}"
            )
    return lines


def _cost(stored: Stored) -> float:
    """Return the recorded cost in seconds; 0 where none is recorded."""
    return float(stored.provenance.get("seconds", 0.0))


def _is_current(stored: Stored) -> bool:
    """Return whether the rows are of the version of their experiment that the code has."""
    current = EXPERIMENTS.get(stored.provenance["experiment"])
    return current is not None and stored.provenance["version"] == current.version


def _turn(records: list[Stored]) -> dict[Stored, bool]:
    """Return False for the first config of each experiment, which goes first, True for others."""
    seen: set[str] = set()
    turn = {}
    for stored in records:
        turn[stored] = stored.experiment in seen
        seen.add(stored.experiment)
    return turn


def _distance(old: pd.Series, new: pd.Series, *, signed: bool) -> np.ndarray:
    """Return how far each value moved `(n,)`: 0 for equal ones, NaN and None too, else |old-new|.

    Infinite where no difference is a number, for texts and booleans, and, with `signed`, between
    0.0 and -0.0.
    """
    equal = (old == new) | (old.isna() & new.isna())
    numbers = all(s.dtype.kind in "iuf" for s in (old, new))
    if numbers and signed:
        turned = (old == 0) & (np.signbit(old) != np.signbit(new))
        return np.where(turned, np.inf, _distance(old, new, signed=False))
    moved = (old - new).abs().fillna(np.inf) if numbers else np.inf
    return np.where(equal, 0.0, moved)
