"""The audit: recompute stored rows, and compare to the last bit.

Rows are promised to come out alike where the arithmetic is the one they were computed with (see
`ddlib.kernels`, `ddlib.runs.arithmetic`). A changed number is then a fault of the code or of the
store, and must not pass silently. Where the arithmetic is another, nothing is promised; `loose`
compares these rows too, within the tolerances of the columns.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from ddlib.arguments import count_faults, fault, is_number, raise_faults
from ddlib.config import ParameterError
from ddlib.experiments.registry import EXPERIMENTS, find_experiment
from ddlib.runs.store import FOREIGN, Store, config_hash
from ddlib.runs.stored import Stored, StoreError


@dataclass(frozen=True)
class Plan:
    """Which stored configs an audit takes, of how many, and what they cost.

    Attributes:
        chosen: the stored rows to recompute.
        exact: experiment -> how many of its stored configs were computed with the arithmetic of
            this process.
        total: how many configs are stored.
        total_seconds: what they cost together.
    """

    chosen: list[Stored]
    exact: dict[str, int]
    total: int
    total_seconds: float

    @property
    def seconds(self) -> float:
        """The recorded cost of the chosen configs, in core-seconds."""
        return sum(map(_cost, self.chosen))

    @property
    def share(self) -> str:
        """The part of all that is stored which is recomputed: configs, and their computing time."""
        count, time = len(self.chosen), self.seconds / (self.total_seconds or 1.0)
        return (
            f"{count} of {self.total} stored configs ({count / self.total:.1%}, {time:.1%} of "
            "their computing time)"
        )


def plan(
    store: Store, *, seconds: float, seed: str, count: int | None = None, loose: bool = False
) -> Plan:
    """Return a random choice of stored configs.

    Of each experiment there is one as long as the budget has room for it, and at least one in all.
    Rows of another version of their experiment cannot be recomputed and are left out.

    Args:
        store: what is audited.
        seconds: about what the choice costs, by the recorded costs; infinite for all configs.
        seed: text that decides the choice.
        count: how many configs of an experiment are taken at most; any number unless told.
        loose: whether rows of another arithmetic are taken too.

    Raises:
        ValueError: for impossible numbers.
        StoreError: for a damaged file, and where nothing is left to be recomputed.
    """
    raise_faults(limit_faults(seconds, count))
    records = [stored for stored in store.records() if _is_current(stored)]
    if not records:
        raise StoreError(f"{', '.join(map(str, store.folders))}: no stored rows to audit")
    exact = {stored.experiment: 0 for stored in records}
    for stored in filter(promised, records):
        exact[stored.experiment] += 1
    comparable = [stored for stored in records if loose or promised(stored)]
    if not comparable:
        raise StoreError(
            f"audit: none of {len(records)} stored configs has the arithmetic of this process, "
            f"{own_arithmetic()}; must be run with --loose, which compares within tolerances, or "
            "on the kernels of the book's rows: those of ddlib on x86-64 Linux"
        )
    chosen = _sample(comparable, seconds=seconds, seed=seed, count=count)
    return Plan(chosen, exact, len(records), sum(map(_cost, records)))


def limit_faults(
    seconds: object, count: object, names: tuple[str, str] = ("seconds", "count")
) -> list[str]:
    """Return what is wrong with the limits of an audit.

    Args:
        seconds: about what it may cost.
        count: how many configs of an experiment are taken at most; None for any number.
        names: of the two, for the lines.
    """
    faults: list[str] = []
    if not (is_number(seconds) and seconds > 0):
        faults.append(fault(names[0], seconds, "a number above 0, or inf for all"))
    return faults + ([] if count is None else count_faults(names[1], count, 1))


def own_arithmetic() -> str:
    """Return the fingerprint of the arithmetic of this process."""
    # Brings torch; that there are no rows to audit is told without.
    from ddlib.runs.arithmetic import fingerprint

    return fingerprint()


def promised(stored: Stored) -> bool:
    """Return whether rows were computed with the arithmetic of this process.

    Args:
        stored: the rows.
    """
    return stored.provenance.get("arithmetic") == own_arithmetic()


def recompute(stored: Stored) -> list[str]:
    """Recompute the stored rows of one config.

    Args:
        stored: the rows.

    Returns:
        A line for each column that came out other.

    Raises:
        StoreError: for rows that do not lie under their own experiment and hash.
    """
    experiment = find_experiment(stored.provenance["experiment"])
    try:
        config = experiment.config.from_stored(stored.provenance["config"])
    except ParameterError as error:
        place = f"{stored.path}: {stored.experiment}/{stored.hash}"
        raise StoreError(f"{place}: holds an impossible config: {error}") from error
    own = f"{experiment.name}/{config_hash(config)}"
    held = f"{stored.experiment}/{stored.hash}"
    if held != own:
        raise StoreError(f"{stored.path}: holds rows of {own}; must hold those of {held}")
    if (now := config.foreign_sources()) != (then := stored.provenance.get(FOREIGN, {})):
        raise StoreError(f"{stored.path}: {held}: holds rows of the code {then}; must be {now}")
    # Brings pandas; what is wrong with the store is told without.
    from ddlib.runs.comparison import compare

    fresh = experiment.compute(config)
    return compare(experiment, stored.rows, fresh, exact=promised(stored))


def recompute_all(chosen: Sequence[Stored]) -> int:
    """Recompute stored rows, and print what came out; return how many configs changed.

    Args:
        chosen: the rows of some configs.

    Raises:
        StoreError: as `recompute` does.
    """
    changed = 0
    for stored in chosen:
        differences = recompute(stored)
        verdict = "changed" if differences else "same"
        print(f"  {stored.experiment}/{stored.hash}: {verdict}", flush=True)
        for line in differences:
            print(f"    {stored.experiment} {stored.provenance['config']}: {line}")
        changed += bool(differences)
    return changed


def _sample(
    records: Sequence[Stored], *, seconds: float, seed: str, count: int | None
) -> list[Stored]:
    """Return a random choice of about this cost, of each experiment at most `count`."""
    shuffled = list(records)
    random.Random(seed).shuffle(shuffled)
    later = _turn(shuffled)
    shuffled.sort(key=lambda stored: later[stored])
    chosen: list[Stored] = []
    taken: Counter[str] = Counter()
    for stored in shuffled:
        cost = _cost(stored)
        full = count is not None and taken[stored.experiment] >= count
        if full or (chosen and cost > seconds):
            continue
        chosen.append(stored)
        taken[stored.experiment] += 1
        seconds -= cost
    return chosen


def _cost(stored: Stored) -> float:
    """Return the recorded cost in seconds; 0 where none is recorded."""
    return float(stored.provenance.get("seconds", 0.0))


def _is_current(stored: Stored) -> bool:
    """Return whether the rows are of the version of their experiment that the code has."""
    current = EXPERIMENTS.get(stored.provenance["experiment"])
    return current is not None and stored.provenance["version"] == current.version


def _turn(records: Sequence[Stored]) -> dict[Stored, bool]:
    """Return False for the first config of each experiment, which goes first, True for others."""
    seen: set[str] = set()
    turn = {}
    for stored in records:
        turn[stored] = stored.experiment in seen
        seen.add(stored.experiment)
    return turn
