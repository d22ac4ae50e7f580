r"""Where the steps of EM end, by extrapolation of two steps to where they go.

From a law $x$, with $r=F(x)-x$ and $v=F(F(x))-F(x)-r$, the next one is

$$F(x-2\alpha r+\alpha^2v),\qquad\alpha=-\lVert r\rVert/\lVert v\rVert,$$

(SQUAREM, Varadhan and Roland 2008). Where that is no law, or changes by more than the two steps
did, the two steps themselves stand in: so it ends where EM ends.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

_TOLERANCE = 1e-9  # of a step's change, in standard deviations
_MAX_ROUNDS = 5_000  # of three steps
_SMALLEST = 1e-6  # eigenvalue that an extrapolated covariance must have, in variances


@dataclass(frozen=True, eq=False)
class Gaussian:
    """A normal law of features.

    Attributes:
        mean: `(f,)`.
        covariance: `(f, f)`.
    """

    mean: np.ndarray
    covariance: np.ndarray


def fixed_point(step: Callable[[Gaussian], Gaussian], start: Gaussian, std: np.ndarray) -> Gaussian:
    """Return the law that a step of EM leaves as it is.

    Args:
        step: of EM.
        start: law to start from.
        std: units of the features, `(f,)`, in which a change is measured.

    Raises:
        ArithmeticError: should it not converge.
    """
    law, change = start, np.inf
    for _ in range(_MAX_ROUNDS):
        first = step(law)
        change = _change(law, first, std)
        if change <= _TOLERANCE:
            return first
        second = step(first)
        guess = _extrapolated(law, first, second, std)
        law = second
        if guess is not None:
            new = step(guess)
            if _change(guess, new, std) <= change:
                law = new
    raise ArithmeticError(f"EM changes by {change:.1e} after {3 * _MAX_ROUNDS} steps")


def _scaled(law: Gaussian, std: np.ndarray) -> np.ndarray:
    """Return mean and covariance in standard deviations, `(1 + f, f)`."""
    return np.vstack([law.mean / std, law.covariance / np.outer(std, std)])


def _change(law: Gaussian, new: Gaussian, std: np.ndarray) -> float:
    """Return the largest change from a law to the next."""
    return float(np.abs(_scaled(new, std) - _scaled(law, std)).max())


def _extrapolated(
    law: Gaussian, first: Gaussian, second: Gaussian, std: np.ndarray
) -> Gaussian | None:
    """Return where two steps go; None where that is no law, or no farther than the steps."""
    x, y, z = (_scaled(each, std) for each in (law, first, second))
    r, v = y - x, z - 2 * y + x
    bend = np.linalg.norm(v)
    alpha = -np.linalg.norm(r) / bend if bend > 0 else -1.0
    if alpha >= -1:
        return None
    found = x - 2 * alpha * r + alpha**2 * v
    correlation = (found[1:] + found[1:].T) / 2
    if np.linalg.eigvalsh(correlation)[0] <= _SMALLEST:
        return None
    return Gaussian(found[0] * std, correlation * np.outer(std, std))
