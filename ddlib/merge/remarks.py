"""What a user should know of merged rows, in one line each."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ddlib.merge.calibration import kish
from ddlib.merge.model import Model
from ddlib.merge.question import Question
from ddlib.tables import Note

SHOWN = 5  # pairs of columns that a line lists


def remarks(
    model: Model,
    questions: Mapping[str, Question],
    worth: Mapping[str, float],
    loss: Mapping[str, float],
    method: str,
    weights: np.ndarray,
) -> tuple[Note, ...]:
    """Return the lines, warnings first.

    Args:
        model: the law of the rows.
        questions: task -> what it asks.
        worth: task -> complete real rows that the rows are worth.
        loss: task -> nats a row that are lost.
        method: how the rows were chosen.
        weights: of the rows, `(m,)`.
    """
    notes = [*_unseen(model), *_mixing(model)]
    for text, question in questions.items():
        line = f"{text}: worth {worth[text]:.0f} complete rows of the {question.num_rows} real ones"
        if method not in ("calibrated", "exact moments"):
            most = question.num_rows / (1 + question.missing)
            line += f"; with weights {most:.0f} ({loss[text]:.2g} nats a row are lost without)"
        notes.append(Note("note", line))
    if method == "calibrated":
        line = (
            f"weights from {weights.min():.2f} to {weights.max():.2f}, mean 1: as uneven as those "
            f"of {kish(weights):.0f} of {len(weights)} rows; leave them in when you fit a model"
        )
        notes.append(Note("note", line))
    elif method != "exact moments":
        line = f"no weights: rows chosen by the method {method!r}, the best on the real rows"
        notes.append(Note("note", line))
    return tuple(notes)


def _unseen(model: Model) -> list[Note]:
    """Return a warning on pairs of columns that no row shows together."""
    names = model.schema.names
    pairs = [(names[i], names[j]) for i, j in np.argwhere(np.triu(~model.copula.seen))]
    if not pairs:
        return []
    shown = ", ".join(f"{a} and {b}" for a, b in pairs[:SHOWN])
    more = f" and {len(pairs) - SHOWN} more" if len(pairs) > SHOWN else ""
    line = (
        f"never seen together: {shown}{more}; taken as independent given all other columns, which "
        "the data can neither confirm nor refute"
    )
    return [Note("warning", line, tuple(dict.fromkeys(name for pair in pairs for name in pair)))]


def _mixing(model: Model) -> list[Note]:
    """Return a warning on draws that resemble one another."""
    mixing = model.copula.mixing
    if mixing.apart >= 1:
        return []
    line = (
        f"the draws of what is missing resemble one another (worth {mixing.apart:.1g} of one "
        "another for the worst pair of columns): standard errors may be too small"
    )
    return [Note("warning", line)]
