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

from collections.abc import Sequence

import numpy as np
from numpy.random import Generator

MAX_STEPS = 60
LEAST_STEP = 1e-9  # of a Newton step
TOLERANCE = 1e-13  # of the equations' weighted mean, in units of their deviation
SOLVED = 1e-11  # beyond, they do not hold
DEPENDENT = 1e-9  # singular values below this share of the largest are those of no equation
SETTLED = 0.1  # deviation of what is left of an equation, below which others settle it
ROUNDING = 1e-9  # of a row's mean squared length, by which sums are told apart
AGAINST = 0.1  # of the greatest, from which a row stands against those that were chosen
SHARES = (0.3, 0.1, 0.03, 0.01)
"""What information counts beside scores, pass after pass."""
GENTLE_SHARES = (1.0, 0.3)
"""Likewise, for rows in which rare levels stay as frequent as they are."""
TRIED = 64  # others that a row may give way to each time
LEAST_SHARE = 0.5  # of the rows, that Kish's effective number must reach
LEAST_WEIGHT = 0.01  # below, a row is given up rather than weighted: no weights would do


class NoWeights(ValueError):
    """No weights near 1 solve the equations on these rows.

    Attributes:
        tilt: direction `(r,)` in which the equations of all rows, but for small ones, are below 0
            or nearly so; None where there is no such reason.
    """

    def __init__(self, why: str, tilt: np.ndarray | None = None) -> None:
        """Keep the direction.

        Args:
            why: there are none.
            tilt: the direction.
        """
        super().__init__(why)
        self.tilt = tilt


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
    scale = np.where(scale > 0, scale, 1.0)
    _, sizes, axes = np.linalg.svd(equations / scale, full_matrices=False)
    kept = sizes > DEPENDENT * sizes.max(initial=0.0)
    basis = axes[kept].T / sizes[kept] * len(equations) ** 0.5 / scale[:, None]
    s = equations @ basis
    if s.shape[1] >= len(s):
        raise NoWeights(f"{len(s)} rows for {s.shape[1]} equations; must be more rows")
    tilt, weights = _tilted(s)
    # Where there are none, numbers may have overflowed on the way.
    if not np.abs(weights @ s / len(s)).max(initial=0.0) <= SOLVED:
        raise NoWeights("no weights solve the equations on these rows", basis @ tilt)
    if kish(weights) < LEAST_SHARE * len(s) or weights.min() < LEAST_WEIGHT:
        raise NoWeights("weights would be far from 1; must be more rows", basis @ tilt)
    return weights


def complete(
    equations: np.ndarray, chosen: np.ndarray, *, most: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return rows that some weights solve equations on, nearly those that were chosen; and these.

    Where all rows of a rare level have the same response, say, no weights do. Then the row that
    tells least gives way to one of the few that stand against the others.

    Args:
        equations: of all rows there are, `(N, r)`.
        chosen: indices of rows, `(m,)`.
        most: rows that may give way.

    Returns:
        Indices `(m,)`, ascending, and weights `(m,)`.

    Raises:
        NoWeights: as `calibrate` does.
    """
    chosen = np.sort(chosen)
    added: set[int] = set()
    while True:
        try:
            return chosen, calibrate(equations[chosen])
        except NoWeights as error:
            against = None if error.tilt is None else equations @ error.tilt
            if against is None or len(added) == most:
                raise
            others = np.setdiff1d(np.arange(len(equations)), chosen)
            highest = max(against[chosen].max(), AGAINST * against[others].max(initial=0.0))
            others = others[against[others] > highest]
            if not len(others):
                raise
            own = np.array([row for row in chosen if int(row) not in added])
            least = own[np.square(equations[own]).sum(1).argmin()]
            total = equations[chosen].sum(0) - equations[least]
            new = others[np.square(total + equations[others]).sum(1).argmin()]
            added.add(int(new))
            chosen = np.sort(np.where(chosen == least, new, chosen))


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


def _tilted(s: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return λ and the weights exp(λᵀs), of mean 1, that make the mean of `s` (m, r) 0, or try."""
    tilt = np.zeros(s.shape[1])
    value, weights = _potential(s, tilt)
    for _ in range(MAX_STEPS):
        gradient = weights @ s / len(s)
        if np.abs(gradient).max(initial=0.0) <= TOLERANCE or kish(weights) < 2:
            break
        curvature = s.T @ (s * weights[:, None]) / len(s) - np.outer(gradient, gradient)
        # Where there are no weights the potential falls for ever, and the curvature with it.
        try:
            step = np.linalg.lstsq(curvature, -gradient, rcond=1e-14)[0]
        except np.linalg.LinAlgError:
            break
        size = 1.0
        while not _potential(s, tilt + size * step)[0] <= value + 1e-15 and size > LEAST_STEP:
            size /= 2
        tilt = tilt + size * step
        value, weights = _potential(s, tilt)
    return tilt, weights


def _potential(s: np.ndarray, tilt: np.ndarray) -> tuple[float, np.ndarray]:
    """Return log mean exp(λᵀs) and the weights of mean 1."""
    exponents = s @ tilt
    top = exponents.max()
    raw = np.exp(exponents - top)
    return float(top + np.log(raw.mean())), raw / raw.mean()


def exchange(
    scores: np.ndarray,
    information: np.ndarray,
    count: int,
    *,
    generator: Generator,
    shares: Sequence[float] = SHARES,
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
        shares: what information counts beside scores, pass after pass.
    """
    order = generator.permutation(len(scores))
    chosen, others = order[:count], order[count:]
    if len(others) == 0:
        return np.sort(chosen)
    for share in shares:
        _pass(np.hstack([scores, share * information]), chosen, others, generator)
    return np.sort(chosen)


def _pass(
    features: np.ndarray, chosen: np.ndarray, others: np.ndarray, generator: Generator
) -> None:
    """Bring the sum of features `(n, f)` nearer to 0: rows give way to others once, in place."""
    total = features[chosen].sum(0)
    # Lengths that differ by rounding alone are equal: ties are broken alike in other units.
    rounding = ROUNDING * np.square(features).sum(1).mean()
    for place in generator.permutation(len(chosen)):
        tried = generator.integers(len(others), size=TRIED)
        moved = total - features[chosen[place]] + features[others[tried]]
        lengths = np.square(moved).sum(1)
        best = int((lengths <= lengths.min() + rounding).argmax())
        if lengths[best] < total @ total - rounding:
            total = moved[best]
            there = tried[best]
            chosen[place], others[there] = others[there], chosen[place]
