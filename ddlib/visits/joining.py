"""Rows of one person at one time become one visit, if they agree."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from ddlib.tables import Column, Schema
from ddlib.tables.columns import value_text
from ddlib.tables.faults import Findings, number_of
from ddlib.visits.panel import steps

MOST_LINES = 5  # on cells that do not agree


@dataclass(frozen=True, eq=False)
class Rows:
    """n rows of long tables as they came.

    Attributes:
        codes: `(n, p)`, NaN where missing.
        person: number of each row's person, `(n,)`.
        time: of each row, `(n,)`.
        site: index of its table, `(n,)`.
        places: numbers of the rows over all tables as they came, `(n,)`.
    """

    codes: np.ndarray
    person: np.ndarray
    time: np.ndarray
    site: np.ndarray
    places: np.ndarray

    def take(self, rows: np.ndarray) -> Rows:
        """Return some rows.

        Args:
            rows: their indices.
        """
        return Rows(*(values[rows] for values in vars(self).values()))


def at_all_visits(rows: Rows, keys: pd.Series) -> tuple[Rows, pd.Series, int]:
    """Return rows of which those without a time stand at all visits of their people.

    Args:
        rows: some of which have NaN as their time.
        keys: what the tables call the people.

    Returns:
        The rows with a time, then the others at each time of their people; the keys of the people
        who have a time; and how many of the rows are of the others.
    """
    timed = rows.take(np.nonzero(~np.isnan(rows.time))[0])
    still = rows.take(np.nonzero(np.isnan(rows.time))[0])
    visits = np.unique(np.column_stack([timed.person, timed.time]), axis=0)
    starts, ends = (np.searchsorted(visits[:, 0], still.person, side) for side in ("left", "right"))
    counts = ends - starts
    spread = still.take(np.repeat(np.arange(len(counts)), counts))
    spread = replace(spread, time=visits[np.repeat(starts, counts) + steps(counts), 1])
    pairs = zip(vars(timed).values(), vars(spread).values(), strict=True)
    whole = Rows(*(np.concatenate(pair) for pair in pairs))
    people, person = np.unique(whole.person, return_inverse=True)
    return replace(whole, person=person), keys.iloc[people].reset_index(drop=True), len(spread.time)


def joined(
    rows: Rows,
    schema: Schema,
    keys: pd.Series,
    called: Callable[[int], str],
    found: Findings,
    *,
    timed: bool = True,
) -> tuple[Rows, int]:
    """Return rows in the order of people and times, those of one person at one time as one.

    A cell is missing where all of them lack it. Where they have different values, `found` gets a
    fault.

    Args:
        rows: of visits.
        schema: of the codes.
        keys: what the tables call the people.
        called: returns the words for a row, by its place.
        found: gets the faults.
        timed: whether people have several times.

    Returns:
        The rows; and how many of those that came were joined to another.
    """
    # Rows of a visit stand in the order of their values, so that the order of tables tells nothing.
    order = np.lexsort([*np.nan_to_num(rows.codes, nan=-np.inf).T, rows.time, rows.person])
    rows = rows.take(order)
    new = np.append(True, (np.diff(rows.person) != 0) | (np.diff(rows.time) != 0))
    starts = np.nonzero(new)[0]
    if len(starts) == len(rows.codes):
        return rows, 0
    low = np.fmin.reduceat(rows.codes, starts, axis=0)
    high = np.fmax.reduceat(rows.codes, starts, axis=0)
    visit = np.cumsum(new) - 1
    odd = np.argwhere(low < high)
    for place, j in odd[:MOST_LINES]:
        group = np.nonzero(visit == place)[0]
        found.faults.append(_line(rows.take(group), int(j), schema, keys, called, timed=timed))
    if len(odd) > MOST_LINES:
        line = f"{number_of(len(odd) - MOST_LINES, 'cell')} more of one person that do not agree; "
        line += f"must agree, or the column of people must be another, if {len(keys)} are too few"
        found.faults.append(line)
    first = rows.take(starts)
    whole = Rows(low, first.person, first.time, first.site, first.places)
    return whole, len(rows.codes) - len(starts)


def _line(
    rows: Rows,
    j: int,
    schema: Schema,
    keys: pd.Series,
    called: Callable[[int], str],
    *,
    timed: bool,
) -> str:
    """Return the line on the rows of one visit that have different values in a column."""
    column = schema.without_keys().columns[j]
    codes = rows.codes[:, j]
    ends = sorted((np.nanargmin(codes), np.nanargmax(codes)), key=lambda row: rows.places[row])
    told = " and ".join(called(int(rows.places[row])) for row in ends)
    values = " and ".join(value_of(column, codes[row]) for row in ends)
    who = value_text(keys.iloc[int(rows.person[0])])
    at = " at one time" if timed else ""
    return f"{told}: column {column.name!r}: {values} for one person ({who}){at}; must agree"


def value_of(column: Column, code: float) -> str:
    """Return a code as it is written in a file.

    Args:
        column: whose code.
        code: of a cell.
    """
    return value_text(column.decode(np.array([code])).iloc[0])
