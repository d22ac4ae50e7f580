r"""What rows are worth: how many real ones would answer a task as well.

With $\bar s$ the mean score of the rows (`ddlib.merge.question`), $b$ the share by which what is
missing adds to the answer's variance (Li, Raghunathan and Rubin 1991), and n real rows behind it,

$$N=\frac{\operatorname{E}|s|^2}{(1+b)\operatorname{E}|s|^2/n+|\bar s|^2}
=\frac{n}{1+b+n|\bar s|^2/\operatorname{E}|s|^2}:$$

N complete patients, drawn anew, would put the answer as far from the truth, in the mean. Rows of
which the equations hold exactly are worth n/(1 + b) for their task: all that the sources tell.
"""

from __future__ import annotations

import math

import numpy as np

from ddlib.merge.question import Question


def loss(question: Question, codes: np.ndarray, weights: np.ndarray | None = None) -> float:
    """Return by how much the answer of rows is worse than the pooled one, in nats a row.

    Args:
        question: the task.
        codes: rows as they are written, `(m, p)`.
        weights: `(m,)`, 1 unless told.
    """
    return float(np.square(question.mean_score(codes, weights)).sum() / 2)


def about(rows: float, most: float = math.inf) -> str:
    """Return a number of rows as it is told: two digits, since more are not known.

    Args:
        rows: what some rows are worth, above 0.
        most: rows that there are, beyond which none is rounded.
    """
    rounded = float(f"{rows:.2g}")
    if rounded > most:
        unit = 10.0 ** (math.floor(math.log10(rows)) - 1)
        rounded = float(f"{math.floor(rows / unit) * unit:.2g}")
    return f"{rounded:.0f}" if rounded >= 10 else f"{rounded:g}"


def worth(question: Question, codes: np.ndarray, weights: np.ndarray | None = None) -> float:
    """Return how many complete real rows these rows are worth for a task.

    Args:
        question: the task.
        codes: rows as they are written, `(m, p)`.
        weights: `(m,)`, 1 unless told.
    """
    n = question.num_rows
    off = 2 * loss(question, codes, weights)
    return n / (1 + question.missing + n * off / question.spread)
