"""Slices of time: a person's visits side by side, as a dynamic network has them, and back.

Slices are visits by their number, or bins of time. Of several visits in a bin one is left: the last
value that each column has there, at the time of the last visit. Tables are read in bins, so that
levels, changing columns and numbers of people are those of the visits that are left.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from ddlib.visits.joining import Rows
from ddlib.visits.panel import Visits

SLACK = 1e-9  # of a time, as rounding leaves it: a time at the edge of a bin is in the later one


@dataclass(frozen=True, eq=False)
class Slices:
    """P people, whose visits stand in T slices.

    Attributes:
        codes: `(P, T, p)`, NaN where missing and behind a person's last visit; a network takes the
            changing columns as they are.
        time: of each visit, `(P, T)`, NaN behind a person's last one.
        visits: from which they were cut.
    """

    codes: np.ndarray
    time: np.ndarray
    visits: Visits


def to_slices(visits: Visits) -> Slices:
    """Return visits by their number: the k-th of each person in slice k.

    Args:
        visits: of P people.
    """
    people, most = visits.num_people, int(visits.counts.max(initial=0))
    codes = np.full((people, most, visits.codes.shape[1]), np.nan)
    time = np.full((people, most), np.nan)
    codes[visits.person, visits.number] = visits.codes
    time[visits.person, visits.number] = visits.time
    return Slices(codes, time, visits)


def to_long(slices: Slices) -> Visits:
    """Return slices as visits, the same people with as many visits at the same times.

    Args:
        slices: as `to_slices` returns them, perhaps with other codes and times.
    """
    person, number = np.nonzero(~np.isnan(slices.time))
    return replace(
        slices.visits,
        codes=slices.codes[person, number],
        person=person,
        time=slices.time[person, number],
    )


def binned(rows: Rows, width: float) -> tuple[Rows, int]:
    """Return rows of which one stands in each bin of time, counted from a person's first row.

    Args:
        rows: any number in a bin, in the order of people and times.
        width: of the bins, above 0, in units of the time; days, of dates.

    Returns:
        The rows; and how many of those that came were joined to another.
    """
    new = np.append(True, np.diff(rows.person) != 0)
    since = (rows.time - rows.time[new][np.cumsum(new) - 1]) / width
    bins = np.floor(since + SLACK * (1 + since))  # 0.3 by 0.1 is a little below 3
    again = np.append(False, (np.diff(bins) == 0) & ~new[1:])
    codes = rows.codes.copy()
    for row in np.nonzero(again)[0]:  # what a visit lacks, the one before it in the bin has
        codes[row] = np.where(np.isnan(codes[row]), codes[row - 1], codes[row])
    last = np.nonzero(~np.append(again[1:], False))[0]
    return replace(rows, codes=codes).take(last), int(again.sum())
