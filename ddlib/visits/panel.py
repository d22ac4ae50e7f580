"""Visits of people: a long table as codes, one row a visit, static beside changing columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pandas as pd

from ddlib.tables import Column, Note, Schema


@dataclass(frozen=True, eq=False)
class Visits:
    """n visits of P people, those of a person one after the other in the order of time.

    Attributes:
        schema: the p columns besides those of people and time.
        changing: names of the columns that change between a person's visits; the others are
            static, and have one value in all visits of a person.
        codes: `(n, p)`, NaN where missing, see `Column`.
        person: number of each visit's person, from 0, `(n,)`.
        time: of each visit, ascending within a person, `(n,)`; of dates the days since 1970-01-01.
        site: index of the table that each visit is of, `(n,)`.
        keys: what the tables call the people, `(P,)`.
        labels: of the tables.
        rows: label of each table that was read -> its rows.
        name: of the column of people.
        clock: the column of time.
        bins: width of the bins of time of which a visit is each; None where they are not binned.
        notes: what a user should know, warnings first.
    """

    schema: Schema
    changing: tuple[str, ...]
    codes: np.ndarray
    person: np.ndarray
    time: np.ndarray
    site: np.ndarray
    keys: pd.Series
    labels: tuple[str, ...]
    rows: Mapping[str, int]
    name: str
    clock: Column
    bins: float | None = None
    notes: tuple[Note, ...] = ()

    def __len__(self) -> int:
        return len(self.codes)

    @property
    def num_people(self) -> int:
        """The number P of people."""
        return len(self.keys)

    @property
    def moves(self) -> np.ndarray:
        """Which columns change between visits, bool `(p,)`."""
        return np.isin(self.schema.names, self.changing)

    @cached_property
    def counts(self) -> np.ndarray:
        """The number of visits of each person, `(P,)`."""
        return np.bincount(self.person, minlength=self.num_people)

    @cached_property
    def first(self) -> np.ndarray:
        """The row of each person's first visit, `(P,)`."""
        return np.cumsum(self.counts) - self.counts

    @property
    def last(self) -> np.ndarray:
        """The row of each person's last visit, `(P,)`."""
        return self.first + self.counts - 1

    @property
    def number(self) -> np.ndarray:
        """The number of each visit among those of its person, from 0, `(n,)`."""
        return np.arange(len(self)) - self.first[self.person]

    @property
    def has_next(self) -> np.ndarray:
        """Which visits another one of the same person follows, bool `(n,)`."""
        return self.number + 1 < self.counts[self.person]

    @property
    def gap(self) -> np.ndarray:
        """The time from each visit to the next, `(n,)`, NaN where there is none."""
        return np.where(self.has_next, np.append(self.time[1:], np.nan) - self.time, np.nan)

    @property
    def where(self) -> str:
        """The words "in bins of 365" with a blank before; none where visits are not binned."""
        return "" if self.bins is None else f" in bins of {self.bins:g}"

    def following(self, codes: np.ndarray) -> np.ndarray:
        """Return what stands in the next visit of the same person, NaN where there is none.

        Args:
            codes: of the visits, `(n, k)`.
        """
        after = np.vstack([codes[1:], np.full((1, codes.shape[1]), np.nan)])
        return np.where(self.has_next[:, None], after, np.nan)

    def of_people(self) -> np.ndarray:
        """Return the codes of each person's first visit, static ones included, `(P, p)`."""
        return self.codes[self.first]

    def chosen(self, rows: np.ndarray) -> Visits:
        """Return some of the visits; people without one are left out.

        Args:
            rows: indices of visits, ascending.
        """
        people, person = np.unique(self.person[rows], return_inverse=True)
        return replace(
            self,
            codes=self.codes[rows],
            person=person,
            time=self.time[rows],
            site=self.site[rows],
            keys=self.keys.iloc[people].reset_index(drop=True),
        )

    def of(self, people: np.ndarray) -> Visits:
        """Return the visits of some people, in the order in which they are named.

        Args:
            people: their numbers, each once or more; who is named twice becomes two people.
        """
        counts = self.counts[people]
        rows = np.repeat(self.first[people], counts) + steps(counts)
        return replace(
            self,
            codes=self.codes[rows],
            person=np.repeat(np.arange(len(people)), counts),
            time=self.time[rows],
            site=self.site[rows],
            keys=self.keys.iloc[people].reset_index(drop=True),
        )

    def table(self) -> pd.DataFrame:
        """Return the long table, with the columns' own types: people, time, then all others."""
        rows = self.schema.decode(self.codes)
        keys = self.keys.iloc[self.person].reset_index(drop=True)
        rows.insert(0, self.clock.name, self.clock.decode(self.time))
        rows.insert(0, self.name, keys)
        return rows


def steps(counts: np.ndarray) -> np.ndarray:
    """Return 0, 1, … for each count, one after the other.

    Args:
        counts: whole numbers, at least 0.
    """
    return np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)


def ordered(notes: Sequence[Note]) -> tuple[Note, ...]:
    """Return notes, each once, warnings first.

    Args:
        notes: some of which may stand twice.
    """
    return tuple(sorted(dict.fromkeys(notes), key=lambda entry: entry.level != "warning"))
