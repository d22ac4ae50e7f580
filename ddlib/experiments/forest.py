"""The score of random forests on patients kept aside: learners without estimating equations."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
from sklearn.metrics import r2_score, roc_auc_score

from ddlib.merge.design import Design
from ddlib.merge.rivals import Rows

TREES = 50
LEAST_OF_LEAF = 5  # rows


def forest_score(
    design: Design, tables: Sequence[Rows], test: np.ndarray, filled: np.ndarray, *, seed: int
) -> float:
    """Return AUC or R² of the mean prediction of a forest trained on each table.

    Args:
        design: of a task with one outcome.
        tables: codes and weights to learn from.
        test: codes `(t, p)`, NaN where missing.
        filled: the same without a missing cell.
        seed: of the trees.
    """
    y, x = design.response(test)[:, 0], design.matrix(filled)
    fitted = [_predicted(design, codes, weights, x, seed) for codes, weights in tables]
    score = r2_score if design.task.learned == "linear" else roc_auc_score
    return float(score(y, np.mean(fitted, axis=0)))


def _predicted(
    design: Design, codes: np.ndarray, weights: np.ndarray, x: np.ndarray, seed: int
) -> np.ndarray:
    """Return the prediction at x of a forest trained on rows."""
    settings: dict[str, Any] = {
        "n_estimators": TREES,
        "min_samples_leaf": LEAST_OF_LEAF,
        "random_state": seed % 2**32,
    }
    terms, y = design.matrix(codes), design.response(codes)[:, 0]
    if design.task.learned == "linear":
        return RandomForestRegressor(**settings).fit(terms, y, weights).predict(x)
    forest = RandomForestClassifier(**settings).fit(terms, y, weights)
    return np.asarray(forest.predict_proba(x))[:, 1]
