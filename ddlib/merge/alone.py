"""Coefficients of a task from each table alone, beside those of all tables with the same inputs.

A table alone knows nothing of the model that joins the tables. Where its complete rows tell
something else, by more than chance, either the tables are of different people or the model does not
fit: a target that is computed from other columns, say, is blurred by it. Standard errors know of
neither.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from ddlib.merge.design import INTERCEPT, Design
from ddlib.merge.equations import NoOptimum
from ddlib.merge.formula import TableTask
from ddlib.merge.pooling import PENALTY, Pooled, pool
from ddlib.tables import Note, Schema
from ddlib.tables.faults import warning

LEAST_ROWS = 40  # complete rows of a table, or it tells nothing
PER_COEFFICIENT = 5  # of them, for each coefficient
LEAST_OF_LEVEL = 10  # rows of each level of the target
CLEAR = 1.96  # standard errors from 0, beyond which a sign is clear
LARGEST = 4.0  # difference, in standard errors of the table's own, that chance may make
SHOWN = 3  # coefficients that a warning names


@dataclass(frozen=True, eq=False)
class Alone:
    """What one table tells of a task, and what all do.

    Attributes:
        label: of the table.
        num_rows: complete rows that it is learnt from.
        own: its coefficients, of the inputs that it has.
        every: those of all tables with the same inputs.
    """

    label: str
    num_rows: int
    own: Pooled
    every: Pooled

    @property
    def apart(self) -> np.ndarray:
        """By how many of its own standard errors each coefficient is above that of all, `(k, q)`.

        That of the intercept is 0: it is another one for other people.
        """
        off = (self.own.estimate - self.every.estimate) / self.own.standard_error
        return np.where(np.array(self.own.design.terms) == INTERCEPT, 0.0, off)

    @property
    def opposed(self) -> np.ndarray:
        """Which coefficients have a clear sign in the table, and clearly the other one in all."""
        signs = [
            np.where(np.abs(found.estimate) > CLEAR * found.standard_error, found.estimate, 0.0)
            for found in (self.own, self.every)
        ]
        slope = np.array(self.own.design.terms) != INTERCEPT
        return (np.sign(signs[0]) * np.sign(signs[1]) < 0) & slope


def each_alone(
    task: TableTask, schema: Schema, sites: Mapping[str, np.ndarray], draws: Sequence[np.ndarray]
) -> list[Alone]:
    """Return what each table tells of a task that shows enough of it.

    Args:
        task: with coefficients.
        schema: of the codes.
        sites: label -> codes of a table, `(n, p)`, NaN where missing.
        draws: complete codes of all rows.
    """
    found: list[Alone] = []
    for label, codes in sites.items():
        own = _own_task(task, schema, codes)
        if own is None:
            continue
        design = Design.of(own, schema, draws)
        rows = codes[_complete(own, schema, codes)]
        if not _enough(design, rows):
            continue
        whole = np.where(np.isnan(rows), 0.0, rows)  # of columns that the task does not read
        try:
            # Two equal draws: nothing is missing.
            fitted = pool(design, [whole, whole], penalty=PENALTY)
            found.append(Alone(label, len(rows), fitted, pool(design, draws, penalty=PENALTY)))
        except NoOptimum:
            continue
    return found


def alone_notes(task: TableTask, found: Sequence[Alone]) -> list[Note]:
    """Return a warning on coefficients of which tables alone tell something else.

    Args:
        task: theirs.
        found: as `each_alone` returns it.
    """
    told = [
        (abs(one.apart[place]), opposed, _line(one, place))
        for one in found
        for place, opposed in np.ndenumerate(one.opposed)
        if opposed or abs(one.apart[place]) > LARGEST
    ]
    if not told:
        return []
    # Opposite signs first, then by size.
    lines = [line for *_, line in sorted(told, key=lambda each: (not each[1], -each[0]))]
    more = f"; and {len(lines) - SHOWN} more" if len(lines) > SHOWN else ""
    text = (
        f"{task.text}: a table alone tells something else than all do of "
        f"{'; '.join(lines[:SHOWN])}{more}: the tables differ there, or the model does not fit, as "
        "where a column is computed from others; standard errors know of neither"
    )
    return [warning(text, [task.target])]


def _line(one: Alone, place: tuple[int, ...]) -> str:
    """Return the words on a coefficient of which a table tells something else."""
    design = one.own.design
    term = design.terms[place[1]]
    of = f"{design.outcomes[place[0]]}: {term}" if len(design.outcomes) > 1 else term
    own, error = one.own.estimate[place], one.own.standard_error[place]
    every = one.every.estimate[place]
    sign = ", with the opposite sign" if one.opposed[place] else ""
    return f"{of} ({own:.2g} ± {error:.2g} in {one.label}, {every:.2g} in all{sign})"


def _own_task(task: TableTask, schema: Schema, codes: np.ndarray) -> TableTask | None:
    """Return the task with the inputs that a table has, None without its target or any input."""
    seen = (~np.isnan(codes)).sum(axis=0)
    shown = {name for name, count in zip(schema.names, seen.tolist(), strict=True) if count}
    inputs = tuple(name for name in task.inputs if name in shown)
    return replace(task, inputs=inputs) if inputs and task.target in shown else None


def _complete(task: TableTask, schema: Schema, codes: np.ndarray) -> np.ndarray:
    """Return which rows show all that a task reads, `(n,)`."""
    places = [schema.names.index(name) for name in (*task.inputs, task.target)]
    return np.isnan(codes[:, places]).sum(axis=1) == 0


def _enough(design: Design, rows: np.ndarray) -> bool:
    """Return whether complete rows tell anything of a task."""
    if len(rows) < max(LEAST_ROWS, PER_COEFFICIENT * design.num_coefficients):
        return False
    if design.task.learned == "linear":
        return True
    counts = np.bincount(rows[:, design.target].astype(int), minlength=1 + len(design.outcomes))
    return bool(counts.min() >= LEAST_OF_LEVEL)
