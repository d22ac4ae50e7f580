r"""From rows of a table to what a learner sees: a design matrix and a response.

Numbers, counts and dates enter by their value, and so do binary and ordered columns whose levels
are numbers; the levels of other ordered ones are counted, from 0. A category enters by an indicator
of each level but the first. Each term is centred and scaled, by what all sources show, so that a
penalty means the same for each; `own_units` takes coefficients back. In them a coefficient is per
unit of its column, per level of an ordered one of words, per day of a date.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from ddlib.merge.formula import TableTask
from ddlib.tables import Column, Schema

INTERCEPT = "intercept"
_NONE = np.empty(0)


@dataclass(frozen=True, eq=False)
class Design:
    """The q terms of a task, the intercept among them, and its response.

    Attributes:
        task: what is learnt.
        terms: names of the q terms, such as "age" or "sex = f"; the density has no intercept.
        columns: which column of the codes each term but the intercept reads, `(d,)`.
        levels: the level that it indicates, `(d,)`, NaN where it is no indicator.
        values: what each code from 0 on stands for, `(L,)` for each of the d; empty where a code
            stands for itself.
        centre: of each, `(d,)`.
        scale: of each, `(d,)`, above 0.
        target: which column of the codes is the response; −1 for the density.
        outcomes: names of what a response can be, levels of the target but the first, or the
            target alone.
        numbers: what each code of a target with levels stands for, where it is predicted as a
            number; empty else.
        origin: response that counts as 0, in the target's units.
        unit: what counts as 1.
    """

    task: TableTask
    terms: tuple[str, ...]
    columns: np.ndarray
    levels: np.ndarray
    values: tuple[np.ndarray, ...]
    centre: np.ndarray
    scale: np.ndarray
    target: int
    outcomes: tuple[str, ...]
    numbers: np.ndarray
    origin: float
    unit: float

    @classmethod
    def of(cls, task: TableTask, schema: Schema, draws: Sequence[np.ndarray]) -> Design:
        """Return the design of a task.

        Args:
            task: as `parse_task` returns it.
            schema: columns of the codes.
            draws: complete codes `(n, p)`, which say what is centre and scale.
        """
        columns = schema.without_keys().columns
        index = {column.name: i for i, column in enumerate(columns)}
        found = [t for name in task.inputs for t in _terms(index[name], columns[index[name]])]
        where = np.array([place for _, place, _ in found], dtype=int)
        levels = np.array([level for _, _, level in found])
        own = tuple(level_numbers(columns[place]) for place in where)
        pooled = np.concatenate(list(draws))
        centre, scale = _moments(_values(pooled, where, levels, own))
        names = tuple(name for name, _, _ in found)
        if task.learned == "density":
            response = (-1, (), _NONE, 0.0, 1.0)
            return cls(task, names, where, levels, own, centre, scale, *response)
        target = index[task.target]
        outcomes, numbers, origin, unit = (task.target,), _NONE, 0.0, 1.0
        if task.learned == "linear":
            numbers = level_numbers(columns[target])
            origins, units = _moments(_valued(pooled[:, [target]], numbers))
            origin, unit = float(origins[0]), float(units[0])
        else:
            outcomes = tuple(f"{task.target} = {level}" for level in columns[target].levels[1:])
        names = (INTERCEPT, *names)
        response = (target, outcomes, numbers, origin, unit)
        return cls(task, names, where, levels, own, centre, scale, *response)

    def told_by(self, draws: Sequence[np.ndarray]) -> Design:
        """Return the design without terms that rows cannot tell from the intercept.

        Those have one value in all rows; of a category whose first level no row has, the next one
        takes its place.

        Args:
            draws: complete codes `(n, p)`.
        """
        pooled = np.concatenate(list(draws))
        values = _values(pooled, self.columns, self.levels, self.values)
        kept = np.ptp(values, axis=0) > 0
        for place in np.unique(self.columns[~np.isnan(self.levels)]):
            own = np.nonzero(kept & (self.columns == place))[0]
            if len(own) and (values[:, own].sum(1) == 1).all():
                kept[own[0]] = False
        if kept.all():
            return self
        start = len(self.terms) - len(kept)  # the intercept, where there is one
        return replace(
            self,
            terms=(*self.terms[:start], *np.array(self.terms[start:], dtype=object)[kept]),
            columns=self.columns[kept],
            levels=self.levels[kept],
            values=tuple(own for own, keep in zip(self.values, kept, strict=True) if keep),
            centre=self.centre[kept],
            scale=self.scale[kept],
        )

    @property
    def num_coefficients(self) -> int:
        """The number of coefficients, q for each outcome; 0 for the density."""
        return len(self.terms) * len(self.outcomes)

    def matrix(self, codes: np.ndarray) -> np.ndarray:
        """Return the terms of rows, `(n, q)`, centred and scaled, the intercept first.

        Args:
            codes: complete, `(n, p)`.
        """
        values = _values(codes, self.columns, self.levels, self.values)
        values = (values - self.centre) / self.scale
        if self.target < 0:
            return values
        return np.column_stack([np.ones(len(codes)), values])

    def response(self, codes: np.ndarray) -> np.ndarray:
        """Return the response of rows, `(n, k)`: an indicator of each outcome, or the number.

        Args:
            codes: complete, `(n, p)`.
        """
        if self.target < 0:
            return np.empty((len(codes), 0))
        values = codes[:, [self.target]]
        if self.task.learned == "linear":
            return (_valued(values, self.numbers) - self.origin) / self.unit
        return (values == np.arange(1, len(self.outcomes) + 1)).astype(np.float64)

    def own_units(self, theta: np.ndarray) -> np.ndarray:
        """Return coefficients `(k, q)` in the columns' own units.

        Args:
            theta: coefficients of `matrix` for `response`, `(k, q)`.
        """
        raw = theta.reshape(-1, len(self.terms)) @ self.map.T
        raw[:, 0] += self.origin
        return raw

    @property
    def map(self) -> np.ndarray:
        """The linear part of `own_units` on the coefficients of an outcome, `(q, q)`."""
        slopes = np.diag(np.concatenate([[1.0], 1 / self.scale]))
        slopes[0, 1:] = -self.centre / self.scale
        return self.unit * slopes


def _terms(place: int, column: Column) -> list[tuple[str, int, float]]:
    """Return name, place and level of the terms of a column."""
    if column.kind == "binary" and not _is_number(column.levels[-1]):
        return [(f"{column.name} = {column.levels[-1]}", place, np.nan)]
    if column.kind != "category":
        return [(column.name, place, np.nan)]
    named = list(enumerate(column.levels))[1:]
    return [(f"{column.name} = {level}", place, float(i)) for i, level in named]


def _is_number(level: object) -> bool:
    """Whether a level is a number, as truth values are too."""
    return isinstance(level, bool | int | float | np.number | np.bool_)


def level_numbers(column: Column) -> np.ndarray:
    """Return the levels of a binary or ordered column that are numbers, none of other columns.

    Args:
        column: of a table.
    """
    if column.kind == "category" or not all(map(_is_number, column.levels)):
        return _NONE
    return np.array(column.levels, dtype=np.float64)


def _values(
    codes: np.ndarray, columns: np.ndarray, levels: np.ndarray, values: tuple[np.ndarray, ...]
) -> np.ndarray:
    """Return the terms as they are without centre and scale, `(n, d)`."""
    taken = codes[:, columns]
    for term, own in enumerate(values):
        taken[:, term] = _valued(taken[:, term], own)
    return np.where(np.isnan(levels), taken, taken == levels)


def _valued(codes: np.ndarray, own: np.ndarray) -> np.ndarray:
    """Return what codes stand for; a mean of codes stands for a mean of levels."""
    return np.interp(codes, np.arange(len(own)), own) if len(own) else codes


def _moments(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return centre and scale `(d,)` of columns; the scale of a constant is 1."""
    scale = values.std(0)
    return values.mean(0), np.where(scale > 0, scale, 1.0)
