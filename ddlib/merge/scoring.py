"""The score of each rival on real rows that nobody saw: AUC, R², or the log-density of a cell.

A row is scored where its own target is seen; inputs that it lacks are filled by the training mean,
for all rivals alike.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from sklearn.metrics import roc_auc_score

from ddlib.merge.design import Design
from ddlib.merge.equations import fit
from ddlib.merge.estimators import LEARNERS
from ddlib.merge.formula import TableTask
from ddlib.merge.pooling import PENALTY
from ddlib.merge.rivals import Rivalry, Rows, fill

MEASURES = {
    "logistic": "AUC",
    "multinomial": "mean AUC of the levels",
    "linear": "R²",
    "density": "nats per cell",
}
"""What a score is, by what a task learns; higher is better. Nats are of a normal density."""


def score(rivalry: Rivalry, task: TableTask, test: np.ndarray) -> pd.DataFrame:
    """Return the score of each rival on rows that it has not seen.

    Args:
        rivalry: rows to train on.
        task: what is predicted.
        test: codes `(t, p)`, NaN where missing.

    Returns:
        Columns task, measure, rival and score.
    """
    design = Design.of(task, rivalry.schema, rivalry.model.draws)
    if design.target >= 0:
        test = test[~np.isnan(test[:, design.target])]
    judge = density if task.learned == "density" else prediction
    known = rivalry.codes
    found = {
        rival: judge(design, rows, test, fill(test, known, rivalry.schema)) if rows else np.nan
        for rival, rows in rivalry.tables(task).items()
    }
    table = pd.DataFrame({"rival": [*found], "score": [*found.values()]})
    return table.assign(task=task.text, measure=MEASURES[task.learned])


def prediction(
    design: Design, tables: Sequence[Rows], test: np.ndarray, filled: np.ndarray
) -> float:
    """Return how well the mean prediction of a learner trained on each table is.

    Args:
        design: of the task.
        tables: codes and weights to learn from.
        test: codes `(t, p)`, NaN where missing.
        filled: the same without a missing cell.
    """
    learner = LEARNERS[design.task.learned]
    y = design.response(test)
    mean = np.zeros_like(y)
    for codes, weights in tables:
        theta = fit(learner, design.matrix(codes), design.response(codes), weights, penalty=PENALTY)
        mean += learner.predict(theta, design.matrix(filled)) / len(tables)
    if design.task.learned == "linear":
        return 1 - float(np.square(y - mean).mean() / y.var()) if y.var() > 0 else np.nan
    if design.task.learned == "multinomial":
        y, mean = (np.column_stack([1 - each.sum(1), each]) for each in (y, mean))
    varied = [c for c in range(y.shape[1]) if 0 < y[:, c].mean() < 1]
    return float(np.mean([roc_auc_score(y[:, c], mean[:, c]) for c in varied] or [np.nan]))


def density(design: Design, tables: Sequence[Rows], test: np.ndarray, filled: np.ndarray) -> float:
    """Return the mean log-density of what test rows show, per cell, of a normal law of the rows.

    Args:
        design: of the task.
        tables: codes and weights to learn from.
        test: codes `(t, p)`, NaN where missing.
        filled: the same without a missing cell.
    """
    moments = [_moments(design.matrix(codes), weights) for codes, weights in tables]
    centre = np.mean([mean for mean, _ in moments], axis=0)
    square = np.mean([second for _, second in moments], axis=0) - np.outer(centre, centre)
    # One pseudo-row of independent terms: a rare level may be in none of the rows.
    count = sum(len(codes) for codes, _ in tables) / len(tables)
    square = (count * square + np.eye(len(square))) / (count + 1)
    shown = ~np.isnan(test[:, design.columns])
    x = design.matrix(filled) - centre
    total = 0.0
    for pattern in np.unique(shown, axis=0):
        rows = x[(shown == pattern).all(1)][:, pattern]
        root = np.linalg.cholesky(square[np.ix_(pattern, pattern)])
        z = np.linalg.solve(root, rows.T)
        total -= np.square(z).sum() / 2 + len(rows) * np.log(root.diagonal()).sum()
    return float(total / shown.sum() - np.log(2 * np.pi) / 2)


def _moments(x: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return first and second moments of rows."""
    return np.average(x, axis=0, weights=weights), x.T @ (x * weights[:, None]) / weights.sum()
