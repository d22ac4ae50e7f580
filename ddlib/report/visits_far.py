"""Warnings on columns and schedules of merged visits that are far from the real ones.

Visits of a person depend on one another: as much as if each person had a single one, at most.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from ddlib.html.samples import Sample
from ddlib.report.chance import apart
from ddlib.report.comparison import Comparison
from ddlib.tables import Column, Note
from ddlib.tables.faults import some, warning
from ddlib.visits import Visits
from ddlib.visits.schedule import schedules

MOST_FAR = 8  # columns that a warning lists


def far_notes(compared: Comparison, people: int, odd: Sequence[str] = ()) -> Iterator[Note]:
    """Yield a warning on columns that are farther from the real ones than chance among people.

    Args:
        compared: real and merged visits.
        people: that were made.
        odd: what of their schedules is too far as well, in words.
    """
    far: list[str] = []
    for place, column in enumerate(compared.columns):
        merged = Sample(compared.merged[:, place], compared.weights)
        others = Sample(*compared.drawn(place))
        if apart(column, merged, others, seed=compared.seed, size=people).beyond:
            far.append(column.name)
    if far or odd:
        told = ", ".join([*odd, *([some(far, MOST_FAR)] if far else [])])
        line = f"{told}: merged visits are farther from the real ones than 95 % of "
        line += f"samples of {people} real people would be, as they are made for their tasks "
        yield warning(f"{line}alone; more people (--rows) come nearer", far)


def far_schedule(new: Visits, real: Visits, seed: int) -> list[str]:
    """Return what of the schedules is farther from the real ones than chance among people.

    Args:
        new: merged visits, whose people count alike.
        real: real ones.
        seed: of the samples of real people.
    """
    far: list[str] = []
    known = schedules(real)
    for name, own in schedules(new).items():
        samples = (Sample(values, np.ones(len(values))) for values in (own, known[name]))
        if apart(Column(name, "number"), *samples, seed=seed).beyond:
            far.append(name)
    return far
