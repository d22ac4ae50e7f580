"""When people are visited: the times that visits can have, and how schedules differ from real ones.

A static column may bound the times of its people's visits: none comes after the end of follow-up.
Where no real visit is beyond such a column, no new one is.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ddlib.tables import Note
from ddlib.tables.faults import note, some
from ddlib.visits.panel import Visits

SHARES = (0.0, 0.1, 0.25, 0.5, 0.75, 0.9)
"""Quantiles of the real schedules, of which new people keep the shares below."""
COUNT = "visits a person"
LAST = "time of the last visit"


@dataclass(frozen=True)
class Limits:
    """Between which times visits are.

    Attributes:
        low: of all real visits.
        high: likewise.
        starts: places of the static columns that no visit comes before.
        ends: of those that no visit comes after.
    """

    low: float
    high: float
    starts: tuple[int, ...]
    ends: tuple[int, ...]

    @classmethod
    def of(cls, visits: Visits) -> Limits:
        """Return the limits that all real visits keep.

        A column that says no more than the times of all visits do is none.

        Args:
            visits: real ones.
        """
        kinds = ("date",) if visits.clock.kind == "date" else ("number", "count")
        time, starts, ends = visits.time, [], []
        for place, column in enumerate(visits.schema.columns):
            codes = visits.codes[:, place]
            seen = ~np.isnan(codes)
            if column.name in visits.changing or column.kind not in kinds or not seen.any():
                continue
            if (codes >= time)[seen].all() and codes[seen].min() < time.max():
                ends.append(place)
            elif (codes <= time)[seen].all() and codes[seen].max() > time.min():
                starts.append(place)
        return cls(float(time.min()), float(time.max()), tuple(starts), tuple(ends))

    def of_people(self, codes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the earliest and the latest time of each person, `(P,)`.

        Args:
            codes: of all columns, `(P, p)`.
        """
        bounds = np.full((2, len(codes), 1), [[[self.low]], [[self.high]]])
        low, high = (
            np.hstack([bound, codes[:, list(places)]])
            for bound, places in zip(bounds, (self.starts, self.ends), strict=True)
        )
        return low.max(1), high.min(1)

    def told(self, visits: Visits) -> list[Note]:
        """Return a note on the columns that bound the times of new visits, if there are any.

        Args:
            visits: real ones.
        """
        return [
            note(f"no merged visit comes {side} {some(names)}, as no real one does", names)
            for side, places in (("before", self.starts), ("after", self.ends))
            if (names := [visits.schema.names[place] for place in places])
        ]


def schedules(visits: Visits) -> dict[str, np.ndarray]:
    """Return what is told of each person's schedule, by name, `(P,)` each.

    Args:
        visits: of P people.
    """
    return {COUNT: visits.counts, LAST: visits.time[visits.last]}


def off_schedule(visits: Visits, real: Visits) -> np.ndarray:
    """Return by how much each new person's schedule differs from the real ones, `(P, s)`.

    The columns are the number of visits and the last time, in deviations from their means, and
    whether they are below quantiles, less the share of real people who are. Of people like the
    real ones all columns have mean 0.

    Args:
        visits: of P new people.
        real: of real ones.
    """
    parts: list[np.ndarray] = []
    for own, known in zip(schedules(visits).values(), schedules(real).values(), strict=True):
        parts.append((own - known.mean()) / (known.std() or 1.0))
        cuts = np.unique(np.quantile(known, SHARES))
        parts += [(own <= cut) - (known <= cut).mean() for cut in cuts]
    return np.column_stack(parts)
