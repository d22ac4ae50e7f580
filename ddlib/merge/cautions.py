"""What may be wrong with what merged rows tell, beyond how many rows they are worth."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np

from ddlib.merge.collinear import collinear, collinear_notes
from ddlib.merge.model import Model
from ddlib.merge.question import Question
from ddlib.merge.scarce import scarce_notes
from ddlib.merge.unseen_cells import cell_notes
from ddlib.tables import Note
from ddlib.tables.faults import some


def with_cautions(
    notes: Iterable[Note], model: Model, questions: Mapping[str, Question], codes: np.ndarray
) -> tuple[Note, ...]:
    """Return notes on merged rows with those on what their user should look at, warnings first.

    Args:
        notes: that there are already.
        model: the law of the rows.
        questions: task -> what it asks.
        codes: of the merged rows, `(m, p)`.
    """
    designs = [question.design for question in questions.values()]
    told = [
        *collinear_notes(designs, model.draws, model.schema.names),
        *scarce_notes([design.task for design in designs], model.schema, model.codes),
        *notes,
    ]
    if model.real_rows is None:  # of rows that are not at hand no cells are known
        told += cell_notes(model.schema.columns, model.codes, codes)
    return tuple(sorted(told, key=lambda entry: entry.level != "warning"))


def of_tasks(model: Model, questions: Iterable[Question]) -> tuple[list[str], str]:
    """Return what rows are for, each task with its coefficients, and what makes do with fewer rows.

    Args:
        model: the law of the rows.
        questions: what they are for.
    """
    designs = [question.design for question in questions]
    tasks = [
        f"{design.task.text} of {design.num_coefficients} coefficients"
        if design.outcomes
        else design.task.text
        for design in designs
    ]
    for design in designs:
        for columns, _ in collinear(design, model.draws, model.schema.names):
            advice = (
                f"leave out one of {some(columns)}, which nearly follow from one another, as in "
                f"{design.task.text} - {columns[-1]}"
            )
            return tasks, advice
    return tasks, "name fewer columns in the task"
