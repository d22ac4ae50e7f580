"""The share of worlds in which a claim comes out as it does in ours.

A world is one combination of our own free choices: how networks are drawn, how noisy the sources
are, what a learner is told. Each has few data sets, so a single world is no test: it counts as
passed where its median lies on the claim's side of the threshold.
"""

from __future__ import annotations

import pandas as pd

from ddlib.claims.claim import Reading
from ddlib.claims.evidence import SEED, differences
from ddlib.claims.verdict import threshold_of
from ddlib.runs.store import Store

READ = "read"
"""Column of the choice that is no setting of the rows."""


def worlds_of(reading: Reading, *, store: Store) -> pd.DataFrame:
    """Return the median of a reading in each of its worlds, and whether it passes.

    Args:
        reading: has worlds.
        store: has their rows.

    Returns:
        A row per world and setting: the names of the choices, `read`, `median` in the unit of the
        reading (logarithms for a ratio), `seeds`, and `passed`.

    Raises:
        ValueError: for a reading without worlds.
        EvidenceError: for rows that are not stored.
    """
    if not reading.worlds:
        raise ValueError(f"reading = {reading.name!r}: has no worlds; must have at least one")
    logarithm = reading.statistic == "ratio"
    tables = [
        differences(world.plus, world.minus, logarithm=logarithm, store=store).assign(
            **{READ: world.name}
        )
        for world in reading.worlds
    ]
    table = pd.concat(tables, ignore_index=True)
    choices = [name for name in table.columns if name not in (SEED, "value")]
    found = table.groupby(choices, sort=False)["value"].agg(median="median", seeds="count")
    found = found.reset_index()
    beyond = found["median"] - threshold_of(reading)
    return found.assign(passed=beyond > 0 if reading.side == "above" else beyond < 0)


def shares(worlds: pd.DataFrame, *, by: str) -> pd.DataFrame:
    """Return how many worlds pass at each level of each choice, for each value of one of them.

    Args:
        worlds: as `worlds_of` returns it.
        by: the setting that is told apart, such as `IPC`.

    Returns:
        Columns `by`, `choice`, `level`, `passed` and `worlds`; the choice `all` has all of them.
    """
    choices = [n for n in worlds.columns if n not in (by, "median", "seeds", "passed")]
    rows = []
    for value, part in worlds.groupby(by, sort=False):
        rows.append((value, "all", "", int(part["passed"].sum()), len(part)))
        for choice in choices:
            for level, some in part.groupby(choice, sort=False):
                rows.append((value, choice, _level(level), int(some["passed"].sum()), len(some)))
    return pd.DataFrame(rows, columns=[by, "choice", "level", "passed", "worlds"])


def _level(level: object) -> str:
    """Return a level of a choice in words."""
    return f"{level:g}" if isinstance(level, float) else str(level)
