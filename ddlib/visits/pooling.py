r"""Coefficients of tasks over visits, pooled over draws, with standard errors clustered by people.

Visits of a person depend on one another. With the scores $g_i$ of the rows at the estimate, $G$
people, curvature $H$ of the penalised loss and prior $\lambda P$ (`ddlib.merge.pooling`), the
variance within a draw is the sandwich

$$U=H^{-1}\Bigl(c\sum_{p}\bigl(\textstyle\sum_{i\in p}g_i\bigr)
\bigl(\textstyle\sum_{i\in p}g_i\bigr)^\top+\phi\lambda P\Bigr)H^{-1},\qquad
c=\frac{G}{G-1}\,\frac{n-1}{n-q}$$

(Liang and Zeger 1986), where $\phi$ is the dispersion: the prior's share is as without clusters.
Rubin's rules have G − 1 degrees of freedom.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from ddlib.merge.design import Design
from ddlib.merge.equations import fit, scores, shrinkage
from ddlib.merge.estimators import Estimator
from ddlib.merge.pooling import PENALTY, combine
from ddlib.merge.regression import Regression


def ask(design: Design, draws: Sequence[np.ndarray], people: np.ndarray) -> Regression:
    """Return the question of a task over visits, answered by all of them.

    Terms that these visits cannot tell from the intercept are left out.

    Args:
        design: terms and response.
        draws: complete codes `(n, p)` of the rows, at least two.
        people: number of each row's person, `(n,)`.
    """
    design = design.told_by(draws)
    question = Regression.of(design, draws, penalty=PENALTY)
    learner, pooled = question.pooled.learner, question.pooled
    raw: list[np.ndarray] = []
    variances: list[np.ndarray] = []
    for codes in draws:
        x, y = design.matrix(codes), design.response(codes)
        theta = fit(learner, x, y, penalty=PENALTY)
        raw.append(design.own_units(theta).ravel())
        own = np.kron(np.eye(len(theta)), design.map)
        covariance = sandwich(learner, theta, x, y, people, penalty=PENALTY)
        variances.append(np.einsum("ij,jk,ik->i", own, covariance, own))
    freedom = max(len(np.unique(people)) - 1, 1)
    found = combine(np.array(raw), np.array(variances), complete=freedom)
    shape = pooled.theta.shape
    clustered = replace(
        pooled,
        standard_error=np.sqrt(found.variance).reshape(shape),
        degrees_of_freedom=found.degrees_of_freedom.reshape(shape),
        missing_information=found.missing_information.reshape(shape),
    )
    return replace(question, pooled=clustered)


def sandwich(
    learner: Estimator,
    theta: np.ndarray,
    x: np.ndarray,
    y: np.ndarray,
    people: np.ndarray,
    *,
    penalty: float,
) -> np.ndarray:
    """Return the covariance of coefficients, `(k·q, k·q)`.

    Args:
        learner: whose coefficients.
        theta: the coefficients, `(k, q)`.
        x: terms `(n, q)`.
        y: responses `(n, k)`.
        people: number of each row's person, `(n,)`.
        penalty: λ.
    """
    ones, prior = np.ones(len(x)), np.diag(shrinkage(theta.shape, penalty))
    bread = np.linalg.inv(learner.information(theta, x, ones) + prior)
    rows = scores(learner, theta, x, y)
    _, place = np.unique(people, return_inverse=True)
    count, n = int(place.max()) + 1, len(x)
    sums = np.zeros((count, rows.shape[1]))
    np.add.at(sums, place, rows)
    factor = count / max(count - 1, 1) * (n - 1) / max(n - x.shape[1], 1)
    meat = factor * sums.T @ sums + learner.dispersion(theta, x, y, ones) * prior
    return bread @ meat @ bread
