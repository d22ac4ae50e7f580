"""How far a learner's own fit to merged rows lies from the pooled coefficients."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from ddlib.merge.equations import NoOptimum, fit
from ddlib.merge.pooling import Pooled

MOST = 1.0  # standard errors, beyond which rows do not stand for the pooled coefficients


@dataclass(frozen=True)
class Refit:
    """The coefficient of a fit to merged rows that lies farthest from the pooled one.

    Attributes:
        apart: how far, in standard errors of the pooled one; infinite where the fit has no finite
            coefficients, as where the rows tell levels apart without a fault.
        outcome: whose coefficient.
        term: of which.
    """

    apart: float
    outcome: str
    term: str

    @property
    def usable(self) -> bool:
        """Whether the fit may stand for the pooled coefficients."""
        return self.apart <= MOST

    @property
    def told(self) -> str:
        """The words on how far the fit lies from the pooled coefficients."""
        if not math.isfinite(self.apart):
            return "a fit to the rows, without a penalty, has no finite coefficients"
        if self.apart < 0.005:
            return "a fit to the rows finds the pooled coefficients"
        return (
            f"a fit to the rows lies up to {self.apart:.2f} standard errors from the pooled "
            f"coefficients ({self.outcome}: {self.term})"
        )


def refit(pooled: Pooled, codes: np.ndarray, weights: np.ndarray) -> Refit:
    """Return the coefficient that a fit to rows finds farthest from the pooled one.

    The fit has no penalty, as users have none: that of the pooled coefficients is in the rows.

    Args:
        pooled: coefficients of a task.
        codes: rows as they are written, `(m, p)`.
        weights: of the rows, `(m,)`.
    """
    design = pooled.design
    x, y = design.matrix(codes), design.response(codes)
    try:
        own = design.own_units(fit(pooled.learner, x, y, weights, penalty=0.0))
    except NoOptimum:
        return Refit(math.inf, "", "")
    apart = np.abs(own - pooled.estimate) / pooled.standard_error
    outcome, term = np.unravel_index(int(apart.argmax()), apart.shape)
    return Refit(float(apart.max()), design.outcomes[outcome], design.terms[term])
