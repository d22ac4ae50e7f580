"""Tables of several sites become one table of new rows, made for the tasks that are named."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from ddlib.arguments import MOST_ROWS, count_faults, fault, kind_faults, raise_faults
from ddlib.copula import Copula
from ddlib.merge.balance import Balanced, ExactMoments
from ddlib.merge.cautions import of_tasks, with_cautions
from ddlib.merge.choice import choose
from ddlib.merge.design import Design
from ddlib.merge.formula import TableTask, parse_tasks
from ddlib.merge.least import NO_WEIGHTS, TooFewRows, least_rows, works
from ddlib.merge.model import Model
from ddlib.merge.pooling import Pooled
from ddlib.merge.question import Question
from ddlib.merge.questions import ask
from ddlib.merge.regression import Regression
from ddlib.merge.remarks import remarks
from ddlib.merge.scarce import scarce_columns
from ddlib.merge.table_task import codes_of, run, table_task
from ddlib.merge.worth import loss, worth
from ddlib.problem import Distiller, NotApplicable
from ddlib.streams import stream
from ddlib.tables import Note, Schema, Sources
from ddlib.tasks.task import Task

CANDIDATES = 2000  # rows to choose from, at least
PER_ROW = 4  # candidates for each row that is wanted, at least
LAW_ROWS = 500  # rows of the model that judge a choice
WEIGHT = "weight"


@dataclass(frozen=True, eq=False, repr=False)
class Merged:
    """Rows made for tasks, and what they are worth.

    Attributes:
        rows: a table with the columns' own types, in which none of the rows is a patient's. Where
            there are weights, they are its last column.
        weight_column: the name of that column; None without weights.
        codes: the same rows as codes, `(m, p)`, without weights.
        schema: the columns, without keys.
        tasks: what the rows are made for.
        questions: task -> what it asks, with its answer.
        model: the law that they are drawn from.
        worth: task -> complete real rows that would answer it as well (`ddlib.merge.worth`).
        loss: task -> nats a row by which the rows' answer is worse than the pooled one; 0 where the
            equations hold.
        method: how the rows were chosen: "calibrated", "exact moments", or the name of the best
            method that gives no weights.
        notes: what a user should know, warnings first.
    """

    rows: pd.DataFrame
    weight_column: str | None
    codes: np.ndarray
    schema: Schema
    tasks: tuple[TableTask, ...]
    questions: Mapping[str, Question]
    model: Model
    worth: Mapping[str, float]
    loss: Mapping[str, float]
    method: str
    notes: tuple[Note, ...]

    def __repr__(self) -> str:
        """Return what there is, a task and a warning a line."""
        lines = [f"{len(self.rows)} merged rows of {len(self.rows.columns)} columns"]
        for text, rows in self.worth.items():
            real = self.questions[text].num_rows
            lines.append(f"{text}: worth {rows:.0f} complete real rows, of {real} read")
        lines += [f"warning: {note.text}" for note in self.notes if note.level == "warning"]
        return "\n".join(lines)

    @property
    def copula(self) -> Copula:
        """The law of the columns."""
        return self.model.copula

    @property
    def pooled(self) -> dict[str, Pooled]:
        """The coefficients of each task that has some, pooled over the draws."""
        asked = self.questions.items()
        return {text: each.pooled for text, each in asked if isinstance(each, Regression)}

    @property
    def weights(self) -> np.ndarray:
        """The weights of the rows, `(m,)`, 1 where there are none."""
        if self.weight_column is None:
            return np.ones(len(self.rows))
        return self.rows[self.weight_column].to_numpy()


def merge(
    sources: Sources,
    tasks: Sequence[str],
    *,
    num_rows: int = 100,
    weights: bool = True,
    num_draws: int = 10,
    min_count: int = 10,
    seed: int = 0,
) -> Merged:
    """Return rows made for tasks.

    Args:
        sources: as `read_sources` returns them.
        tasks: such as "died ~ .", "los ~ age + sex" or "density"; of columns that less than a
            fifth of the rows show, `.` takes those alone that are named beside it.
        num_rows: to make.
        weights: whether rows may have weights, with which the tasks' equations hold exactly. Rows
            for a density alone need none.
        num_draws: draws of what is missing, at least 2.
        min_count: real rows that each value of a number's margin is the mean of, at least; as in
            the settings of the sources.
        seed: of what is drawn; the same gives the same rows.

    Raises:
        TaskError: for tasks that these tables cannot have.
        TooFewRows: names the least number of rows that does.
        ValueError: for arguments out of their ranges.
        TypeError: for sources of a wrong kind.
    """
    _check(sources, min_count, setting_faults(num_rows, weights, num_draws, seed))
    parsed = parse_tasks(tasks, sources.schema, scarce_columns(sources.schema, sources.codes()[0]))
    model = Model.of(sources, num_draws=num_draws, seed=seed, min_count=min_count)
    return made_for(model, parsed, num_rows=num_rows, weights=weights)


def made_for(
    model: Model, tasks: Sequence[TableTask], *, num_rows: int, weights: bool = True
) -> Merged:
    """Return rows of a model made for tasks.

    Args:
        model: of the sources.
        tasks: as `parse_tasks` returns them.
        num_rows: to make.
        weights: whether rows may have weights.

    Raises:
        TooFewRows: names the least number of rows that does.
    """
    questions = asked(model, tasks)
    method, codes, found = _rows(model, tuple(questions.values()), num_rows, weights)
    rows, name = model.schema.decode(codes), None
    if weights and method != "exact moments":
        name = _free_name(model.schema.names)
        rows[name] = found
    merged = Merged(
        rows=rows,
        weight_column=name,
        codes=codes,
        schema=model.schema,
        tasks=tuple(tasks),
        questions=questions,
        model=model,
        worth={text: worth(q, codes, found) for text, q in questions.items()},
        loss={text: loss(q, codes, found) for text, q in questions.items()},
        method=method,
        notes=(),
    )
    told = remarks(model, questions, merged.worth, merged.loss, method, codes, found)
    return replace(merged, notes=with_cautions(told, model, questions, codes))


def asked(model: Model, tasks: Sequence[TableTask]) -> dict[str, Question]:
    """Return what tasks ask, with the answer of all sources, by their texts.

    Args:
        model: of the sources.
        tasks: as `parse_tasks` returns them.
    """
    designs = [Design.of(task, model.schema, model.draws) for task in tasks]
    return {
        design.task.text: ask(design, model.draws, num_rows=model.real_rows) for design in designs
    }


def setting_faults(num_rows: object, weights: object, num_draws: object, seed: object) -> list[str]:
    """Return what is wrong with arguments of `merge`, whatever the sources.

    Args:
        num_rows: at least 1.
        weights: True or False.
        num_draws: at least 2.
        seed: at least 0.
    """
    faults = [] if isinstance(weights, bool) else [fault("weights", weights, "True or False")]
    faults += count_faults("num_rows", num_rows, 1, most=MOST_ROWS) + count_faults(
        "num_draws", num_draws, 2
    )
    return faults + count_faults("seed", seed, 0)


def _check(sources: object, min_count: object, faults: Sequence[str]) -> None:
    """Raise for all arguments of `merge` that are impossible, but for the tasks."""
    kinds = kind_faults("sources", sources, Sources, "Sources, as read_sources returns them")
    raise_faults([*faults, *count_faults("min_count", min_count, 1)], kinds)


def _rows(
    model: Model, questions: tuple[Question, ...], num_rows: int, weights: bool
) -> tuple[str, np.ndarray, np.ndarray]:
    """Return how rows were chosen, their codes and their weights."""
    alone = all(question.design.task.learned == "density" for question in questions)
    exact = ExactMoments(model, questions[0]) if alone else Balanced(questions, weights)

    def make(count: int) -> tuple[np.ndarray, np.ndarray]:
        return _chosen(model, questions, exact, count)

    try:
        codes, found = make(num_rows)
    except NotApplicable as error:
        most = max(CANDIDATES // 2, PER_ROW * num_rows)
        likely = 1 + sum(question.design.num_coefficients for question in questions)
        least = least_rows(make, num_rows, most, likely=likely)
        tasks, advice = of_tasks(model, questions)
        plain = Balanced(questions, weighted=False)
        if weights and works(lambda count: _chosen(model, questions, plain, count), num_rows):
            advice += NO_WEIGHTS
        raise TooFewRows(num_rows, str(error), least, tasks, advice) from error
    if alone:
        return "exact moments", codes, found
    if weights:
        return "calibrated", codes, found
    best = choose(
        _task(model, questions, num_rows),
        questions,
        num_rows,
        generator=stream(model.seed, "choice"),
    )
    name = next(iter(best))
    return name, *codes_of(best[name].rows)


def _task(model: Model, questions: Sequence[Question], num_rows: int) -> Task:
    """Return the tasks with rows of the model to choose from, and others to judge a choice by."""
    return table_task(
        questions,
        model.sample(max(CANDIDATES, PER_ROW * num_rows), "candidates"),
        model.draws,
        validation=model.sample(LAW_ROWS, "validation rows"),
        test=model.sample(LAW_ROWS, "test rows"),
    )


def _chosen(
    model: Model, questions: tuple[Question, ...], method: Distiller, num_rows: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return the codes and the weights of the rows that a method chooses."""
    task = _task(model, questions, num_rows)
    return codes_of(run(task, method, num_rows, stream(model.seed, "choice")).rows)


def _free_name(names: Sequence[str]) -> str:
    """Return "weight", or "weight_1" and so on where columns have that name."""
    name, count = WEIGHT, 0
    while name in names:
        count += 1
        name = f"{WEIGHT}_{count}"
    return name
