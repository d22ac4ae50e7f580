r"""Rubin's rules: one estimate and its standard error from several draws of what is missing.

With estimates $\theta_1,\dots,\theta_M$ and their covariances $U_1,\dots,U_M$,

$$\bar\theta=\frac1M\sum_m\theta_m,\qquad T=\bar U+\Bigl(1+\frac1M\Bigr)B,\qquad
B=\frac1{M-1}\sum_m(\theta_m-\bar\theta)(\theta_m-\bar\theta)^\top$$

(Rubin 1987), with the degrees of freedom of Barnard and Rubin (1999) for small samples. The
learner's coefficients are those with a penalty of `PENALTY` on standardised terms, a normal prior
of deviation 1 for each: without one, a few patients may tell the levels apart without a fault, and
coefficients run away. $U$ is then the covariance of that posterior.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import stdtrit

from ddlib.merge.design import Design
from ddlib.merge.equations import fit, shrinkage
from ddlib.merge.estimators import LEARNERS, Estimator

PENALTY = 1.0
EQUAL = 1e-12  # increase of the variance that rounding makes of equal draws


@dataclass(frozen=True, eq=False)
class Pooled:
    """Coefficients of a task, pooled over draws.

    Attributes:
        design: the terms and the outcomes.
        theta: coefficients `(k, q)` of the standardised terms.
        estimate: the same in the columns' own units, `(k, q)`.
        standard_error: of these, `(k, q)`.
        degrees_of_freedom: of their t distributions, `(k, q)`.
        missing_information: share of the information on each that is missing, `(k, q)`, within
            [0, 1].
    """

    design: Design
    theta: np.ndarray
    estimate: np.ndarray
    standard_error: np.ndarray
    degrees_of_freedom: np.ndarray
    missing_information: np.ndarray

    @property
    def learner(self) -> Estimator:
        """The learner whose coefficients these are."""
        return LEARNERS[self.design.task.learned]

    def table(self) -> pd.DataFrame:
        """Return the coefficients in their own units, a row for each, with 95 % intervals."""
        q = len(self.design.terms)
        # As scipy.stats has it, which takes a second to import.
        half = stdtrit(self.degrees_of_freedom, 0.975) * self.standard_error
        columns = {
            "estimate": self.estimate,
            "standard error": self.standard_error,
            "low": self.estimate - half,
            "high": self.estimate + half,
            "degrees of freedom": self.degrees_of_freedom,
            "missing information": self.missing_information,
        }
        table = pd.DataFrame({name: values.ravel() for name, values in columns.items()})
        table.insert(0, "term", [*self.design.terms] * len(self.design.outcomes))
        table.insert(0, "outcome", np.repeat(self.design.outcomes, q))
        return table


def coefficients_of(pooled: Mapping[str, Pooled]) -> pd.DataFrame | None:
    """Return the coefficients of all tasks that have some, None where none has.

    Args:
        pooled: of these, by their texts.
    """
    tables = [own.table().assign(task=text) for text, own in pooled.items()]
    if not tables:
        return None
    whole = pd.concat(tables, ignore_index=True)
    return whole[["task", *(name for name in whole.columns if name != "task")]]


@dataclass(frozen=True, eq=False)
class Combined:
    """What Rubin's rules make of estimates of r parameters.

    Attributes:
        estimate: `(r,)`.
        variance: of each, `(r,)`.
        degrees_of_freedom: `(r,)`.
        missing_information: `(r,)`.
    """

    estimate: np.ndarray
    variance: np.ndarray
    degrees_of_freedom: np.ndarray
    missing_information: np.ndarray


def combine(estimates: np.ndarray, variances: np.ndarray, *, complete: float) -> Combined:
    r"""Return what is known of parameters after M draws.

    With $r=(1+1/M)B/\bar U$ and $\lambda=r/(1+r)$ the degrees of freedom are
    $\nu=(\nu_M^{-1}+\nu_o^{-1})^{-1}$, $\nu_M=(M-1)/\lambda^2$,
    $\nu_o=\nu_c(\nu_c+1)(1-\lambda)/(\nu_c+3)$, and the missing share of the information is
    $(r+2/(\nu+3))/(r+1)$.

    Args:
        estimates: `(M, r)`, of at least two draws.
        variances: of each estimate, `(M, r)`, above 0.
        complete: $\nu_c$, degrees of freedom that complete rows would have, at least 1.

    Raises:
        ValueError: for fewer than two draws.
    """
    num_draws = len(estimates)
    if num_draws < 2:
        raise ValueError(f"estimates: of {num_draws} draws; must be of two or more")
    within = variances.mean(0)
    between = (1 + 1 / num_draws) * estimates.var(0, ddof=1)
    ratio = between / within
    share = ratio / (1 + ratio)
    observed = complete * (complete + 1) / (complete + 3) * (1 - share)
    # The inverse is finite where nothing is missing.
    freedom = 1 / (share**2 / (num_draws - 1) + 1 / observed)
    # Barnard and Rubin's share counts the finite number of draws as missing information, too.
    missing = np.where(ratio > EQUAL, (ratio + 2 / (freedom + 3)) / (1 + ratio), 0.0)
    return Combined(estimates.mean(0), within + between, freedom, missing)


def pool(
    design: Design,
    draws: Sequence[np.ndarray],
    *,
    penalty: float = PENALTY,
    num_rows: int | None = None,
) -> Pooled:
    """Return the coefficients of a task with equations.

    Args:
        design: its terms and response.
        draws: complete codes `(n, p)`, at least two.
        penalty: on standardised coefficients, but not on the intercept.
        num_rows: real rows that each draw stands for; as many as it has unless told.

    Raises:
        NoOptimum: as `fit` does.
    """
    learner = LEARNERS[design.task.learned]
    real = len(draws[0]) if num_rows is None else num_rows
    thetas: list[np.ndarray] = []
    raw: list[np.ndarray] = []
    variances: list[np.ndarray] = []
    for codes in draws:
        x, y = design.matrix(codes), design.response(codes)
        weights = np.full(len(x), real / len(x))
        theta = fit(learner, x, y, weights, penalty=penalty)
        thetas.append(theta)
        raw.append(design.own_units(theta))
        variances.append(_variances(design, learner, theta, x, y, weights, penalty))
    size = raw[0].size
    freedom = max(real - size, 1)
    found = combine(
        np.reshape(raw, (-1, size)), np.reshape(variances, (-1, size)), complete=freedom
    )
    shape = raw[0].shape
    return Pooled(
        design,
        np.mean(thetas, axis=0),
        found.estimate.reshape(shape),
        np.sqrt(found.variance).reshape(shape),
        found.degrees_of_freedom.reshape(shape),
        found.missing_information.reshape(shape),
    )


def _variances(
    design: Design,
    learner: Estimator,
    theta: np.ndarray,
    x: np.ndarray,
    y: np.ndarray,
    weights: np.ndarray,
    penalty: float,
) -> np.ndarray:
    """Return the variance of each coefficient in its own units, `(k, q)`."""
    prior = np.diag(shrinkage(theta.shape, penalty))
    curvature = learner.information(theta, x, weights) + prior
    covariance = learner.dispersion(theta, x, y, weights) * np.linalg.inv(curvature)
    own = np.kron(np.eye(len(theta)), design.map)
    return np.einsum("ij,jk,ik->i", own, covariance, own).reshape(theta.shape)
