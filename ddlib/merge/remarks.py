"""What a user should know of merged rows, in one line each."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import count

import numpy as np

from ddlib.merge.calibration import kish
from ddlib.merge.model import Model
from ddlib.merge.question import Question
from ddlib.merge.refit import refit
from ddlib.merge.regression import Regression
from ddlib.merge.worth import about
from ddlib.tables import Note

SHOWN = 5  # pairs of columns that a line lists
TOO_SMALL = 0.05  # share by which standard errors may be too small, without a word
LEAST_FACTOR = 0.98  # of correlations, from which on it goes without saying


def remarks(
    model: Model,
    questions: Mapping[str, Question],
    worth: Mapping[str, float],
    loss: Mapping[str, float],
    method: str,
    codes: np.ndarray,
    weights: np.ndarray,
) -> tuple[Note, ...]:
    """Return the lines, warnings first.

    Args:
        model: the law of the rows.
        questions: task -> what it asks.
        worth: task -> complete real rows that the rows are worth.
        loss: task -> nats a row that are lost.
        method: how the rows were chosen.
        codes: the rows as they are written, `(m, p)`.
        weights: of the rows, `(m,)`.
    """
    notes = [*_unseen(model), *_mixing(model), *_shrinkage(model)]
    weighted = method in ("calibrated", "exact moments")
    if not weighted:
        notes += _refits(questions, codes, weights)
    for text, question in questions.items():
        rows = question.num_rows
        line = (
            f"{text}: worth about {about(worth[text], rows)} complete rows of the {rows} "
            "real ones, for this task alone"
        )
        if not weighted:
            most = about(rows / (1 + question.missing), rows)
            line += f"; with weights {most} ({loss[text]:.2g} nats per row are lost without)"
        notes.append(Note("note", line))
    if method == "calibrated":
        line = (
            f"weights from {weights.min():.2f} to {weights.max():.2f}, mean 1: use them when you "
            f"fit a model; they make means of the {len(weights)} rows vary as those of "
            f"{kish(weights):.0f} rows without weights would"
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


def _refits(
    questions: Mapping[str, Question], codes: np.ndarray, weights: np.ndarray
) -> list[Note]:
    """Return what fits to rows without weights find, a warning where that is something else."""
    notes = []
    for text, question in questions.items():
        if not isinstance(question, Regression):
            continue
        found = refit(question.pooled, codes, weights)
        line = f"{text}: {found.told}"
        if found.usable:
            notes.append(Note("note", line))
        else:
            line += "; do not learn this task from them: make rows with weights, or more rows"
            notes.append(Note("warning", line))
    return sorted(notes, key=lambda note: note.level != "warning")


def _shrinkage(model: Model) -> list[Note]:
    """Return a note on correlations that few rows tell, and that are taken as weaker."""
    shown = (~np.isnan(model.codes)).astype(np.int64)
    together = shown.T @ shown
    fewest = together[together > 0].min()
    factor = fewest / (fewest + model.copula.prior_rows)
    if factor >= LEAST_FACTOR:
        return []
    line = (
        f"correlations in the model are shrunk towards 0, by the factor {factor:.3g} where "
        f"{fewest} rows show a pair of columns, and less where more do: few rows overstate them"
    )
    return [Note("note", line)]


def _mixing(model: Model) -> list[Note]:
    """Return a warning on draws that follow one another too closely."""
    num_draws, apart = len(model.draws), model.copula.mixing.apart
    small = shortfall(num_draws * apart, num_draws)
    if small <= TOO_SMALL:
        return []
    enough = next(m for m in count(10, 10) if shortfall(m * apart, m) <= TOO_SMALL)
    line = (
        f"the {num_draws} draws of what is missing resemble one another: of the pair of columns "
        f"that is known least they tell as much as {num_draws * apart:.2g} independent ones, so "
        f"that standard errors may be too small by up to {100 * small:.0f} %; ask for "
        f"{enough} draws or more"
    )
    return [Note("warning", line)]


def shortfall(worth: float, num_draws: int) -> float:
    r"""Return the share by which a standard error from draws that depend on one another is small.

    M draws of a stationary chain whose mean varies as that of k independent ones have a sample
    variance of mean $\sigma^2(1-1/k)/(1-1/M)$. With what is certain in it, a standard error falls
    short by less.

    Args:
        worth: k, above 0; more than M counts as M.
        num_draws: M, at least 2.
    """
    found = max(1 - 1 / min(worth, num_draws), 0.0) / (1 - 1 / num_draws)
    return 1 - found**0.5
