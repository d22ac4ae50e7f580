"""What may be wrong with what merged rows tell, beyond how many rows they are worth."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ddlib.merge.collinear import collinear_notes
from ddlib.merge.model import Model
from ddlib.merge.question import Question
from ddlib.merge.scarce import scarce_notes
from ddlib.tables import Note


def with_cautions(
    notes: Iterable[Note], model: Model, questions: Mapping[str, Question]
) -> tuple[Note, ...]:
    """Return notes on merged rows with those on what their user should look at, warnings first.

    Args:
        notes: that there are already.
        model: the law of the rows.
        questions: task -> what it asks.
    """
    designs = [question.design for question in questions.values()]
    told = [
        *collinear_notes(designs, model.draws, model.schema.names),
        *scarce_notes([design.task for design in designs], model.schema, model.codes),
        *notes,
    ]
    return tuple(sorted(told, key=lambda entry: entry.level != "warning"))
