"""Forecasts of a patient's next visit by a mixed model: a line in time for each patient."""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np

from ddlib.visits import Visits

YEAR = 365.25  # days
NORMAL = 1.959963984540054  # half a 95 % interval, in deviations


@dataclass(frozen=True, eq=False)
class Forecast:
    """Normal forecasts of n values.

    Attributes:
        mean: `(n,)`.
        deviation: `(n,)`.
    """

    mean: np.ndarray
    deviation: np.ndarray

    def error(self, values: np.ndarray) -> float:
        """Return the root of the mean squared error.

        Args:
            values: that came, `(n,)`.
        """
        return float(np.sqrt(np.square(values - self.mean).mean()))

    def coverage(self, values: np.ndarray) -> float:
        """Return the share of values that the 95 % intervals hold.

        Args:
            values: that came, `(n,)`.
        """
        return float((np.abs(values - self.mean) <= NORMAL * self.deviation).mean())


def growth_forecast(visits: Visits, aside: Visits, name: str) -> Forecast:
    """Return the forecasts of a column at each next visit, from all visits of a patient so far.

    The model is a line in time, and static columns, with a normal intercept and slope for each
    patient, fitted by restricted maximum likelihood (`statsmodels`).

    Args:
        visits: to fit the model to; rows that lack the column are left out.
        aside: of other patients, with the column at all visits.
        name: of the column.
    """
    from statsmodels.regression.mixed_linear_model import MixedLM  # takes seconds to import
    from statsmodels.tools.sm_exceptions import ConvergenceWarning

    j = visits.schema.names.index(name)
    shown = ~np.isnan(visits.codes[:, j])
    x, z = _fixed(visits), _line(visits.time)
    model = MixedLM(visits.codes[shown, j], x[shown], visits.person[shown], z[shown])
    with warnings.catch_warnings():
        # It may stop at a variance of 0, and users take what it returns: so do we.
        warnings.simplefilter("ignore", ConvergenceWarning)
        warnings.simplefilter("ignore", UserWarning)
        fitted = model.fit()
    return _predicted(
        aside, j, np.asarray(fitted.fe_params), np.asarray(fitted.cov_re), float(fitted.scale)
    )


def _fixed(visits: Visits) -> np.ndarray:
    """Return intercept, time and static columns, `(n, q)`; a static column that lacks is 0."""
    static = np.nan_to_num(visits.codes[:, ~visits.moves])
    return np.column_stack([_line(visits.time), static])


def _line(time: np.ndarray) -> np.ndarray:
    """Return what a patient's own line is made of, `(n, 2)`."""
    return np.column_stack([np.ones(len(time)), time / YEAR])


def _predicted(
    aside: Visits, j: int, beta: np.ndarray, between: np.ndarray, noise: float
) -> Forecast:
    """Return the law of each next value, given a patient's values up to the visit before."""
    x, z, y = _fixed(aside), _line(aside.time), aside.codes[:, j]
    means, variances = [], []
    for now in np.nonzero(aside.has_next)[0]:
        past = slice(aside.first[aside.person[now]], now + 1)
        own, new = z[past], z[now + 1]
        gain = between @ own.T @ np.linalg.inv(own @ between @ own.T + noise * np.eye(len(own)))
        effect = gain @ (y[past] - x[past] @ beta)
        means.append(x[now + 1] @ beta + new @ effect)
        variances.append(new @ (between - gain @ own @ between) @ new + noise)
    return Forecast(np.array(means), np.sqrt(variances))
