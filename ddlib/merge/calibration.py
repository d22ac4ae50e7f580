r"""Weights near 1 that make estimating equations hold exactly on given rows, and rows fit for them.

Of rows with equations $s_i$ `(r,)`, those weights of mean 1 are wanted which are nearest to 1,

$$\min_w\sum_i w_i\log w_i,\qquad\sum_i w_is_i=0,\qquad\text{so that}\quad
w_i\propto\exp(\lambda^\top s_i)$$

(raking; Deville and Särndal 1992). $\lambda$ minimises $\log\sum_i\exp(\lambda^\top s_i)$, by
Newton's method. There are such weights where 0 is inside the convex hull of the $s_i$. Near its
border few rows carry most of the weight, and a learner hardly finds from them what the equations
say; rows that were exchanged beforehand so that the plain mean of $s_i$ is almost 0 stay far from
it.
"""

from __future__ import annotations

import numpy as np
from numpy.random import Generator

MAX_STEPS = 60
LEAST_STEP = 1e-9  # of a Newton step
TOLERANCE = 1e-13  # of the equations' weighted mean, in units of their deviation
DEPENDENT = 1e-9  # singular values below this share of the largest are those of no equation
SETTLED = 0.1  # deviation of what is left of an equation, below which others settle it
ROUNDING = 1e-9  # of a row's mean squared length, by which sums are told apart
SHARES = (
    0.3,
    0.1,
    0.03,
    0.01,
)  # of information beside scores, each time that all rows are looked at
TRIED = 64  # others that a row may give way to each time
LEAST_SHARE = 0.5  # of the rows, that Kish's effective number must reach
LEAST_WEIGHT = 0.01  # below, a row is given up rather than weighted: no weights would do


class NoWeights(ValueError):
    """No weights near 1 solve the equations on these rows."""


def kish(weights: np.ndarray) -> float:
    r"""Return $(\sum w)^2/\sum w^2$, the number of equal weights with as much spread (Kish 1965).

    Args:
        weights: `(m,)`, at least 0.
    """
    return float(weights.sum() ** 2 / np.square(weights).sum())


def calibrate(equations: np.ndarray) -> np.ndarray:
    """Return the weights `(m,)`, above 0 and of mean 1, nearest to 1 that solve equations.

    Args:
        equations: $s_i$, `(m, r)`; some may depend on others.

    Raises:
        NoWeights: where there are none, or they are far from 1: below 0.01, or Kish's number below
            half of the rows.
    """
    scale = np.sqrt(np.square(equations).mean(0))
    left, sizes, _ = np.linalg.svd(equations / np.where(scale > 0, scale, 1.0), full_matrices=False)
    s = left[:, sizes > DEPENDENT * sizes.max(initial=0.0)] * len(equations) ** 0.5
    if s.shape[1] >= len(s):
        raise NoWeights(f"{len(s)} rows for {s.shape[1]} equations; must be more rows")
    weights = _tilted(s)
    if kish(weights) < LEAST_SHARE * len(s) or weights.min() < LEAST_WEIGHT:
        raise NoWeights("weights: far from 1; must be more rows")
    return weights


def unsettled(extra: np.ndarray, required: np.ndarray) -> np.ndarray:
    """Return the map `(s, t)` to those combinations of columns that others leave open.

    What nearly follows from the others is left out, since the last digits might contradict them.

    Args:
        extra: of many rows, `(n, s)`, each of deviation about 1.
        required: of the same rows, `(n, r)`.
    """
    if not required.shape[1]:
        return np.eye(extra.shape[1])
    rest = extra - required @ np.linalg.lstsq(required, extra)[0]
    _, sizes, axes = np.linalg.svd(rest / len(rest) ** 0.5, full_matrices=False)
    return axes[sizes > SETTLED].T


def _tilted(s: np.ndarray) -> np.ndarray:
    """Return the weights exp(λᵀs), of mean 1, that make the mean of `s` (m, r) 0."""
    tilt = np.zeros(s.shape[1])
    value, weights = _potential(s, tilt)
    for _ in range(MAX_STEPS):
        gradient = weights @ s / len(s)
        if np.abs(gradient).max(initial=0.0) <= TOLERANCE or kish(weights) < 2:
            break
        curvature = s.T @ (s * weights[:, None]) / len(s) - np.outer(gradient, gradient)
        # Where there are no weights the potential falls for ever, and the curvature with it.
        step = np.linalg.lstsq(curvature, -gradient, rcond=1e-14)[0]
        size = 1.0
        while _potential(s, tilt + size * step)[0] > value + 1e-15 and size > LEAST_STEP:
            size /= 2
        tilt = tilt + size * step
        value, weights = _potential(s, tilt)
    if np.abs(weights @ s / len(s)).max(initial=0.0) > 100 * TOLERANCE:
        raise NoWeights("equations: no weights solve them on these rows; must be more rows")
    return weights


def _potential(s: np.ndarray, tilt: np.ndarray) -> tuple[float, np.ndarray]:
    """Return log mean exp(λᵀs) and the weights of mean 1."""
    exponents = s @ tilt
    top = exponents.max()
    raw = np.exp(exponents - top)
    return float(top + np.log(raw.mean())), raw / raw.mean()


def exchange(
    scores: np.ndarray, information: np.ndarray, count: int, *, generator: Generator
) -> np.ndarray:
    """Return indices `(count,)` of rows whose scores sum to almost 0, in ascending order.

    The start is a random subset. In turn each row gives way to that of `TRIED` random others
    which brings the sum nearest to 0, if one does (an exchange algorithm as in optimal design;
    Fedorov 1972). As the sum is soon small, a row gives way to one much like it alone, and what
    these numbers say nothing of stays as random as it was. Each time that all rows were looked at
    what they inform of counts less, since the scores come first.

    Args:
        scores: `(n, r)`, in units in which a sum's length is what counts.
        information: `(n, s)` of mean 0, likewise.
        count: rows to choose, at most n.
        generator: draws the subset and who is tried.
    """
    order = generator.permutation(len(scores))
    chosen, others = order[:count], order[count:]
    if len(others) == 0:
        return np.sort(chosen)
    for share in SHARES:
        features = np.hstack([scores, share * information])
        total = features[chosen].sum(0)
        # Lengths that differ by rounding alone are equal: ties are broken alike in other units.
        rounding = ROUNDING * np.square(features).sum(1).mean()
        for place in generator.permutation(count):
            tried = generator.integers(len(others), size=TRIED)
            moved = total - features[chosen[place]] + features[others[tried]]
            lengths = np.square(moved).sum(1)
            best = int((lengths <= lengths.min() + rounding).argmax())
            if lengths[best] < total @ total - rounding:
                total = moved[best]
                there = tried[best]
                chosen[place], others[there] = others[there], chosen[place]
    return np.sort(chosen)
