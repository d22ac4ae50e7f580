"""What a user should know of merged visits, in one line each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from ddlib.merge.calibration import kish
from ddlib.merge.collinear import collinear_notes
from ddlib.merge.design import Design
from ddlib.merge.regression import Regression
from ddlib.merge.remarks import TOO_SMALL, shortfall
from ddlib.merge.scarce import scarce_notes
from ddlib.merge.worth import about
from ddlib.tables import Note
from ddlib.tables.faults import note, some, warning
from ddlib.visits.model import NEXT, NOW, STATIC, Part, VisitModel
from ddlib.visits.panel import ordered
from ddlib.visits.schedule import Limits
from ddlib.visits.tasks import Asked

SHOWN = 5  # pairs of columns that a line lists


def remarks(
    asked: Asked,
    model: VisitModel,
    draws: Sequence[np.ndarray],
    questions: Mapping[str, Regression],
    worth: Mapping[str, float],
    weights: np.ndarray,
) -> tuple[Note, ...]:
    """Return the lines, warnings first.

    Args:
        asked: the real visits, and what is asked of them.
        model: their law.
        draws: the visits with what is missing drawn.
        questions: task -> what it asks.
        worth: task -> complete real rows that the new ones are worth.
        weights: of the new visits, `(n,)`.
    """
    visits, names = asked.visits, asked.schema.names
    designs = [question.design for question in questions.values()]
    notes = [
        *collinear_notes(designs, draws, names),
        *scarce_notes(asked.tasks, visits.schema, visits.codes),
        *_untold(asked, designs, draws),
        *_unseen(model),
        *_mixing(model),
        *Limits.of(visits).told(visits),
    ]
    line = "visits of one person depend on one another: standard errors are clustered by person "
    line += f"({visits.num_people} people, {len(visits)} visits); what is missing is drawn as if "
    line += "visits were independent, so that they may be a fifth too small where much is missing"
    notes.append(note(line))
    for text, question in questions.items():
        most = question.num_rows
        line = f"{text}: worth about {about(worth[text], most)} complete visits of the {most} real "
        notes.append(note(f"{line}ones, for this task alone"))
    line = f"weights from {weights.min():.2f} to {weights.max():.2f}, mean 1: as uneven as those "
    line += f"of {kish(weights):.0f} of {len(weights)} visits; leave them in when you fit a model"
    notes.append(note(line))
    return ordered(notes)


def _untold(asked: Asked, designs: Sequence[Design], draws: Sequence[np.ndarray]) -> Iterator[Note]:
    """Yield a warning on the terms of each task that its visits tell nothing of."""
    for task, design in zip(asked.tasks, designs, strict=True):
        whole = Design.of(task, asked.schema, draws)
        if left_out := [term for term in whole.terms if term not in design.terms]:
            line = f"{task.text}: no coefficient of {some(left_out, SHOWN)}, as the visits it is "
            line += "learnt from do not differ in that: merged visits tell nothing of it either"
            columns = [asked.schema.names[int(j)] for j in whole.columns]
            terms = zip(whole.terms[1:], columns, strict=True)
            about = dict.fromkeys(name for term, name in terms if term in left_out)
            yield warning(line, [*about])


def _unseen(model: VisitModel) -> list[Note]:
    """Return a warning on pairs of columns that no visit, or it and the next one, shows."""
    law = model.windows
    parts = [part for part in law.margins if part[0]]
    places = {part: place for place, part in enumerate(law.margins)}
    pairs = [
        f"{_told(a)} and {_told(b)}"
        for i, a in enumerate(parts)
        for b in parts[i + 1 :]
        if not law.known[places[a], places[b]] and (a[0] != NEXT or b[0] != NEXT)
    ]
    if not pairs:
        return []
    shown = ", ".join(pairs[:SHOWN])
    more = f" and {len(pairs) - SHOWN} more" if len(pairs) > SHOWN else ""
    line = f"never seen together: {shown}{more}; taken as independent given all other columns, "
    line += "which the data can neither confirm nor refute"
    return [warning(line, list(dict.fromkeys(name for _, name in parts)))]


def _told(part: Part) -> str:
    """Return the words for a column of a window."""
    return part[1] if part[0] in (NOW, STATIC) else f"next({part[1]})"


def _mixing(model: VisitModel) -> list[Note]:
    """Return a warning on draws that follow one another too closely."""
    num_draws, apart = len(model.windows.states), model.windows.mixing.apart
    small = shortfall(num_draws * apart, num_draws)
    if small <= TOO_SMALL:
        return []
    line = f"the {num_draws} draws of what is missing resemble one another: of the pair of columns "
    line += f"that is known least they tell as much as {num_draws * apart:.2g} independent ones, "
    line += f"so that standard errors may be too small by up to {100 * small:.0f} %; "
    line += "ask for more draws (--draws)"
    return [warning(line)]
